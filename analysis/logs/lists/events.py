"""Clicks and purchases told by rows of their own, joined to the slots that were shown."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from analysis.logs.engines import Engine
from analysis.logs.list_log import Bool, Int
from analysis.logs.lists import cells
from analysis.logs.lists.cleaning import Losses, keep, starts_of
from analysis.logs.lists.codes import Codes, Columns
from analysis.logs.lists.headers import Fields, match_headers
from analysis.logs.lists.marks import row_marks
from analysis.logs.lists.opened import Opened
from analysis.logs.lists.repeats import exact_repeats
from analysis.logs.lists.rows import time_code
from analysis.logs.lists.shapes import (
    CLICK_CODE,
    OTHER_CODE,
    PURCHASE_CODE,
    SHOWN_CODE,
    kind_code,
)
from analysis.logs.lists.table import Identity, Table

PAIRS_AT_ONCE = 4_000_000
NAMES = {"who": "user_id", "list_id": "impression_id", "item": "item_id"}


@dataclass
class Target:
    """What events are joined to.

    Attributes:
        slots: Sorted by list and position; ``list``, ``row_no`` and maybe ``item``, ``pos``.
        identity: The lists.
        table: The lists' users and times.
        position_base: Of the log's positions.
    """

    slots: Columns
    identity: Identity
    table: Table
    position_base: int

    def __post_init__(self) -> None:
        self.starts = starts_of(self.slots["list"], self.identity.lists)


@dataclass
class EventRows:
    """Rows of one file that tell of clicks and purchases.

    Attributes:
        table: ``log`` or ``events``.
        fields: Of the file.
        columns: ``row_no``, ``kind`` and what else there is.
        rows: Data rows of the file, without lines that could not be read.
        losses: Rows that leave.
        repeats: Exact repeats that were removed.
    """

    table: str
    fields: Fields
    columns: Columns
    rows: int
    losses: Losses = field(default_factory=Losses)
    repeats: int = 0

    def of(self, kind: int) -> Columns:
        """The rows of one kind."""
        chosen = self.columns["kind"] == kind
        return {name: column[chosen] for name, column in self.columns.items()}


def read_events(opened: Opened, codes: Codes, target: Target, losses: Losses) -> list[EventRows]:
    """The event rows of the log itself and of the file beside it; nothing if there are none.

    Args:
        opened: The log.
        codes: Of the names in its slots.
        target: What events are joined to.
        losses: Rows of the log that leave; its event rows are added to them.
    """
    found = []
    if opened.shape.kinds:
        # Where no slots are shown, the clicks are the slots already.
        known = CLICK_CODE if opened.shape.name == "events" else SHOWN_CODE
        rows = _read(opened.engine, codes, "log", opened.fields, f"kind > {known}", target)
        rows.losses = losses
        found.append(rows)
    if "events" in opened.sources:
        source = opened.sources["events"]
        names = [name for name, _ in opened.engine.columns]
        fields = match_headers(source.columns, opened.study.columns, elsewhere=names)
        found.append(_read(opened.engine, codes, "events", fields, "", target))
    for rows in found:
        others = rows.columns["kind"] == OTHER_CODE
        if rows.table == "events":
            others |= rows.columns["kind"] == SHOWN_CODE
        _lose(rows, "other_event", others)
        rows.columns = keep(rows.columns, ~others)
    return found


def _lose(rows: EventRows, reason: str, gone: Bool) -> None:
    rows.losses.add(reason, rows.columns["row_no"][gone])


def _read(
    engine: Engine, codes: Codes, table: str, fields: Fields, where: str, target: Target
) -> EventRows:
    dialect = engine.dialect
    columns = {}
    links = {}
    for name, one in NAMES.items():
        if fields.has(one) and (name in target.slots or _known(target, name)):
            column = fields.of[one]
            columns[name] = dialect.identifier(column)
            links[name] = (column, f"{table}_{name}")
    numbers = ["kind", "t", "v"]
    columns["kind"] = _kind(engine, fields)
    columns["t"] = "CAST('-9223372036854775808' AS BIGINT)"
    columns["v"] = "CAST('nan' AS DOUBLE)"
    if fields.has("timestamp"):
        column = fields.of["timestamp"]
        columns["t"] = time_code(dialect.identifier(column), fields.kinds[column], dialect)
    if fields.has("value"):
        column = fields.of["value"]
        number = dialect.number(dialect.identifier(column), fields.kinds[column])
        columns["v"] = f"coalesce({number}, CAST('nan' AS DOUBLE))"
    if fields.has("position") and "pos" in target.slots:
        column = fields.of["position"]
        columns["pos"] = cells.position(dialect.identifier(column), fields.kinds[column], dialect)
        numbers.append("pos")
    select = ", ".join(f"{expression} AS {name}" for name, expression in columns.items())
    view = f"{table}_event_rows"
    engine.view(view, f"SELECT __row AS row_no, {select} FROM {table}")
    for name, (column, link) in links.items():
        kind = fields.kinds[column]
        codes.link(link, name, view, name, kind)
    coded = {name: link for name, (_, link) in links.items()}
    rows = codes.read(view, coded, numbers, where)
    found = EventRows(table, fields, rows, rows["row_no"].size)
    if table == "events" or "list_id" in rows:
        _drop_repeats(engine, found)
    return found


def _known(target: Target, name: str) -> bool:
    """Whether the lists of the log have a name that slots do not carry."""
    named = {"who": target.identity.user, "list_id": target.identity.list_id}
    return named.get(name) is not None


def _kind(engine: Engine, fields: Fields) -> str:
    """What the rows are; without a column that says it, by whether they carry a value."""
    if fields.has("event"):
        column = fields.of["event"]
        return kind_code(engine, column, fields.kinds[column])
    code = PURCHASE_CODE if fields.has("value") or fields.has("converted") else CLICK_CODE
    return f"CAST({code} AS TINYINT)"


def _drop_repeats(engine: Engine, found: EventRows) -> None:
    rows = found.columns
    marks = row_marks(rows, sorted(name for name in rows if name != "row_no"))
    repeats = exact_repeats(engine, found.table, found.fields.kinds, rows["row_no"], marks)
    # The log's own rows were compared already, as far as they are slots.
    repeats = np.intersect1d(repeats, rows["row_no"])
    found.repeats = repeats.size
    if repeats.size:
        before = found.losses.rows.get("duplicate_event_row")
        assert before is None
        found.losses.add("duplicate_event_row", repeats)
        found.columns = keep(rows, ~np.isin(rows["row_no"], repeats))


def lists_of(rows: Columns, target: Target) -> Int:
    """(rows,) the list that each row names; -1 for none, -2 if it could be several."""
    size = rows["row_no"].size
    ids = target.identity.list_id
    if "list_id" not in rows or ids is None:
        return np.full(size, -1, dtype=np.int64)
    code = rows["list_id"].astype(np.int64)
    low = np.searchsorted(ids, code, "left")
    n = np.searchsorted(ids, code, "right") - low
    n[code < 0] = 0
    found = np.where(n == 1, low, -1)
    several = n > 1
    if several.any():
        user = target.identity.user
        assert user is not None
        found[several] = -2
        if "who" in rows:
            width = np.int64(max(user.max(initial=0), rows["who"].max(initial=0)) + 1)
            pairs = ids * width + user
            asked = code * width + rows["who"]
            at = np.minimum(np.searchsorted(pairs, asked), pairs.size - 1)
            mine = several & (rows["who"] >= 0) & (pairs[at] == asked)
            found[mine] = at[mine]
    return found


def slots_in_lists(
    lists: Int, values: Int, column: Int, target: Target
) -> Iterator[tuple[Int, Int]]:
    """Pairs of (row, slot): slots of the row's list whose column equals the row's value.

    Args:
        lists: (rows,) list of each row; rows below 0 have none.
        values: (rows,) what to look for; below 0 is not looked for.
        column: Of the slots.
        target: The slots.
    """
    asked = np.flatnonzero((lists >= 0) & (values >= 0))
    if not asked.size:
        return
    first = target.starts[lists[asked]]
    n = target.starts[lists[asked] + 1] - first
    ends = np.cumsum(n)
    cut = np.searchsorted(ends, np.arange(PAIRS_AT_ONCE, ends[-1] + PAIRS_AT_ONCE, PAIRS_AT_ONCE))
    for start, stop in zip(np.r_[0, cut[:-1] + 1], np.minimum(cut + 1, asked.size), strict=True):
        if start >= stop:
            continue
        m = n[start:stop]
        row = np.repeat(asked[start:stop], m)
        offset = np.arange(row.size) - np.repeat(np.cumsum(m) - m, m)
        slot = np.repeat(first[start:stop], m) + offset
        equal = column[slot] == values[row]
        yield row[equal], slot[equal]


@dataclass(frozen=True)
class Joined:
    """Clicks from rows of their own.

    Attributes:
        clicked: (slots,) with every click.
        events: What was read.
        unmatched: Click rows that belong to no shown slot.
        repeats: Click rows that tell again of a slot that another of their file told of.
    """

    clicked: Bool
    events: list[EventRows]
    unmatched: int
    repeats: int


def join_clicks(events: list[EventRows], target: Target, clicked: Bool, outcome: str) -> Joined:
    """The slots' outcome with the clicks, or conversions, that other rows tell of.

    However many rows tell of one slot, it was clicked once; of two slots with one item the
    upper one gets the click.
    """
    unmatched = repeats = 0
    own = "conv" if outcome == "conversion" else "y"
    for rows in events:
        for kind in (CLICK_CODE, PURCHASE_CODE):
            mine = rows.of(kind)
            if not mine["row_no"].size or (kind == PURCHASE_CODE) != (outcome == "conversion"):
                continue
            if kind == PURCHASE_CODE and own in target.slots:
                continue
            slot = _slots_of(mine, target, rows)
            hit = slot[slot >= 0]
            clicked = clicked.copy()
            clicked[hit] = True
            if kind == CLICK_CODE:
                repeats += hit.size - np.unique(hit).size
                unmatched += int((slot < 0).sum())
                rows.losses.add("click_without_slot", mine["row_no"][slot < 0])
    return Joined(clicked, events, unmatched, repeats)


def _slots_of(rows: Columns, target: Target, events: EventRows) -> Int:
    """(rows,) the slot that each row tells of; -1 for none."""
    lists = lists_of(rows, target)
    found = np.full(rows["row_no"].size, -1, dtype=np.int64)
    none = np.full(found.size, -1)
    asked = []
    if "item" in rows and "item" in target.slots:
        asked.append((rows["item"], target.slots["item"]))
    if "pos" in rows and "pos" in target.slots:
        known = rows["pos"][rows["pos"] >= 0]
        base = target.position_base
        if events.table == "events":
            base = 0 if known.size and not known.min() else 1
        pos = np.where(rows["pos"] >= 0, rows["pos"] + (1 - base), -1)
        # The item says more than the position.
        has_item = rows.get("item", none) != -1
        asked.append((np.where(has_item, -1, pos), target.slots["pos"]))
    for values, column in asked:
        for row, slot in slots_in_lists(lists, values, column, target):
            # Pairs come with the upper slot first; writing backwards leaves it standing.
            found[row[::-1]] = slot[::-1]
    return found
