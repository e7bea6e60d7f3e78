"""Different users by unit and period, counted exactly."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.core.cores import on_all_cores
from analysis.logs.arrow import column_of, numbers
from analysis.logs.coder import CODE_BITS, Coder, Keys
from analysis.logs.panels.calendar import Calendar, Int
from analysis.logs.panels.event_groups import NO_PERIOD, Groups, Profile, places
from analysis.logs.panels.event_rows import EventRows
from analysis.logs.sql import panel_rows as sql
from analysis.logs.texts import all_alike, signed, some_odd

# Rows whose users are counted at once.
ROWS_AT_ONCE = 20_000_000


@dataclass(frozen=True)
class People:
    """Different users by unit and period.

    Attributes:
        period: (n,) numbers of the periods.
        unit: (n,) places of the units; -1 for none of them.
        counts: Event -> (n,) users with a row of it; None -> users with any row.
        tidy: No user is written with blanks at the ends.
    """

    period: Int
    unit: Int
    counts: dict[str | None, Int]
    tidy: bool


def count_people(
    rows: EventRows, profile: Profile, groups: Groups, calendar: Calendar, events: list[str]
) -> People:
    """Users by unit and period: all, and those with a row of each event.

    Where the engine is in this process the rows come over with hashes of the users, and users are
    told apart by these; every row brings a sign of its text, so that two users behind one hash are
    noticed. Then, and where a user is written with blanks at the ends, the engine groups texts.
    """
    portions = _portions(rows, groups, calendar)
    if rows.engine.at_hand:
        found = _by_hash(rows, profile, groups, portions, events)
        if found is not None:
            return found
    return _by_text(rows, profile, portions, events)


def _by_text(rows: EventRows, profile: Profile, portions: list[str], events: list[str]) -> People:
    codes = [rows.signatures.code_of(event) for event in events]
    queries = [sql.people(codes, f"{some} AND person IS NOT NULL") for some in portions]
    table = pa.concat_tables([rows.engine.run(query) for query in queries])

    def whole(name: str) -> Int:
        found: Int = table.column(name).to_numpy().astype(np.int64)
        return found

    counts: dict[str | None, Int] = {None: whole("people")}
    counts |= {event: whole(f"e{i}") for i, event in enumerate(events)}
    return People(whole("period"), places(table.column("unit"), profile.units), counts, tidy=False)


@dataclass(frozen=True)
class _Prepared:
    """Some rows: hashes of units and users, users as written, what each adds to its user."""

    unit: Keys
    period: Int
    code: Int
    key: Keys
    user: Any
    signed: Keys

    @classmethod
    def of(cls, batch: Any) -> "_Prepared":
        user = batch.column("user_text")
        keys = [numbers(batch.column(name)).view(np.uint64) for name in ("unit_key", "user_key")]
        period, code = (numbers(batch.column(name)) for name in ("period", "code"))
        return cls(keys[0], period, code, keys[1], user, signed(user))


class _Users:
    """Users numbered as they are met."""

    def __init__(self) -> None:
        self.coder = Coder()
        self.sums = np.zeros(0, dtype=np.uint64)
        self.texts: list[Any] = []

    def codes(self, some: _Prepared) -> Int:
        """The numbers of some rows' users."""
        codes, new = self.coder.codes(some.key)
        if new.size:
            self.texts.append(some.user.take(column_of(new)))
        if self.coder.size > self.sums.size:
            more = np.zeros(self.coder.size, dtype=np.uint64)
            self.sums = np.concatenate([self.sums, more])
        np.add.at(self.sums, codes, some.signed)
        return codes

    def told_apart(self) -> bool:
        """Whether each number stands for one user, and none has blanks at the ends."""
        texts = pa.concat_arrays(self.texts) if self.texts else pa.array([], pa.string())
        return all_alike(self.sums[: len(texts)], texts) and not some_odd(texts)


def _by_hash(
    rows: EventRows, profile: Profile, groups: Groups, portions: list[str], events: list[str]
) -> People | None:
    """Users by their hashes; None if that does not tell all of them apart."""
    engine = rows.engine
    known = engine.run(sql.name_keys(profile.units, engine.dialect))
    place_of = dict(zip(known.column("name_key").to_pylist(), range(known.num_rows), strict=True))
    place_at = known.column("place").to_pylist()
    timed = groups.period[groups.period != NO_PERIOD]
    first = int(timed.min())
    span = int(timed.max()) - first + 1
    if len(place_of) < len(profile.units) or span * len(profile.units) >= 2 ** (62 - CODE_BITS):
        return None
    codes = [rows.signatures.code_of(event) for event in events]
    users, units = _Users(), Coder()
    met: list[int] = []
    cells, counts = [], []
    for some in portions:
        found: list[list[Int]] = [[] for _ in range(len(codes) + 1)]
        batches = engine.stream(sql.coded_people(some, engine.dialect))
        for batch in on_all_cores(_Prepared.of, batches):
            unit, new = units.codes(batch.unit)
            met += batch.unit.take(new).tolist()
            one = ((unit * span + (batch.period - first)) << CODE_BITS) | users.codes(batch)
            found[0].append(one)
            for i, code in enumerate(codes, start=1):
                found[i].append(one[batch.code == code])
        cell, each = _counted(found)
        cells.append(cell)
        counts.append(each)
    if not users.told_apart():
        return None
    places_met = np.array([place_at[place_of[key]] if key in place_of else -1 for key in met])
    cell = np.concatenate(cells)
    each = np.concatenate(counts, axis=1)
    named: list[str | None] = [None, *events]
    return People(
        period=cell % span + first,
        unit=places_met.astype(np.int64)[cell // span],
        counts=dict(zip(named, each, strict=True)),
        tidy=True,
    )


def _counted(found: list[list[Int]]) -> tuple[Int, Int]:
    """Cells, and (sets, cells) how many different users each set of rows has in them."""
    cells = np.zeros(0, dtype=np.int64)
    counts: list[Int] = []
    for some in found:
        pairs = np.concatenate([np.zeros(0, dtype=np.int64), *some])
        some.clear()
        pairs.sort()
        of = pairs[np.flatnonzero(np.diff(pairs, prepend=-1))] >> CODE_BITS
        at, n = np.unique(of, return_counts=True)
        if not counts:
            cells = at
        each = np.zeros(cells.size, dtype=np.int64)
        each[np.searchsorted(cells, at)] = n
        counts.append(each)
    return cells, np.stack(counts)


def _portions(rows: EventRows, groups: Groups, calendar: Calendar) -> list[str]:
    """Conditions on rows, of portions whose users fit into memory at once."""
    where = "t IS NOT NULL AND unit IS NOT NULL AND late = 0"
    if rows.repeats:
        bit = 2 ** rows.signatures.sets.index(None)
        marks = f"signature % {2 ** len(rows.signatures.sets)}"
        where += f" AND {rows.engine.dialect.divide(f'({marks})', bit)} % 2 = 0"
    timed = groups.period != NO_PERIOD
    periods, at = np.unique(groups.period[timed], return_inverse=True)
    n = np.zeros(periods.size, dtype=np.int64)
    np.add.at(n, at, groups.rows[timed])
    portions: list[tuple[int, int]] = []
    held = 0
    for period, some in zip(periods.tolist(), n.tolist(), strict=True):
        if portions and (held + some <= ROWS_AT_ONCE or not rows.engine.at_hand):
            portions[-1] = (portions[-1][0], period)
            held += some
        else:
            portions.append((period, period))
            held = some
    return [
        f"{where} AND t >= {calendar.begins(low)} AND t < {calendar.begins(high + 1)}"
        for low, high in portions
    ]
