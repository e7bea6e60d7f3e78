"""CUPED: take out of a metric what was already there before exposure."""

import math
from dataclasses import dataclass

import numpy as np

from analysis.ab.effect import Effect, satterthwaite
from analysis.ab.ratios import ratio
from analysis.core import Floats, Moments, pooled


@dataclass(frozen=True)
class Adjusted:
    """A comparison with its covariate taken out.

    Attributes:
        effect: The adjusted difference over the raw control value, with their covariance.
        over_adjusted: The same difference over the adjusted control value.
        theta: The covariate's coefficient, pooled over both arms.
        control: Adjusted control value.
        treatment: Adjusted treatment value.
        var_control: Variance of the adjusted control value.
        var_treatment: Variance of the adjusted treatment value.
        variance_reduction: 1 - adjusted over raw variance of the difference.
        lift_se: Standard error of the lift over the raw control value; None without one.
        constant: The covariate does not vary, so nothing was adjusted.
    """

    effect: Effect
    over_adjusted: Effect
    theta: float
    control: float
    treatment: float
    var_control: float
    var_treatment: float
    variance_reduction: float
    lift_se: float | None
    constant: bool


def adjust(treatment: Moments, control: Moments) -> Adjusted | None:
    """The difference of means or ratios with its covariate taken out.

    Columns y and x are compared as means, (y, d) and (x, xd) as ratios of sums, and
    (y, d) with x as a ratio whose covariate is a plain column.

    Args:
        treatment: Moments of at least 2 units.
        control: Likewise.

    Returns:
        None where a ratio has no denominator, or nothing varies.

    Source:
        Deng, Xu, Kohavi, Walker (2013), WSDM, 123-132; ratios: Deng, Knoblich, Lu (2018).
    """
    both = pooled([treatment, control])
    outcome = _linear(both, "y", "d")
    if outcome is None:
        return None
    arms = [_linear(one, "y", "d") for one in (treatment, control)]
    befores = [_linear(one, "x", "xd") for one in (treatment, control)]
    before = _linear(both, "x", "xd")
    theta, constant = _theta(both, outcome, before)
    if before is None or None in befores:
        theta, constant = 0.0, True
        before, befores = (0.0, {}), [(0.0, {}), (0.0, {})]
    if arms[0] is None or arms[1] is None:
        return None
    values, spreads, combined = [], [], []
    for one, arm, past in zip((treatment, control), arms, befores, strict=True):
        value, weights = arm
        past_value, past_weights = past or (0.0, {})
        adjusted = dict(weights)
        for column, weight in past_weights.items():
            adjusted[column] = adjusted.get(column, 0.0) - theta * weight
        values.append(value - theta * (past_value - before[0]))
        spreads.append(one.combination_variance(adjusted) / one.n)
        combined.append(adjusted)
    raw_weights = arms[1][1]
    raw_control = arms[1][0]
    raw_v = [
        one.combination_variance(arm[1]) / one.n
        for one, arm in zip((treatment, control), (arms[0], arms[1]), strict=True)
    ]
    if sum(spreads) <= 0 or sum(raw_v) <= 0:
        return None
    difference = values[0] - values[1]
    df = satterthwaite(spreads[0], treatment.n, spreads[1], control.n)
    covariance = -control.combination_covariance(combined[1], raw_weights) / control.n
    effect = Effect(difference, raw_control, sum(spreads), raw_v[1], covariance, df)
    over = Effect(difference, values[1], sum(spreads), spreads[1], -spreads[1], df)
    return Adjusted(
        effect=effect,
        over_adjusted=over,
        theta=theta,
        control=values[1],
        treatment=values[0],
        var_control=spreads[1],
        var_treatment=spreads[0],
        variance_reduction=1 - sum(spreads) / sum(raw_v),
        lift_se=_lift_se(treatment, control, combined, raw_weights, raw_control, difference),
        constant=constant,
    )


def _linear(moments: Moments, top: str, bottom: str) -> tuple[float, dict[str, float]] | None:
    """A value and its linearised column: a mean, or a ratio where there is a denominator."""
    if bottom not in moments.columns:
        return moments.mean(top), {top: 1.0}
    found = ratio(moments, top, bottom)
    return None if found is None else (found.value, found.weights)


def _theta(
    both: Moments,
    outcome: tuple[float, dict[str, float]],
    before: tuple[float, dict[str, float]] | None,
) -> tuple[float, bool]:
    """The pooled coefficient, and whether the covariate is constant."""
    if before is None:
        return 0.0, True
    spread = both.combination_variance(before[1])
    if spread <= (1e-15 * abs(before[0])) ** 2:
        return 0.0, True
    return both.combination_covariance(outcome[1], before[1]) / spread, False


def _lift_se(
    treatment: Moments,
    control: Moments,
    combined: list[dict[str, float]],
    raw: dict[str, float],
    base: float,
    difference: float,
) -> float | None:
    """Standard error of difference/base, theta and the joint covariate mean held fixed."""
    if base == 0:
        return None
    one = {column: weight / base for column, weight in combined[0].items()}
    nil = {column: weight / base for column, weight in combined[1].items()}
    for column, weight in raw.items():
        nil[column] = nil.get(column, 0.0) + difference / base**2 * weight
    return math.sqrt(
        treatment.combination_variance(one) / treatment.n
        + control.combination_variance(nil) / control.n
    )


def ancova(treatment: Moments, control: Moments) -> tuple[float, float] | None:
    """Least squares on arm and covariate: the arm's coefficient and classical error."""
    n = treatment.n + control.n
    within = treatment.centred() + control.centred()
    y, x = treatment.index("y"), treatment.index("x")
    if within[x, x] <= 0 or n <= 3:
        return None
    slope = float(within[x, y] / within[x, x])
    gap = treatment.mean_minus(control, "x")
    residual = max(float(within[y, y] - slope * within[x, y]), 0.0) / (n - 3)
    spread = 1 / treatment.n + 1 / control.n + gap * gap / float(within[x, x])
    return treatment.mean_minus(control, "y") - slope * gap, math.sqrt(residual * spread)


def lin(
    treatment: tuple[Floats, Floats], control: tuple[Floats, Floats]
) -> tuple[float, float] | None:
    """Least squares with the covariate's slope free in each arm, errors by HC2.

    Args:
        treatment: Two arrays of shape (n1,): y and x.
        control: Likewise, shape (n0,).

    Source:
        Lin (2013), Ann. Appl. Stat. 7, 295-318; MacKinnon, White (1985),
        J. Econometrics 29, 305-325 (HC2).
    """
    joint = float(np.concatenate([treatment[1], control[1]]).mean())
    values, variances = [], []
    for y, x in (treatment, control):
        centred = x - x.mean()
        spread = float(centred @ centred)
        if y.size < 3 or spread <= 0:
            return None
        slope = float(centred @ (y - y.mean())) / spread
        residual = y - y.mean() - slope * centred
        leverage = 1 / y.size + centred**2 / spread
        if np.any(leverage >= 1):
            return None
        weights = 1 / y.size + (joint - x.mean()) * centred / spread
        values.append(float(y.mean()) + slope * (joint - float(x.mean())))
        variances.append(float((weights**2 * residual**2 / (1 - leverage)).sum()))
    return values[0] - values[1], math.sqrt(variances[0] + variances[1])
