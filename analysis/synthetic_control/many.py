"""Many simplex problems on one panel: each solved on a small working set of its donors."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dtrtrs
from scipy.optimize import nnls

from analysis.core import Floats
from analysis.synthetic_control.weights import Weights, check, root_mean_square, simplex

Places = NDArray[np.intp]

# Pools up to this size are solved whole; larger ones by working sets.
DIRECT = 64
FIRST, NEXT = 32, 24
ROUNDS = 200
BATCH = 64
# Ridge of the regression that proposes the first donors, as a share of a unit's variance.
START_RIDGE = 0.02


class Solver:
    """Solves for any target of one panel against any pool of its other units.

    Args:
        series: (periods, units) the pre-periods, transformed.
        ridge: Penalty on the squared weights, the same for every problem.
    """

    def __init__(self, series: Floats, ridge: float = 0.0) -> None:
        self.series = series
        self.ridge = ridge
        self._prepared: _Prepared | None = None

    def solve(self, target: int, pool: Places) -> Weights:
        """The weights (donors,) for one target; see `solve_all`."""
        return self.solve_all([(target, pool)])[0]

    def solve_all(self, problems: Sequence[tuple[int, Places]]) -> list[Weights]:
        """The weights (donors,) of each problem.

        Args:
            problems: Column of the target, and (donors,) columns of the pool without it.

        Raises:
            SolverError: Some weights cannot be certified.
        """
        found: list[Weights | None] = [None] * len(problems)
        large = []
        for place, (target, pool) in enumerate(problems):
            if pool.size <= DIRECT:
                misses = self.series[:, pool] - self.series[:, [target]]
                found[place] = simplex(misses, self.ridge)
            else:
                large.append(place)
        if large and self._prepared is None:
            self._prepared = _Prepared(self.series, self.ridge)
        for first in range(0, len(large), BATCH):
            places = large[first : first + BATCH]
            assert self._prepared is not None
            solved = self._prepared.solve([problems[place] for place in places])
            for place, one in zip(places, solved, strict=True):
                check(one)
                found[place] = one
        return [one for one in found if one is not None]


@dataclass
class _Problem:
    """One problem on its way: the donors in work and what is known of them.

    Attributes:
        target: Row of the target.
        pool: (donors,) rows of the pool.
        inside: (units,) whether a unit is in the pool.
        largest, mean: Squared distances of the donors from the target.
        following: (few,) the working set of the next round.
        chosen: (few,) that of this round.
        misses: (few, periods) of the working set.
        weights: (few,) on the working set.
        objective, gap: Of these weights; the gap against the whole pool.
        by_columns: Products have lost the digits.
    """

    target: int
    pool: Places
    inside: NDArray[np.bool_]
    largest: float
    mean: float
    following: Places
    chosen: Places
    misses: Floats
    weights: Floats
    objective: float = math.inf
    gap: float = math.inf
    by_columns: bool = False


class _Prepared:
    """What all problems of one panel share.

    Each period's mean over all units is taken away: as weights sum to 1 this changes no
    problem, and it takes most ill-conditioning away.
    """

    def __init__(self, series: Floats, ridge: float) -> None:
        centred = series - series.mean(axis=1, keepdims=True)
        self.size = root_mean_square(centred)
        # Units in rows, so that choosing some copies whole stretches of memory.
        self.series = np.ascontiguousarray((centred / self.size).T)
        self.squares = np.einsum("ij,ij->i", self.series, self.series)
        self.ridge = ridge / self.size**2
        periods = self.series.shape[1]
        lift = START_RIDGE * float(self.squares.mean())
        self.whiten = np.linalg.inv(self.series.T @ self.series + lift * np.eye(periods))

    def solve(self, asked: Sequence[tuple[int, Places]]) -> list[Weights]:
        problems = self._begun(asked)
        open_ones = problems
        for _ in range(ROUNDS):
            for one in open_ones:
                one.chosen = one.following
                one.misses = self.series[one.chosen]
                one.misses -= self.series[one.target]
                one.weights = _on_few(one.misses, self.ridge, by_columns=one.by_columns)
            prices = self._prices(open_ones)
            open_ones = [
                one
                for one, price in zip(open_ones, prices, strict=True)
                if self._goes_on(one, price)
            ]
            if not open_ones:
                break
        return self._finished(problems)

    def _begun(self, asked: Sequence[tuple[int, Places]]) -> list[_Problem]:
        """Each problem with its likeliest donors: the largest coefficients of a regression."""
        targets = [target for target, _ in asked]
        own = self.series[targets]
        near = own @ self.series.T
        likely = (own @ self.whiten) @ self.series.T
        problems = []
        for (target, pool), by, score in zip(asked, near, likely, strict=True):
            inside = np.zeros(self.squares.size, dtype=bool)
            inside[pool] = True
            distance = (self.squares - 2 * by + self.squares[target])[pool]
            chosen = np.argsort(np.where(inside, -score, np.inf), kind="stable")[:FIRST]
            problems.append(
                _Problem(
                    target, pool, inside, float(distance.max()), max(float(distance.mean()), 0.0),
                    np.sort(chosen), pool[:0], own[:0], own[:0, 0],
                )
            )  # fmt: skip
        return problems

    def _prices(self, problems: Sequence[_Problem]) -> Floats:
        """(problems, units) half the gradient, infinite outside the pool.

        Sets each problem's objective and gap.
        """
        miss = np.array([one.weights @ one.misses for one in problems])
        prices: Floats = miss @ self.series.T
        for place, (one, left) in enumerate(zip(problems, miss, strict=True)):
            price = prices[place]
            price -= price[one.target]
            price[one.chosen] += self.ridge * one.weights
            price[~one.inside] = np.inf
            level = float(one.weights @ price[one.chosen])
            one.gap = max(2 * (level - float(price.min())), 0.0)
            one.objective = float(left @ left) + self.ridge * float(one.weights @ one.weights)
        return prices

    def _goes_on(self, one: _Problem, price: Floats) -> bool:
        """Whether the problem needs another round, with its next working set."""
        # The second: what rounding leaves of a gap.
        if one.gap <= max(1e-10 * one.objective, 1e-15 * one.largest):
            return False
        level = float(one.weights @ price[one.chosen])
        cheaper = np.flatnonzero(price < level)
        cheaper = cheaper[np.argsort(price[cheaper], kind="stable")[:NEXT]]
        following = np.zeros(price.size, dtype=bool)
        following[one.chosen] = True
        if following[cheaper].all():
            # No new donor, and yet a gap: the products lost the digits.
            if one.by_columns:
                return False
            one.by_columns = True
        following[one.chosen] = one.weights > 0
        following[cheaper] = True
        one.following = np.flatnonzero(following)
        return True

    def _finished(self, problems: Sequence[_Problem]) -> list[Weights]:
        """The weights with the digits that products lost, each with its certificate."""
        exact = []
        for one in problems:
            carries = one.weights > 0
            misses = one.misses[carries]
            weights = _refined(misses, one.weights[carries], self.ridge)
            exact.append(replace(one, chosen=one.chosen[carries], misses=misses, weights=weights))
        self._prices(exact)
        found = []
        for before, after in zip(problems, exact, strict=True):
            best = after if after.gap <= before.gap else before
            full = np.zeros(self.squares.size)
            full[best.chosen] = best.weights
            # The floor of the certificate: 1e-5 of the mean squared miss of a donor.
            least = max(best.objective, 1e-5 * best.mean)
            relative = best.gap / least if best.gap > 0 else 0.0
            found.append(Weights(full[best.pool], best.objective * self.size**2, relative))
        return found


def _products(misses: Floats, ridge: float) -> Floats:
    """(donors, donors) products of misses, with the ridge."""
    system: Floats = misses @ misses.T
    system.flat[:: misses.shape[0] + 1] += ridge
    return system


def _on_few(misses: Floats, ridge: float, *, by_columns: bool) -> Floats:
    """Weights on a few donors, by the factor of their products; by columns where that fails."""
    if by_columns:
        return simplex(misses.T, ridge).weights
    donors = misses.shape[0]
    system = _products(misses, ridge)
    trace = float(system.trace())
    if trace > 0:
        system *= donors**2 / trace
        system += 1.0
        factor, failed = dpotrf(system, overwrite_a=True)
        aim, failed = (factor, failed) if failed else dtrtrs(factor, np.ones(donors), trans=1)
        if not failed:
            found, _ = nnls(factor, aim, maxiter=50 * donors + 300)
            weights: Floats = found / found.sum()
            return weights
    return simplex(misses.T, ridge).weights


def _refined(misses: Floats, weights: Floats, ridge: float) -> Floats:
    """One step of iterative refinement on donors that all have weight.

    The gradient comes from the misses themselves, so the digits that their products lost come
    back; the weights as they were where the step does not apply.
    """
    donors = weights.size
    system = _products(misses, ridge)
    trace = float(system.trace())
    if not trace > 0:
        return weights
    shift = trace / donors**2
    factor, failed = dpotrf(system + shift)
    if failed:
        return weights
    gradient = misses @ (weights @ misses) + ridge * weights
    sides = np.column_stack([gradient, np.ones(donors)])
    half, failed = dtrtrs(factor, sides, trans=1)
    if failed:
        return weights
    both, failed = dtrtrs(factor, half)
    if failed:
        return weights
    step, level = both.T
    better: Floats = weights - step + level * (step.sum() / level.sum())
    return better / better.sum() if better.min() >= 0 else weights
