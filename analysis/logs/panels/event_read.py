"""From the rows of an event log to panels of its metrics."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.core import Floats, LogError
from analysis.logs.accounting import LeftOut
from analysis.logs.engines import Engine
from analysis.logs.intake import Source
from analysis.logs.panel_log import REASONS as CELL_REASONS
from analysis.logs.panel_log import MetricPanel
from analysis.logs.panels import outcomes as out
from analysis.logs.panels.calendar import Calendar, Int, instant
from analysis.logs.panels.event_groups import NO_PERIOD, Groups, Profile
from analysis.logs.panels.event_rows import EventRows
from analysis.logs.panels.metrics import EventMetric, EventPart, event_metric
from analysis.logs.panels.people import count_people
from analysis.logs.panels.roles import Roles
from analysis.logs.panels.sums import ExactSum
from analysis.logs.panels.window import MOST_PERIODS, Window, calendar_window
from analysis.logs.rejected import rejected_lines
from analysis.study import Study
from analysis.study_panel import SyntheticControl

MOST_CELLS = 50_000_000
ZERO_EXPOSURE = CELL_REASONS.index("zero_exposure")

Report = Callable[[str, float], None]


@dataclass(frozen=True)
class EventReading:
    """An event log, read.

    Attributes:
        rows: Has the views of the open log.
        profile: What the rows hold.
        groups: Rows by unit, period and what decides about them.
        window: Which periods are kept.
        outcomes: What becomes of each group, by metric.
        panels: One a metric.
        tidy: It was seen that no user is written with blanks at the ends.
    """

    rows: EventRows
    profile: Profile
    groups: Groups
    window: Window
    outcomes: tuple[Int, ...]
    panels: tuple[MetricPanel, ...]
    tidy: bool


def read_events(
    engine: Engine,
    study: Study,
    lens: SyntheticControl,
    roles: Roles,
    source: Source | None,
    report: Report,
    most_units: int,
) -> EventReading:
    """Read an open event log.

    Raises:
        LogError: The log does not fit the study.
    """
    has_event = roles.event is not None
    metrics = tuple(event_metric(metric, has_event=has_event) for metric in study.metrics)
    for metric in metrics:
        if metric.of_users and roles.user is None:
            raise _no_users(metric)
    for predictor in lens.predictors:
        _check_predictor(predictor.column, study)
        if predictor.train is not None:
            _check_predictor(predictor.train.column, study)
    rows = EventRows(engine, roles, metrics, study.log.timezone)
    report("Reading rows", 0.3)
    rows.open()
    profile = rows.profile(most_units)
    _check_events(metrics, profile, has_event=has_event)
    calendar = Calendar(lens.frequency or "day", study.log.timezone)
    end = None
    if lens.end is not None:
        end = instant(lens.end, calendar.timezone, "synthetic_control.end")
    first, last = (calendar.of_instant(time) for time in profile.span)
    if last - first >= MOST_PERIODS:
        raise LogError(
            "too_many_periods",
            f"The log spans {last - first + 1:,} {calendar.frequency}s, from "
            f"{calendar.label(first)} to {calendar.label(last)}.",
            where="columns.time",
            fix="Look for wrong time stamps, or choose a longer frequency.",
        )
    report("Adding up rows", 0.5)
    groups = rows.add_up(profile, calendar, end)
    window = _window(calendar, groups, lens)
    check_periods(window.kept, window.touched, calendar.frequency)
    if len(window.kept) * len(profile.units) > MOST_CELLS:
        raise too_many_cells(len(profile.units), len(window.kept))
    after = _after(window, groups)
    outcomes = tuple(_outcome(rows.signatures, metric, groups, after) for metric in metrics)
    report("Making panels", 0.8)
    made = _Panels(rows, profile, groups, window)
    rejected = tuple(rejected_lines(source))
    panels = tuple(
        made.panel(metric, outcome, rejected)
        for metric, outcome in zip(metrics, outcomes, strict=True)
    )
    return EventReading(rows, profile, groups, window, outcomes, panels, made.tidy)


def check_periods(kept: tuple[int, ...], touched: tuple[int, ...], frequency: str) -> None:
    """Nothing, if a panel has at least two periods.

    Raises:
        LogError: ``no_periods`` or ``one_period``.
    """
    if len(kept) >= 2:
        return
    name = "period" if frequency == "label" else frequency
    if len(touched) >= 2:
        raise LogError(
            "no_periods",
            f"Of {len(touched):,} {name}s of the log {len(kept)} is left: the others are not "
            "whole, after the end, or in a declared gap.",
            where="synthetic_control",
            fix="Check end, gaps and partial_periods.",
        )
    raise LogError(
        "one_period",
        f"The log covers one {name} only; before and after need at least two.",
        where="columns.time",
        fix="Check the time column, or choose a shorter frequency.",
    )


def too_many_cells(units: int, periods: int) -> LogError:
    """The refusal of a panel that does not fit into memory."""
    return LogError(
        "panel_too_large",
        f"The panel has {units:,} units and {periods:,} periods; it may have {MOST_CELLS:,} cells.",
        where="synthetic_control.frequency",
        fix="Choose a longer frequency, or leave some units out.",
    )


def _check_predictor(column: str, study: Study) -> None:
    names = [metric.name for metric in study.metrics]
    if column not in names:
        raise LogError(
            "unknown_predictor",
            f'An event log has no column "{column}" for each unit and period; a predictor names '
            f"one of the metrics: {', '.join(names)}.",
            where="synthetic_control.predictors",
            fix="Add it as a secondary metric, and name that.",
        )


def _no_users(metric: EventMetric) -> LogError:
    return LogError(
        "no_user_column",
        "A share of users needs a column that says who the user is, beside the column of the "
        "panel's units.",
        where=f'metric "{metric.name}"',
        fix='Name both: [columns] region = "...", unit = "...". Or choose kind = "count", or give '
        "the metric a numerator and a denominator.",
    )


def _check_events(metrics: tuple[EventMetric, ...], profile: Profile, *, has_event: bool) -> None:
    events = profile.events
    for metric in metrics:
        for part in (metric.y, metric.d):
            if part is None:
                continue
            where = f'metric "{metric.name}"'
            if has_event and part.event not in events:
                named = [name for name in events if name]
                shown = ", ".join(named[:20]) + (", ..." if len(named) > 20 else "")
                raise LogError(
                    "unknown_event",
                    f'There is no event "{part.event}" in the log; it has '
                    f"{shown or 'no named events'}.",
                    where=where,
                    fix="Write the event exactly as the log has it.",
                )
            if part.sums and not profile.numbers(part.event):
                which = f'the event "{part.event}"' if part.event is not None else "the log"
                raise LogError(
                    "no_values",
                    f"No row of {which} carries a number.",
                    where=where,
                    fix="Name the value column under [columns], or count the event instead.",
                )


def _window(calendar: Calendar, groups: Groups, lens: SyntheticControl) -> Window:
    timed = groups.period != NO_PERIOD
    touched, at = np.unique(groups.period[timed], return_inverse=True)
    low = np.full(touched.size, np.iinfo(np.int64).max)
    high = np.full(touched.size, np.iinfo(np.int64).min)
    np.minimum.at(low, at, groups.first[timed])
    np.maximum.at(high, at, groups.last[timed])
    return calendar_window(calendar, touched, low, high, lens, whole=False)


def _after(window: Window, groups: Groups) -> Int:
    """(n,) What becomes of a group for its period, if nothing else stands against it."""
    outside = np.array(sorted(window.outside), dtype=np.int64)
    dropped = np.array(sorted(window.dropped), dtype=np.int64)
    found: Int = np.where(np.isin(groups.period, dropped), out.PARTIAL, out.USED)
    late = (groups.late == 1) | np.isin(groups.period, outside)
    return np.where(late, out.OUTSIDE, found)


def _outcome(signatures: out.Signatures, metric: EventMetric, groups: Groups, after: Int) -> Int:
    """(n,) What becomes of each group for one metric."""
    found = signatures.outcome(metric, groups.signature)
    found = np.where(found == out.USED, after, found)
    found = np.where(groups.unit < 0, out.NO_UNIT, found)
    return np.where(groups.period == NO_PERIOD, out.NO_TIME, found)


def left_out_by(outcome: Int, rows: Int) -> dict[str, int]:
    """Reason -> rows, in the order in which reasons are looked for."""
    counts = np.zeros(len(out.REASONS), dtype=np.int64)
    np.add.at(counts, outcome, rows)
    return {out.REASONS[i]: int(n) for i, n in enumerate(counts) if i and n}


class _Panels:
    """Cells of one log."""

    def __init__(self, rows: EventRows, profile: Profile, groups: Groups, window: Window) -> None:
        self.rows = rows
        self.profile = profile
        self.groups = groups
        self.kept = np.array(window.kept, dtype=np.int64)
        self.calendar = window.calendar
        self.shape = (len(window.kept), len(profile.units))
        self.code = rows.signatures.parts(groups.signature)[0]
        self.has_event = rows.roles.event is not None
        self._people: dict[str | None, Floats] | None = None
        # Whether it was seen that no user is written with blanks at the ends.
        self.tidy = False

    def panel(
        self, metric: EventMetric, outcome: Int, rejected: tuple[LeftOut, ...]
    ) -> MetricPanel:
        """The panel of one metric."""
        used = outcome == out.USED
        d: Floats | None = None
        if metric.of_users:
            y, d = self._shares(metric)
        else:
            y = self._part(metric.y, used, metric.name)
            if metric.d is not None:
                d = self._part(metric.d, used, metric.name)
        reasons = np.zeros(self.shape, dtype=np.int8)
        values = y
        if d is not None:
            nothing = d == 0
            values = np.divide(y, d, out=np.full(self.shape, np.nan), where=~nothing)
            reasons[nothing] = ZERO_EXPOSURE
        if not np.isfinite(values[reasons == 0]).all():
            raise too_large(metric.name)
        lost = left_out_by(outcome, self.groups.rows)
        left_out = (*(LeftOut(reason, n) for reason, n in lost.items()), *rejected)
        rows_used = int(self.groups.rows[used].sum())
        return MetricPanel(
            metric=metric.name,
            kind=metric.kind,
            values=values,
            reasons=reasons,
            zero_filled=d is None,
            rows_in=rows_used + sum(one.rows for one in left_out),
            rows_used=rows_used,
            left_out=left_out,
        )

    def _cells(self, wanted: Any) -> Int:
        """Places of some groups among the cells."""
        period = np.searchsorted(self.kept, self.groups.period[wanted])
        cell: Int = period * self.shape[1] + self.groups.unit[wanted]
        return cell

    def _part(self, part: EventPart, used: Any, name: str) -> Floats:
        """(periods, units) rows of an event, or the sum of their values."""
        wanted = used
        if part.event is not None or not self.has_event:
            wanted = used & (self.code == self.rows.signatures.code_of(part.event))
        size = self.shape[0] * self.shape[1]
        cell = self._cells(wanted)
        if not part.sums:
            counts = np.zeros(size, dtype=np.int64)
            np.add.at(counts, cell, self.groups.rows[wanted])
            return counts.astype(float).reshape(self.shape)
        how = self.profile.sum_of(part.event)
        parts = [one[wanted] for one in self.groups.sums[part.event]]
        return summed(how, cell, parts, size, name).reshape(self.shape)

    def _shares(self, metric: EventMetric) -> tuple[Floats, Floats]:
        """(periods, units) users with the event, and users with any row."""
        if self._people is None:
            events = sorted(
                {one.y.event for one in self.rows.metrics if one.of_users and one.y.event}
            )
            people = count_people(self.rows, self.profile, self.groups, self.calendar, events)
            self.tidy = people.tidy and not self.groups.late.any()
            inside = np.isin(people.period, self.kept) & (people.unit >= 0)
            cell = np.searchsorted(self.kept, people.period[inside]) * self.shape[1]
            cell += people.unit[inside]
            self._people = {}
            for event, n in people.counts.items():
                counts = np.zeros(self.shape[0] * self.shape[1], dtype=np.int64)
                np.add.at(counts, cell, n[inside])
                self._people[event] = counts.astype(float).reshape(self.shape)
        return self._people[metric.y.event], self._people[None]


def summed(how: ExactSum, cell: Int, parts: list[Any], size: int, name: str) -> Floats:
    """(size,) exact sums of each cell, rounded once.

    Raises:
        LogError: ``values_too_large``.
    """
    found = np.zeros(size)
    added = []
    for part in parts:
        total = np.zeros(size, dtype=part.dtype)
        np.add.at(total, cell, part)
        added.append(total.tolist())
    totals: list[list[int]] = [list(one) for one in zip(*added, strict=True)]
    try:
        for i in np.unique(cell):
            found[i] = how.total(totals[i])
    except OverflowError:
        raise too_large(name) from None
    return found


def too_large(name: str) -> LogError:
    """The refusal of values whose sum is no number any more."""
    return LogError(
        "values_too_large",
        "The values of a cell add up to more than a number can hold.",
        where=f'metric "{name}"',
        fix="Check the unit of the values.",
    )
