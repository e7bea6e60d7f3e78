"""Events of each unit by day and window, built once in the engine and kept as arrays."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from analysis.logs.column_store import Array, ColumnStore, key_of, let_go
from analysis.logs.engines import Engine
from analysis.logs.events.coded.events import Wanted, event_cells
from analysis.logs.events.rows import Profile
from analysis.logs.events.units import Units
from analysis.logs.plan import EventMetric, Part, Plan
from analysis.logs.sql import event_units as sql
from analysis.logs.sql.dialect import Dialect
from analysis.logs.sql.times import local_days

ROWS_AT_ONCE = 30_000_000
UNITS_AT_ONCE = 262_144
# Sums of whole numbers below this fit into 64 bits.
ROOM = 2**62
WIDE_BITS = 90
# Squares of larger values would leave the range of doubles.
EXTREME = 1e150


def extreme_scale(largest: float) -> float:
    """Power of two that brings extreme values below 2."""
    return 2.0 ** (math.frexp(largest)[1] - 1)


TYPES: dict[str, Any] = {
    "ix": np.int32,
    "day": np.int32,
    "place": np.int8,
    "n": np.int32,
    "fixed": np.int64,
    "wide": np.float64,
}


@dataclass(frozen=True)
class Unit64:
    """How an event's values are added up exactly: as whole numbers of some unit.

    Attributes:
        decimals: The unit is 10^-decimals; None for a power of two.
        exponent: The unit is 2^-exponent.
        largest: Largest magnitude among the values.
    """

    decimals: int | None
    exponent: int
    largest: float

    @classmethod
    def of(cls, profile: Profile, event: str, most_rows: int) -> "Unit64":
        """The unit in which any unit's sum of values is exact and fits."""
        largest, places, _ = profile.values(event)
        return cls.fitting(largest, places, most_rows)

    @classmethod
    def fitting(cls, largest: float, places: int, most_rows: int) -> "Unit64":
        """The unit for values of a magnitude and a number of decimals."""
        if places <= 6 and largest * 10**places * max(most_rows, 1) < ROOM:
            return cls(places, 0, largest)
        return cls(None, min(max(WIDE_BITS - math.frexp(largest)[1], -1000), 1000), largest)

    @property
    def scale(self) -> float:
        """How many units make 1."""
        return float(10**self.decimals) if self.decimals is not None else 2.0**self.exponent

    def whole(self, value: str, dialect: Dialect) -> str:
        """A value as a whole number of units, in SQL."""
        kind = "BIGINT" if self.decimals is not None else dialect.wide
        return f"CAST(round({value} * {dialect.literal(self.scale)}) AS {kind})"

    def value(self, whole: Array, scale: float) -> Array:
        """Sums as doubles, divided by `scale`."""
        if self.decimals is not None:
            found: Array = whole / float(10**self.decimals)
            return found if scale == 1.0 else found / scale
        down: Array = np.ldexp(whole, -self.exponent - round(math.log2(scale)))
        return down


@dataclass(frozen=True)
class EventRows:
    """One event's counts and sums by unit, day and place between the edges.

    Attributes:
        ix: Unit, among the kept ones; sorted, then by day.
        day: Local day number; 0 before exposure.
        place: Between which edges; see `Edges`.
        n: Rows.
        whole: Sum of values in whole units; None if no metric adds them up.
        unit: The unit of `whole`.
    """

    ix: Array
    day: Array
    place: Array
    n: Array
    whole: Array | None
    unit: Unit64

    def between(self, units: int) -> Iterator[tuple[int, int, slice]]:
        """Units in portions, always the same ones: first, one after the last, and their rows."""
        starts = np.arange(0, units, UNITS_AT_ONCE)
        limits = np.searchsorted(self.ix, np.append(starts, units).astype(self.ix.dtype))
        for i, start in enumerate(starts):
            stop = min(int(start) + UNITS_AT_ONCE, units)
            yield int(start), stop, slice(int(limits[i]), int(limits[i + 1]))
            for column in (self.ix, self.day, self.place, self.n, self.whole):
                let_go(column)


@dataclass(frozen=True)
class Edges(sql.Window):
    """The window edges of all of a plan's metrics."""

    @classmethod
    def of(cls, plan: Plan) -> "Edges":
        """The edges of all of a plan's metrics."""
        is_open = plan.has_open_window()
        return cls(tuple(plan.edges()), plan.end if is_open else None, is_open)

    def within(self, place: Array, low: int, high: int | None) -> Array:
        """Which rows lie in a window."""
        wanted = np.zeros(2 * len(self.offsets) + 2, dtype=bool)
        for i in range(1, len(self.offsets) + 1):
            starts = self.offsets[i - 1] >= low
            last = i == len(self.offsets)
            ends = high is None if last else high is None or self.offsets[i] <= high
            wanted[i] = starts and ends
            # After the end of the experiment only metrics with a window go on.
            wanted[i + len(self.offsets) + 1] = wanted[i] and high is not None
        found: Array = wanted[place]
        return found


def folder_key(plan: Plan) -> str:
    """What the stored events of a log depend on beside the units and the event."""
    edges = Edges.of(plan)
    return key_of("events", edges.offsets, edges.end, edges.open_end)[:24]


def name_of(event: str, *, sums: bool) -> str:
    """The stored name of an event's rows."""
    return f"event-{key_of(event, sums)[:24]}"


def missing_events(store: ColumnStore, plan: Plan) -> list[str]:
    """Events of the plan that are not stored yet."""
    sums = plan.sums()
    return [e for e in plan.events() if not store.has(_stored_name(store, e, sums=e in sums))]


def _stored_name(store: ColumnStore, event: str, *, sums: bool) -> str:
    """The name under which an event is stored; rows with sums serve those who only count."""
    with_sums = name_of(event, sums=True)
    return with_sums if store.has(with_sums) else name_of(event, sums=sums)


def build_events(
    engine: Engine, profile: Profile, plan: Plan, units: Units, arms: int, store: ColumnStore
) -> None:
    """Work out and store the rows of every event that is not stored yet."""
    rows = profile.events()
    for events in _portions(missing_events(store, plan), rows):
        _build(engine, profile, plan, units, arms, store, events)


def _portions(events: Iterable[str], rows: dict[str, int]) -> list[list[str]]:
    """Events together as long as their rows fit into memory."""
    portions: list[list[str]] = []
    size = ROWS_AT_ONCE + 1
    for event in events:
        size += rows.get(event, 0)
        if size > ROWS_AT_ONCE:
            portions.append([])
            size = rows.get(event, 0)
        portions[-1].append(event)
    return portions


def _build(
    engine: Engine,
    profile: Profile,
    plan: Plan,
    units: Units,
    arms: int,
    store: ColumnStore,
    events: list[str],
) -> None:
    adds, kept = plan.sums(), units.kept
    most_rows = int(units.rows[kept].max()) if kept.any() else 0
    unit_of = {event: Unit64.of(profile, event, most_rows) for event in events}
    edges, span = Edges.of(plan), local_days(np.array([profile.first, profile.last]), plan.timezone)
    cells = sql.Cells(
        units=max(int(kept.sum()) if units.coded is not None else units.status.size, 1),
        first_day=int(span[0]),
        days=int(span[1] - span[0]) + 1,
        places=2 * len(edges.offsets) + 2,
        timezone=plan.timezone,
    )
    stored = [_Stored(store, event, unit_of[event], sums=event in adds) for event in events]
    if units.coded is not None:
        gaps = {event for event, bad in profile.value_events().items() if bad}
        wanted = [
            Wanted(
                frozenset(profile.spellings([event])),
                filled=event in gaps,
                scale=unit_of[event].scale if event in adds else None,
                wide=unit_of[event].decimals is None,
            )
            for event in events
        ]
        for code, columns in event_cells(units.coded, kept, wanted, edges, cells):
            stored[code].add(columns)
    else:
        query = _query(engine, profile, plan, units, arms, events, unit_of, edges, cells)
        _read_cells(engine.stream(query), cells, (np.cumsum(kept) - 1).astype(np.int32), stored)
    for one in stored:
        one.close()


def _query(
    engine: Engine,
    profile: Profile,
    plan: Plan,
    units: Units,
    arms: int,
    events: list[str],
    unit_of: dict[str, Unit64],
    edges: "Edges",
    cells: sql.Cells,
) -> str:
    """The cells of some events, in the engine."""
    dialect = engine.dialect
    codes = {event: i for i, event in enumerate(events)}
    spelled = {name: codes[e] for e in events for name in profile.spellings([e])}
    gaps = [event for event, bad in profile.value_events().items() if bad and event in codes]
    where = dialect.one_of("event", list(spelled))
    if gaps:
        where += f" AND NOT (v IS NULL AND {dialect.one_of('event', profile.spellings(gaps))})"
    return sql.unit_events(
        "clean",
        event_code=sql.coded("event", spelled, dialect),
        where=where,
        window=edges,
        sums=_sums(codes, unit_of, plan.sums(), dialect),
        keep=sql.kept(arms, plan.end),
        same=units.table.ready(),
        cells=cells,
        dialect=dialect,
    )


def _read_cells(
    batches: Iterator[Any], cells: sql.Cells, place_of: Array, stored: "list[_Stored]"
) -> None:
    """Store cells that come from an engine, in order."""
    for batch in batches:
        read = {
            name: batch.column(name).to_numpy(zero_copy_only=False) for name in batch.schema.names
        }
        event_code, ix, day, place = cells.parts(read.pop("cell"))
        read |= {"ix": place_of[ix], "day": day, "place": place}
        for code, one in enumerate(stored):
            start, stop = np.searchsorted(event_code, [code, code + 1])
            if start < stop:
                one.add({name: column[start:stop] for name, column in read.items()})


class _Stored:
    """An event's rows on their way into the store."""

    def __init__(self, store: ColumnStore, event: str, unit: Unit64, *, sums: bool) -> None:
        self._store = store
        self._name = name_of(event, sums=sums)
        self._unit = unit
        # Stored name -> name in a batch.
        self._columns = {name: name for name in ("ix", "day", "place", "n")}
        if sums:
            self._columns["whole"] = "wide" if unit.decimals is None else "fixed"
        self._open = {
            name: store.appending(f"{self._name}-{name}", TYPES[column])
            for name, column in self._columns.items()
        }

    def add(self, batch: dict[str, Array]) -> None:
        """More rows."""
        for name, column in self._columns.items():
            self._open[name].add(batch[column])

    def close(self) -> None:
        """All rows are in."""
        for opened in self._open.values():
            opened.close()
        self._store.put_facts(self._name, asdict(self._unit))


def _sums(
    codes: dict[str, int], unit_of: dict[str, Unit64], adds: set[str], dialect: Dialect
) -> str:
    """Aggregates: sums in 64-bit units (fixed) and in wide ones (wide)."""

    def cases(wanted: list[str]) -> str:
        return " ".join(
            f"WHEN {dialect.literal(codes[e])} THEN {unit_of[e].whole('v', dialect)}"
            for e in wanted
        )

    summed = [event for event in codes if event in adds]
    fixed = cases([event for event in summed if unit_of[event].decimals is not None])
    wide = cases([event for event in summed if unit_of[event].decimals is None])
    fixed_sum = f"coalesce(sum(CASE event_code {fixed} END), 0)" if fixed else "0"
    wide_sum = f"coalesce(sum(CASE event_code {wide} END), 0)" if wide else "0"
    return f"CAST({fixed_sum} AS BIGINT) AS fixed, CAST({wide_sum} AS DOUBLE) AS wide"


def stored_rows(store: ColumnStore, event: str, *, sums: bool) -> EventRows:
    """The stored rows of an event."""
    name = _stored_name(store, event, sums=sums)
    facts: dict[str, Any] = store.facts(name)
    return EventRows(
        ix=store.array(f"{name}-ix"),
        day=store.array(f"{name}-day"),
        place=store.array(f"{name}-place"),
        n=store.array(f"{name}-n"),
        whole=store.array(f"{name}-whole") if sums else None,
        unit=Unit64(**facts),
    )


__all__ = [
    "Edges",
    "EventMetric",
    "EventRows",
    "Part",
    "Unit64",
    "build_events",
    "folder_key",
    "missing_events",
    "stored_rows",
]
