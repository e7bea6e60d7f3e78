"""Cleaning of slots, step by step, each with its count."""

from dataclasses import dataclass, field

import numpy as np

from analysis.logs.list_log import Bool, Int
from analysis.logs.lists.cells import BAD_POSITION, BLANK_POSITION, MANY, UNREADABLE
from analysis.logs.lists.codes import Columns


@dataclass
class Losses:
    """Data rows that leave: reason -> their numbers, in the order of the rules."""

    rows: dict[str, Int] = field(default_factory=dict)

    def add(self, reason: str, rows: Int) -> None:
        """Note rows that leave now."""
        if rows.size:
            self.rows[reason] = rows


def keep(columns: Columns, kept: Bool) -> Columns:
    """Some rows of columns; lets go of each old column as its new one is made."""
    if kept.all():
        return columns
    return {name: columns.pop(name)[kept] for name in list(columns)}


def in_order(columns: Columns, order: Int) -> Columns:
    """Columns in another order; lets go of each old one as its new one is made."""
    return {name: columns.pop(name)[order] for name in list(columns)}


def drop_positions(slots: Columns, counts: dict[str, int]) -> Bool:
    """Which slots have a usable position."""
    position = slots["pos"]
    counts["rows_missing_position"] = int((position == BLANK_POSITION).sum())
    counts["rows_bad_position"] = int((position == BAD_POSITION).sum())
    kept: Bool = position >= 0
    return kept


def from_one(position: Int, counts: dict[str, int]) -> Int:
    """Positions that start at 1, whatever the file starts at; unknown ones are 0."""
    known = position[position >= 0]
    base = 0 if known.size and not known.min() else 1
    counts["position_base"] = base
    return np.where(position >= 0, position + (1 - base), 0).astype(np.int16)


def sort_keys(parts: list[tuple[Int, int]]) -> Int:
    """The stable order by several keys, the first counting most.

    Args:
        parts: (key, how many values it may take from 0) of each.
    """
    bits = [max(1, int(size - 1).bit_length()) for _, size in parts]
    if sum(bits) > 62:
        return np.lexsort([key for key, _ in reversed(parts)])
    whole = np.zeros(parts[0][0].size, dtype=np.int64)
    for (key, _), width in zip(parts, bits, strict=True):
        whole <<= width
        whole |= key.astype(np.int64)
    order: Int = np.argsort(whole, kind="stable")
    return order


def starts_of(sorted_codes: Int, size: int) -> Int:
    """(size + 1,) where each code's run starts."""
    return np.searchsorted(sorted_codes, np.arange(size + 1))


def flags(column: Int) -> tuple[Bool, int, int]:
    """Yes or no, how many numbers were above 1, and how many cells could not be read."""
    return column > 0, int((column == MANY).sum()), int((column == UNREADABLE).sum())


def smallest_known(column: Int, starts: Int) -> Int:
    """The smallest code of each run; -1 where no row has one."""
    # As an unsigned number -1 is the largest.
    unsigned = column.astype(np.int32).view(np.uint32)
    if not starts.size:
        return np.empty(0, dtype=np.int32)
    found: Int = np.minimum.reduceat(unsigned, starts).view(np.int32)
    return found


@dataclass(frozen=True)
class Merged:
    """Slots told more than once.

    Attributes:
        kept: Which sorted rows stay.
        into: (m,) rows that go, as places among the sorted rows.
        heads: (m,) the row that each goes into.
    """

    kept: Bool
    into: Int
    heads: Int


def repeated_slots(slots: Columns) -> Merged:
    """Rows of one list that tell of the same slot: equal in position and item.

    Without an item, the ranker's label tells slots of one position apart; without a position
    the item alone must serve. What has neither is never merged.

    Args:
        slots: Sorted by list and position.
    """
    n = slots["row_no"].size
    keys = [slots["list"]]
    if "pos" in slots:
        keys.append(slots["pos"])
    same = np.ones(max(n - 1, 0), dtype=bool)
    for key in keys:
        same &= key[1:] == key[:-1]
    shared = np.zeros(n, dtype=bool)
    shared[1:] |= same
    shared[:-1] |= same
    rows = np.flatnonzero(shared)
    item = slots["item"][rows] if "item" in slots else np.full(rows.size, -1)
    if "pos" in slots:
        known = slots["pos"][rows] > 0
        label = slots["label"][rows] if "label" in slots else np.zeros(rows.size)
        label = np.where(item < 0, label, 0)
    else:
        known, label = item >= 0, np.zeros(rows.size)
    known |= item >= 0
    rows, item, label = rows[known], item[known], label[known]
    order = np.lexsort([rows, label, item, *(key[rows] for key in reversed(keys))])
    rows, item, label = rows[order], item[order], label[order]
    again = (item[1:] == item[:-1]) & (label[1:] == label[:-1])
    for key in keys:
        again &= key[rows[1:]] == key[rows[:-1]]
    is_head = np.ones(rows.size, dtype=bool)
    is_head[1:] = ~again
    heads = rows[np.maximum.accumulate(np.where(is_head, np.arange(rows.size), 0))]
    kept = np.ones(n, dtype=bool)
    kept[rows[~is_head]] = False
    return Merged(kept, rows[~is_head], heads[~is_head])


def merge(slots: Columns, merged: Merged) -> Columns:
    """Slots with every repeat taken into its first row: the largest of flags and numbers.

    A labelled row wins over a shared one and that over an unknown label, then the ranker
    that comes first; so the order of rows does not matter.
    """
    if not merged.into.size:
        return slots
    for name, column in slots.items():
        if name in ("row_no", "place", "list", "pos", "item", "label", "order"):
            continue
        values = column[merged.into]
        if name == "ranker":
            rank = np.where(column >= 0, 127 - column.astype(np.int16), column)
            np.maximum.at(rank, merged.heads, rank[merged.into])
            slots[name] = np.where(rank >= 0, 127 - rank, rank).astype(column.dtype)
        elif column.dtype.kind == "f":
            np.fmax.at(column, merged.heads, values)
        else:
            np.maximum.at(column, merged.heads, values)
    return keep(slots, merged.kept)


def clicks_once(slots: Columns) -> Columns:
    """Each click once: by list and item, else by list and position, else by row."""
    n = slots["row_no"].size
    item = slots["item"] if "item" in slots else np.full(n, -1)
    pos = slots["pos"] if "pos" in slots else np.zeros(n)
    how = np.where(item >= 0, 0, np.where(pos > 0, 1, 2))
    what = np.where(how == 0, item, np.where(how == 1, pos, slots["row_no"]))
    ranker = slots["ranker"].astype(np.int64) if "ranker" in slots else np.zeros(n, dtype=np.int64)
    # Of rows that tell of one click the one with a ranker is kept, then the upper one.
    late = np.where(ranker >= 0, ranker, 1000 - ranker)
    order = np.lexsort([slots["row_no"], pos, late, what, how, slots["list"]])
    keys = [column[order] for column in (slots["list"], how, what)]
    first = np.ones(n, dtype=bool)
    if n:
        first[1:] = False
        for key in keys:
            first[1:] |= key[1:] != key[:-1]
    kept = np.zeros(n, dtype=bool)
    kept[order[first]] = True
    return keep(slots, kept)
