"""A source as plain JSON, to cross a process border or to be kept beside its rows."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from analysis.core import Notice
from analysis.logs.intake.source import RejectedLine, Source


def to_record(source: Source) -> dict[str, Any]:
    """The source as JSON-able values."""
    record = asdict(source)
    record["files"] = [str(path) for path in source.files]
    record["rejected_file"] = str(source.rejected_file) if source.rejected_file else None
    return record


def from_record(record: dict[str, Any]) -> Source:
    """The source that `to_record` wrote."""
    rejected_file = record["rejected_file"]
    return Source(
        files=tuple(map(Path, record["files"])),
        text=record["text"],
        columns=tuple((name, kind) for name, kind in record["columns"]),
        rows=record["rows"],
        rejected=tuple(RejectedLine(**line) for line in record["rejected"]),
        rejected_count=record["rejected_count"],
        format=record["format"],
        encoding=record["encoding"],
        notices=tuple(Notice(**notice) for notice in record["notices"]),
        rejected_file=Path(rejected_file) if rejected_file else None,
    )
