"""Where a store is and who asks it: what everything that it keeps stands on."""

import os
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, select

from analysis.core import StoreError
from analysis.store import audit
from analysis.store.access import OWNER, Person
from analysis.store.database import Catalogue
from analysis.store.migrations import migrate
from analysis.store.rows import AuditRow
from analysis.store.shelf import Shelf
from analysis.store.tables import studies

DEFAULT_HOME = Path(__file__).resolve().parents[2] / "data" / "var"


def default_home() -> Path:
    """The folder that VERDICT_HOME names, else data/var of this project."""
    named = os.environ.get("VERDICT_HOME")
    return (Path(named) if named else DEFAULT_HOME).expanduser().resolve()


class Place:
    """One folder of saved things and its catalogue, as one person may use them.

    Args:
        home: The folder.
        person: Who asks: everything that the store does is checked against their role.
    """

    def __init__(self, home: Path, person: Person) -> None:
        self.home = home
        self.person = person
        self.catalogue = Catalogue(home)
        self.logs = home / "blobs" / "ab"
        self.left_out = home / "blobs" / "left_out"
        self.log_shelf = Shelf(self.logs, "ab")
        self.left_out_shelf = Shelf(self.left_out, "left_out")
        self.work = home / "work"
        self.runs = home / "runs"

    @classmethod
    def open(cls, home: Path | None = None, *, person: Person = OWNER) -> Self:
        """The store in `home`, else in the folder VERDICT_HOME names, else in data/var.

        The folder is made, closed to other users, when it is missing. Who may open it may do
        everything, unless another person is named.
        """
        store = cls(home.expanduser().resolve() if home else default_home(), person)
        try:
            store.home.mkdir(parents=True, exist_ok=True, mode=0o700)
            for folder in (store.logs, store.left_out, store.work, store.runs):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StoreError(
                "store_not_writable",
                f"The store's folder cannot be made ({error.strerror}).",
                where=str(store.home),
                fix="Give this user write access, or point VERDICT_HOME at another folder.",
            ) from error
        migrate(store.catalogue)
        return store

    def acting(self, person: Person) -> Self:
        """The same store for another person."""
        return type(self)(self.home, person)

    def trail(self, *, limit: int = 500) -> list[AuditRow]:
        """The newest notes of who did what, newest first."""
        self.person.require("audit")
        return audit.newest(self.catalogue, limit)

    def _note(self, connection: Connection, what: str, key: str) -> None:
        audit.note(connection, self.person, what, key)

    def _see(self, connection: Connection, study_id: str) -> None:
        """Refuse a study that is not there, or not for this person; both look alike."""
        row = connection.execute(
            select(studies.c.owner, studies.c.level).where(studies.c.id == study_id)
        ).one_or_none()
        if row is None or not self.person.sees(row.owner, row.level):
            raise unknown_study(study_id)


def unknown_study(study_id: str) -> StoreError:
    """The error for a study that is not there."""
    return StoreError(
        "unknown_study",
        "No study has this address; it may have been deleted for good.",
        where=f"?study={study_id}",
        fix="Open it from Studies.",
    )
