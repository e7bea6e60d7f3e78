"""The catalogue of saved things: SQLite in the store's folder, or PostgreSQL; many may write."""

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, exc, make_url, text

from analysis.core import StoreError

BUSY_SECONDS = 30.0
FILE = "verdict.sqlite"
# Any number that no other program takes on the same database.
WRITERS_LOCK = 5_831_190_377


class Catalogue:
    """Where rows live; cheap to make, safe to use from many threads and processes.

    Args:
        home: The store's folder, which holds the SQLite file unless `VERDICT_DATABASE_URL`
            names a PostgreSQL database.
    """

    def __init__(self, home: Path) -> None:
        self.file = home / FILE
        named = os.environ.get("VERDICT_DATABASE_URL", "").strip()
        self.embedded = not named
        self._url = f"sqlite:///{self.file}" if self.embedded else _postgres(named)
        self.name = FILE if self.embedded else make_url(self._url).render_as_string()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for one look at the catalogue, which sees one state of it."""
        with self._translated(), _engines(self._url)[0].connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that holds the write lock from its start; all of it is kept, or nothing.

        One writer at a time, on either database: what is looked at in here stays true.
        """
        with self._translated(), _engines(self._url)[1].begin() as connection:
            if not self.embedded:
                connection.execute(text("SET LOCAL lock_timeout = '30s'"))
                connection.execute(text(f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})"))
            yield connection

    def vacuum(self) -> None:
        """Give the space of removed rows back."""
        with self._translated(), _engines(self._url)[0].connect() as connection:
            outside = connection.execution_options(isolation_level="AUTOCOMMIT", apart=True)
            outside.execute(text("VACUUM"))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Database failures that somebody can mend, in words."""
        try:
            yield
        except exc.DBAPIError as error:
            said = (
                _of_sqlite(error, self.file)
                if isinstance(error.orig, sqlite3.Error)
                else _of_postgres(error, self.name)
            )
            if said is None:
                raise
            raise said from error
        except exc.TimeoutError as error:
            raise _busy(self.name) from error


def seconds(connection: Connection) -> float:
    """The database's own clock, the one that every machine on it agrees on; s since 1970."""
    asked = (
        "SELECT (julianday('now') - 2440587.5) * 86400.0"
        if connection.dialect.name == "sqlite"
        else "SELECT extract(epoch FROM clock_timestamp())"
    )
    return float(connection.scalar(text(asked)))


def new_id() -> str:
    """A short key for addresses and rows: 12 hex digits."""
    return secrets.token_hex(6)


@lru_cache(maxsize=32)
def _engines(url: str) -> tuple[Engine, Engine]:
    """What reads and what writes; both share their connections."""
    if url.startswith("sqlite"):
        reader = create_engine(
            url, connect_args={"timeout": BUSY_SECONDS}, pool_size=8, max_overflow=56
        )
        event.listen(reader, "connect", _prepare)
        event.listen(reader, "begin", _begin)
    else:
        reader = create_engine(
            url, pool_pre_ping=True, pool_size=8, max_overflow=24,
            connect_args={"connect_timeout": 10, "application_name": "verdict"},
        )  # fmt: skip
    return reader, reader.execution_options(writes=True)


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    # Python's own transactions begin too late to hold the lock from their start.
    connection.isolation_level = None
    # DELETE and EXTRA: what was acknowledged survives a killed process and a power cut. The
    # write-ahead log is faster, but corrupts files in the SQLite that Python 3.11 carries.
    for pragma in ("journal_mode = DELETE", "synchronous = EXTRA", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("apart"):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")


def _postgres(named: str) -> str:
    try:
        url = make_url(named)
    except exc.ArgumentError:
        url = None
    if url is None or url.get_backend_name() not in {"postgresql", "postgres"}:
        raise StoreError(
            "bad_setting",
            "VERDICT_DATABASE_URL does not name a PostgreSQL database.",
            where="VERDICT_DATABASE_URL",
            fix="Write postgresql://user:password@host:5432/database, or unset it for SQLite.",
        )
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def _of_sqlite(error: exc.DBAPIError, file: Path) -> StoreError | None:
    said = str(error.orig)
    if "malformed" in said or "not a database" in said:
        return StoreError(
            "store_damaged",
            f"The store's catalogue is damaged ({said}).",
            where=str(file),
            fix="Restore this file from a backup, or move it away to start anew.",
        )
    if not isinstance(error.orig, sqlite3.OperationalError):
        return None
    if "full" in said:
        return disk_full(file)
    if "readonly" in said or "unable to open" in said:
        return StoreError(
            "store_not_writable",
            f"The store's catalogue cannot be written ({said}).",
            where=str(file.parent),
            fix="Give this user write access, or point VERDICT_HOME at another folder.",
        )
    return _busy(str(file.parent)) if "locked" in said else None


def _of_postgres(error: exc.DBAPIError, name: str) -> StoreError | None:
    state = getattr(error.orig, "sqlstate", None)
    if state == "55P03":
        return _busy(name)
    if state == "53100":
        return disk_full(Path(name))
    if isinstance(error, exc.OperationalError) or error.connection_invalidated:
        return StoreError(
            "database_unreachable",
            f"The store's database does not answer ({type(error.orig).__name__}).",
            where=name,
            fix="Look whether it runs, and whether VERDICT_DATABASE_URL is right; then try again.",
        )
    return None


def _busy(where: str) -> StoreError:
    return StoreError(
        "store_busy",
        f"Another process held the store for more than {BUSY_SECONDS:.0f} seconds.",
        where=where,
        fix="Try again; if it stays so, look for a stuck Verdict process.",
    )


def disk_full(place: Path) -> StoreError:
    """The error for a save that did not fit."""
    return StoreError(
        "disk_full",
        "The disk is full; nothing of this was saved.",
        where=str(place.parent),
        fix="Free some space, or point VERDICT_HOME at another disk.",
    )
