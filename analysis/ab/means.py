"""Two means: Welch's t-test, and Student's and Mann-Whitney's tests beside it."""

import math

import numpy as np

from analysis.ab.effect import Effect, independent
from analysis.core import Floats, Moments
from analysis.core.tails import normal_two_sided, student_two_sided

# A spread below a few units in the last place is rounding, not variation.
ROUNDING = 8 * np.finfo(float).eps


def variance(moments: Moments, column: str = "y") -> float:
    """Sample variance (ddof 1) of a column; 0 where only rounding varies."""
    value = moments.variance(column)
    if not math.isfinite(value):
        return value
    return 0.0 if math.sqrt(value) <= abs(ROUNDING * moments.mean(column)) else value


def welch(treatment: Moments, control: Moments, column: str = "y") -> Effect:
    """Difference of means with Welch's variance and degrees of freedom.

    Args:
        treatment: Moments of at least 2 units.
        control: Likewise; the two must not both be constant.
        column: The column compared.

    Source:
        Welch (1947), Biometrika 34, 28-35.
    """
    effect = independent(
        treatment.mean(column),
        variance(treatment, column) / treatment.n,
        treatment.n,
        control.mean(column),
        variance(control, column) / control.n,
        control.n,
    )
    # The shifts' difference keeps the digits that two large means share.
    return Effect(
        treatment.mean_minus(control, column),
        effect.control,
        effect.var_difference,
        effect.var_control,
        effect.covariance,
        effect.df,
    )


def student(treatment: Moments, control: Moments) -> tuple[float, float] | None:
    """Student's pooled t and its two-sided p (Student 1908, Biometrika 6, 1-25)."""
    n1, n0 = treatment.n, control.n
    freedom = n1 + n0 - 2
    pooled = ((n1 - 1) * variance(treatment) + (n0 - 1) * variance(control)) / freedom
    if pooled <= 0:
        return None
    t = treatment.mean_minus(control, "y") / math.sqrt(pooled * (1 / n1 + 1 / n0))
    return t, student_two_sided(t, freedom)


def mann_whitney(treatment: Floats, control: Floats) -> tuple[float, float | None]:
    """U of the treatment and its two-sided p by the normal approximation with ties.

    Args:
        treatment: Shape (n1,): one value a unit.
        control: Shape (n0,).

    Returns:
        U, and p with a continuity correction of one half; None where all values tie.

    Source:
        Mann, Whitney (1947), Ann. Math. Stat. 18, 50-60.
    """
    n1, n0 = treatment.size, control.size
    total = n1 + n0
    merged = np.sort(np.concatenate([treatment, control]))
    ends = np.append(np.flatnonzero(np.diff(merged)), total - 1)
    runs = np.diff(ends, prepend=-1).astype(float)
    below = ends + 1 - runs
    upto = np.searchsorted(np.sort(treatment), merged[ends], side="right")
    in_treatment = np.diff(upto, prepend=0)
    ranks = float((in_treatment * (below + (runs + 1) / 2)).sum())
    u = ranks - n1 * (n1 + 1) / 2
    ties = float((runs**3 - runs).sum())
    spread = n1 * n0 / 12 * ((total + 1) - ties / (total * (total - 1)))
    if spread <= 0:
        return u, None
    z = (abs(u - n1 * n0 / 2) - 0.5) / math.sqrt(spread)
    return u, min(1.0, normal_two_sided(z)) if z > 0 else 1.0
