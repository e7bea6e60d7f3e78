"""What the store gives back: saved logs and saved studies, as plain frozen rows."""

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from analysis.core import VerdictError

Status = Literal["draft", "ready", "running", "done", "failed"]


@dataclass(frozen=True)
class LogRecord:
    """A log that the store keeps.

    Attributes:
        sha256: Hash of the file's bytes, and its key.
        name: The file's own name, made safe.
        bytes: Size on disk.
        file: Where it lies.
        created: When it was first kept, UTC.
    """

    sha256: str
    name: str
    bytes: int
    file: Path
    created: str


@dataclass(frozen=True)
class StudyRow:
    """A saved study and how far it has come.

    Attributes:
        id: Its key in addresses.
        name: Its name on every screen.
        definition: The study's mapping as it was last edited; a draft's may be incomplete.
        facts: What the intake said of the log when it came in; None if it has not looked yet.
        log_sha256: The kept log it reads, if it was uploaded.
        status: ``draft`` (being made), ``ready`` (may be run), ``running``, ``done``, ``failed``.
        doing: What a run is doing, in words.
        share: How far a run is, 0 to 1.
        error: Why the last run failed.
        readout_id: The newest readout's key.
        summary: What the list shows of that readout.
        left_out: File of the rows that the last run left out.
        sample: Name of the sample it is, if it is one.
        created: When it was made, UTC.
        saved: When its definition or readout last changed, UTC.
        deleted_at: When it was deleted, UTC; None while it is not.
    """

    id: str
    name: str
    definition: dict[str, Any]
    facts: dict[str, Any] | None
    log_sha256: str | None
    status: Status
    doing: str
    share: float
    error: VerdictError | None
    readout_id: str | None
    summary: dict[str, Any] | None
    left_out: str | None
    sample: str | None
    created: str
    saved: str
    deleted_at: str | None


def study_row(row: sqlite3.Row) -> StudyRow:
    """A row of the table of studies."""
    error = json.loads(row["error"]) if row["error"] else None
    return StudyRow(
        id=row["id"],
        name=row["name"],
        definition=json.loads(row["definition"]),
        facts=json.loads(row["facts"]) if row["facts"] else None,
        log_sha256=row["log_sha256"],
        status=row["status"],
        doing=row["doing"],
        share=float(row["share"]),
        error=VerdictError(**error) if error else None,
        readout_id=row["readout_id"],
        summary=json.loads(row["summary"]) if row["summary"] else None,
        left_out=row["left_out"],
        sample=row["sample"],
        created=row["created"],
        saved=row["saved"],
        deleted_at=row["deleted_at"],
    )


def error_text(error: VerdictError) -> str:
    """An error as the JSON that its row keeps."""
    return json.dumps(
        {"code": error.code, "what": error.what, "where": error.where, "fix": error.fix}
    )
