"""Small logs of lists on disk, and a study that reads them."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from analysis.logs import ListLog, read_lists
from analysis.study import Study

# Section 20.1: o = old (control), n = new (candidate), s = shared; * = clicked.
NINE = {
    ("ann", "A1"): "o* n n* o",
    ("ann", "A2"): "n* o o n*",
    ("bob", "A3"): "o n s* o",
    ("bob", "A4"): "n o* n o",
    ("cat", "A5"): "o n* n o",
    ("dan", "A6"): "n* o* o* n",
    ("dan", "A7"): "o n o n",
    ("eve", "A8"): "n* o n* o",
    ("eve", "A9"): "o* n* n o",
}
LABELS = {"o": "old", "n": "new", "s": ""}
HEADER = "user_id,impression_id,position,item_id,model,clicked"


def rows_of(lists: Mapping[tuple[str, str], str]) -> list[list[Any]]:
    """Slots as rows: user, list, position, item, label, click."""
    return [
        [user, name, place, f"{name}-{place}", LABELS[slot[0]], int("*" in slot)]
        for (user, name), slots in lists.items()
        for place, slot in enumerate(slots.split(), 1)
    ]


def text_of(rows: Iterable[Iterable[Any]], header: str = HEADER, by: str = ",") -> str:
    """A delimited text."""
    lines = [header.replace(",", by), *(by.join(map(str, row)) for row in rows)]
    return "\n".join(lines) + "\n"


def json_of(rows: Iterable[list[Any]]) -> tuple[str, str]:
    """The same lists as objects in a cell, and their clicks as rows of a second file."""
    lists: dict[tuple[str, str], list[dict[str, Any]]] = {}
    clicks = []
    for user, name, _, item, label, click in rows:
        lists.setdefault((user, name), []).append({"id": item, "team": label or None})
        if click:
            clicks.append(["click", name, item])
    shown = [
        json.dumps({"user_id": user, "impression_id": name, "items": slots})
        for (user, name), slots in lists.items()
    ]
    return "\n".join(shown), text_of(clicks, "event,impression_id,item_id")


def joined_of(rows: Iterable[list[Any]]) -> str:
    """The same lists as joined pieces."""
    lists: dict[tuple[str, str], list[list[Any]]] = {}
    for user, name, *slot in rows:
        lists.setdefault((user, name), []).append(slot)
    return text_of(
        (
            [user, name, *("|".join(str(slot[i]) for slot in slots) for i in (1, 2, 3))]
            for (user, name), slots in lists.items()
        ),
        "user_id,impression_id,items,models,clicks",
    )


def study(path: str | list[str] = "log.csv", **said: Any) -> Study:
    """A study of lists; ``log`` and ``columns`` are its sections, the rest the lens."""
    return Study.parse(
        {
            "version": 1,
            "log": {"path": path, **said.pop("log", {})},
            "columns": said.pop("columns", {}),
            "interleaving": said,
        }
    )


def read(folder: Path, text: str | bytes, name: str = "log.csv", **said: Any) -> ListLog:
    """A log, written and read; ``events`` is the text of a second file."""
    events = said.pop("events", None)
    log = dict(said.pop("log", {}))
    if events is not None:
        (folder / "events.csv").write_text(events, encoding="utf-8")
        log["events"] = "events.csv"
    data = text.encode() if isinstance(text, str) else text
    (folder / name).write_bytes(data)
    return read_lists(study(name, log=log, **said), base=folder, work=folder / "work")


def codes(log: ListLog) -> set[str]:
    """The codes of the notices."""
    return {notice.code for notice in log.notices}


def left_out(log: ListLog) -> dict[str, int]:
    """Rows left out, by reason."""
    return {one.reason: one.rows for one in log.accounting.left_out}


def slots_of(log: ListLog) -> dict[str, Any]:
    """Everything that statistics see of the slots and lists, as plain lists."""
    found: dict[str, Any] = {"rankers": list(log.rankers), "users": log.users, "lists": log.lists}
    for part in (log.slots, log.table):
        for name, value in vars(part).items():
            found[name] = _plain(value)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value
