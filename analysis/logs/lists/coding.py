"""Rows of a list log as codes and numbers, and what identifies them."""

import numpy as np

from analysis.core import LogError
from analysis.logs.list_log import Int
from analysis.logs.lists.codes import Codes, Columns
from analysis.logs.lists.headers import Fields
from analysis.logs.lists.marks import digest, row_marks
from analysis.logs.lists.rows import Views
from analysis.logs.lists.shapes import Shape

MOST_LABELS = 100_000
MOST_LEVELS = 10_000


def make_codes(codes: Codes, views: Views, fields: Fields, shape: Shape) -> None:
    """The dictionary of each column of names."""
    text = "VARCHAR"
    list_kinds = {
        name: text if shape.whole_lists and name in views.slot_names else _kind(fields, name)
        for name in (*views.list_names, *views.slot_names)
    }
    for name in views.list_names:
        codes.make(name, [(views.lists, name, list_kinds[name])])
    for name in views.slot_names:
        codes.make(name, [(views.slots, name, list_kinds[name])])


def few_names(codes: Codes, views: Views, fields: Fields) -> tuple[dict[str, list[str]], list[str]]:
    """Texts by code of each column that has few.

    Returns:
        Rankers, days and levels of segments, as the views call their columns; and the
        segments, as the log calls them, that have too many levels.

    Raises:
        LogError: ``too_many_levels`` of rankers or days.
    """
    names: dict[str, list[str]] = {}
    wide_segments = []
    for name in (*views.list_names, *views.slot_names):
        if name in ("label", "day_name"):
            names[name] = _few(codes, name, MOST_LABELS if name == "label" else MOST_LEVELS)
        elif name.startswith("s_"):
            levels = codes.names(name, MOST_LEVELS)
            if levels is None:
                wide_segments.append(fields.segments[int(name[2:])])
            else:
                names[name] = levels
    return names, wide_segments


def read_columns(codes: Codes, views: Views) -> tuple[Columns, Columns]:
    """Data rows and slots as codes and numbers; the same columns if a row is a slot."""
    lists = {name: name for name in views.list_names}
    inside = {name: name for name in views.slot_names}
    if views.lists == views.slots:
        numbers = (*views.list_numbers, *views.slot_numbers)
        rows = codes.read(views.slots, lists | inside, numbers)
        return rows, rows
    rows = codes.read(views.lists, lists, views.list_numbers)
    return rows, codes.read(views.slots, inside, views.slot_numbers)


def _kind(fields: Fields, name: str) -> str:
    """The type of the column behind a name of the views."""
    if name.startswith("s_"):
        return fields.kinds[fields.segments[int(name[2:])]]
    field = {
        "who": "user_id", "list_id": "impression_id", "ctx": "context", "day_name": "day",
        "label": "model", "item": "item_id",
    }[name]  # fmt: skip
    return fields.kinds[fields.of[field]]


def _few(codes: Codes, name: str, most: int) -> list[str]:
    names = codes.names(name, most)
    if names is None:
        what = {"label": "rankers", "day_name": "days"}[name]
        raise LogError(
            "too_many_levels",
            f"A column has more than {most:,} different {what}.",
            where="columns",
            fix="Check that it holds names, not ids or texts.",
        )
    return names


def mark_rows(
    codes: Codes, views: Views, shape: Shape, rows: Columns, slots: Columns
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
    texts = codes.digest(sorted((*views.list_names, *views.slot_names)))
    return marks, digest([shape.name, ",".join(names), texts], every)
