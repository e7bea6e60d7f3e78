"""A forecast from a structural time series, integrated on a grid: no draw, the same digits."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr, logsumexp, ndtr

from analysis.core import Floats, LogError

# Standard deviations of a step of the level and of the noise, in those of the series.
LEVEL_STEPS = np.geomspace(0.002, 0.3, 24)
NOISES = np.geomspace(0.05, 1.5, 24)
# Prior guesses of the two, squared, and how many observations each is worth.
LEVEL_GUESS, LEVEL_WORTH = 0.01**2, 32
NOISE_GUESS, NOISE_WORTH = 0.2, 50
# Variance of the level at the first period.
DIFFUSE = 25.0
# Nodes that together hold less of the probability than this do not move a bound.
NEGLIGIBLE = 1e-13


@dataclass(frozen=True)
class Prediction:
    """What a post-period would have been, in the metric's unit."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Bsts:
    """Effect against a forecast.

    Attributes:
        effect: Mean of the post-periods less its prediction, in the metric's unit.
        low, high: Its 1 - alpha interval.
        p_value: Twice the tail, at most 1: at most alpha exactly when the interval leaves out 0.
        tail_probability: Chance of a post mean at least as far out, on its side.
        prediction: One a post-period, in order.
        n_covariates: Covariates used; without one this is a forecast, not a causal estimate.
    """

    effect: float
    low: float
    high: float
    p_value: float
    tail_probability: float
    prediction: tuple[Prediction, ...]
    n_covariates: int


def bsts(
    series: Floats,
    covariates: Floats,
    n_pre: int,
    n_post: int,
    alpha: float,
    season: int | None = None,
) -> Bsts:
    """Effect on the mean of the post-periods, against a local level, covariates and a season.

    Given the sizes of level steps and noise the series is Gaussian. These two are integrated
    out on a grid of 24 x 24, so what is predicted is a mixture of normals.

    Args:
        series: (periods,) the treated unit.
        covariates: (periods, donors) perhaps none; one that does not vary before the start is
            left out.
        n_pre: Periods before the start, at least 3.
        n_post: The last so many are post-periods; those between belong to neither.
        alpha: Two-sided level, 0 < alpha < 1.
        season: Periods of a season, at least 2; None without one.

    Raises:
        LogError: The series does not vary before the start.

    Source:
        Brodersen, Gallusser, Koehler, Remy, Scott (2015), Ann. Appl. Stat. 9, 247-274, section 2;
        priors of its software; by quadrature where they sample.
    """
    centre, spread = float(series[:n_pre].mean()), float(series[:n_pre].std(ddof=1))
    if not spread > 1e-12 * float(np.abs(series[:n_pre]).max()):
        raise LogError(
            "constant_series",
            "The treated unit has one and the same value in every pre-period.",
            fix="A forecast needs a series that varies; choose another metric or method.",
        )
    standard = (series[:n_pre] - centre) / spread
    used = _standardised(covariates, n_pre)
    nodes = _integrate(standard, used, series.size, n_post, season)
    mean = _Mixture(nodes.log_weights, nodes.mean[:, None], nodes.deviation[:, None])
    low, high = mean.bounds(alpha)
    observed = float(series[-n_post:].mean())
    tail = mean.tail((observed - centre) / spread)
    periods = _Mixture(nodes.log_weights, nodes.period_means, nodes.period_deviations).pruned()
    lows, highs = periods.bounds(alpha)
    return Bsts(
        effect=observed - (centre + spread * float(mean.mean()[0])),
        low=observed - (centre + spread * float(high[0])),
        high=observed - (centre + spread * float(low[0])),
        p_value=min(2 * tail, 1.0),
        tail_probability=tail,
        prediction=tuple(
            Prediction(*(centre + spread * float(one) for one in bounds))
            for bounds in zip(periods.mean(), lows, highs, strict=True)
        ),
        n_covariates=used.shape[1],
    )


def _standardised(covariates: Floats, n_pre: int) -> Floats:
    before = covariates[:n_pre]
    spread = before.std(axis=0, ddof=1)
    varies = spread > 1e-12 * np.abs(before).max(axis=0, initial=0.0)
    standard: Floats = (covariates - before.mean(axis=0))[:, varies] / spread[varies]
    return standard


@dataclass(frozen=True)
class _Nodes:
    """What each of the nodes predicts, in standard units.

    Attributes:
        log_weights: (nodes,) sum of exponentials 1.
        mean, deviation: (nodes,) of the mean of the post-periods.
        period_means, period_deviations: (nodes, post-periods) of each.
    """

    log_weights: Floats
    mean: Floats
    deviation: Floats
    period_means: Floats
    period_deviations: Floats


def _integrate(
    standard: Floats, covariates: Floats, periods: int, n_post: int, season: int | None
) -> _Nodes:
    n_pre = standard.size
    times = np.arange(periods, dtype=float)
    shape = DIFFUSE + covariates @ covariates.T
    if season is not None:
        shape = shape + ((times[:, None] - times) % season == 0) - 1 / season
    walk = np.minimum(times[:, None], times)
    before, after = slice(0, n_pre), slice(periods - n_post, periods)
    noise = np.square(NOISES)
    logs, means, variances, each, spreads = [], [], [], [], []
    for step in LEVEL_STEPS:
        # One eigendecomposition serves every size of the noise.
        joint = shape + step**2 * walk
        sizes, axes = np.linalg.eigh(joint[before, before])
        inverse = 1 / (np.maximum(sizes, 0)[:, None] + noise)
        turned = axes.T @ standard
        likelihood = -0.5 * (np.square(turned) @ inverse - np.log(inverse).sum(axis=0))
        prior = -LEVEL_WORTH * (math.log(step) + LEVEL_GUESS / (2 * step**2))
        prior_noise = -NOISE_WORTH * (np.log(NOISES) + NOISE_GUESS / (2 * noise))
        logs.append(likelihood + prior + prior_noise)
        crossed = joint[after, before] @ axes
        average = crossed.mean(axis=0)
        own = joint[after, after]
        each.append((crossed @ (turned[:, None] * inverse)).T)
        spreads.append((own.diagonal()[:, None] + noise - np.square(crossed) @ inverse).T)
        means.append(average * turned @ inverse)
        variances.append(own.mean() + noise / n_post - np.square(average) @ inverse)
    log_weights = np.concatenate(logs)
    return _Nodes(
        log_weights=log_weights - logsumexp(log_weights),
        mean=np.concatenate(means),
        deviation=np.sqrt(np.concatenate(variances)),
        period_means=np.concatenate(each),
        period_deviations=np.sqrt(np.concatenate(spreads)),
    )


@dataclass(frozen=True)
class _Mixture:
    """Mixtures of normals that share their weights.

    Attributes:
        log_weights: (nodes,).
        means, deviations: (nodes, quantities).
    """

    log_weights: Floats
    means: Floats
    deviations: Floats

    def mean(self) -> Floats:
        """(quantities,)."""
        mean: Floats = np.exp(self.log_weights) @ self.means
        return mean

    def pruned(self) -> "_Mixture":
        """Without the nodes that no bound can feel."""
        order = np.argsort(self.log_weights)
        light = order[np.cumsum(np.exp(self.log_weights[order])) < NEGLIGIBLE]
        kept = np.delete(np.arange(order.size), light)
        return _Mixture(self.log_weights[kept], self.means[kept], self.deviations[kept])

    def tail(self, value: float) -> float:
        """The smaller tail at a value of the one quantity, with all its digits far out."""
        scores = (value - self.means[:, 0]) / self.deviations[:, 0]
        below = logsumexp(self.log_weights + log_ndtr(scores))
        above = logsumexp(self.log_weights + log_ndtr(-scores))
        return float(np.exp(min(below, above)))

    def bounds(self, alpha: float) -> tuple[Floats, Floats]:
        """(quantities,) each: where the tail below, and the tail above, is alpha / 2."""
        mirrored = _Mixture(self.log_weights, -self.means, self.deviations)
        return self._quantile(alpha / 2), -mirrored._quantile(alpha / 2)

    def _quantile(self, share: float) -> Floats:
        """Newton's steps, kept inside a bracket that halves where they would leave it."""
        weights = np.exp(self.log_weights)
        reach = 40.0 * self.deviations
        low, high = (self.means - reach).min(axis=0), (self.means + reach).max(axis=0)
        centre = self.mean()
        value = centre - 2 * (weights @ self.deviations)
        for _ in range(200):
            scores = (value - self.means) / self.deviations
            off = weights @ ndtr(scores) - share
            slope = weights @ (np.exp(-np.square(scores) / 2) / self.deviations)
            slope /= math.sqrt(2 * math.pi)
            high = np.where(off > 0, value, high)
            low = np.where(off > 0, low, value)
            with np.errstate(divide="ignore", invalid="ignore"):
                moved = value - off / slope
            inside = (moved > low) & (moved < high)
            moved = np.where(inside, moved, (low + high) / 2)
            done = np.abs(moved - value) <= 1e-14 * (1 + np.abs(value))
            value = moved
            if done.all():
                break
        return value
