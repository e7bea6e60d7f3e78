"""An event log's stored tables as units and metrics; no engine needed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from analysis.core import Floats, LogError
from analysis.logs.ab_log import MetricTable
from analysis.logs.arrays import Levels, MetricArrays, Steps, UnitArrays
from analysis.logs.column_store import Array, ColumnStore, key_of
from analysis.logs.events.build import covariate_name, segment_name
from analysis.logs.events.columns import EXTREME, Edges, EventRows, extreme_scale, stored_rows
from analysis.logs.metric_table import metric_table, with_cap_notice
from analysis.logs.plan import EventMetric, Part, Plan, event_metric
from analysis.logs.sql.times import local_days
from analysis.study import Metric


@dataclass(frozen=True)
class EventTables:
    """The stored tables of one event log and plan.

    Attributes:
        store: Units.
        events: Events of units.
        plan: What they were built for.
        window_days: The study's window.
        arms: Names; control first.
        last: Time of the log's last row, UTC microseconds.
        segments: Segment columns.
        complete_only: Analyse only units whose window is over.
        cap_base: Values from which caps are taken.
        has_time: Whether the log has times.
    """

    store: ColumnStore
    events: ColumnStore
    plan: Plan
    window_days: float | None
    arms: tuple[str, ...]
    last: int
    segments: tuple[str, ...]
    complete_only: bool
    cap_base: str
    has_time: bool

    def __post_init__(self) -> None:
        """Keep what every metric reads."""
        object.__setattr__(self, "_kept", {})

    @property
    def limit(self) -> int:
        """When outcomes stop being seen: the experiment's end, else the last row."""
        return self.plan.end if self.plan.end is not None else self.last

    def complete(self) -> Array:
        """Which units' windows are over."""
        t0 = np.asarray(self.store.array("t0"))
        if self.plan.window is None or not self.has_time:
            return np.ones(t0.size, dtype=bool)
        over: Array = t0 + self.plan.window <= self.limit
        return over

    def in_clusters(self) -> Array | None:
        """Which units lie in a cluster of one arm; None without clusters."""
        return np.asarray(self.store.array("in_cluster")) if self.store.has("in_cluster") else None

    def units(self) -> UnitArrays:
        """The units."""
        kept: dict[str, UnitArrays] = self.__dict__["_kept"]
        if "units" not in kept:
            kept["units"] = self._units()
        return kept["units"]

    def _units(self) -> UnitArrays:
        arm = np.asarray(self.store.array("arm")).astype(np.int64)
        segments = {}
        for column in self.segments:
            names = self.store.facts(f"{segment_name(column)}-levels")
            if names is not None:
                code = np.asarray(self.store.array(segment_name(column)))
                segments[column] = Levels(tuple(names), code)
        entry: Array | None = None
        if self.has_time and arm.size:
            entry = local_days(np.asarray(self.store.array("t0")), self.plan.timezone)
        analysed = self.complete() if self.complete_only else None
        inside = self.in_clusters()
        if inside is not None:
            analysed = inside if analysed is None else analysed & inside
        cluster = None
        if inside is not None:
            cluster = np.asarray(self.store.array("cluster")).astype(np.int64)
        return UnitArrays(self.arms, arm, segments, entry, self.days(), analysed, cluster)

    def days(self) -> tuple[int, ...]:
        """Local days from the first exposure until nothing can change any more."""
        if not self.has_time:
            return ()
        if not self.store.has("exposed"):
            t0 = np.asarray(self.store.array("t0"))
            self.store.put_facts("exposed", [int(t0.min()), int(t0.max())] if t0.size else None)
        exposed = self.store.facts("exposed")
        if exposed is None:
            return ()
        first, latest = exposed
        final = 0
        for metric in self.plan.metrics:
            if metric.high is not None:
                final = max(final, min(self.last, latest + metric.high - 1))
            else:
                end = self.plan.end
                final = max(final, self.last if end is None else min(self.last, end - 1))
        span = np.array([first, max(final, latest)], dtype=np.int64)
        low, high = local_days(span, self.plan.timezone)
        return tuple(range(int(low), int(high) + 1))

    def has_pre(self) -> bool:
        """Whether any unit has an event of some metric in its pre-period."""
        return self.pre_events() > 0

    def pre_events(self) -> int:
        """Rows of the metrics' events in some unit's pre-period; worked out once."""
        if not self.plan.pre or not self.has_time:
            return 0
        edges, adds = Edges.of(self.plan), self.plan.sums()
        events = self.plan.events()
        name = f"pre-{key_of(self.plan.pre, events)[:24]}"
        if not self.events.has(name):
            found = 0
            for event in events:
                rows = stored_rows(self.events, event, sums=event in adds)
                for _, _, mine in rows.between(self.store.array("arm").size):
                    within = edges.within(rows.place[mine], -self.plan.pre, 0)
                    found += int(rows.n[mine][within].sum())
            self.events.put_facts(name, found)
        return int(self.events.facts(name))

    def table(self, metric: Metric, *, capped: bool) -> MetricTable:
        """Moments of one metric."""
        arrays = self._arrays(metric)
        quantile = metric.cap_quantile if capped else None
        table = metric_table(self.units(), arrays, cap_quantile=quantile, cap_base=self.cap_base)
        return with_cap_notice(metric, table, self.cap_base)

    def _arrays(self, metric: Metric) -> MetricArrays:
        mine = event_metric(metric, self.window_days)
        y_rows = self._rows(mine.y)
        d_rows = self._rows(mine.d) if mine.d is not None else None
        y_scale = _scale(y_rows, mine.y)
        d_scale = _scale(d_rows, mine.d) if d_rows is not None and mine.d is not None else 1.0
        y = self._total(y_rows, mine.y, mine.low, mine.high, y_scale)
        d = None
        if d_rows is not None and mine.d is not None:
            d = self._total(d_rows, mine.d, mine.low, mine.high, d_scale)
        arrays = MetricArrays(
            y=(y > 0).astype(float) if mine.any else y,
            d=d,
            any=mine.any,
            proportion=mine.any,
            scale=y_scale / d_scale,
        )
        arrays = self._with_covariate(arrays, metric, mine, y_scale, d_scale)
        if mine.matures is not None:
            return self._matured(arrays, mine.matures)
        if not self.has_time:
            return arrays

        def steps() -> Iterator[Steps]:
            return self._steps(mine, y_rows, d_rows, y_scale, d_scale)

        return replace(arrays, steps=steps)

    def _rows(self, part: Part) -> EventRows:
        return stored_rows(self.events, part.event, sums=part.event in self.plan.sums())

    def _values(self, rows: EventRows, part: Part, at: Array, scale: float) -> Floats:
        """What some rows add to a part."""
        if not part.sums:
            return rows.n[at].astype(float)
        assert rows.whole is not None
        return rows.unit.value(rows.whole[at], scale)

    def _total(
        self, rows: EventRows, part: Part, low: int, high: int | None, scale: float
    ) -> Floats:
        """A part of every unit, over a window."""
        edges, size = Edges.of(self.plan), self.store.array("arm").size
        column = rows.whole if part.sums else rows.n
        assert column is not None
        total = np.zeros(size)
        for first, after, mine in rows.between(size):
            at = edges.within(rows.place[mine], low, high)
            ix = rows.ix[mine][at] - first
            # Whole numbers: their sums are exact.
            added = np.bincount(ix, weights=column[mine][at], minlength=after - first)
            total[first:after] = added
        return rows.unit.value(total, scale) if part.sums else total

    def _with_covariate(
        self,
        arrays: MetricArrays,
        metric: Metric,
        mine: EventMetric,
        y_scale: float,
        d_scale: float,
    ) -> MetricArrays:
        wanted = metric.covariate
        if wanted is None:
            usual = self.has_pre() and mine.matures is None
            wanted = "pre" if usual else "none"
        if wanted == "none":
            return arrays
        if isinstance(wanted, dict):
            return replace(
                arrays,
                x=self._column(wanted["numerator"]) / y_scale,
                xd=self._column(wanted["denominator"]) / d_scale,
                covariate=wanted["numerator"],
            )
        if wanted != "pre":
            if arrays.d is not None:
                raise LogError(
                    "covariate_needs_two_columns",
                    f'A ratio is adjusted by a ratio, but "{wanted}" is one column.',
                    where=f'metric "{metric.name}" covariate',
                    fix='Write { numerator = "...", denominator = "..." }, or "pre".',
                )
            return replace(arrays, x=self._column(wanted), covariate=wanted)
        low = -self.plan.pre
        x = self._total(self._rows(mine.y), mine.y, low, 0, y_scale)
        if mine.any:
            x = (x > 0).astype(float)
        xd = None
        if mine.d is not None:
            xd = self._total(self._rows(mine.d), mine.d, low, 0, d_scale)
        return replace(arrays, x=x, xd=xd, covariate="pre")

    def _column(self, column: str) -> Floats:
        return np.asarray(self.store.array(covariate_name(column)), dtype=float)

    def _matured(self, arrays: MetricArrays, matures: int) -> MetricArrays:
        """A metric that is known only some time after exposure."""
        if not self.has_time:
            return arrays
        known = np.asarray(self.store.array("t0")) + matures
        present = known <= self.limit
        entry = local_days(known - 1, self.plan.timezone)
        return replace(arrays, present=present, entry=entry)

    def _steps(
        self,
        mine: EventMetric,
        y_rows: EventRows,
        d_rows: EventRows | None,
        y_scale: float,
        d_scale: float,
    ) -> Iterator[Steps]:
        """How the metric's sums grew, for some units after the others."""
        edges, size = Edges.of(self.plan), self.store.array("arm").size
        others = d_rows.between(size) if d_rows is not None else iter(())
        for _, _, own in y_rows.between(size):
            at = own.start + np.flatnonzero(edges.within(y_rows.place[own], mine.low, mine.high))
            y = self._values(y_rows, mine.y, at, y_scale)
            if d_rows is None or mine.d is None:
                yield Steps(y_rows.ix[at], y_rows.day[at], y, None)
                continue
            _, _, other = next(others)
            if mine.d.event == mine.y.event:
                d = self._values(d_rows, mine.d, at, d_scale)
                yield Steps(y_rows.ix[at], y_rows.day[at], y, d)
                continue
            within = edges.within(d_rows.place[other], mine.low, mine.high)
            also = other.start + np.flatnonzero(within)
            d = self._values(d_rows, mine.d, also, d_scale)
            ix = np.concatenate([y_rows.ix[at], d_rows.ix[also]])
            day = np.concatenate([y_rows.day[at], d_rows.day[also]])
            order = np.lexsort((day, ix))
            yield Steps(
                ix[order],
                day[order],
                np.concatenate([y, np.zeros(also.size)])[order],
                np.concatenate([np.zeros(at.size), d])[order],
            )


def _scale(rows: EventRows, part: Part) -> float:
    """Power of two that brings extreme values to 1."""
    if not part.sums or rows.unit.largest <= EXTREME:
        return 1.0
    return extreme_scale(rows.unit.largest)
