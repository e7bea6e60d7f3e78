"""Rows of a list log as codes and numbers, and what identifies them."""

from typing import TYPE_CHECKING

import numpy as np

from analysis.core import LogError
from analysis.logs.list_log import Int
from analysis.logs.lists.codes import Columns
from analysis.logs.lists.marks import digest, row_marks
from analysis.logs.lists.rows import Views

if TYPE_CHECKING:
    from analysis.logs.lists.slots import SlotReading

MOST_LABELS = 100_000
MOST_LEVELS = 10_000


def read_columns(reading: "SlotReading", views: Views) -> tuple[Columns, Columns]:
    """Data rows and slots as codes and numbers; the same columns if a row is a slot."""
    text = "VARCHAR"
    list_kinds = {
        name: text
        if reading.shape.whole_lists and name in views.slot_names
        else _kind(reading, name)
        for name in (*views.list_names, *views.slot_names)
    }
    for name in views.list_names:
        reading.codes.make(name, [(views.lists, name, list_kinds[name])])
    for name in views.slot_names:
        reading.codes.make(name, [(views.slots, name, list_kinds[name])])
    for name in (*views.list_names, *views.slot_names):
        if name in ("label", "day_name"):
            reading.names[name] = _few(
                reading, name, MOST_LABELS if name == "label" else MOST_LEVELS
            )
        elif name.startswith("s_"):
            levels = reading.codes.names(name, MOST_LEVELS)
            if levels is None:
                reading.wide_segments.append(reading.fields.segments[int(name[2:])])
            else:
                reading.names[name] = levels
    lists = {name: name for name in views.list_names}
    inside = {name: name for name in views.slot_names}
    if views.lists == views.slots:
        numbers = (*views.list_numbers, *views.slot_numbers)
        rows = reading.codes.read(views.slots, lists | inside, numbers)
        return rows, rows
    rows = reading.codes.read(views.lists, lists, views.list_numbers)
    return rows, reading.codes.read(views.slots, inside, views.slot_numbers)


def _kind(reading: "SlotReading", name: str) -> str:
    """The type of the column behind a name of the views."""
    fields = reading.fields
    if name.startswith("s_"):
        return fields.kinds[fields.segments[int(name[2:])]]
    field = {
        "who": "user_id", "list_id": "impression_id", "ctx": "context", "day_name": "day",
        "label": "model", "item": "item_id",
    }[name]  # fmt: skip
    return fields.kinds[fields.of[field]]


def _few(reading: "SlotReading", name: str, most: int) -> list[str]:
    names = reading.codes.names(name, most)
    if names is None:
        what = {"label": "rankers", "day_name": "days"}[name]
        raise LogError(
            "too_many_levels",
            f"A column has more than {most:,} different {what}.",
            where="columns",
            fix="Check that it holds names, not ids or texts.",
        )
    return names


def rows_in_file(reading: "SlotReading") -> int:
    """Data rows of the log, lines that could not be read included."""
    if "log" in reading.sources:
        return reading.sources["log"].rows
    return int(reading.engine.run("SELECT count(*) AS n FROM log").column("n").to_pylist()[0])


def mark_rows(
    reading: "SlotReading", views: Views, rows: Columns, slots: Columns
) -> tuple[Int, str]:
    """A hash of each data row, and the digest of all rows."""
    names = sorted(name for name in rows if name != "row_no")
    marks = row_marks(rows, names)
    every = [marks]
    if slots is not rows:
        inside = sorted(name for name in slots if name != "row_no")
        order = np.argsort(rows["row_no"])
        at = order[np.searchsorted(rows["row_no"][order], slots["row_no"])]
        mine = row_marks({**slots, "of": marks[at].view(np.int64)}, ["of", *inside])
        every.append(mine)
    texts = reading.codes.digest(sorted((*views.list_names, *views.slot_names)))
    return marks, digest([reading.shape.name, ",".join(names), texts], every)
