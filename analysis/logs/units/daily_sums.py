"""Daily sums: rows that hold a count, a sum and a sum of squares, added up by arm."""

import math

import numpy as np

from analysis.core import Floats, Moments, Notice
from analysis.logs.ab_log import Cell, MetricTable
from analysis.logs.arrays import UnitArrays
from analysis.logs.column_store import Array
from analysis.logs.sql.times import iso_day
from analysis.study import Metric

COARSE = 1e-9
# A column over the rows, and whether each cell is filled.
Cells = tuple[Floats, Array]


def sums_table(
    metric: Metric, units: UnitArrays, counts: Cells, sums: Cells, squares: Cells
) -> MetricTable:
    """Moments of a metric whose rows are sums over units.

    A day whose sums are blank in one arm leaves the metric in all of them.

    Args:
        metric: Which metric.
        units: The rows.
        counts: How many units each row sums up.
        sums: Of their values.
        squares: Sums of their squares.
    """
    parts = (counts, sums, squares)
    good = np.logical_and.reduce([present for _, present in parts]) & (counts[0] >= 0)
    if units.entry is not None and not good.all():
        good &= ~np.isin(units.entry, np.unique(units.entry[~good]))
    n, total, squared = (values for values, _ in parts)

    def of(rows: Array) -> Moments:
        return _moments(n[rows & good], total[rows & good], squared[rows & good])

    arms = {arm: of(units.arm == i) for i, arm in enumerate(units.arms)}
    segments = {
        name: {
            level: {
                arm: Cell(of((levels.code == code) & (units.arm == i)))
                for i, arm in enumerate(units.arms)
            }
            for code, level in enumerate(levels.names)
        }
        for name, levels in units.segments.items()
    }
    daily = []
    if units.entry is not None:
        for day in units.days:
            so_far = units.entry <= day
            by_arm = {arm: of(so_far & (units.arm == i)) for i, arm in enumerate(units.arms)}
            daily.append((iso_day(day), by_arm))
    notices = []
    if any(_is_coarse(one) for one in arms.values()):
        notices.append(
            Notice(
                "sums_lose_precision",
                "warn",
                "ab",
                f"{metric.name}: the given sums of squares are too coarse for a variance.",
                "Send rows, or sums about the mean.",
            )
        )
    return MetricTable(
        ratio=False,
        proportion=False,
        covariate=None,
        scale=1.0,
        arms={arm: Cell(moments) for arm, moments in arms.items()},
        segments=segments,
        daily=tuple(daily),
        missing=int((~good).sum()),
        cap=None,
        largest={arm: (0.0, one.sum("y") if one.n else 0.0) for arm, one in arms.items()},
        members=None,
        between=None,
        values=None,
        notices=tuple(notices),
    )


def _moments(n: Floats, total: Floats, squares: Floats) -> Moments:
    """Moments from sums; whatever the order of the rows."""
    count = round(math.fsum(n))
    if count <= 0:
        return Moments.empty(("y",))
    whole, squared = math.fsum(total), math.fsum(squares)
    mean = whole / count
    centred = max(squared - whole * mean, 0.0)
    return Moments(count, ("y",), np.array([mean]), np.zeros(1), np.array([[centred]]))


def _is_coarse(moments: Moments) -> bool:
    """Whether a variance is lost in the digits of its sum of squares."""
    if moments.n < 2:
        return False
    squares = float(moments.cross[0, 0]) + moments.n * moments.mean("y") ** 2
    return moments.variance("y") < COARSE * squares / moments.n
