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
    outcome, before = _linear(both, "y", "d"), _linear(both, "x", "xd")
    raw = [_linear(one, "y", "d") for one in (treatment, control)]
    past = [_linear(one, "x", "xd") for one in (treatment, control)]
    if outcome is None or raw[0] is None or raw[1] is None:
        return None
    theta = 0.0
    if before is not None and past[0] is not None and past[1] is not None:
        theta = _theta(both, outcome.weights, before)
    constant = theta == 0.0
    one = _without(treatment, raw[0], past[0] if not constant else None, theta, before)
    nil = _without(control, raw[1], past[1] if not constant else None, theta, before)
    raw_variance = [
        moments.combination_variance(line.weights) / moments.n
        for moments, line in ((treatment, raw[0]), (control, raw[1]))
    ]
    spread = one.variance + nil.variance
    if spread <= 0 or sum(raw_variance) <= 0:
        return None
    difference = one.value - nil.value
    if "d" not in treatment.columns:
        # The shifts' difference keeps the digits that two large means share.
        difference = treatment.mean_minus(control, "y")
        if not constant and "xd" not in treatment.columns:
            difference -= theta * treatment.mean_minus(control, "x")
    df = satterthwaite(one.variance, treatment.n, nil.variance, control.n)
    covariance = -control.combination_covariance(nil.weights, raw[1].weights) / control.n
    return Adjusted(
        effect=Effect(difference, raw[1].value, spread, raw_variance[1], covariance, df),
        over_adjusted=Effect(difference, nil.value, spread, nil.variance, -nil.variance, df),
        theta=theta,
        control=nil.value,
        treatment=one.value,
        var_control=nil.variance,
        var_treatment=one.variance,
        variance_reduction=1 - spread / sum(raw_variance),
        lift_se=_lift_se((treatment, one), (control, nil), raw[1], difference),
        constant=constant,
    )


@dataclass(frozen=True)
class _Line:
    """A value and the column, as weights of others, whose mean has the value's error."""

    value: float
    weights: dict[str, float]
    variance: float = 0.0


def _linear(moments: Moments, top: str, bottom: str) -> _Line | None:
    """A mean, or a linearised ratio where there is a denominator; None if that is 0."""
    if bottom not in moments.columns:
        return _Line(moments.mean(top), {top: 1.0})
    found = ratio(moments, top, bottom)
    return None if found is None else _Line(found.value, found.weights)


def _without(
    moments: Moments, line: _Line, past: _Line | None, theta: float, joint: _Line | None
) -> _Line:
    """One arm's value with its covariate taken out."""
    weights, value = dict(line.weights), line.value
    if past is not None and joint is not None:
        for column, weight in past.weights.items():
            weights[column] = weights.get(column, 0.0) - theta * weight
        value -= theta * (past.value - joint.value)
    return _Line(value, weights, moments.combination_variance(weights) / moments.n)


def _theta(both: Moments, outcome: dict[str, float], before: _Line) -> float:
    """The pooled coefficient; 0 where the covariate does not vary."""
    spread = both.combination_variance(before.weights)
    if spread <= (1e-15 * abs(before.value)) ** 2:
        return 0.0
    return both.combination_covariance(outcome, before.weights) / spread


def _lift_se(
    treatment: tuple[Moments, _Line],
    control: tuple[Moments, _Line],
    raw_control: _Line,
    difference: float,
) -> float | None:
    """Standard error of the lift over the raw control, theta and joint mean held fixed."""
    base = raw_control.value
    if base == 0:
        return None
    one = {column: weight / base for column, weight in treatment[1].weights.items()}
    nil = {column: weight / base for column, weight in control[1].weights.items()}
    for column, weight in raw_control.weights.items():
        nil[column] = nil.get(column, 0.0) + difference / base * (weight / base)
    return math.sqrt(
        treatment[0].combination_variance(one) / treatment[0].n
        + control[0].combination_variance(nil) / control[0].n
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
