"""From one metric's columns over units to its moments by arm, segment and day."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from analysis.core import Floats, Moments, Notice
from analysis.logs.ab_log import Cap, Cell, MetricTable
from analysis.logs.arrays import MetricArrays, Steps, UnitArrays
from analysis.logs.clusters import cluster_table
from analysis.logs.column_store import Array
from analysis.logs.daily import cumulative
from analysis.logs.moments import means_by, moments_by
from analysis.study import Metric


def metric_table(
    units: UnitArrays, metric: MetricArrays, *, cap_quantile: float | None, cap_base: str
) -> MetricTable:
    """Moments of one metric.

    Args:
        units: The units.
        metric: The metric's columns over all of them.
        cap_quantile: Values above this quantile of all arms' analysed units count as it.
        cap_base: ``all``, or ``positive`` for the quantile of values above 0.
    """
    chosen = _chosen(units, metric)
    units, metric, missing = chosen
    cap = _cap(metric.y, cap_quantile, cap_base) if cap_quantile is not None else None
    if cap is not None:
        metric = replace(metric, y=np.minimum(metric.y, cap.value))
    if units.cluster is not None:
        table = cluster_table(units, metric, cap)
        return replace(table, missing=missing, notices=metric.notices)
    columns = columns_of(metric)
    arms = len(units.arms)
    weight = metric.weight if metric.weight is not None else units.weight
    observed = _observed(metric)
    shift = means_by(units.arm, arms, columns if observed is None else filled(metric))
    cells = _cells(units.arm, arms, columns, observed, shift, np.arange(arms), weight)
    segments = {}
    for name, levels in units.segments.items():
        code = levels.code.astype(np.int64) * arms + units.arm
        size = len(levels.names) * arms
        cut = _cells(code, size, columns, observed, shift, np.tile(np.arange(arms), size), weight)
        segments[name] = {
            level: {
                arm: cut[i * arms + k] for k, arm in enumerate(units.arms) if _n(cut[i * arms + k])
            }
            for i, level in enumerate(levels.names)
        }
    return MetricTable(
        ratio=metric.d is not None,
        proportion=metric.proportion and metric.d is None,
        covariate=metric.covariate,
        scale=metric.scale,
        arms=dict(zip(units.arms, cells, strict=True)),
        segments=segments,
        daily=cumulative(units, without_blanks(metric), shift, cap),
        missing=missing,
        cap=cap,
        largest=_largest(units, metric.y),
        members=None,
        between=None,
        values=None if weight is not None else lambda: _values(units, metric),
        notices=metric.notices,
    )


def with_cap_notice(metric: Metric, table: MetricTable, base: str) -> MetricTable:
    """The table, with a word about a cap that had to be taken over positive values."""
    if table.cap is None or table.cap.base == base:
        return table
    notice = Notice(
        "cap_zero",
        "note",
        "ab",
        f"{metric.name}: the {metric.cap_quantile:g} quantile of all values is "
        "not above 0; the cap was taken over positive values.",
        'Set cap_base = "positive" to say so.',
    )
    return replace(table, notices=(*table.notices, notice))


def columns_of(metric: MetricArrays) -> dict[str, Floats]:
    """The columns of a metric's moments."""
    named = {"y": metric.y, "d": metric.d, "x": metric.x, "xd": metric.xd}
    return {name: column for name, column in named.items() if column is not None}


def without_blanks(metric: MetricArrays) -> MetricArrays:
    """The metric with blank covariates at their mean, so that they adjust nothing."""

    def fill(column: Floats | None) -> Floats | None:
        if column is None or not (blank := np.isnan(column)).any():
            return column
        mean = float(column[~blank].mean()) if not blank.all() else 0.0
        return np.where(blank, mean, column)

    return replace(metric, x=fill(metric.x), xd=fill(metric.xd))


def filled(metric: MetricArrays) -> dict[str, Floats]:
    """The columns of a metric's moments, without blanks."""
    return columns_of(without_blanks(metric))


def _observed(metric: MetricArrays) -> Array | None:
    """Which units have a covariate; None if all have."""
    if metric.x is None:
        return None
    blank = np.isnan(metric.x)
    if metric.xd is not None:
        blank |= np.isnan(metric.xd)
    return ~blank if blank.any() else None


def _chosen(units: UnitArrays, metric: MetricArrays) -> tuple[UnitArrays, MetricArrays, int]:
    """Only the units that are analysed and have a value; how many have none."""
    analysed = units.analysed if units.analysed is not None else np.ones(units.arm.size, bool)
    present = metric.present if metric.present is not None else np.ones(units.arm.size, bool)
    keep = analysed & present
    missing = int((analysed & ~present).sum())
    if keep.all():
        return units, metric, missing

    def pick(column: Array | None) -> Array | None:
        return None if column is None else column[keep]

    place = (np.cumsum(keep) - 1).astype(np.int64)
    read = metric.steps

    def of_chosen() -> Iterator[Steps]:
        for steps in read() if read is not None else ():
            rows = keep[steps.ix]
            yield Steps(
                place[steps.ix[rows]],
                steps.day[rows],
                steps.y[rows],
                steps.d[rows] if steps.d is not None else None,
            )

    cut = {name: replace(levels, code=levels.code[keep]) for name, levels in units.segments.items()}
    fewer = replace(
        units,
        arm=units.arm[keep],
        segments=cut,
        entry=pick(units.entry),
        analysed=None,
        cluster=pick(units.cluster),
        weight=pick(units.weight),
    )
    return (
        fewer,
        replace(
            metric,
            y=metric.y[keep],
            d=pick(metric.d),
            x=pick(metric.x),
            xd=pick(metric.xd),
            present=None,
            entry=pick(metric.entry),
            weight=pick(metric.weight),
            steps=of_chosen if read is not None else None,
        ),
        missing,
    )


def _cap(values: Floats, quantile: float, base: str) -> Cap | None:
    """The type-7 quantile of all arms' values together (Hyndman and Fan 1996)."""
    if values.size == 0:
        return None
    value = float(np.quantile(values, min(max(quantile, 0.0), 1.0)))
    if base == "positive" or value <= 0:
        positive = values[values > 0]
        if positive.size:
            base = "positive"
            value = float(np.quantile(positive, min(max(quantile, 0.0), 1.0)))
    return Cap(value, int((values > value).sum()), base)


def _cells(
    code: Array,
    size: int,
    columns: dict[str, Floats],
    observed: Array | None,
    shift: Floats,
    shift_of: Array,
    weight: Floats | None,
) -> list[Cell]:
    shift_of = shift_of[:size]
    if observed is None:
        whole = moments_by(code, size, columns, shift, shift_of, weight)
        return [Cell(moments) for moments in whole]

    def part(rows: Array, names: dict[str, Floats]) -> list[Moments]:
        some = {name: column[rows] for name, column in names.items()}
        weights = weight[rows] if weight is not None else None
        return moments_by(code[rows], size, some, shift[:, : len(some)], shift_of, weights)

    seen = part(observed, columns)
    blind = part(~observed, {n: c for n, c in columns.items() if n in ("y", "d")})
    return [Cell(a, b if b.n else None) for a, b in zip(seen, blind, strict=True)]


def _n(cell: Cell) -> int:
    return cell.observed.n + (cell.unobserved.n if cell.unobserved else 0)


def _largest(units: UnitArrays, y: Floats) -> dict[str, tuple[float, float]]:
    found = {}
    for i, arm in enumerate(units.arms):
        mine = y[units.arm == i]
        found[arm] = (float(mine.max()), float(mine.sum())) if mine.size else (0.0, 0.0)
    return found


def _values(units: UnitArrays, metric: MetricArrays) -> dict[str, dict[str, Floats]]:
    columns = filled(metric)
    return {
        arm: {name: column[units.arm == i] for name, column in columns.items()}
        for i, arm in enumerate(units.arms)
    }
