"""A study of lists to begin with, from the headers of a log that looks like lists."""

from typing import Any

from analysis.logs.intake import Source
from analysis.logs.lists.headers import FIELDS, SAID, Fields, match_headers, plain_header
from analysis.logs.lists.shapes import JSON_COLUMNS
from analysis.study import Columns


def suggest_lists(source: Source, path: tuple[str, ...], name: str) -> dict[str, Any] | None:
    """A study as a mapping with the contract's keys; None if the log does not look like lists.

    Args:
        source: The log.
        path: What the study's ``[log] path`` shall say.
        name: The study's name.
    """
    fields = match_headers(source.columns, Columns())
    if not _looks_like_lists(fields):
        return None
    columns: dict[str, Any] = {
        role: fields.of[field] for role, field in SAID.items() if field in fields.of
    }
    if fields.segments:
        columns["segments"] = list(fields.segments)
    return {
        "version": 1,
        "name": name,
        "log": {"path": path[0] if len(path) == 1 else list(path), "timezone": "UTC"},
        "columns": columns,
        "interleaving": {"alpha": 0.05},
    }


def _looks_like_lists(fields: Fields) -> bool:
    """Slots of lists with their ranker, or lists in one cell; a session id is no list id."""
    if any(fields.named(column) for column in JSON_COLUMNS) and not fields.has("event"):
        return fields.has("impression_id") or fields.named("models") is not None
    listed = plain_header(fields.of.get("impression_id", "")) in FIELDS["impression_id"]
    return listed and fields.has("model") and (fields.has("position") or fields.has("item_id"))
