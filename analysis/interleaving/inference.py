"""From an estimate and its error to t, p and interval, where each exists."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from analysis.core import Floats
from analysis.core.tails import (
    SMALLEST,
    normal_quantile,
    normal_two_sided,
    student_quantile,
    student_two_sided,
)

Block = dict[str, Any]
Range = tuple[float, float]

# Sums of residuals that cancel exactly leave rounding of this size.
ROUNDING = 1e-13
USUAL = 0.05


def spread(values: Floats) -> float:
    """The standard deviation (ddof 1), exactly 0 where all values are the same."""
    if values.size < 2 or values.min() == values.max():
        return 0.0
    return float(values.std(ddof=1))


def two_sided(estimate: float, se: float | None, df: float | None) -> float | None:
    """The two-sided p of an estimate against 0; df None reads the normal distribution.

    Without error the data allow no test, except that 0 is then no difference at all.
    """
    statistic = ratio(estimate, se)
    if statistic is None:
        return None
    return normal_two_sided(statistic) if df is None else student_two_sided(statistic, df)


def ratio(estimate: float, se: float | None) -> float | None:
    """The estimate over its standard error; 0 over 0 is 0, anything else over 0 is None."""
    if se is None or not math.isfinite(se) or not math.isfinite(estimate):
        return None
    if se <= ROUNDING:
        return 0.0 if abs(estimate) <= ROUNDING else None
    return estimate / se


def around(estimate: float, se: float | None, df: float | None, tail: float) -> Range | None:
    """The interval of an estimate that leaves `tail` out on each side."""
    if ratio(estimate, se) is None or se is None:
        return None
    half = (normal_quantile(tail) if df is None else student_quantile(tail, df)) * se
    return estimate - half, estimate + half


def around_ratio(log_ratio: float, se: float | None, df: float | None, tail: float) -> Range | None:
    """The interval of a lift whose logarithm of one plus lift has this error."""
    ends = around(log_ratio, se, df, tail)
    if ends is None or ends[1] > 700:
        return None
    return math.expm1(ends[0]), math.expm1(ends[1])


def intervals(name: str, at: Callable[[float], Any], alpha: float) -> Block:
    """The 95 % interval under its name and, for another alpha, that level's beside it."""
    found = {name: at(USUAL / 2)}
    if alpha != USUAL:
        found[name.replace("95", "_alpha")] = at(alpha / 2)
    return found


def sign_test(wins: int, losses: int) -> float:
    """The exact two-sided p of wins against losses under a fair coin; ties are left out.

    >>> round(sign_test(15, 5), 10)
    0.0413894653
    """
    fewer, decided = min(wins, losses), wins + losses
    if decided == 0:
        return 1.0
    tail = float(special.betainc(decided - fewer, fewer + 1, 0.5))
    return max(min(1.0, 2 * tail), SMALLEST)


def chi_square(table: Floats) -> tuple[float, int] | None:
    """Pearson's statistic of a table and its degrees of freedom, without a correction.

    Empty rows and columns are left out; None where fewer than two of either remain.

    >>> statistic, freedom = chi_square(np.array([[12.0, 10, 8], [9, 11, 10], [9, 9, 12]]))
    >>> round(statistic, 10), freedom
    (1.6, 4)
    """
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    rows, columns = table.shape
    if rows < 2 or columns < 2:
        return None
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    statistic = float(((table - expected) ** 2 / expected).sum())
    return statistic, (rows - 1) * (columns - 1)
