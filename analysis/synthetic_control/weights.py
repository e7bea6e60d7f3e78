"""Exact donor weights: least squares over the simplex, with a certificate of optimality."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from analysis.core import Floats

# A duality gap, relative to the objective, that is met with and that is put up with.
TARGET_GAP = 1e-9
WORST_GAP = 1e-6
# A weight is one above this.
SMALLEST_WEIGHT = 1e-9


class SolverError(RuntimeError):
    """The weights cannot be certified: a bug or a hopeless problem, never a number."""


@dataclass(frozen=True)
class Weights:
    """Weights on the simplex and the proof that they are best.

    Attributes:
        weights: (donors,) at least 0, sum 1.
        objective: Least sum of squares.
        duality_gap: Bound on how far the objective is above the least possible, relative.
    """

    weights: Floats
    objective: float
    duality_gap: float


def simplex(misses: Floats, ridge: float = 0.0) -> Weights:
    """The weights w >= 0 with sum 1 that minimise ||Z w||² + ridge ||w||².

    With Z = B - a 1', the misses of every donor, this is ||a - B w||²: the classic synthetic
    control. One row of ones below Z / s turns the constraint into a part of a non-negative
    least squares problem whose solution, divided by its sum, is exact at every scale s.

    Args:
        misses: (rows, donors) Z: each donor minus the target, a row a period; at least one
            donor, finite.
        ridge: At least 0.

    Raises:
        SolverError: The relative duality gap is above 1e-6.

    Source:
        Lawson & Hanson (1974), Solving Least Squares Problems, chapter 23; certificate:
        Jaggi (2013), ICML 28, 427-435, equation 2.

    >>> treated = np.array([14.0, 16, 17, 14])
    >>> donors = np.array([[10.0, 20], [12, 22], [14, 20], [12, 18]])
    >>> found = simplex(donors - treated[:, None])
    >>> round(float(found.weights[0]), 6), round(found.objective, 6)
    (0.595588, 0.514706)
    """
    rows, donors = misses.shape
    scale = root_mean_square(misses)
    stacked = misses / scale
    if ridge > 0:
        stacked = np.vstack([stacked, (np.sqrt(ridge) / scale) * np.eye(donors)])
    best: Weights | None = None
    emphasis = 1.0
    # Where the fit is nearly perfect its misses are tiny beside the row of ones, and the solver
    # takes them for rounding: they are made larger. The exact answer is the same.
    for _ in range(4):
        weights = _homogenised(stacked, emphasis)
        found = certify(stacked, weights, rows)
        if best is None or found.duality_gap < best.duality_gap:
            best = found
        if best.duality_gap <= TARGET_GAP:
            break
        emphasis *= 1e2
    assert best is not None
    check(best)
    return Weights(best.weights, best.objective * scale**2, best.duality_gap)


def _homogenised(stacked: Floats, emphasis: float) -> Floats:
    donors = stacked.shape[1]
    rows = stacked.shape[0]
    system = np.empty((rows + 1, donors))
    np.multiply(stacked, emphasis, out=system[:rows])
    system[rows] = 1.0
    aim = np.zeros(rows + 1)
    aim[rows] = 1.0
    # SciPy's default of three iterations a donor stops early.
    found, _ = nnls(system, aim, maxiter=50 * donors + 300)
    weights: Floats = found / np.add.reduce(found)
    return weights


def certify(stacked: Floats, weights: Floats, rows: int) -> Weights:
    """Objective and relative duality gap of weights on misses of root mean square 1.

    The gradient comes from the misses, not from the donors, so large levels eat no digits. The
    floor under the objective keeps the rounding of a perfect fit from failing.
    """
    miss = stacked @ weights
    objective = float(miss @ miss)
    gradient = 2 * (stacked.T @ miss)
    gap = float(gradient @ weights - gradient.min())
    return Weights(weights, objective, max(gap, 0.0) / max(objective, 1e-5 * rows))


def check(found: Weights) -> None:
    """Never a number from a solver that stopped early."""
    total = float(found.weights.sum())
    # Said so that NaN fails too.
    sound = found.duality_gap <= WORST_GAP and abs(total - 1) <= 1e-9
    if not (sound and float(found.weights.min()) >= 0):
        raise SolverError(
            f"weights of {found.weights.size} donors: duality gap {found.duality_gap:.3g}, "
            f"sum {total!r}, least {float(found.weights.min()):.3g}"
        )


def unique(misses: Floats, weights: Floats) -> bool:
    """Whether no other weights fit as well, without a ridge.

    The donors in play are those with a weight and those whose gradient ties; the weights are
    unique when the differences of their columns are linearly independent.

    Args:
        misses: (rows, donors) as for `simplex`.
        weights: (donors,) its solution.
    """
    gradient = 2 * (misses.T @ (misses @ weights))
    level = float(gradient @ weights)
    slack = 1e-7 * (float(np.abs(gradient).max()) + abs(level))
    active = (weights > SMALLEST_WEIGHT) | (np.abs(gradient - level) <= slack)
    columns = misses[:, active]
    if columns.shape[1] < 2:
        return True
    differences = columns[:, 1:] - columns[:, :1]
    largest = float(np.abs(differences).max())
    if largest == 0:
        return False
    return bool(np.linalg.matrix_rank(differences / largest) == differences.shape[1])


def root_mean_square(values: Floats) -> float:
    """Root mean square of all entries; 1 where that is 0, to divide by."""
    size = math.sqrt(float(np.vdot(values, values)) / values.size)
    return size if size > 0 else 1.0
