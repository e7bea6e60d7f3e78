"""Ratios of sums: the delta method, and clusters, whose sizes are the denominator."""

import math
from dataclasses import dataclass

from analysis.ab.effect import Effect, independent
from analysis.ab.means import ROUNDING
from analysis.core import Moments


@dataclass(frozen=True)
class Ratio:
    """One arm's ratio of sums and how sure it is.

    Attributes:
        value: R, the sum of y over the sum of d.
        se: Standard error of R.
        weights: The linearised value (y - R d)/mean(d) as weights of the columns.
    """

    value: float
    se: float
    weights: dict[str, float]


def ratio(moments: Moments, top: str = "y", bottom: str = "d") -> Ratio | None:
    """Ratio of the sums of two columns, its error by the delta method.

    All units count, also those with a denominator of 0.

    Args:
        moments: Of at least 2 units.
        top: The numerator's column.
        bottom: The denominator's column.

    Returns:
        None where the denominators add up to 0.

    Source:
        Deng, Knoblich, Lu (2018), KDD, 233-242, section 3.
    """
    size = moments.mean(bottom)
    if size == 0:
        return None
    value = moments.sum(top) / moments.sum(bottom)
    weights = {top: 1 / size, bottom: -value / size}
    variance = moments.combination_variance(weights)
    if variance <= (ROUNDING * value) ** 2:
        variance = 0.0
    return Ratio(value, math.sqrt(variance / moments.n), weights)


def ratio_effect(
    one: Ratio, n1: int, nil: Ratio, n0: int, *, errors: tuple[float, float] | None = None
) -> Effect:
    """Difference of two ratios; `errors` replaces the two standard errors."""
    se1, se0 = errors or (one.se, nil.se)
    return independent(one.value, se1**2, n1, nil.value, se0**2, n0)


def cluster_errors(
    one: Ratio, nil: Ratio, treatment: Moments, control: Moments
) -> dict[str, tuple[float, float]]:
    """Standard errors of treatment and control by the sandwich with and without its factor.

    Returns:
        ``cr0`` and ``cr1``, each the two arms' standard errors.

    Source:
        Liang, Zeger (1986), Biometrika 73, 13-22; Cameron, Miller (2015),
        J. Hum. Resour. 50, 317-372.
    """
    clusters = treatment.n + control.n
    members = treatment.sum("d") + control.sum("d")
    plain = (
        one.se * math.sqrt((treatment.n - 1) / treatment.n),
        nil.se * math.sqrt((control.n - 1) / control.n),
    )
    factor = math.nan
    if members > 2:
        factor = math.sqrt(clusters / (clusters - 1) * (members - 1) / (members - 2))
    return {"cr0": plain, "cr1": (plain[0] * factor, plain[1] * factor)}


def intraclass(
    members: tuple[Moments, Moments],
    between: tuple[tuple[float, float], tuple[float, float]],
    clusters: int,
) -> float | None:
    """Intraclass correlation within arms by the analysis of variance; may be negative.

    Args:
        members: The two arms' moments of "y" over members.
        between: For each arm: sum of n_c (mean_c - mean of arm)², and sum of n_c².
        clusters: Clusters in both arms.

    Source:
        Donner (1986), Int. Stat. Rev. 54, 67-82.
    """
    total = sum(one.n for one in members)
    if clusters <= 2 or total <= clusters:
        return None
    squares = sum(float(one.centred()[one.index("y"), one.index("y")]) for one in members)
    explained = sum(one[0] for one in between)
    ms_between = explained / (clusters - 2)
    ms_within = (squares - explained) / (total - clusters)
    sizes = sum(pair[1] / one.n for one, pair in zip(members, between, strict=True))
    typical = (total - sizes) / (clusters - 2)
    bottom = ms_between + (typical - 1) * ms_within
    return (ms_between - ms_within) / bottom if bottom > 0 else None
