"""The fit-equivalent range: effects of all weights that fit the pre-periods about as well."""

import math

import numpy as np

from analysis.core import Floats
from analysis.synthetic_control.weights import Weights, simplex

DOUBLINGS, HALVINGS = 60, 200
# Up to so many donors are solved whole; of more, those in play and the cheapest others.
WHOLE, NEXT, ROUNDS = 64, 24, 100


def fit_range(misses: Floats, ends: Floats, best: Weights, slack: float) -> tuple[float, float]:
    """Least and largest counterfactual mean over weights that fit at most `slack` worse.

    With one more row that pulls the counterfactual's mean towards tau, the solutions walk
    along the frontier of fit against mean: the objective rises without jumps as tau moves
    away, so that the bound is met by bisection.

    Args:
        misses: (rows, donors) as for `simplex`, a ridge already among the rows.
        ends: (donors,) each donor's mean over the post window.
        best: The weights of best fit on these misses.
        slack: The objective may be this share above its least.

    Returns:
        The counterfactual mean's bounds; the point itself where donors' means do not differ,
        or nothing but the best fit is allowed.
    """
    centre = float(ends @ best.weights)
    variance = float(np.var(ends))
    if variance == 0 or best.objective == 0:
        return centre, centre
    bound = (1 + slack) * best.objective
    pull = math.sqrt(best.objective / variance)

    solve = _Few(best.weights)

    def walk(tau: float) -> tuple[float, float]:
        """Mean and objective where the frontier is pulled towards tau."""
        weights = solve(np.vstack([misses, pull * (ends - tau)]))
        miss = misses @ weights
        return float(ends @ weights), float(miss @ miss)

    def end(direction: float) -> float:
        step = math.sqrt(variance) * math.sqrt(slack)
        low, high = 0.0, step
        mean, objective = walk(centre + direction * high)
        for _ in range(DOUBLINGS):
            if objective > bound:
                break
            low, high = high, 2 * high
            before = mean
            mean, objective = walk(centre + direction * high)
            if mean == before:
                return mean
        if objective <= bound:
            return mean
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            mean, objective = walk(centre + direction * middle)
            if abs(objective - bound) <= 1e-9 * bound or high - low <= 1e-15 * high:
                break
            low, high = (middle, high) if objective <= bound else (low, middle)
        return mean

    return end(-1.0), end(1.0)


class _Few:
    """Solves neighbouring problems on the donors in play, which hardly change between them."""

    def __init__(self, weights: Floats) -> None:
        self.chosen = np.flatnonzero(weights > 0)

    def __call__(self, rows: Floats) -> Floats:
        if rows.shape[1] <= WHOLE:
            return simplex(rows).weights
        full = np.zeros(rows.shape[1])
        for _ in range(ROUNDS):
            few = rows[:, self.chosen]
            if few.shape[0] > few.shape[1]:
                # The same problem on as many rows as donors.
                few = np.asarray(np.linalg.qr(few, mode="r"))
            weights = simplex(few).weights
            full[:] = 0.0
            full[self.chosen] = weights
            miss = rows @ full
            price = rows.T @ miss
            level = float(price @ full)
            if 2 * (level - float(price.min())) <= 1e-11 * float(miss @ miss):
                break
            cheaper = np.argsort(price, kind="stable")[:NEXT]
            following = np.union1d(self.chosen[weights > 0], cheaper[price[cheaper] < level])
            if np.isin(following, self.chosen).all():
                break
            self.chosen = following
        return full
