"""Two proportions: pooled z, Fisher's exact test, and the intervals that match them."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.ab.effect import NOWHERE, Effect, Interval
from analysis.core.tails import (
    LN10,
    SMALLEST,
    chi_square_upper,
    normal_quantile,
    normal_two_sided,
    normal_upper,
)

SMALL_EXPECTED = 5
MOST_TABLES = 1_000_000
SAME_PROBABILITY = 1 + 1e-7
# A million tables so much less likely (as a logarithm) add nothing to a sum of doubles.
LOST = 60.0


@dataclass(frozen=True)
class Counts:
    """Successes and units of a treatment (1) and its control (0)."""

    x1: int
    n1: int
    x0: int
    n0: int

    @property
    def p1(self) -> float:
        """Rate of the treatment."""
        return self.x1 / self.n1

    @property
    def p0(self) -> float:
        """Rate of the control."""
        return self.x0 / self.n0

    @property
    def difference(self) -> float:
        """p1 - p0, exact to the last digit also where both are near 1."""
        return (self.x1 * self.n0 - self.x0 * self.n1) / (self.n1 * self.n0)

    def effect(self) -> Effect:
        """The effect with unpooled binomial variances p(1 - p)/n, on the normal distribution."""
        v1 = self.p1 * (1 - self.p1) / self.n1
        v0 = self.p0 * (1 - self.p0) / self.n0
        return Effect(self.difference, self.p0, v1 + v0, v0, -v0, None)

    def smallest_expected(self) -> float:
        """The smallest expected cell of the 2 x 2 table."""
        successes = self.x1 + self.x0
        total = self.n1 + self.n0
        return min(successes, total - successes) * min(self.n1, self.n0) / total


def z_pooled(counts: Counts) -> float | None:
    """Pooled z statistic without continuity correction; None if all or none succeeded."""
    total = counts.n1 + counts.n0
    rate = (counts.x1 + counts.x0) / total
    if rate in (0.0, 1.0):
        return None
    return counts.difference / math.sqrt(rate * (1 - rate) * (1 / counts.n1 + 1 / counts.n0))


def fisher(counts: Counts) -> tuple[float, float] | None:
    """Two-sided p of Fisher's exact test and its decimal logarithm.

    None above a million tables.

    Sums the tables with the observed margins that are no likelier than the observed.

    Source:
        Fisher (1935), "The logic of inductive inference", JRSS 98, 39-82.
    """
    successes = counts.x1 + counts.x0
    total = counts.n1 + counts.n0
    low, high = max(0, successes - counts.n0), min(successes, counts.n1)
    if high - low + 1 > MOST_TABLES:
        return None
    lgamma = math.lgamma
    fixed = [counts.n1, counts.n0, successes, total - successes]
    whole = sum(lgamma(n + 1) for n in fixed) - lgamma(total + 1)

    def log_p(x: float) -> float:
        free = (x, counts.n1 - x, successes - x, counts.n0 - successes + x)
        return whole - sum(lgamma(n + 1) for n in free)

    mode = min(max((successes + 1) * (counts.n1 + 1) // (total + 2), low), high)
    limit = log_p(counts.x1) + math.log(SAME_PROBABILITY)
    # Tables grow likelier up to the mode and less likely after it: those that count lie at both
    # ends, and of each end only what is not lost beside its likeliest.
    left = _first(low, mode, lambda x: log_p(x) > limit) - 1
    right = _first(max(mode, left + 1), high, lambda x: log_p(x) <= limit)
    top = max(log_p(x) for x in (left, right) if low <= x <= high)
    far_left = _first(low, left, lambda x: log_p(x) > top - LOST)
    far_right = _first(right, high, lambda x: log_p(x) <= top - LOST)
    kept = np.concatenate([np.arange(far_left, left + 1), np.arange(right, far_right)])
    logs = np.array([log_p(x) for x in kept.tolist()])
    # Relative to the likeliest of them, so that far tails do not vanish.
    log_p_value = min(top + math.log(float(np.exp(np.sort(logs) - top).sum())), 0.0)
    return max(math.exp(log_p_value), SMALLEST), log_p_value / LN10


def _first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The first number of low .. high from which on a condition holds; high + 1 if none."""
    after = high + 1
    while low < after:
        middle = (low + after) // 2
        low, after = (low, middle) if holds(middle) else (middle + 1, after)
    return low


def wald(counts: Counts, alpha: float) -> Interval:
    """Wald interval of the difference; of width 0 at 0 of n, so never a headline."""
    return counts.effect().interval(alpha)


def pooled_se(counts: Counts, alpha: float) -> Interval:
    """The difference with the pooled standard error of the z test."""
    rate = (counts.x1 + counts.x0) / (counts.n1 + counts.n0)
    se = math.sqrt(rate * (1 - rate) * (1 / counts.n1 + 1 / counts.n0))
    half = normal_quantile(alpha / 2) * se
    return Interval(counts.difference - half, counts.difference + half)


def wilson(x: int, n: int, alpha: float) -> Interval:
    """Wilson interval of one rate (Wilson 1927, JASA 22, 209-212)."""
    z = normal_quantile(alpha / 2)
    p = x / n
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low = 0.0 if x == 0 else (p + z * z / (2 * n) - half) / (1 + z * z / n)
    high = 1.0 if x == n else (p + z * z / (2 * n) + half) / (1 + z * z / n)
    return Interval(low, high)


def newcombe(counts: Counts, alpha: float) -> Interval:
    """Hybrid score interval (Newcombe 1998, Stat. Med. 17, 873-890, method 10)."""
    one = wilson(counts.x1, counts.n1, alpha)
    nil = wilson(counts.x0, counts.n0, alpha)
    p1, p0 = counts.p1, counts.p0
    low1, high1, low0, high0 = (float(v or 0.0) for v in (one.low, one.high, nil.low, nil.high))
    return Interval(
        counts.difference - math.hypot(p1 - low1, high0 - p0),
        counts.difference + math.hypot(high1 - p1, p0 - low0),
    )


def agresti_caffo(counts: Counts, alpha: float) -> Interval:
    """Wald interval after one success and one failure more an arm.

    Source:
        Agresti, Caffo (2000), Am. Stat. 54, 280-288.
    """
    more = Counts(counts.x1 + 1, counts.n1 + 2, counts.x0 + 1, counts.n0 + 2)
    return wald(more, alpha)


def restricted_z(counts: Counts, d0: float) -> float | None:
    """Score statistic of H0 "difference = d0", rates estimated under H0.

    None where the restricted variance is 0.

    Source:
        Mee (1984), Biometrics 40, 1175-1176; Farrington, Manning (1990),
        Stat. Med. 9, 1447-1454, with their closed form of the cubic.
    """
    if 2 * (counts.x1 + counts.x0) > counts.n1 + counts.n0:
        # Rates near 1 lose their digits: failures near 0 keep them.
        failures = Counts(counts.n1 - counts.x1, counts.n1, counts.n0 - counts.x0, counts.n0)
        mirrored = restricted_z(failures, -d0)
        return None if mirrored is None else -mirrored
    rate1 = _restricted_rate(counts, d0)
    rate0 = min(1.0, max(0.0, rate1 - d0))
    variance = rate1 * (1 - rate1) / counts.n1 + rate0 * (1 - rate0) / counts.n0
    if variance <= 0:
        return None
    return (counts.difference - d0) / math.sqrt(variance)


def _restricted_rate(counts: Counts, d0: float) -> float:
    """The treatment's likeliest rate where the difference is d0: a root of a cubic."""
    p1, p0 = counts.p1, counts.p0
    theta = counts.n0 / counts.n1
    a = 1 + theta
    b = -(1 + theta + p1 + theta * p0 + d0 * (theta + 2))
    c = d0 * d0 + d0 * (2 * p1 + theta + 1) + p1 + theta * p0
    d = -p1 * d0 * (1 + d0)
    v = b**3 / (27 * a**3) - b * c / (6 * a * a) + d / (2 * a)
    u = math.copysign(math.sqrt(max(b * b / (9 * a * a) - c / (3 * a), 0.0)), v)
    cosine = min(1.0, max(-1.0, v / u**3)) if u != 0 else 0.0
    w = (math.pi + math.acos(cosine)) / 3
    rate = 2 * u * math.cos(w) - b / (3 * a)
    low, high = max(0.0, d0), min(1.0, 1 + d0)
    rate = min(high, max(low, rate))
    # The closed form is good to about 1e-14 of 1: small rates need a few Newton steps more.
    gap = ((a * rate + b) * rate + c) * rate + d
    for _ in range(4):
        slope = (3 * a * rate + 2 * b) * rate + c
        if slope == 0 or gap == 0:
            break
        nearer = min(high, max(low, rate - gap / slope))
        left = ((a * nearer + b) * nearer + c) * nearer + d
        if abs(left) >= abs(gap):
            break
        rate, gap = nearer, left
    return rate


def restricted_ratio_z(counts: Counts, rho: float) -> float:
    """Score statistic of H0 "p1 = rho p0", rates estimated under H0.

    Source:
        Koopman (1984), Biometrics 40, 513-517; Miettinen, Nurminen (1985),
        Stat. Med. 4, 213-226, without their factor N/(N - 1).
    """
    if 2 * (counts.x1 + counts.x0) > counts.n1 + counts.n0:
        rate0, fail0, fail1, gap = _ratio_by_failures(counts, rho)
    else:
        a = (counts.n1 + counts.n0) * rho
        b = -(counts.n1 * rho + counts.x1 + counts.n0 + counts.x0 * rho)
        c = float(counts.x1 + counts.x0)
        # The smaller root, written so that nothing cancels.
        rate0 = 2 * c / (-b + math.sqrt(max(b * b - 4 * a * c, 0.0)))
        fail0, fail1 = 1 - rate0, max(1 - rho * rate0, 0.0)
        gap = counts.p1 - rho * counts.p0
    variance = rho * rate0 * (fail1 / counts.n1 + rho * fail0 / counts.n0)
    if variance <= 0:
        return math.copysign(math.inf, gap) if gap else 0.0
    return gap / math.sqrt(variance)


def _ratio_by_failures(counts: Counts, rho: float) -> tuple[float, float, float, float]:
    """The restricted rates by their failures, which keep their digits where rates are near 1.

    Returns:
        The control's rate, its failure rate, the treatment's, and p1 - rho p0.
    """
    lost1, lost0, step = counts.n1 - counts.x1, counts.n0 - counts.x0, rho - 1
    a = (counts.n1 + counts.n0) * rho
    b = lost1 + counts.n1 * step + counts.n0 * step + rho * lost0
    c = lost0 * step
    root = math.sqrt(max(b * b - 4 * a * c, 0.0))
    # The larger failure rate is the smaller rate.
    fail0 = (b + root) / (2 * a) if b >= 0 else 2 * c / (b - root)
    fail0 = min(max(fail0, 0.0), 1.0)
    fail1 = max(rho * fail0 - step, 0.0)
    return 1 - fail0, fail0, fail1, rho * (lost0 / counts.n0) - lost1 / counts.n1 - step


def score(counts: Counts, alpha: float) -> Interval:
    """Score interval of the difference: all d0 that the score test keeps (Mee 1984)."""
    z = normal_quantile(alpha / 2)

    def statistic(d0: float) -> float:
        value = restricted_z(counts, d0)
        if value is None:
            gap = counts.difference - d0
            return math.copysign(math.inf, gap) if gap else 0.0
        return value

    low = _crossing(statistic, z, -1.0, counts.difference)
    high = _crossing(statistic, -z, counts.difference, 1.0)
    return Interval(low, high)


def score_ratio(counts: Counts, alpha: float) -> Interval:
    """Score interval of the lift p1/p0 - 1 (Koopman 1984).

    The low end is -1 without a success of the treatment; the high end is None
    (unbounded) without a success of the control.
    """
    if counts.x1 == 0 and counts.x0 == 0:
        return NOWHERE
    z = normal_quantile(alpha / 2)

    def statistic(log_rho: float) -> float:
        return restricted_ratio_z(counts, math.exp(log_rho))

    middle = _start(counts)
    low = -1.0
    if counts.x1 > 0:
        near = middle
        while statistic(near) < z:
            near -= 2.0
        low = math.expm1(_crossing(statistic, z, near, middle + 2.0))
    high = None
    if counts.x0 > 0:
        far = middle
        while statistic(far) > -z:
            far += 2.0
        high = math.expm1(_crossing(statistic, -z, middle - 2.0, far))
    return Interval(low, high)


def _start(counts: Counts) -> float:
    """A logarithm of a ratio near the observed one."""
    return math.log((counts.x1 + 0.5) / counts.n1) - math.log((counts.x0 + 0.5) / counts.n0)


def _crossing(falling: Callable[[float], float], level: float, low: float, high: float) -> float:
    """Where a falling function meets a level, by bisection to the last digit."""
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if falling(middle) > level:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def two_sided(z: float) -> float:
    """Two-sided p of a z statistic."""
    return normal_two_sided(z)


def greater(z: float) -> float:
    """One-sided p, alternative "the treatment's rate is larger"."""
    return normal_upper(z)


def pearson(successes: list[int], units: list[int]) -> tuple[float, int, float] | None:
    """Pearson chi-square of a k x 2 table: statistic, df and p; None without variation."""
    x, n = np.array(successes, dtype=float), np.array(units, dtype=float)
    rate = x.sum() / n.sum()
    if rate in (0.0, 1.0) or len(successes) < 2:
        return None
    statistic = float((((x - n * rate) ** 2) / (n * rate * (1 - rate))).sum())
    return statistic, len(successes) - 1, chi_square_upper(statistic, len(successes) - 1)
