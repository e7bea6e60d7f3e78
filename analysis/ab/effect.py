"""An effect: the difference and the control value, how sure they are, and all that follows."""

import math
from dataclasses import dataclass

from analysis.core.tails import (
    student_quantile,
    student_two_sided,
    student_two_sided_log10,
)


@dataclass(frozen=True)
class Interval:
    """A range; None at an end means that no bound exists there."""

    low: float | None
    high: float | None

    def excludes_zero(self) -> bool:
        """Whether it lies wholly on one side of 0."""
        return (self.low is not None and self.low > 0) or (self.high is not None and self.high < 0)


NOWHERE = Interval(None, None)


@dataclass(frozen=True)
class Effect:
    """Five numbers and a df, from which interval, lift, safety and verdict follow.

    Attributes:
        difference: Treatment minus control, in the metric's unit.
        control: The control value that a lift divides by.
        var_difference: Variance of the difference.
        var_control: Variance of the control value.
        covariance: Covariance of the two; minus `var_control` for independent arms.
        df: Degrees of freedom; None for the normal distribution.
    """

    difference: float
    control: float
    var_difference: float
    var_control: float
    covariance: float
    df: float | None

    @property
    def se(self) -> float:
        """Standard error of the difference."""
        return math.sqrt(self.var_difference)

    @property
    def statistic(self) -> float:
        """The difference in standard errors."""
        return self.difference / self.se

    def p_value(self) -> float:
        """Two-sided p-value against no difference, never 0."""
        return student_two_sided(self.statistic, self.df)

    def p_log10(self) -> float:
        """Its decimal logarithm, also below the smallest double."""
        return student_two_sided_log10(self.statistic, self.df)

    def interval(self, alpha: float) -> Interval:
        """1 - alpha interval of the difference."""
        half = student_quantile(alpha / 2, self.df) * self.se
        return Interval(self.difference - half, self.difference + half)

    def lift(self) -> float | None:
        """Difference over |control|; None where the control value is 0."""
        return _finite(self.difference / abs(self.control)) if self.control else None

    def fieller(self, alpha: float) -> tuple[Interval, float | None]:
        """1 - alpha interval of the lift, and g: at g >= 1 no bounded interval exists.

        Source:
            Fieller (1954), "Some problems in interval estimation", JRSS B 16, 175-185.
        """
        return fieller(self, student_quantile(alpha / 2, self.df))

    def with_df(self, df: float | None) -> "Effect":
        """The same effect on another reference distribution."""
        return Effect(
            self.difference,
            self.control,
            self.var_difference,
            self.var_control,
            self.covariance,
            df,
        )


def satterthwaite(v1: float, n1: int, v0: float, n0: int) -> float:
    """Welch-Satterthwaite degrees of freedom of a sum of two variances of estimates.

    Source:
        Satterthwaite (1946), Biometrics Bull. 2, 110-114; Welch (1947), Biometrika 34, 28-35.
    """
    total = v1 + v0
    a, b = v1 / total, v0 / total
    return 1 / (a * a / (n1 - 1) + b * b / (n0 - 1))


def independent(m1: float, v1: float, n1: int, m0: float, v0: float, n0: int) -> Effect:
    """The effect of two independent arms, each known by value, variance and units."""
    return Effect(m1 - m0, m0, v1 + v0, v0, -v0, satterthwaite(v1, n1, v0, n0))


def fieller(effect: Effect, quantile: float) -> tuple[Interval, float | None]:
    """Fieller interval of the lift at a quantile of the reference distribution, and g."""
    a, b = effect.difference, effect.control
    if b == 0:
        return NOWHERE, None
    v_aa, v_bb, v_ab = effect.var_difference, effect.var_control, effect.covariance
    share = quantile * math.sqrt(v_bb) / b
    g = share * share
    if not math.isfinite(g) or g >= 1:
        return NOWHERE, _finite(g)
    r = a / b
    spread = v_aa - 2 * r * v_ab + r * r * v_bb
    shift = 0.0
    if v_bb > 0:
        shift = g * v_ab / v_bb
        spread -= g * (v_aa - v_ab * (v_ab / v_bb))
    centre = (r - shift) / (1 - g)
    half = quantile / abs(b) / (1 - g) * math.sqrt(max(spread, 0.0))
    low, high = centre - half, centre + half
    # The lift divides by |control|, so that its sign is that of the difference.
    return (Interval(low, high) if b > 0 else Interval(-high, -low)), g


def delta_lift(m1: float, v1: float, m0: float, v0: float, quantile: float) -> Interval:
    """Delta-method interval of m1/m0 - 1; none where m0 <= 0."""
    if m0 <= 0:
        return NOWHERE
    # Ratios before squares: neither large nor small values leave the range of a double.
    half = quantile * math.hypot(math.sqrt(v1) / m0, math.sqrt(v0) / m0 * (m1 / m0))
    return Interval(m1 / m0 - 1 - half, m1 / m0 - 1 + half)


def log_delta_lift(m1: float, v1: float, m0: float, v0: float, quantile: float) -> Interval:
    """Interval of m1/m0 - 1 from the logarithm of the ratio; none unless both are above 0.

    Source:
        Katz, Baptista, Azen, Pike (1978), Biometrics 34, 469-474, for two rates.
    """
    if m0 <= 0 or m1 <= 0:
        return NOWHERE
    step = quantile * math.hypot(math.sqrt(v1) / m1, math.sqrt(v0) / m0)
    return Interval(m1 / m0 * math.exp(-step) - 1, _finite(m1 / m0 * _exp(step) - 1))


def lift_variants(
    m1: float, v1: float, n1: int, m0: float, v0: float, n0: int, alpha: float
) -> dict[str, object]:
    """Every lift interval of two independent arms, by its result name."""
    effect = independent(m1, v1, n1, m0, v0, n0)
    z = student_quantile(alpha / 2, None)
    t = student_quantile(alpha / 2, effect.df)
    with_t, g = fieller(effect, t)
    variants: dict[str, object] = {
        "fieller_t": with_t,
        "fieller_z": fieller(effect, z)[0],
        "fieller_g": g,
        "delta_t": delta_lift(m1, v1, m0, v0, t),
        "logdelta_z": log_delta_lift(m1, v1, m0, v0, z),
        "logdelta_t": log_delta_t(m1, v1, n1, m0, v0, n0, alpha),
    }
    return variants


def log_delta_t(
    m1: float, v1: float, n1: int, m0: float, v0: float, n0: int, alpha: float
) -> Interval:
    """The log interval with Satterthwaite degrees of freedom of the relative variances."""
    if m0 <= 0 or m1 <= 0:
        return NOWHERE
    df = satterthwaite((v1 / m1) / m1, n1, (v0 / m0) / m0, n0)
    return log_delta_lift(m1, v1, m0, v0, student_quantile(alpha / 2, df))


def _exp(x: float) -> float:
    return math.exp(x) if x < 709 else math.inf


def _finite(x: float) -> float | None:
    return x if math.isfinite(x) else None
