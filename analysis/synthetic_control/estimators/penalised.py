"""Penalised weights: a close fit by donors that are themselves close to the treated unit."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.core import Floats
from analysis.synthetic_control.weights import WORST_GAP, SolverError, root_mean_square

# The penalties tried; they have no unit.
GRID = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)

Units = NDArray[np.intp]


@dataclass(frozen=True)
class Penalised:
    """Weights on the simplex under a penalty on the distance of each donor.

    Attributes:
        weights: (donors,) at least 0, sum 1.
        lambda_: The penalty.
        objective: Sum of squared misses plus lambda times the weighted squared distances.
        nearest_donor: Place in the pool of the donor that a large penalty would take alone.
        duality_gap: Bound on how far the objective is above the least possible, relative.
    """

    weights: Floats
    lambda_: float
    objective: float
    nearest_donor: int
    duality_gap: float


def penalised(
    before: Floats, after: Floats, target: int, pool: Units, lambda_: float | None = None
) -> Penalised:
    """The w on the simplex that minimise ||a - B w||² + lambda sum_j w_j ||a - b_j||².

    Without a given penalty, that of a short list is taken which best foretells the
    post-periods of the donors, each fitted by the others.

    Args:
        before: (pre-periods, units).
        after: (post-periods, units); those of the target are not looked at.
        target: The unit to match.
        pool: (donors,) units to match it by, at least 1.
        lambda_: A penalty given, above 0; None to choose it.

    Raises:
        SolverError: The weights cannot be certified.

    Source:
        Abadie, L'Hour (2021), JASA 116, 1817-1834, equation 5 and section 3.

    >>> panel = np.array([[14.0, 10, 20], [16, 12, 22], [17, 14, 20], [14, 12, 18]])
    >>> far = penalised(panel, panel, 0, np.array([1, 2]), lambda_=100.0)
    >>> far.weights, far.nearest_donor
    (array([1., 0.]), 0)
    """
    return _Family(before, after, lambda_).fit(target, pool)


def weigher(
    before: Floats, after: Floats, lambda_: float | None = None
) -> Callable[[int, Units], Floats]:
    """Weights of any unit by any pool; the penalty is chosen anew for each unless given.

    What was solved for one unit serves the next: a donor without a weight can leave a pool and
    the solution stays, so of all the fits behind the choices of many units few are made twice.
    """
    family = _Family(before, after, lambda_)

    def weigh(target: int, pool: Units) -> Floats:
        return family.fit(target, pool).weights

    return weigh


@dataclass(frozen=True)
class _Rivals:
    """Each unit of some universe fitted by all its others, with every penalty.

    Attributes:
        errors: (penalties, units) mean squared post gap.
        users: Unit = the (penalty, unit, support) whose fit gives it a weight.
    """

    errors: Floats
    users: dict[int, list[tuple[int, int, list[int]]]]


class _Family:
    """All the fits within one panel."""

    def __init__(self, before: Floats, after: Floats, lambda_: float | None) -> None:
        # A common shift changes no weights; without it the Gram matrix keeps its digits.
        self.before = before - before.mean(axis=1, keepdims=True)
        self.before /= root_mean_square(self.before)
        self.after = after
        self.gram = self.before.T @ self.before
        self.lambda_ = lambda_
        self.scale = root_mean_square(before - before.mean(axis=1, keepdims=True))
        self.rivals: dict[bytes, _Rivals] = {}

    def fit(self, target: int, pool: Units) -> Penalised:
        lambda_ = self.lambda_ if self.lambda_ is not None else self._choose(target, pool)
        misses = self.before[:, pool] - self.before[:, [target]]
        distances = np.square(misses).sum(axis=0)
        weights, _ = _solve(misses.T @ misses, distances, lambda_, [])
        miss = misses @ weights
        gradient = 2 * (misses.T @ miss) + lambda_ * distances
        objective = float(miss @ miss + lambda_ * (distances @ weights))
        return Penalised(
            weights=weights,
            lambda_=lambda_,
            objective=objective * self.scale**2,
            nearest_donor=int(distances.argmin()),
            duality_gap=_certified(gradient, weights, objective, distances),
        )

    def _choose(self, target: int, pool: Units) -> float:
        """The penalty with the least error over the pool's own fits, the target absent."""
        if pool.size < 2:
            return GRID[0]
        universe = np.sort(np.append(pool, target))
        rivals = self.rivals.get(universe.tobytes())
        if rivals is None:
            rivals = self.rivals[universe.tobytes()] = self._rivals(universe)
        errors = rivals.errors.copy()
        for penalty, place, support in rivals.users.get(target, []):
            unit = int(universe[place])
            rest = universe[(universe != unit) & (universe != target)]
            started = np.searchsorted(rest, [one for one in support if one != target])
            errors[penalty, place] = self._error(unit, rest, GRID[penalty], started.tolist())[0]
        return GRID[int(errors[:, universe != target].mean(axis=1).argmin())]

    def _rivals(self, universe: Units) -> _Rivals:
        errors = np.empty((len(GRID), universe.size))
        users: dict[int, list[tuple[int, int, list[int]]]] = {}
        for place, unit in enumerate(universe):
            rest = universe[universe != unit]
            started: list[int] = []
            # From the nearest donor alone to many: each solution starts the next.
            for penalty in reversed(range(len(GRID))):
                errors[penalty, place], started = self._error(
                    int(unit), rest, GRID[penalty], started
                )
                support = [int(rest[one]) for one in started]
                for donor in support:
                    users.setdefault(donor, []).append((penalty, place, support))
        return _Rivals(errors, users)

    def _error(
        self, unit: int, rest: Units, lambda_: float, started: list[int]
    ) -> tuple[float, list[int]]:
        """Mean squared post gap of a unit fitted by the rest, and the places with a weight."""
        crossed = self.gram[unit, rest]
        inner = self.gram[np.ix_(rest, rest)] - crossed[:, None] - crossed + self.gram[unit, unit]
        weights, support = _solve(inner, inner.diagonal(), lambda_, started)
        gaps = self.after[:, rest[support]] @ weights[support] - self.after[:, unit]
        return float(np.mean(np.square(gaps))), support


def _solve(
    gram: Floats, distances: Floats, lambda_: float, started: list[int]
) -> tuple[Floats, list[int]]:
    """The w on the simplex that minimise w'Gw + lambda d'w, and the places with a weight.

    Donors enter one at a time, steepest first, and leave where a weight would fall below 0. In
    the end a solution comes from its support alone, wherever the search began.
    """
    donors = distances.size
    support = started or [int(distances.argmin())]
    weights = np.zeros(donors)
    weights[support] = 1 / len(support)
    objective = least = np.inf
    gradient = np.zeros(donors)
    for _ in range(50 * donors + 300):
        support = _settle(gram, distances, lambda_, weights, support)
        half = gram @ weights
        gradient = 2 * half + lambda_ * distances
        objective = float(half @ weights + lambda_ * (distances @ weights))
        steepest = int(gradient.argmin())
        gap = float(gradient @ weights - gradient[steepest])
        # Where nothing is gained any more, rounding is all that is left; the certificate judges.
        if gap <= 1e-11 * objective or steepest in support or objective >= least:
            break
        least = objective
        support = sorted([*support, steepest])
    _certified(gradient, weights, objective, distances)
    return weights, support


def _settle(
    gram: Floats, distances: Floats, lambda_: float, weights: Floats, support: list[int]
) -> list[int]:
    """Move weights to the best within a support, shrunk until none is below 0."""
    while True:
        aim, bounded = _stationary(gram, distances, lambda_, weights, support)
        if bounded and aim.min() > 0:
            weights[support] = aim
            return support
        now = weights[support]
        falling = aim < now if not bounded else aim <= 0
        steps = np.full(now.size, np.inf)
        steps[falling] = now[falling] / (now - aim)[falling]
        first = int(steps.argmin())
        moved = np.maximum(now + steps[first] * (aim - now), 0.0)
        moved[first] = 0.0
        weights[support] = moved / moved.sum()
        support = [one for one, weight in zip(support, moved, strict=True) if weight > 0]


def _stationary(
    gram: Floats, distances: Floats, lambda_: float, weights: Floats, support: list[int]
) -> tuple[Floats, bool]:
    """Best weights of sum 1 within a support, signs free; else a point along a descent."""
    base, rest = support[0], support[1:]
    if not rest:
        return np.ones(1), True
    inner = gram[np.ix_(support, support)]
    bent = inner[1:, 1:] - inner[1:, :1] - inner[:1, 1:] + inner[0, 0]
    slope = inner[1:, 0] - inner[0, 0] + lambda_ / 2 * (distances[rest] - distances[base])
    sizes, axes = np.linalg.eigh(bent)
    flat = sizes <= 1e-13 * max(float(sizes[-1]), float(inner.diagonal().max()))
    along = axes.T @ slope
    if flat.any() and np.abs(along[flat]).max() > 1e-12 * lambda_ * distances.max():
        # Columns that depend on each other: the penalty alone decides, up to a border.
        step = -axes[:, flat] @ along[flat]
        return weights[support] + np.concatenate([[-step.sum()], step]), False
    step = -axes[:, ~flat] @ (along[~flat] / sizes[~flat])
    return np.concatenate([[1 - step.sum()], step]), True


def _certified(gradient: Floats, weights: Floats, objective: float, distances: Floats) -> float:
    """The relative duality gap, if it proves the weights best."""
    gap = max(float(gradient @ weights - gradient.min()), 0.0)
    floor = max(objective, 1e-5 * float(distances.mean()))
    relative = gap / floor if floor > 0 else 0.0
    if not relative <= WORST_GAP:
        raise SolverError(f"penalised weights of {weights.size} donors: duality gap {relative:.3g}")
    return relative
