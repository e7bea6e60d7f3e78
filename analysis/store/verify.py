"""Whether everything that the store has is whole: rows, files, hashes, and what points where."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select

from analysis.readout import Readout
from analysis.store.store import Store
from analysis.store.tables import frozen, links, logs, readouts, studies


@dataclass(frozen=True)
class Found:
    """What was looked at, and what is wrong with it.

    Attributes:
        counted: Kind -> how many there are.
        faults: One line a fault.
        leftovers: Files that no row names: they take space and do no harm.
    """

    counted: dict[str, int]
    faults: tuple[str, ...]
    leftovers: tuple[str, ...]


def verify(store: Store) -> Found:
    """Read everything that is saved and compare it with its hashes."""
    store.person.require("tend")
    with store.catalogue.reading() as connection:
        counted = {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in (studies, logs, readouts, links)
        }
    faults = [
        *_of_catalogue(store), *_of_logs(store), *_of_readouts(store),
        *_of_studies(store), *_of_links(store),
    ]  # fmt: skip
    with store.catalogue.reading() as connection:
        kept = set(connection.scalars(select(logs.c.file).where(logs.c.dropped.is_(None))))
        left_out = {one for one in connection.scalars(select(studies.c.left_out)) if one}
    leftovers = store.log_shelf.leftovers(kept) + store.left_out_shelf.leftovers(left_out)
    return Found(counted, tuple(faults), tuple(leftovers))


def _of_catalogue(store: Store) -> Iterator[str]:
    if not store.catalogue.embedded:
        return
    with store.catalogue.reading() as connection:
        for (said,) in connection.exec_driver_sql("PRAGMA integrity_check").all():
            if said != "ok":
                yield f"catalogue: {said}"
        for row in connection.exec_driver_sql("PRAGMA foreign_key_check").all():
            yield f"catalogue: a row of {row[0]} points to nothing in {row[2]}"


def _of_logs(store: Store) -> Iterator[str]:
    with store.catalogue.reading() as connection:
        rows = connection.execute(select(logs).where(logs.c.dropped.is_(None))).all()
    for row in rows:
        if not row.file.startswith(row.sha256) or not store.log_shelf.is_whole(row.file):
            yield f"log {row.sha256[:12]}: its file is missing or not what it was"


def _of_readouts(store: Store) -> Iterator[str]:
    with store.catalogue.reading() as connection:
        keys = connection.execute(select(readouts.c.study_id, readouts.c.id)).all()
    for study_id, readout_id in keys:
        asked = select(readouts.c.content).where(
            readouts.c.study_id == study_id, readouts.c.id == readout_id
        )
        with store.catalogue.reading() as connection:
            text = connection.scalar(asked)
        if text is not None and _id_of(text) != readout_id:
            yield f"readout {readout_id[:12]} of study {study_id}: not what its id says"


def _of_studies(store: Store) -> Iterator[str]:
    with store.catalogue.reading() as connection:
        rows = connection.execute(
            select(studies, readouts.c.id.label("there")).join_from(
                studies,
                readouts,
                (readouts.c.study_id == studies.c.id) & (readouts.c.id == studies.c.readout_id),
                isouter=True,
            )
        ).all()
    for row in rows:
        if row.readout_id is not None and row.there is None:
            yield f"study {row.id}: its readout is missing"
        if row.status == "done" and (row.readout_id is None or row.summary is None):
            yield f"study {row.id}: done without a readout"
        for name in ("definition", "facts", "summary", "tags", "error"):
            if not _is_json(getattr(row, name)):
                yield f"study {row.id}: its {name} cannot be read"
        if row.left_out is not None and not store.left_out_shelf.is_whole(row.left_out):
            yield f"study {row.id}: the rows it left out are missing or not what they were"


def _of_links(store: Store) -> Iterator[str]:
    asked = select(links.c.id, frozen.c.content, links.c.frozen_sha256).join_from(
        links, frozen, links.c.frozen_sha256 == frozen.c.sha256, isouter=True
    )
    with store.catalogue.reading() as connection:
        rows = connection.execute(asked).all()
    for link_id, text, sha256 in rows:
        if text is None or hashlib.sha256(text.encode()).hexdigest() != sha256:
            yield f"link {link_id}: what it shows is missing or not what it was"


def _id_of(text: str) -> str | None:
    try:
        return Readout.from_json(text).id
    except (ValueError, KeyError, TypeError):
        return None


def _is_json(text: str | None) -> bool:
    try:
        json.loads(text or "null")
    except ValueError:
        return False
    return True
