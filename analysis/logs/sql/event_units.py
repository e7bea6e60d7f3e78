"""Templates that turn clean rows of an event log into units and their events."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.logs.sql.dialect import Dialect
from analysis.logs.sql.times import local_day

Whole = NDArray[np.int64]

# A residue of the first times names and a value of at most 2^33.5 fits into 63 bits.
FIRST_PRIME, SECOND_PRIME = 536_870_909, 2_147_483_629
# Marks of units are sums of their rows' marks, of which the last 62 bits count.
MARKS = 2**62
# Stands for a blank value; no value reaches it.
BLANK_VALUE = 3_000_000_019


def codes(names: Mapping[str | None, int], dialect: Dialect) -> str:
    """A table of texts and their codes."""
    if not names:
        return f"SELECT {dialect.literal('')} AS name, CAST(0 AS BIGINT) AS code WHERE FALSE"
    rows = ", ".join(
        f"({dialect.literal(name or '')}, {dialect.literal(code)})" for name, code in names.items()
    )
    return f"SELECT * FROM (VALUES {rows}) AS c(name, code)"


def coded(
    expression: str, names: Mapping[str, int], dialect: Dialect, *, default: str = "NULL"
) -> str:
    """The code of a text; for few texts."""
    if not names:
        return default
    cases = " ".join(
        f"WHEN {dialect.literal(name)} THEN {dialect.literal(code)}" for name, code in names.items()
    )
    return f"CASE {expression} {cases} ELSE {default} END"


def whole_value(largest: float, places: int, dialect: Dialect) -> str:
    """A value as a whole number below 2^31 in size, from which no digit is missing.

    Args:
        largest: Largest magnitude of the log's values.
        places: Decimals that they need; more than 6 for values that are no short decimals.
        dialect: The engine's.
    """
    if places <= 6 and largest * 10**places < 2**62:
        whole = f"CAST(round(v * {dialect.literal(float(10**places))}) AS BIGINT)"
        return whole if largest * 10**places < 2**31 else f"({whole} % {SECOND_PRIME})"
    scale = 2.0 ** min(max(50 - math.frexp(largest)[1], -1000), 1000)
    scaled = f"(v * {dialect.literal(scale)})"
    # The first 50 bits, and the next 40 folded into them.
    whole = f"CAST(floor({scaled}) AS BIGINT)"
    rest = f"CAST(floor(({scaled} - floor({scaled})) * 1099511627776.0) AS BIGINT)"
    return f"(({whole} + ({rest} % {SECOND_PRIME}) * 1000003) % {SECOND_PRIME})"


def fingerprint(value: str) -> str:
    """A whole number per row that a change of any of its mapped cells changes.

    A product of the time with the names, and the value with the names. Cells that change
    places between two rows change the sum of such products.
    """
    time = f"((t + event_code + arm_mark) % {FIRST_PRIME})"
    return f"({time} * (coalesce({value}, {BLANK_VALUE}) + event_code + 3 * arm_mark))"


def same_unit(dialect: Dialect, *, by_key: bool) -> str:
    """The join of rows l with units u: by their ids, or by hashes that tell all units apart."""
    return f"u.unit_key = {dialect.key('l.unit')}" if by_key else "u.unit = l.unit"


def units(
    rows: str,
    where: str,
    *,
    event_code: str,
    arm_code: str,
    arm_mark: str,
    mark: str,
    exposed: str,
    dialect: Dialect,
) -> str:
    """Every unit of the clean rows.

    Args:
        rows: Clean rows, joined to whatever the codes need.
        where: Which of them count.
        event_code: Code of a row's event.
        arm_code: Place of a row's arm; -1 for none.
        arm_mark: Code of a row's arm as it is written.
        mark: Fingerprint of a row.
        exposed: Whether a row is an exposure.
        dialect: The engine's.
    """
    read = (
        f"SELECT unit, t, v, {event_code} AS event_code, {arm_code} AS arm_code, "
        f"{arm_mark} AS arm_mark, {exposed} AS exposed FROM {rows} WHERE {where}"
    )
    return (
        "SELECT unit, count(*) AS n, "
        "min(CASE WHEN exposed THEN t END) AS t0, "
        "min(CASE WHEN exposed THEN arm_code END) AS arm_low, "
        "max(CASE WHEN exposed THEN arm_code END) AS arm_high, "
        f"CAST({dialect.wide_sum('row_mark')} % {MARKS} AS BIGINT) AS mark "
        f"FROM (SELECT unit, t, arm_code, exposed, {mark} AS row_mark FROM ({read}) r) m "
        "GROUP BY unit"
    )


def in_order(groups: str, dialect: Dialect) -> str:
    """Units in the order of their ids."""
    return (
        f"SELECT row_number() OVER (ORDER BY unit) - 1 AS ix, {dialect.key('unit')} AS unit_key, "
        f"g.* FROM {groups} g"
    )


def kept(arms: int, end: int | None) -> str:
    """Whether a unit is exposed in time, to one arm that the study looks at."""
    enrolled = f" AND u.t0 < {end}" if end is not None else ""
    return f"u.arm_low = u.arm_high AND u.arm_low < {arms}{enrolled}"


def first_rows(
    rows: str, where: str, exposed: str, columns: Sequence[str], keep: str, same: str
) -> str:
    """The exposure rows at each kept unit's first time."""
    listed = "".join(f", l.{column}" for column in columns)
    return (
        f"SELECT u.ix, l.row_no, l.id{listed} FROM (SELECT * FROM {rows} "
        f"WHERE {where} AND {exposed}) l JOIN units u ON {same} "
        f"WHERE l.t = u.t0 AND {keep}"
    )


def agreed(columns: Sequence[str], dialect: Dialect) -> str:
    """Low and high text of each column over a unit's first rows."""
    blank = dialect.literal("")
    pairs = ", ".join(
        f"min(coalesce({c}, {blank})) AS {c}_low, max(coalesce({c}, {blank})) AS {c}_high"
        for c in columns
    )
    return f"SELECT ix, {pairs} FROM first_rows GROUP BY ix ORDER BY ix"


def decided(columns: Sequence[str], dialect: Dialect) -> str:
    """The one first row of each unit: smallest event id, else first in the log."""
    blank = dialect.literal("")
    listed = ", ".join(f"coalesce({c}, {blank}) AS {c}_low" for c in columns)
    order = "CASE WHEN id IS NULL THEN 1 ELSE 0 END, id, row_no"
    ranked = f"SELECT *, row_number() OVER (PARTITION BY ix ORDER BY {order}) AS place"
    return f"SELECT ix, {listed} FROM ({ranked} FROM first_rows) q WHERE place = 1 ORDER BY ix"


def bad_values(rows: str, events: Sequence[str], keep: str, same: str, dialect: Dialect) -> str:
    """Rows of kept units whose event should carry a number and does not."""
    return (
        f"SELECT l.row_no, l.event FROM {rows} l JOIN units u ON {same} "
        f"WHERE {dialect.one_of('l.event', list(events))} AND l.v IS NULL AND {keep}"
    )


@dataclass(frozen=True)
class Window:
    """Offsets from the first exposure between which events are told apart.

    Attributes:
        offsets: Sorted microseconds; 0 is one of them.
        end: Closes metrics without a window; None if nothing does.
        open_end: Whether events after the last offset are wanted.
    """

    offsets: tuple[int, ...]
    end: int | None
    open_end: bool


@dataclass(frozen=True)
class Cells:
    """How a unit, an event, a day and a place become one whole number and back.

    Attributes:
        units: How many units there are.
        first_day: Number of the first day; earlier ones do not occur.
        days: Days from then on; code 0 is any time before exposure.
        places: Places between the window's edges.
        timezone: Of the local days.
    """

    units: int
    first_day: int
    days: int
    places: int
    timezone: str

    def code(self, event: str, ix: str, day: str, place: str) -> str:
        """The number, in SQL; it grows with event, unit, day and place, in this order."""
        by_unit = f"(CAST({event} AS BIGINT) * {self.units} + {ix})"
        return f"(({by_unit} * {self.days + 1} + {day}) * {self.places} + {place})"

    def parts(self, code: Whole) -> tuple[Whole, Whole, Whole, Whole]:
        """Event, unit, day (0 before exposure) and place."""
        rest, place = _divided(code, self.places)
        rest, day = _divided(rest, self.days + 1)
        event, ix = _divided(rest, self.units)
        return event, ix, np.where(day > 0, day + self.first_day - 1, 0), place


def _divided(code: Whole, by: int) -> tuple[Whole, Whole]:
    """Quotient and rest; numpy divides by one number quickly only if asked for the quotient."""
    quotient = code // by
    return quotient, code - quotient * by


def unit_events(
    rows: str,
    *,
    event_code: str,
    where: str,
    window: Window,
    sums: str,
    keep: str,
    same: str,
    cells: Cells,
    dialect: Dialect,
) -> str:
    """Counts and sums of each kept unit by event, day and place between the window's edges.

    Args:
        rows: Clean rows.
        event_code: Code of a row's event.
        where: Rows of the wanted events.
        window: The edges.
        sums: Aggregates over the values.
        keep: Which units are kept.
        same: How rows and units are joined.
        cells: How the four become one number.
        dialect: The engine's.
    """
    since = "(l.t - u.t0)"
    edges, end, open_end = window.offsets, window.end, window.open_end
    places = " ".join(f"WHEN {since} < {edge} THEN {i}" for i, edge in enumerate(edges))
    place = f"CASE {places} ELSE {len(edges)} END"
    if end is not None:
        place = f"({place} + CASE WHEN l.t >= {end} THEN {len(edges) + 1} ELSE 0 END)"
    day = f"({local_day('l.t', cells.timezone, dialect)} - {cells.first_day - 1})"
    day = f"CASE WHEN l.t < u.t0 THEN 0 ELSE {day} END"
    within = f"{since} >= {edges[0]}" + ("" if open_end else f" AND {since} < {edges[-1]}")
    return (
        f"SELECT cell, count(*) AS n, {sums} FROM ("
        f"SELECT {cells.code('l.event_code', 'u.ix', day, place)} AS cell, l.event_code, l.v "
        f"FROM (SELECT unit, t, v, {event_code} AS event_code FROM {rows} WHERE {where}) l "
        f"JOIN units u ON {same} WHERE {keep} AND {within}) q "
        "GROUP BY cell ORDER BY cell"
    )
