"""A unit or observation table's stored columns as units and metrics."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analysis.core import Floats, LogError, Notice
from analysis.core.wording import agreeing, counted
from analysis.logs.ab_log import MetricTable
from analysis.logs.arrays import Levels, MetricArrays, UnitArrays
from analysis.logs.column_store import Array, ColumnStore
from analysis.logs.events.build import segment_name
from analysis.logs.events.columns import EXTREME, Unit64, extreme_scale
from analysis.logs.mapping import Mapped
from analysis.logs.metric_table import metric_table, with_cap_notice
from analysis.logs.sql.times import local_days
from analysis.logs.units.build import ValueColumn
from analysis.logs.units.daily_sums import sums_table
from analysis.study import Metric, Study, Term


@dataclass(frozen=True)
class Reads:
    """The value columns that one metric reads.

    Attributes:
        y: Value, numerator, successes or sums.
        d: Denominator or trials; None if there is none.
        sum_sq: Sums of squares, of daily sums.
        n: Counts, of daily sums.
    """

    y: ValueColumn
    d: ValueColumn | None = None
    sum_sq: ValueColumn | None = None
    n: ValueColumn | None = None

    @property
    def columns(self) -> tuple[ValueColumn, ...]:
        """All of them."""
        return tuple(one for one in (self.y, self.d, self.sum_sq, self.n) if one is not None)


def reads_of(metric: Metric, mapped: Mapped) -> Reads:
    """Which columns a metric reads.

    Raises:
        LogError: ``unknown_column`` or ``metric_without_column``.
    """
    where = f'metric "{metric.name}"'

    def need(column: str, key: str) -> str:
        return mapped.require(column, f"{where} {key}")

    if metric.successes is not None and metric.trials is not None:
        s, t = need(metric.successes, "successes"), need(metric.trials, "trials")
        return Reads(ValueColumn(s, None, t), ValueColumn(t, None, s))
    n, total, squares = (
        metric.n or mapped.n,
        metric.sum or mapped.sum,
        metric.sum_sq or mapped.sum_sq,
    )
    if n and total and squares and metric.column is None and metric.numerator is None:
        return Reads(
            ValueColumn(need(total, "sum")),
            None,
            ValueColumn(need(squares, "sum_sq")),
            ValueColumn(need(n, "n")),
        )
    if metric.numerator is not None:
        y = need(_column_of(metric, metric.numerator), "numerator")
        if metric.denominator is None:
            return Reads(ValueColumn(y))
        d = need(_column_of(metric, metric.denominator), "denominator")
        return Reads(ValueColumn(y, None, d), ValueColumn(d, None, y))
    column = metric.column
    if column is None and metric.name in mapped.kinds:
        column = metric.name
    if column is None:
        raise LogError(
            "metric_without_column",
            f"The metric names no column; the log has {', '.join(mapped.kinds)}.",
            where=where,
            fix='Add column = "...".',
        )
    return Reads(ValueColumn(need(column, "column"), metric.success))


def _column_of(metric: Metric, term: Term) -> str:
    if term.column is None:
        raise LogError(
            "metric_without_column",
            f'It counts the event "{term.event}", but the log has no event column.',
            where=f'metric "{metric.name}"',
            fix="Name the event column under [columns], or name columns in the metric.",
        )
    return term.column


@dataclass(frozen=True)
class UnitTables:
    """The stored columns of one unit or observation table.

    Attributes:
        store: The columns.
        study: The study.
        mapped: Role -> column.
        arms: Names; control first.
        facts: What is known of the value columns and the rows.
    """

    store: ColumnStore
    study: Study
    mapped: Mapped
    arms: tuple[str, ...]
    facts: dict[str, Any]

    @property
    def several_rows(self) -> bool:
        """Whether some unit has several rows, so that rows are observations."""
        return bool(self.facts["several_rows"])

    def in_clusters(self) -> Array | None:
        """Which units lie in a cluster of one arm; None without clusters."""
        return np.asarray(self.store.array("in_cluster")) if self.store.has("in_cluster") else None

    def weight(self) -> Floats | None:
        """How many units a row stands for; 0 where that is not said."""
        if self.mapped.weight is None:
            return None
        values, present = self.values(ValueColumn(self.mapped.weight))
        return np.where(present, np.maximum(values, 0.0), 0.0)

    def units(self) -> UnitArrays:
        """The units."""
        arm = np.asarray(self.store.array("arm")).astype(np.int64)
        segments = {}
        for column in self.mapped.segments:
            names = self.store.facts(f"{segment_name(column)}-levels")
            if names is not None:
                code = np.asarray(self.store.array(segment_name(column)))
                segments[column] = Levels(tuple(names), code)
        entry: Array | None = None
        days: tuple[int, ...] = ()
        if self.facts["has_time"] and arm.size:
            entry = local_days(np.asarray(self.store.array("t0")), self.study.log.timezone)
            days = tuple(range(int(entry.min()), int(entry.max()) + 1))
        inside = self.in_clusters()
        cluster = None
        if inside is not None:
            cluster = np.asarray(self.store.array("cluster")).astype(np.int64)
        analysed, weight = inside, self.weight()
        if weight is not None:
            analysed = weight > 0 if analysed is None else analysed & (weight > 0)
        return UnitArrays(self.arms, arm, segments, entry, days, analysed, cluster, weight)

    def values(self, column: ValueColumn, scale: float = 1.0) -> tuple[Floats, Array]:
        """A column's sum over each unit's rows divided by `scale`, and whether it is filled."""
        unit = Unit64(**self.facts["values"][column.name]["unit"])
        whole = np.asarray(self.store.array(f"{column.name}-sum"))
        cells = np.asarray(self.store.array(f"{column.name}-cells"))
        return unit.value(whole, scale).astype(float), cells > 0

    def table(self, metric: Metric, *, capped: bool) -> MetricTable:
        """Moments of one metric."""
        reads = reads_of(metric, self.mapped)
        if reads.sum_sq is not None and reads.n is not None:
            counts, sums, squares = map(self.values, (reads.n, reads.y, reads.sum_sq))
            return sums_table(metric, self.units(), counts, sums, squares)
        units, arrays = self.units(), self._arrays(metric, reads)
        if reads.d is not None and metric.trials is not None:
            units, arrays, missing = self._counted(units, arrays, metric)
            return replace(
                metric_table(units, arrays, cap_quantile=None, cap_base="all"), missing=missing
            )
        quantile = metric.cap_quantile if capped else None
        base = self.study.ab.options.cap_base if self.study.ab else "all"
        table = metric_table(units, arrays, cap_quantile=quantile, cap_base=base)
        return with_cap_notice(metric, table, base)

    def _arrays(self, metric: Metric, reads: Reads) -> MetricArrays:
        y, present = self.values(reads.y)
        rows = np.asarray(self.store.array(f"{reads.y.name}-cells")).astype(float)
        facts = self.facts["values"][reads.y.name]
        d: Floats | None = None
        proportion = False
        notices: tuple[Notice, ...] = ()
        if reads.d is not None:
            d = self.values(reads.d)[0]
        elif metric.numerator is not None:
            d = rows
        elif metric.kind in ("proportion", "retention"):
            proportion = True
            if facts["other"]:
                notices = (not_binary(metric, facts["example"]),)
                present = np.zeros_like(present)
        elif metric.kind is None and not facts["other"] and facts["cells"]:
            proportion = True
        elif self.several_rows and metric.kind in (None, "mean"):
            d = rows
        if proportion:
            y = (np.asarray(self.store.array(f"{reads.y.name}-top")) > 0).astype(float)
        scale = 1.0
        largest = float(facts["unit"]["largest"])
        if largest > EXTREME:
            scale = extreme_scale(largest)
            y = self.values(reads.y, scale)[0]
            notices += (extreme(metric),)
        missing = int((~present).sum())
        if missing and not notices:
            notices += (missing_values(metric, missing),)
        arrays = MetricArrays(
            y=y,
            d=d,
            present=None if present.all() else present,
            proportion=proportion,
            scale=scale,
            notices=notices,
        )
        return self._with_covariate(arrays, metric, scale)

    def _with_covariate(self, arrays: MetricArrays, metric: Metric, scale: float) -> MetricArrays:
        wanted = metric.covariate
        if wanted in (None, "none", "pre"):
            return arrays
        if isinstance(wanted, dict):
            return replace(
                arrays,
                x=self._covariate(wanted["numerator"]) / scale,
                xd=self._covariate(wanted["denominator"]),
                covariate=wanted["numerator"],
            )
        x = self._covariate(str(wanted)) / scale
        if arrays.d is None:
            return replace(arrays, x=x, covariate=str(wanted))
        # Several rows a unit: the covariate of a row is averaged like the metric.
        cells = self.store.array(f"{ValueColumn(str(wanted)).name}-cells")
        rows = np.asarray(cells).astype(float)
        return replace(arrays, x=x, xd=np.where(rows > 0, rows, np.nan), covariate=str(wanted))

    def _covariate(self, column: str) -> Floats:
        values, present = self.values(ValueColumn(column))
        return np.where(present, values, np.nan)

    def _counted(
        self, units: UnitArrays, arrays: MetricArrays, metric: Metric
    ) -> tuple[UnitArrays, MetricArrays, int]:
        """Successes and trials as ones and zeros that stand for many units each.

        Returns:
            The units and columns, and how many rows left the metric.
        """
        successes, trials = arrays.y, arrays.d
        assert trials is not None
        good = (trials > 0) & (successes >= 0) & (successes <= trials)
        if arrays.present is not None:
            good &= arrays.present
        blank = ~good if units.analysed is None else ~good & units.analysed
        dropped = 0
        if units.entry is not None and blank.any():
            # A day that is blank in one arm leaves the metric in all of them.
            gone = np.isin(units.entry, np.unique(units.entry[blank]))
            dropped = int(np.unique(units.entry[blank]).size)
            good &= ~gone
        size = units.arm.size
        twice = UnitArrays(
            units.arms,
            np.tile(units.arm, 2),
            {
                name: Levels(levels.names, np.tile(levels.code, 2))
                for name, levels in units.segments.items()
            },
            np.tile(units.entry, 2) if units.entry is not None else None,
            units.days,
            np.tile(units.analysed, 2) if units.analysed is not None else None,
        )
        notices = arrays.notices
        if dropped:
            notices = (
                Notice(
                    "missing_values",
                    "warn",
                    "ab",
                    f"{metric.name}: {counted(dropped, 'day')} "
                    f"{agreeing(dropped, 'is', 'are')} blank in some arm and left this metric "
                    "in all arms.",
                    "If blank means none, write 0.",
                ),
            )
        weight = np.concatenate([successes, trials - successes])
        columns = MetricArrays(
            y=np.concatenate([np.ones(size), np.zeros(size)]),
            proportion=True,
            weight=np.where(np.tile(good, 2), weight, 0.0),
            notices=notices,
        )
        return twice, columns, int((~good).sum())


def not_binary(metric: Metric, example: dict[str, Any] | None) -> Notice:
    """A proportion that holds something else than 0 and 1."""
    where = f"{example['shown']:g} (row {example['row_no']})" if example else "other values"
    return Notice(
        "not_binary",
        "stop",
        "ab",
        f"{metric.name} is set as a proportion but holds {where}.",
        'Use kind = "mean", name the success label, or clean the column.',
    )


def missing_values(metric: Metric, n: int) -> Notice:
    """Units without a value."""
    return Notice(
        "missing_values",
        "warn",
        "ab",
        f"{metric.name}: {counted(n, 'unit')} without a value left this metric only.",
        "If blank means none, write 0.",
    )


def extreme(metric: Metric) -> Notice:
    """Values that are computed after rescaling."""
    return Notice(
        "extreme_values",
        "warn",
        "ab",
        f"{metric.name}: values above 1e150 were computed after rescaling.",
        "Check the unit of the values.",
    )
