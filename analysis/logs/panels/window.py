"""Which periods of a log are kept: no hole in logging, no declared gap, none that is not whole."""

from dataclasses import dataclass

import numpy as np

from analysis.core import LogError
from analysis.logs.panels.axes import CalendarAxis, LabelAxis
from analysis.logs.panels.calendar import Calendar, Int, instant, is_date
from analysis.logs.sql.times import DAY
from analysis.study_panel import SyntheticControl

# A first or last period that lacks more of its time than this may not be whole.
LACKING = 0.10
MOST_PERIODS = 100_000


@dataclass(frozen=True)
class Partial:
    """A first or last period that is not whole.

    Attributes:
        period: Its number.
        which: ``first`` or ``last``.
        covered: The share of its time that the log covers.
    """

    period: int
    which: str
    covered: float


@dataclass(frozen=True)
class Window:
    """What becomes of each period of a calendar that the log touches.

    Attributes:
        calendar: What the periods are.
        touched: Their numbers, in order.
        outside: Those outside the study: after its end, or in a declared gap.
        holes: Periods between the touched ones without a row of any kind.
        partial: Those that are not whole.
        keep_partial: They are kept nevertheless.
        end: UTC microseconds; nothing at or after it counts. None if open.
    """

    calendar: Calendar
    touched: tuple[int, ...]
    outside: frozenset[int]
    holes: tuple[int, ...]
    partial: tuple[Partial, ...]
    keep_partial: bool
    end: int | None

    @property
    def dropped(self) -> frozenset[int]:
        """Periods left out because they are not whole."""
        return frozenset() if self.keep_partial else frozenset(one.period for one in self.partial)

    @property
    def kept(self) -> tuple[int, ...]:
        """The periods of the panel."""
        gone = self.outside | self.dropped
        return tuple(period for period in self.touched if period not in gone)

    def axis(self) -> CalendarAxis:
        """The kept periods as an axis."""
        return CalendarAxis(self.calendar, self.kept, (self.touched[0], self.touched[-1]))


def calendar_window(
    calendar: Calendar, touched: Int, low: Int, high: Int, lens: SyntheticControl, *, whole: bool
) -> Window:
    """What becomes of the periods of a log.

    Args:
        calendar: What the periods are.
        touched: (n,) numbers of the periods with any row, in order.
        low: (n,) first time in each, UTC microseconds.
        high: (n,) last time in each, or when what stands on its last row is over.
        lens: Says the end, the gaps, and what becomes of partial periods.
        whole: Rows stand for whole periods, so that none can be partial.

    Raises:
        LogError: ``number_on_dates``, or ``gap_backwards``.
    """
    periods = tuple(map(int, touched))
    end = None
    outside: set[int] = set()
    if lens.end is not None:
        end = instant(lens.end, calendar.timezone, "synthetic_control.end")
        outside |= {period for period in periods if calendar.begins(period) >= end}
    declared = [
        _span(calendar, first, last, f"synthetic_control.gaps[{i + 1}]")
        for i, (first, last) in enumerate(lens.gaps)
    ]
    outside |= {p for p in periods if any(first <= p <= last for first, last in declared)}
    seen = set(periods)
    holes = tuple(
        period
        for period in range(periods[0], periods[-1] + 1)
        if period not in seen
        and not any(first <= period <= last for first, last in declared)
        and (end is None or calendar.begins(period) < end)
    )
    partial: tuple[Partial, ...] = ()
    if not whole:
        found = _partial(calendar, periods, low, high, end)
        partial = tuple(one for one in found if one.period not in outside)
    return Window(
        calendar, periods, frozenset(outside), holes, partial, lens.partial_periods == "keep", end
    )


def _span(calendar: Calendar, first: str | float, last: str | float, where: str) -> tuple[int, int]:
    ends = [calendar.of_instant(instant(one, calendar.timezone, where)) for one in (first, last)]
    if ends[0] > ends[1]:
        raise _backwards(where, first, last)
    return ends[0], ends[1]


def _backwards(where: str, first: str | float, last: str | float) -> LogError:
    return LogError(
        "gap_backwards",
        f"{where} begins at {first} and ends before it, at {last}.",
        where=where,
        fix="Write the first period of the gap, then the last.",
    )


def _partial(
    calendar: Calendar, periods: tuple[int, ...], low: Int, high: Int, end: int | None
) -> list[Partial]:
    """The first and the last period, where they lack more of their time than any between them.

    A period that the study's end cuts is not whole either, whatever the others are like.
    """
    begins = np.array([calendar.begins(period) for period in periods])
    ends = np.array([calendar.begins(period + 1) for period in periods])
    lengths = ends - begins
    head, tail = (low - begins) / lengths, (ends - high) / lengths
    inner_head = float(head[1:-1].max(initial=0.0)) if len(periods) > 2 else 0.0
    inner_tail = float(tail[1:-1].max(initial=0.0)) if len(periods) > 2 else 0.0
    found = []
    if head[0] > max(LACKING, inner_head):
        found.append(Partial(periods[0], "first", 1.0 - float(head[0])))
    if tail[-1] > max(LACKING, inner_tail):
        found.append(Partial(periods[-1], "last", 1.0 - float(tail[-1])))
    if end is not None:
        cut = (begins < end) & (end < ends) & ((ends - end) / lengths > LACKING)
        for at in np.flatnonzero(cut):
            found = [one for one in found if one.period != periods[at]]
            covered = float((end - begins[at]) / lengths[at])
            found.append(Partial(periods[at], "last", covered))
    return found


def label_axis(
    keys: tuple[float, ...],
    names: tuple[str, ...],
    timezone: str | None,
    lens: SyntheticControl,
) -> LabelAxis:
    """Labels in order, without those from the end's date on, after its number, or in a gap.

    Raises:
        LogError: ``date_on_numbers``, ``number_on_dates`` or ``gap_backwards``.
    """
    every = LabelAxis(keys, names, tuple(range(len(keys))), timezone)
    kept = set(every.kept)
    if lens.end is not None:
        end = every.key(lens.end, "synthetic_control.end")
        # A date is the instant at which its period begins; a number is the period itself.
        kept = {i for i in kept if keys[i] < end or (timezone is None and keys[i] == end)}
    for i, (first, last) in enumerate(lens.gaps):
        where = f"synthetic_control.gaps[{i + 1}]"
        low, high = every.key(first, where), every.key(last, where)
        if timezone is not None and is_date(last):
            high += DAY - 1
        if low > high:
            raise _backwards(where, first, last)
        kept -= {place for place in kept if low <= keys[place] <= high}
    return LabelAxis(keys, names, tuple(sorted(kept)), timezone)
