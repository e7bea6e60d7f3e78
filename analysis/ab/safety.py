"""Guardrails: is harm shown to stay within the margin (non-inferiority)?"""

import math
from dataclasses import dataclass

from analysis.ab.effect import Effect, satterthwaite
from analysis.ab.proportions import Counts, restricted_z
from analysis.core.tails import normal_upper, student_quantile, student_upper


@dataclass(frozen=True)
class Safety:
    """The test of H0 "worse by at least the margin"; small p = shown to be safe.

    Attributes:
        t: Its statistic.
        df: Its degrees of freedom; None for the normal distribution.
        p: One-sided p-value.
        p_fixed_margin: The same with the relative margin's threshold taken as known.
        bound: One-sided 1 - alpha bound of the difference on the harmful side.
        wald_p: Proportions with an absolute margin: p with unrestricted rates.
    """

    t: float
    df: float | None
    p: float
    p_fixed_margin: float
    bound: float
    wald_p: float | None = None


def relative_margin(
    effect: Effect,
    margin: float,
    *,
    worse_up: bool,
    alpha: float,
    parts: tuple[float, int, float, int] | None = None,
) -> Safety | None:
    """Safety against a margin that is a share of the control value, itself uncertain.

    Args:
        effect: The comparison.
        margin: Accepted harm as a lift, above or equal 0.
        worse_up: True where a rise is harm.
        alpha: Level of the one-sided bound.
        parts: For two plain means: variance and units of treatment and control, for
            the degrees of freedom of m1 - s m0.

    Returns:
        None where the control value is 0, or nothing varies.

    Source:
        Hauschke, Kieser, Diletti, Burke (1999), Stat. Med. 18, 93-105 (ratio of means).
    """
    if effect.control == 0:
        return None
    sign = 1 if worse_up else -1
    # s: the treatment may be worse than control by this factor.
    factor = sign * margin * math.copysign(1, effect.control)
    variance = (
        effect.var_difference
        - 2 * factor * effect.covariance
        + factor * factor * effect.var_control
    )
    if variance <= 0 or effect.var_difference <= 0:
        return None
    df = effect.df
    if parts is not None and df is not None:
        v1, n1, v0, n0 = parts
        df = satterthwaite(v1, n1, (1 + factor) ** 2 * v0, n0)
    threshold = factor * effect.control
    t = (effect.difference - threshold) / math.sqrt(variance)
    fixed = (effect.difference - threshold) / effect.se
    return Safety(
        t=t,
        df=df,
        p=_harm_excluded(t, df, worse_up=worse_up),
        p_fixed_margin=_harm_excluded(fixed, effect.df, worse_up=worse_up),
        bound=_bound(effect, sign, alpha),
    )


def absolute_margin(
    effect: Effect, margin: float, *, worse_up: bool, alpha: float, counts: Counts | None = None
) -> Safety | None:
    """Safety against a margin in the metric's unit; for counts by the score test.

    Source:
        Farrington, Manning (1990), Stat. Med. 9, 1447-1454, for proportions.
    """
    sign = 1 if worse_up else -1
    wald_p = None
    df = effect.df
    if counts is not None:
        z = restricted_z(counts, sign * margin)
        if z is None or effect.var_difference <= 0:
            return None
        t, df = z, None
        wald = (effect.difference - sign * margin) / effect.se
        wald_p = _harm_excluded(wald, None, worse_up=worse_up)
    else:
        if effect.var_difference <= 0:
            return None
        t = (effect.difference - sign * margin) / effect.se
    p = _harm_excluded(t, df, worse_up=worse_up)
    return Safety(t, df, p, p, _bound(effect, sign, alpha), wald_p)


def _harm_excluded(t: float, df: float | None, *, worse_up: bool) -> float:
    """One-sided p: the lower tail where a rise is harm, else the upper tail."""
    tail = -t if worse_up else t
    return normal_upper(tail) if df is None else student_upper(tail, df)


def _bound(effect: Effect, sign: int, alpha: float) -> float:
    return effect.difference + sign * student_quantile(alpha, effect.df) * effect.se
