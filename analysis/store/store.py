"""The store: logs, studies and readouts in one folder, safe against kills and rivals."""

import json
import os
import secrets
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol, Self

from analysis.core import StoreError, VerdictError
from analysis.store.blobs import Incoming, chunks, ending, safe_name
from analysis.store.database import migrate, reading, writing
from analysis.store.rows import LogRecord, StudyRow, error_text, study_row
from analysis.store.summary import summarise

DEFAULT_HOME = Path(__file__).resolve().parents[2] / "data" / "var"
NAME_LENGTH = 120


def default_home() -> Path:
    """The folder that VERDICT_HOME names, else data/var of this project."""
    named = os.environ.get("VERDICT_HOME")
    return (Path(named) if named else DEFAULT_HOME).expanduser().resolve()


class SavesAsJson(Protocol):
    """A readout, as far as the store cares."""

    @property
    def content(self) -> dict[str, Any]:
        """The readout as plain JSON data."""
        ...

    @property
    def id(self) -> str:
        """The hash of its text."""
        ...

    def to_json(self) -> str:
        """The readout's text."""
        ...


class Store:
    """One folder of saved things; cheap to make, safe to use from many threads and processes.

    Args:
        home: The folder; it is made, closed to other users, when it is missing.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.catalogue = home / "verdict.sqlite"
        self.logs = home / "blobs" / "ab"
        self.left_out = home / "blobs" / "left_out"
        self.work = home / "work"
        self.runs = home / "runs"

    @classmethod
    def open(cls, home: Path | None = None) -> Self:
        """The store in `home`, else in the folder VERDICT_HOME names, else in data/var."""
        store = cls(home.expanduser().resolve() if home else default_home())
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

    # Logs

    def incoming(self, *, limit: int | None = None) -> Incoming:
        """A log that arrives piece by piece; give it to `keep_log` when it is complete."""
        return Incoming(self.logs, limit=limit)

    def keep_log(self, incoming: Incoming, name: str) -> LogRecord:
        """Keep a complete log: first the file, then its row, then the answer."""
        named = safe_name(name)
        if incoming.bytes == 0:
            incoming.drop()
            raise StoreError(
                "empty_file",
                "The file holds 0 bytes.",
                where=named,
                fix="Export the log again; it needs a header line and at least one row.",
            )
        sha256 = incoming.seal()
        # One lock around file and row: whoever sweeps up sees both or neither.
        with writing(self.catalogue) as catalogue:
            file = incoming.place(ending(named))
            catalogue.execute(
                "INSERT INTO logs VALUES (?, ?, ?, ?, ?) ON CONFLICT (sha256) DO UPDATE"
                " SET file = excluded.file, created = excluded.created",
                (sha256, file.name, named, incoming.bytes, now()),
            )
        return LogRecord(sha256, named, incoming.bytes, file, now())

    def save_log(self, stream: BinaryIO, name: str, *, limit: int | None = None) -> LogRecord:
        """Keep a log that can be read from a stream."""
        incoming = self.incoming(limit=limit)
        for piece in chunks(stream):
            incoming.write(piece)
        return self.keep_log(incoming, name)

    def log(self, sha256: str) -> LogRecord:
        """A kept log."""
        with reading(self.catalogue) as catalogue:
            row = catalogue.execute("SELECT * FROM logs WHERE sha256 = ?", (sha256,)).fetchone()
        if row is None:
            raise StoreError("unknown_log", "This log is not in the store.", where=sha256[:12])
        return LogRecord(
            row["sha256"], row["name"], row["bytes"], self.logs / row["file"], row["created"]
        )

    # Studies

    def save_study(
        self, definition: Mapping[str, Any], log_sha256: str | None = None, *, ready: bool = False
    ) -> str:
        """Save a new study, complete or not, and give its id."""
        try:
            with writing(self.catalogue) as catalogue:
                return _insert(catalogue, definition, log_sha256, ready=ready)
        except sqlite3.IntegrityError as error:
            raise StoreError(
                "unknown_log",
                "The log was removed from the store before its study was saved.",
                fix="Upload the log again.",
            ) from error

    def save_sample(self, name: str, definition: Mapping[str, Any], log_sha256: str) -> str | None:
        """Save a sample study, unless this store has had it before; its id if it is new."""
        with writing(self.catalogue) as catalogue:
            claim = catalogue.execute("INSERT OR IGNORE INTO samples VALUES (?, ?)", (name, now()))
            if claim.rowcount != 1:
                return None
            study_id = _insert(catalogue, definition, log_sha256, ready=True)
            catalogue.execute("UPDATE studies SET sample = ? WHERE id = ?", (name, study_id))
            return study_id

    def edit(self, study_id: str, definition: Mapping[str, Any], *, ready: bool) -> None:
        """Replace the definition; the last readout stays until the study is run again."""
        with writing(self.catalogue) as catalogue:
            done = catalogue.execute(
                "UPDATE studies SET definition = ?, name = ?, saved = ?, error = NULL,"
                " status = CASE WHEN status = 'running' THEN status ELSE ? END WHERE id = ?",
                (
                    json.dumps(definition), _name(definition), now(),
                    "ready" if ready else "draft", study_id,
                ),
            )  # fmt: skip
            found(done, study_id)

    def keep_facts(self, study_id: str, facts: Mapping[str, Any]) -> None:
        """Keep what the intake said of the study's log."""
        self._set(study_id, "facts = ?", json.dumps(facts))

    def rename(self, study_id: str, name: str) -> None:
        """Give the study another name; its saved readouts keep theirs."""
        cleaned = " ".join(name.split())[:NAME_LENGTH]
        if not cleaned:
            raise StoreError("blank_name", "The name is blank.", fix="Type a name.")
        with writing(self.catalogue) as catalogue:
            done = catalogue.execute(
                "UPDATE studies SET name = ?, definition = json_set(definition, '$.name', ?)"
                " WHERE id = ?",
                (cleaned, cleaned, study_id),
            )
            found(done, study_id)

    def studies(self, *, deleted: bool = False) -> list[StudyRow]:
        """All studies, the newest first; or those that were deleted and can still come back."""
        which = "IS NOT NULL" if deleted else "IS NULL"
        with reading(self.catalogue) as catalogue:
            rows = catalogue.execute(
                f"SELECT * FROM studies WHERE deleted_at {which}"  # noqa: S608
                " ORDER BY sample IS NOT NULL, saved DESC, name"
            ).fetchall()
        return [study_row(row) for row in rows]

    def study(self, study_id: str) -> StudyRow:
        """One study, deleted or not."""
        with reading(self.catalogue) as catalogue:
            row = catalogue.execute("SELECT * FROM studies WHERE id = ?", (study_id,)).fetchone()
        if row is None:
            raise _unknown(study_id)
        return study_row(row)

    def delete(self, study_id: str) -> None:
        """Put a study away; `restore` brings it back for some days."""
        self._set(study_id, "deleted_at = ?", now())

    def restore(self, study_id: str) -> None:
        """Bring a deleted study back."""
        self._set(study_id, "deleted_at = ?", None)

    # Runs and readouts

    def begin(self, study_id: str) -> None:
        """Mark a study as being run; whoever calls this holds its lock (see jobs)."""
        self._set(study_id, "status = 'running', share = 0, error = NULL, doing = ?", "Starting")

    def progress(self, study_id: str, doing: str, share: float) -> None:
        """Say what a run is doing and how far it is."""
        self._set(study_id, "share = ?, doing = ?", min(max(share, 0.0), 1.0), doing)

    def fail(self, study_id: str, error: VerdictError) -> None:
        """Keep why a run failed; the readout before it, if any, stays."""
        self._set(study_id, "status = 'failed', doing = '', error = ?", error_text(error))

    def save_readout(
        self, study_id: str, readout: SavesAsJson, *, left_out: Path | None = None
    ) -> str:
        """Keep a readout, make it the study's newest, and give its id."""
        incoming = None
        if left_out is not None:
            incoming = Incoming(self.left_out)
            with left_out.open("rb") as stream:
                for piece in chunks(stream):
                    incoming.write(piece)
            incoming.seal()
        with writing(self.catalogue) as catalogue:
            kept = incoming.place(".parquet").name if incoming else None
            catalogue.execute(
                "INSERT OR IGNORE INTO readouts SELECT id, ?, ?, ? FROM studies WHERE id = ?",
                (readout.id, readout.to_json(), now(), study_id),
            )
            done = catalogue.execute(
                "UPDATE studies SET status = 'done', share = 1, doing = '', error = NULL,"
                " readout_id = ?, summary = ?, left_out = ?, saved = ? WHERE id = ?",
                (readout.id, json.dumps(summarise(readout.content)), kept, now(), study_id),
            )
            found(done, study_id)
        return readout.id

    def readout(self, study_id: str, readout_id: str | None = None) -> str | None:
        """The text of a study's newest readout, or of an older one; None if there is none."""
        wanted = readout_id or self.study(study_id).readout_id
        with reading(self.catalogue) as catalogue:
            row = catalogue.execute(
                "SELECT content FROM readouts WHERE study_id = ? AND id = ?", (study_id, wanted)
            ).fetchone()
        return str(row["content"]) if row else None

    # Samples

    def sample_names(self) -> set[str]:
        """Samples that this store was given, deleted ones too."""
        with reading(self.catalogue) as catalogue:
            return {row["name"] for row in catalogue.execute("SELECT name FROM samples")}

    def _set(self, study_id: str, assignment: str, *values: object) -> None:
        with writing(self.catalogue) as catalogue:
            done = catalogue.execute(
                f"UPDATE studies SET {assignment} WHERE id = ?",  # noqa: S608
                (*values, study_id),
            )
            found(done, study_id)


def now() -> str:
    """This instant, UTC, so that texts sort as times do."""
    return as_text(datetime.now(UTC))


def as_text(instant: datetime) -> str:
    """An instant as every row has it."""
    return instant.isoformat(timespec="microseconds")


def _insert(
    catalogue: sqlite3.Connection,
    definition: Mapping[str, Any],
    log_sha256: str | None,
    *,
    ready: bool,
) -> str:
    study_id = secrets.token_hex(6)
    catalogue.execute(
        "INSERT INTO studies (id, name, definition, log_sha256, status, created, saved)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            study_id, _name(definition), json.dumps(definition), log_sha256,
            "ready" if ready else "draft", now(), now(),
        ),
    )  # fmt: skip
    return study_id


def _name(definition: Mapping[str, Any]) -> str:
    return str(definition.get("name") or "Untitled study")


def _unknown(study_id: str) -> StoreError:
    return StoreError(
        "unknown_study",
        "No study has this address; it may have been deleted for good.",
        where=f"?study={study_id}",
        fix="Open it from Studies.",
    )


def found(done: sqlite3.Cursor, study_id: str) -> None:
    """Refuse a change that met no row."""
    if done.rowcount != 1:
        raise _unknown(study_id)
