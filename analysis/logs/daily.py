"""Cumulative moments to the end of each look day, from what each unit added on which day."""

from collections.abc import Sequence

import numpy as np

from analysis.core import Floats, Moments
from analysis.logs.ab_log import Cap
from analysis.logs.arrays import MetricArrays, Steps, UnitArrays
from analysis.logs.column_store import Array
from analysis.logs.moments import prefix_sums
from analysis.logs.sql.times import iso_day


def value_of(sums: Floats, metric: MetricArrays, cap: Cap | None) -> Floats:
    """A unit's value from its sum so far."""
    if metric.any:
        return (sums > 0).astype(float)
    return np.minimum(sums, cap.value) if cap is not None else sums


def cumulative(
    units: UnitArrays, metric: MetricArrays, shift: Floats, cap: Cap | None
) -> tuple[tuple[str, dict[str, Moments]], ...]:
    """Moments of the units exposed so far, to the end of each look day.

    A unit enters on its entry day and changes on the days of its events; what it adds to
    each sum is the difference between its new and its old contribution, so that a day
    costs no more than its events.

    Args:
        units: Analysed units that have the metric.
        metric: Its columns, covariates without blanks.
        shift: Shape (arms, k).
        cap: The whole experiment's cap.
    """
    entry = metric.entry if metric.entry is not None else units.entry
    if entry is None or not units.days:
        return ()
    first, days, arms = units.days[0], len(units.days), len(units.arms)
    pre = [column for column in (metric.x, metric.xd) if column is not None]
    names = ("y", *(("d",) if metric.d is not None else ()), *("x", "xd")[: len(pre)])
    size = days * arms
    code = _code(entry, first, days, units.arm, arms)
    inside = code >= 0
    own = [column - shift[units.arm, i] for i, column in enumerate([*_start(metric), *pre])]
    if not inside.all():
        code, own = code[inside], [column[inside] for column in own]
    weight = metric.weight if metric.weight is not None else units.weight
    some = weight[inside] if weight is not None else None
    n = np.bincount(code, weights=some, minlength=size)
    total, cross = _sums(code, size, own, some)
    # They are as long as there are units; what follows needs room of its own.
    del own, code, inside, some
    if metric.steps is not None:
        for steps in metric.steps():
            more = _changes(units, metric, steps, shift, cap, pre)
            total, cross = total + more[0], cross + more[1]
    k = len(names)
    n = np.cumsum(n.reshape(days, arms), axis=0)
    total = np.cumsum(total.reshape(days, arms, k), axis=0)
    cross = np.cumsum(cross.reshape(days, arms, k, k), axis=0)
    return tuple(
        (
            iso_day(first + day),
            {
                arm: Moments(
                    round(float(n[day, a])), names, shift[a].copy(), total[day, a], cross[day, a]
                )
                for a, arm in enumerate(units.arms)
            },
        )
        for day in range(days)
    )


def _code(day: Array, first: int, days: int, arm: Array, arms: int) -> Array:
    """Place of a day and an arm; -1 after the last look day."""
    at = day.astype(np.int64) - first
    code: Array = np.where((at >= 0) & (at < days), at * arms + arm, -1)
    return code


def _start(metric: MetricArrays) -> list[Floats]:
    """Y and d on entering: all of it if they never grow, else nothing."""
    columns = [metric.y] + ([metric.d] if metric.d is not None else [])
    return columns if metric.steps is None else [np.zeros_like(column) for column in columns]


def _changes(
    units: UnitArrays,
    metric: MetricArrays,
    steps: Steps,
    shift: Floats,
    cap: Cap | None,
    pre: Sequence[Floats],
) -> tuple[Floats, Floats]:
    """What the steps add to the sums of each day and arm."""
    first, days, arms = units.days[0], len(units.days), len(units.arms)
    deltas = [steps.y] + ([steps.d] if steps.d is not None else [])
    before, after = prefix_sums(steps.ix, list(deltas))
    before[0], after[0] = value_of(before[0], metric, cap), value_of(after[0], metric, cap)
    arm = units.arm[steps.ix]
    code = _code(steps.day, first, days, arm, arms)
    rows = code >= 0
    if not rows.all():
        code, arm = code[rows], arm[rows]
        before, after = [b[rows] for b in before], [a[rows] for a in after]
    ix = steps.ix if rows.all() else steps.ix[rows]
    size, k = days * arms, shift.shape[1]
    total, cross = np.zeros((size, k)), np.zeros((size, k, k))
    own = [shift[arm, i] for i in range(k)]
    low = [column - own[i] for i, column in enumerate(before)]
    high = [column - own[i] for i, column in enumerate(after)]
    fixed = [column[ix] - own[len(low) + i] for i, column in enumerate(pre)]
    for i in range(len(low)):
        total[:, i] = np.bincount(code, weights=high[i] - low[i], minlength=size)
        for j in range(i + 1):
            change = high[i] * high[j] - low[i] * low[j]
            cross[:, i, j] = cross[:, j, i] = np.bincount(code, weights=change, minlength=size)
        for j, column in enumerate(fixed):
            at = len(low) + j
            change = (high[i] - low[i]) * column
            cross[:, i, at] = cross[:, at, i] = np.bincount(code, weights=change, minlength=size)
    return total, cross


def _sums(
    code: Array, size: int, columns: Sequence[Floats], weight: Floats | None
) -> tuple[Floats, Floats]:
    k = len(columns)
    total, cross = np.zeros((size, k)), np.zeros((size, k, k))
    for i, column in enumerate(columns):
        a = column if weight is None else column * weight
        total[:, i] = np.bincount(code, weights=a, minlength=size)
        for j in range(i + 1):
            sums = np.bincount(code, weights=a * columns[j], minlength=size)
            cross[:, i, j] = cross[:, j, i] = sums
    return total, cross
