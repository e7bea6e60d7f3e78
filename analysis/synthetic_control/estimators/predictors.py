"""Weights that match predictors, and the importance V of each predictor, found without a draw."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dgels

from analysis.core import Floats, StudyError
from analysis.synthetic_control.weights import Weights, simplex

Units = NDArray[np.intp]
Search = Literal["local", "wide"]

# First steps of the pattern searches on ln v; small ones stay near where they start.
STEPS = (float(np.log(1.2)), float(np.log(1.5)), float(np.log(2.0)))
LAST_STEP = 1e-3
# A step must lower the loss by this share of it.
GAIN = 1e-9
LEAST_LOG = -25.0
LEAST_START = 1e-8
# The wide search looks at so many points, and searches on from the best of them.
POINTS, BEST = 512, 12
DEPTH = 8.0
# How many sets of donors with a weight are remembered, and how exact a solution on them must be.
SUPPORTS = 4
ROUNDING = 1e-15


@dataclass(frozen=True)
class Specification:
    """What is matched, and how the predictors are weighed.

    Attributes:
        predictors: (predictors, units) one number a unit.
        outcome: (periods, units) outcome over the window that V is chosen on.
        search: How V is sought.
        training: (predictors, units) what V is chosen by instead; None to choose it by the
            predictors themselves.
        v: (predictors,) V given by hand, at least 0, some above; None to seek it.
    """

    predictors: Floats
    outcome: Floats
    search: Search = "local"
    training: Floats | None = None
    v: Floats | None = None


@dataclass(frozen=True)
class Matched:
    """Weights on the simplex, V, and what they match.

    Attributes:
        weights: (donors,) at least 0, sum 1.
        v: (predictors,) importance, sum 1; 0 for a predictor that does not vary.
        v_loss: Mean squared gap over the fit window by which V was chosen.
        balance: (predictors, 3) treated, synthetic and donor mean, in the predictor's unit.
        pre_mspe, post_mspe: Mean squared gap of all pre- and post-periods.
        mspe_ratio: Their ratio; None where the fit is perfect.
        duality_gap: Of the weights given V, relative.
    """

    weights: Floats
    v: Floats
    v_loss: float
    balance: Floats
    pre_mspe: float
    post_mspe: float
    mspe_ratio: float | None
    duality_gap: float


def predictors(
    specification: Specification, before: Floats, after: Floats, target: int, pool: Units
) -> Matched:
    """Weights that minimise sum_m v_m (x_0m - x_m'w)², each predictor by its own spread.

    V is chosen so that the weights it leads to follow the outcome over the fit window.

    Args:
        specification: Predictors, and how V is chosen.
        before: (pre-periods, units) outcome, for its fit alone.
        after: (post-periods, units) likewise.
        target: The unit to match.
        pool: (donors,) units to match it by, at least 1.

    Raises:
        StudyError: A predictor has no value for a unit, none varies, or V has not one number
            for each.
        SolverError: The weights cannot be certified.

    Source:
        Abadie, Gardeazabal (2003), AER 93, 113-132, appendix B; Abadie, Diamond, Hainmueller
        (2010), JASA 105, 493-505, section 2.3; with training: the same (2015), AJPS 59, 495-510.
    """
    logs, loss = _chosen(specification, target, pool)
    found = _weights(specification, target, pool, logs)
    weights = found.weights
    values = specification.predictors
    shares = np.exp(logs)
    gaps = [
        _mean_square(outcome[:, target] - outcome[:, pool] @ weights) for outcome in (before, after)
    ]
    return Matched(
        weights=weights,
        v=shares / shares.sum(),
        v_loss=loss,
        balance=np.column_stack(
            [values[:, target], values[:, pool] @ weights, values[:, pool].mean(axis=1)]
        ),
        pre_mspe=gaps[0],
        post_mspe=gaps[1],
        mspe_ratio=gaps[1] / gaps[0] if gaps[0] > 0 else None,
        duality_gap=found.duality_gap,
    )


def weigher(specification: Specification) -> Callable[[int, Units], Floats]:
    """Weights of any unit by any pool; V is chosen anew for each unless given."""

    def weigh(target: int, pool: Units) -> Floats:
        logs, _ = _chosen(specification, target, pool)
        return _weights(specification, target, pool, logs).weights

    return weigh


def _chosen(specification: Specification, target: int, pool: Units) -> tuple[Floats, float]:
    """Logarithm of V, -inf for a predictor that does not vary, and the loss of V."""
    seen = [specification.predictors]
    if specification.training is not None:
        seen.append(specification.training)
    units = np.append(target, pool)
    varies = np.all([_spread(values[:, units]) > 0 for values in seen], axis=0)
    for values in seen:
        _check(values[:, units])
    if specification.v is not None:
        varies &= _checked(specification.v, varies.size) > 0
    if not varies.any():
        raise StudyError(
            "predictors_constant",
            "No predictor varies between the treated unit and its donors.",
            where="synthetic_control.predictors",
            fix="Name one that does, or choose another method.",
        )
    outcome = specification.outcome
    problem = _Problem(
        scaled=_scaled(seen[-1][varies], target, pool),
        misses=outcome[:, pool] - outcome[:, [target]],
    )
    if specification.v is not None:
        given = np.log(specification.v[varies])
        found = given - given.max(), problem.loss(given - given.max())
    else:
        found = _sought(problem, outcome[:, units], specification.search)
    logs = np.full(varies.size, -np.inf)
    logs[varies] = found[0]
    return logs, found[1]


def _checked(v: Floats, size: int) -> Floats:
    if v.size != size or not np.isfinite(v).all() or v.min() < 0 or v.max() <= 0:
        raise StudyError(
            "v_custom",
            f"{v.size} weights for {size} predictors: one each, none below 0, some above.",
            where="synthetic_control.v_custom",
            fix="List a number for each predictor, in their order.",
        )
    return v


def _check(values: Floats) -> None:
    missing = np.flatnonzero(~np.isfinite(values).all(axis=1))
    if missing.size:
        raise StudyError(
            "predictor_missing",
            "A predictor has no value for the treated unit or a donor.",
            where=f"synthetic_control.predictors[{int(missing[0]) + 1}]",
            fix="Choose periods in which it has one, or leave those donors out.",
        )


def _spread(values: Floats) -> Floats:
    """(predictors,) standard deviation over units; 0 for what is constant up to rounding."""
    spread: Floats = values.std(axis=1, ddof=1)
    spread[spread <= 1e-12 * np.abs(values).max(axis=1)] = 0.0
    return spread


def _scaled(values: Floats, target: int, pool: Units) -> Floats:
    """(predictors, 1 + donors) target first, each row by its spread over these units."""
    units = values[:, np.append(target, pool)]
    scaled: Floats = units / _spread(units)[:, None]
    return scaled


def _weights(specification: Specification, target: int, pool: Units, logs: Floats) -> Weights:
    kept = np.isfinite(logs)
    scaled = _scaled(specification.predictors[kept], target, pool)
    return simplex((scaled[:, 1:] - scaled[:, :1]) * np.exp(logs[kept] / 2)[:, None])


class _Problem:
    """The loss of V for one target and pool, asked thousands of times."""

    def __init__(self, scaled: Floats, misses: Floats) -> None:
        self.scaled = scaled
        self.apart = scaled[:, 1:] - scaled[:, :1]
        self.misses = misses
        self.rounding = ROUNDING * float(np.square(self.apart).max())
        self.supports: list[tuple[Units, Floats]] = []
        self.stacked = np.ones((self.apart.shape[0] + 1, self.apart.shape[1]), order="F")
        self.aim = np.zeros(self.stacked.shape[0])
        self.aim[-1] = 1.0

    def loss(self, logs: Floats) -> float:
        """Mean squared gap over the fit window.

        A neighbouring V mostly leaves the same donors with a weight. So the last few supports
        are tried first: least squares on one of them is the solution if no weight is below 0
        and no other donor would lower the misses. Else it is solved from scratch.
        """
        rows = np.multiply(self.apart, np.exp(logs / 2)[:, None], out=self.stacked[:-1])
        for place, (support, misses) in enumerate(self.supports):
            found = self._on(support)
            if found is not None:
                if place:
                    self.supports.insert(0, self.supports.pop(place))
                return _mean_square(misses @ found)
        weights = simplex(rows).weights
        support = np.flatnonzero(weights)
        misses = self.misses[:, support]
        if support.size < self.aim.size:
            self.supports = [(support, misses), *self.supports[: SUPPORTS - 1]]
        return _mean_square(misses @ weights[support])

    def _on(self, support: Units) -> Floats | None:
        """The weights, if they are all on the support."""
        columns = self.stacked[:, support]
        _, found, info = dgels(columns, self.aim)
        found = found[: support.size]
        if info != 0 or not found.min() > 0:
            return None
        weights: Floats = found / found.sum()
        miss = columns[:-1] @ weights
        level = miss @ miss
        steepest = (miss @ self.stacked[:-1]).min()
        return weights if level - steepest <= self.rounding else None


def _mean_square(gaps: Floats) -> float:
    return float(gaps @ gaps) / gaps.size


def _sought(problem: _Problem, outcome: Floats, search: Search) -> tuple[Floats, float]:
    """The V of least loss over all searches; of equals the earlier."""
    size = problem.apart.shape[0]
    starts = [(np.zeros(size), step) for step in STEPS]
    starts += [(_by_regression(problem.scaled, outcome), step) for step in STEPS]
    if search == "wide":
        points = [_floored(-DEPTH * point) for point in _halton(POINTS, size)]
        order = np.argsort([problem.loss(point) for point in points], kind="stable")
        starts += [(points[place], STEPS[-1]) for place in order[:BEST]]
    found = [_pattern(problem, start, step) for start, step in starts]
    return min(found, key=lambda pair: pair[1])


def _by_regression(scaled: Floats, outcome: Floats) -> Floats:
    """Logarithm of V in proportion to the squared coefficients of the outcome on the predictors."""
    design = np.column_stack([np.ones(scaled.shape[1]), scaled.T])
    coefficients = np.linalg.lstsq(design, outcome.T)[0][1:]
    sizes = np.square(coefficients).sum(axis=1)
    if sizes.max() <= 0:
        return np.zeros(sizes.size)
    return _floored(np.log(np.maximum(sizes / sizes.max(), LEAST_START)))


def _floored(logs: Floats) -> Floats:
    floored: Floats = np.maximum(logs - logs.max(), LEAST_LOG)
    return floored


def _pattern(problem: _Problem, start: Floats, step: float) -> tuple[Floats, float]:
    """Try each ln v a step up, then down, and keep what helps; halve the step when none does."""
    best, least = start, problem.loss(start)
    while step > LAST_STEP:
        gained = False
        for place in range(start.size):
            for change in (step, -step):
                tried = best.copy()
                tried[place] += change
                tried = _floored(tried)
                loss = problem.loss(tried)
                if loss < least * (1 - GAIN):
                    best, least, gained = tried, loss, True
                    break
        if not gained:
            step /= 2
    return best, least


def _halton(points: int, size: int) -> Floats:
    """(points, size) radical inverses of 1, 2, ... in the first primes."""
    primes: list[int] = []
    number = 2
    while len(primes) < size:
        if all(number % prime for prime in primes):
            primes.append(number)
        number += 1
    spread = np.zeros((points, size))
    for column, prime in enumerate(primes):
        left, share = np.arange(1, points + 1), 1.0
        while left.any():
            share /= prime
            spread[:, column] += share * (left % prime)
            left = left // prime
    return spread
