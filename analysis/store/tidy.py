"""Removing for good: rows first and files after them, so that no row ever points to nothing."""

import shutil
from datetime import UTC, datetime, timedelta

from analysis.store.blobs import sweep
from analysis.store.database import writing
from analysis.store.store import Store, as_text, found

UNDO = timedelta(days=7)
UNREAD = "sha256 NOT IN (SELECT log_sha256 FROM studies WHERE log_sha256 IS NOT NULL)"


def forget(store: Store, study_id: str) -> None:
    """Remove a study at once, and its log if no other study reads it."""
    log = store.study(study_id).log_sha256
    with writing(store.catalogue) as catalogue:
        found(catalogue.execute("DELETE FROM studies WHERE id = ?", (study_id,)), study_id)
        catalogue.execute(f"DELETE FROM logs WHERE sha256 = ? AND {UNREAD}", (log,))  # noqa: S608
    _sweep(store, datetime.now(UTC) - timedelta(days=1))


def purge(store: Store, *, older_than: timedelta = UNDO) -> int:
    """Remove studies deleted longer ago, logs that nobody read in that time, and leavings.

    Returns:
        How many studies went.
    """
    limit = datetime.now(UTC) - older_than
    with writing(store.catalogue) as catalogue:
        gone = catalogue.execute("DELETE FROM studies WHERE deleted_at < ?", (as_text(limit),))
        catalogue.execute(
            f"DELETE FROM logs WHERE created < ? AND {UNREAD}",  # noqa: S608
            (as_text(limit),),
        )
    _sweep(store, limit)
    return int(gone.rowcount)


def _sweep(store: Store, limit: datetime) -> None:
    """Remove files that no row names; pieces of uploads that ended before `limit` too.

    This holds the lock that a save holds around its file and its row, so it sees both or
    neither.
    """
    with writing(store.catalogue) as catalogue:
        logs = catalogue.execute("SELECT sha256, file FROM logs").fetchall()
        left_out = catalogue.execute("SELECT left_out FROM studies").fetchall()
        sweep(store.logs, {row["file"] for row in logs}, older_than=limit.timestamp())
        sweep(store.left_out, {row[0] for row in left_out}, older_than=limit.timestamp())
        known = {row["sha256"] for row in logs}
        for place in store.runs.iterdir():
            if place.is_dir() and place.name not in known:
                shutil.rmtree(place, ignore_errors=True)
