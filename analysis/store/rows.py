"""What the store gives back: logs, studies, links and notes of who did what, as frozen rows."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import RowMapping

from analysis.core import VerdictError
from analysis.store.access import Level

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
        previous_id: Key of the readout before the newest one.
        tags: Words that it can be found by.
        archived: When it was archived, UTC; None while it is not.
        owner: Who made it.
        level: ``private`` (its owner and admins), ``company`` (everybody who may sign in).
        run: Which run holds it, while it is being run.
        beat: When that run last said that it lives, on the database's clock, s since 1970.
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
    previous_id: str | None
    tags: tuple[str, ...]
    archived: str | None
    owner: str
    level: Level
    run: str | None
    beat: float


@dataclass(frozen=True)
class LinkRow:
    """A share link, without its token, which nobody has but those it was given to.

    Attributes:
        id: Its key.
        study_id: The study it was made from, which may be gone.
        name: That study's name when the link was made.
        made_by: Who made it.
        created: When, UTC.
        expires: When it ends, UTC.
        turned_off: When it was turned off, UTC; None while it is on.
        opened_day: The last day on which it was opened; None if it never was.
        frozen: Hash of what it shows.
    """

    id: str
    study_id: str
    name: str
    made_by: str
    created: str
    expires: str
    turned_off: str | None
    opened_day: str | None
    frozen: str


@dataclass(frozen=True)
class AuditRow:
    """One thing that somebody did.

    Attributes:
        at: When, UTC.
        who: The person's name.
        what: What they did, such as ``link made``.
        object: The key of what they did it to.
    """

    at: str
    who: str
    what: str
    object: str


def study_row(row: RowMapping) -> StudyRow:
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
        previous_id=row["previous_id"],
        tags=tuple(json.loads(row["tags"])),
        archived=row["archived"],
        owner=row["owner"],
        level=row["level"],
        run=row["run"],
        beat=float(row["beat"]),
    )


def link_row(row: RowMapping) -> LinkRow:
    """A row of the table of links."""
    return LinkRow(
        id=row["id"],
        study_id=row["study_id"],
        name=row["name"],
        made_by=row["made_by"],
        created=row["created"],
        expires=row["expires"],
        turned_off=row["turned_off"],
        opened_day=row["opened_day"],
        frozen=row["frozen_sha256"],
    )


def error_text(error: VerdictError) -> str:
    """An error as the JSON that its row keeps."""
    return json.dumps(
        {"code": error.code, "what": error.what, "where": error.where, "fix": error.fix}
    )
