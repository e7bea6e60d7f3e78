"""Who did what to which thing, and when: rows are added and never changed, by anybody.

Nothing in them comes from a file: no name of a study, no cell, no arm.
"""

from sqlalchemy import Connection, insert, select

from analysis.store.access import Person
from analysis.store.clock import now
from analysis.store.database import Catalogue, new_id
from analysis.store.rows import AuditRow
from analysis.store.tables import audit


def note(connection: Connection, person: Person, what: str, key: str) -> None:
    """Add a row to the transaction that does it: both are kept, or neither."""
    connection.execute(
        insert(audit).values(id=new_id(), at=now(), who=person.name, what=what, object=key)
    )


def newest(catalogue: Catalogue, limit: int) -> list[AuditRow]:
    """The newest rows, newest first."""
    asked = select(audit).order_by(audit.c.at.desc(), audit.c.id).limit(limit)
    with catalogue.reading() as connection:
        rows = connection.execute(asked).all()
    return [AuditRow(row.at, row.who, row.what, row.object) for row in rows]
