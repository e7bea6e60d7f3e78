"""The catalogue of saved things: one SQLite file that several processes may write at once."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis.core import StoreError

BUSY_SECONDS = 30.0

# Each entry brings the catalogue one version further; never change one that was released.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE logs (
            sha256 TEXT PRIMARY KEY,
            file TEXT NOT NULL,
            name TEXT NOT NULL,
            bytes INTEGER NOT NULL,
            created TEXT NOT NULL
        )""",
        """CREATE TABLE studies (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            definition TEXT NOT NULL,
            facts TEXT,
            log_sha256 TEXT REFERENCES logs (sha256),
            status TEXT NOT NULL
                CHECK (status IN ('draft', 'ready', 'running', 'done', 'failed')),
            doing TEXT NOT NULL DEFAULT '',
            share REAL NOT NULL DEFAULT 0,
            error TEXT,
            readout_id TEXT,
            summary TEXT,
            left_out TEXT,
            sample TEXT,
            created TEXT NOT NULL,
            saved TEXT NOT NULL,
            deleted_at TEXT
        )""",
        """CREATE TABLE readouts (
            study_id TEXT NOT NULL REFERENCES studies (id) ON DELETE CASCADE,
            id TEXT NOT NULL,
            content TEXT NOT NULL,
            created TEXT NOT NULL,
            PRIMARY KEY (study_id, id)
        )""",
        # Which samples this store has been given: a sample that was deleted stays away.
        "CREATE TABLE samples (name TEXT PRIMARY KEY, created TEXT NOT NULL)",
        "CREATE INDEX studies_saved ON studies (deleted_at, saved)",
        "CREATE INDEX studies_log ON studies (log_sha256)",
    ),
)


def migrate(file: Path) -> None:
    """Bring the catalogue to this version's schema.

    Raises:
        StoreError: ``store_is_newer`` if a later version of Verdict has written it.
    """
    with writing(file) as catalogue:
        catalogue.execute("CREATE TABLE IF NOT EXISTS schema (version INTEGER NOT NULL)")
        row = catalogue.execute("SELECT version FROM schema").fetchone()
        version = int(row[0]) if row else 0
        if version > len(MIGRATIONS):
            raise StoreError(
                "store_is_newer",
                f"The store has schema version {version}; this Verdict knows {len(MIGRATIONS)}.",
                where=file.name,
                fix="Start the newer Verdict, or point VERDICT_HOME at another folder.",
            )
        for statements in MIGRATIONS[version:]:
            for statement in statements:
                catalogue.execute(statement)
        if row is None:
            catalogue.execute("INSERT INTO schema VALUES (?)", (len(MIGRATIONS),))
        elif version < len(MIGRATIONS):
            catalogue.execute("UPDATE schema SET version = ?", (len(MIGRATIONS),))


@contextmanager
def reading(file: Path) -> Iterator[sqlite3.Connection]:
    """A connection for one look at the catalogue; rows can be read by name."""
    with _translated(file):
        catalogue = _connect(file)
        try:
            yield catalogue
        finally:
            catalogue.close()


@contextmanager
def writing(file: Path) -> Iterator[sqlite3.Connection]:
    """A transaction that holds the write lock from its start; all of it is kept, or nothing."""
    with _translated(file):
        catalogue = _connect(file)
        try:
            catalogue.execute("BEGIN IMMEDIATE")
            try:
                yield catalogue
            except BaseException:
                catalogue.execute("ROLLBACK")
                raise
            catalogue.execute("COMMIT")
        finally:
            catalogue.close()


def _connect(file: Path) -> sqlite3.Connection:
    catalogue = sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None)
    catalogue.row_factory = sqlite3.Row
    # DELETE and EXTRA: what was acknowledged survives a killed process and a power cut. The
    # write-ahead log is faster, but corrupts files in the SQLite that Python 3.11 carries.
    catalogue.execute("PRAGMA journal_mode = DELETE")
    catalogue.execute("PRAGMA synchronous = EXTRA")
    catalogue.execute("PRAGMA foreign_keys = ON")
    return catalogue


@contextmanager
def _translated(file: Path) -> Iterator[None]:
    """Database failures that the owner of the folder can mend, in words."""
    try:
        yield
    except sqlite3.OperationalError as error:
        said = str(error)
        if "full" in said:
            raise disk_full(file) from error
        if "readonly" in said or "unable to open" in said:
            raise StoreError(
                "store_not_writable",
                f"The store's catalogue cannot be written ({said}).",
                where=str(file.parent),
                fix="Give this user write access, or point VERDICT_HOME at another folder.",
            ) from error
        if "locked" in said:
            raise StoreError(
                "store_busy",
                f"Another process held the store for more than {BUSY_SECONDS:.0f} seconds.",
                where=str(file.parent),
                fix="Try again; if it stays so, look for a stuck Verdict process.",
            ) from error
        raise
    except sqlite3.DatabaseError as error:
        if "malformed" in str(error) or "not a database" in str(error):
            raise StoreError(
                "store_damaged",
                f"The store's catalogue is damaged ({error}).",
                where=str(file),
                fix="Restore this file from a backup, or move it away to start anew.",
            ) from error
        raise


def disk_full(place: Path) -> StoreError:
    """The error for a save that did not fit."""
    return StoreError(
        "disk_full",
        "The disk is full; nothing of this was saved.",
        where=str(place.parent),
        fix="Free some space, or point VERDICT_HOME at another disk.",
    )
