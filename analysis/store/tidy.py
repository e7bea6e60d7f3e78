"""Removing for good: rows first and files after them, so that no row ever points to nothing."""

import shutil
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, select, update

from analysis.store.clock import as_text, now
from analysis.store.store import Store
from analysis.store.tables import frozen, links, logs, studies

UNDO = timedelta(days=7)
CACHE_SECONDS = 30 * 86_400
ENDED_LINKS = timedelta(days=365)


def forget(store: Store, study_id: str) -> None:
    """Remove a study at once, and its log if no other study reads it; its links stay.

    Anybody may do so to a study they made and may change: it is how a draft is dropped.
    """
    row = store.study(study_id)
    store.person.require("write" if row.owner == store.person.name else "tend")
    with store.catalogue.writing() as connection:
        connection.execute(delete(studies).where(studies.c.id == study_id))
        connection.execute(delete(logs).where(logs.c.sha256 == row.log_sha256, _unread()))
        store._note(connection, "study removed for good", study_id)  # noqa: SLF001 - same package
    _sweep(store, datetime.now(UTC) - timedelta(days=1))


def purge(store: Store, *, older_than: timedelta = UNDO, log_days: int | None = None) -> int:
    """Remove studies deleted longer ago, logs that nobody read in that time, and leavings.

    Args:
        store: The store.
        older_than: How long a deleted study can come back.
        log_days: Days after which logs, and the rows left out of them, are dropped; the
            studies and readouts stay. None keeps them.

    Returns:
        How many studies went.
    """
    store.person.require("tend")
    limit = datetime.now(UTC) - older_than
    with store.catalogue.writing() as connection:
        gone = connection.execute(
            delete(studies).where(studies.c.deleted_at < as_text(limit)).returning(studies.c.id)
        ).all()
        for (study_id,) in gone:
            store._note(connection, "study removed for good", study_id)  # noqa: SLF001
        connection.execute(delete(logs).where(logs.c.created < as_text(limit), _unread()))
        if log_days is not None:
            _drop_logs(store, connection, as_text(datetime.now(UTC) - timedelta(days=log_days)))
        ended = as_text(datetime.now(UTC) - ENDED_LINKS)
        connection.execute(
            delete(links).where((links.c.expires < ended) | (links.c.turned_off < ended))
        )
        connection.execute(
            delete(frozen).where(frozen.c.sha256.not_in(select(links.c.frozen_sha256)))
        )
    _sweep(store, limit)
    return len(gone)


def _drop_logs(store: Store, connection: Connection, before: str) -> None:
    """Let go of logs whose time is over, but not of a log that is being read."""
    busy = select(studies.c.log_sha256).where(
        studies.c.status == "running", studies.c.log_sha256.is_not(None)
    )
    samples = select(studies.c.log_sha256).where(
        studies.c.sample.is_not(None), studies.c.log_sha256.is_not(None)
    )
    over = (
        (logs.c.created < before)
        & logs.c.dropped.is_(None)
        & logs.c.sha256.not_in(busy)
        & logs.c.sha256.not_in(samples)
    )
    dropped = connection.scalars(
        update(logs).where(over).values(dropped=now()).returning(logs.c.sha256)
    ).all()
    for sha256 in dropped:
        store._note(connection, "log dropped", sha256)  # noqa: SLF001
    # The rows left out, and the first rows shown with the study, are rows of the log too.
    connection.execute(
        update(studies).where(studies.c.log_sha256.in_(dropped)).values(left_out=None, facts=None)
    )


def _sweep(store: Store, limit: datetime) -> None:
    """Remove files that no row names; pieces of uploads that ended before `limit` too.

    This holds the lock that a save holds around its file and its row, so it sees both or
    neither.
    """
    with store.catalogue.writing() as connection:
        kept = connection.execute(
            select(logs.c.sha256, logs.c.file).where(logs.c.dropped.is_(None))
        ).all()
        left_out = connection.scalars(
            select(studies.c.left_out).where(studies.c.left_out.is_not(None))
        ).all()
        store.log_shelf.sweep({row.file for row in kept}, older_than=limit.timestamp())
        store.left_out_shelf.sweep({str(name) for name in left_out}, older_than=limit.timestamp())
        known = {row.sha256 for row in kept}
        for folder in (store.runs, store.work):
            for place in folder.iterdir():
                of_a_log = len(place.name) == 64
                if place.is_dir() and of_a_log and place.name not in known:
                    shutil.rmtree(place, ignore_errors=True)
        _drop_stale(store)


def _drop_stale(store: Store) -> None:
    """Tables built from logs that lie elsewhere, unused for long."""
    for place in store.work.iterdir():
        if place.is_dir() and time.time() - place.stat().st_mtime > CACHE_SECONDS:
            shutil.rmtree(place, ignore_errors=True)


def _unread() -> ColumnElement[bool]:
    return logs.c.sha256.not_in(
        select(studies.c.log_sha256).where(studies.c.log_sha256.is_not(None))
    )
