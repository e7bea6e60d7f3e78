"""Ridge-augmented weights: the classic fit, its misses mended by a penalised regression."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.core import Floats
from analysis.synthetic_control.weights import TARGET_GAP, certify, root_mean_square, simplex

# The penalties tried: from the largest squared singular value down to 1e-8 of it.
GRID = (1e-8) ** (np.arange(21) / 20)


@dataclass(frozen=True)
class Ridge:
    """Weights that sum to 1 but may be negative, and how their penalty was chosen.

    Attributes:
        weights: (donors,) sum 1.
        lambda_: The penalty, in squared units of the series.
        lambda_grid: Penalties tried, largest first; empty where the penalty was given.
        cv_error: Mean squared error of the held-out periods at each of them.
        l2_imbalance: Root of the sum of squared misses before the start.
        duality_gap: That of the classic weights, relative.
    """

    weights: Floats
    lambda_: float
    lambda_grid: Floats
    cv_error: Floats
    l2_imbalance: float
    duality_gap: float

    @property
    def min_weight(self) -> float:
        """The least weight; below 0 the fit extrapolates."""
        return float(self.weights.min())

    @property
    def negative_weight_sum(self) -> float:
        """Sum of the weights below 0."""
        return float(self.weights[self.weights < 0].sum())

    @property
    def sum_weights(self) -> float:
        """1, up to rounding."""
        return float(self.weights.sum())


def ridge(
    before: Floats, target: int, pool: NDArray[np.intp], lambda_: float | None = None
) -> Ridge:
    """Weights w = w0 + B'(BB' + lambda I)⁻¹ (a - B w0), B and a less their mean over donors.

    w0 are the classic weights. Without a given penalty the largest of a grid is taken whose
    error on held-out periods is within one standard error of the least. The last pre-period is
    never held out, as in the authors' package.

    Args:
        before: (pre-periods, units), at least 2 periods, raw or less each unit's own mean.
        target: The unit to match.
        pool: (donors,) units to match it by, at least 1.
        lambda_: A penalty given, above 0; None to choose it.

    Raises:
        SolverError: The classic weights cannot be certified.

    Source:
        Ben-Michael, Feller, Rothstein (2021), JASA 116, 1789-1803, section 3.

    >>> panel = np.array([[14.0, 10, 20], [16, 12, 22], [17, 14, 20], [14, 12, 18]])
    >>> ridge(panel, 0, np.array([1, 2]), lambda_=1e-9).weights.round(6)
    array([0.595588, 0.404412])
    """
    misses = before[:, pool] - before[:, [target]]
    centre = before[:, pool].mean(axis=1)
    donors = before[:, pool] - centre[:, None]
    aim = before[:, target] - centre
    classic = simplex(misses)
    parts = _decomposed(donors)
    grid, error = np.empty(0), np.empty(0)
    if lambda_ is None:
        grid = float(parts.sizes[0]) ** 2 * GRID
        error, spread = _held_out(donors, aim, misses, classic.weights, parts, grid)
        best = int(error.argmin())
        lambda_ = float(grid[error <= error[best] + spread[best]][0])
    left = aim - donors @ classic.weights
    bottom = np.square(parts.sizes) + lambda_
    shrunk = np.divide(parts.sizes, bottom, out=np.zeros_like(bottom), where=bottom > 0)
    turned = (parts.rows.T @ left)[: shrunk.size]
    weights = classic.weights + parts.columns.T @ (shrunk * turned)
    return Ridge(
        weights=weights,
        lambda_=lambda_,
        lambda_grid=grid,
        cv_error=error,
        l2_imbalance=float(np.linalg.norm(aim - donors @ weights)),
        duality_gap=classic.duality_gap,
    )


@dataclass(frozen=True)
class _Parts:
    """Singular value decomposition of centred donors.

    Attributes:
        rows: (pre-periods, pre-periods) orthogonal, those without a singular value last.
        sizes: Singular values, largest first; those that are rounding are 0.
        columns: (singular values, donors).
    """

    rows: Floats
    sizes: Floats
    columns: Floats


def _decomposed(donors: Floats) -> _Parts:
    rows, sizes, columns = np.linalg.svd(donors, full_matrices=donors.shape[0] > donors.shape[1])
    # Along equal weights, say, donors less their mean do not differ.
    return _Parts(rows, np.where(sizes > 1e-13 * sizes[0], sizes, 0.0), columns)


def _held_out(
    donors: Floats,
    aim: Floats,
    misses: Floats,
    classic: Floats,
    parts: _Parts,
    grid: Floats,
) -> tuple[Floats, Floats]:
    """Mean squared error of each penalty over the folds, and its standard error.

    Without a period the correction misses that period by what the correction with all periods
    leaves of it, over what it leaves of a unit there: one decomposition serves every fold.
    """
    folds = aim.size - 1
    rows = parts.rows
    # Along directions in which the donors do not differ a correction mends nothing.
    squares = np.zeros(aim.size)
    squares[: parts.sizes.size] = np.square(parts.sizes)
    bottom = squares[:, None] + grid
    left_share = np.divide(grid, bottom, out=np.ones_like(bottom), where=bottom > 0)
    scaled = misses / root_mean_square(misses)
    errors = np.empty((folds, grid.size))
    for held in range(folds):
        left = aim - donors @ _without(scaled, held, classic)
        off = (rows[held] * (rows.T @ left)) @ left_share
        errors[held] = np.square(off / (np.square(rows[held]) @ left_share))
    spread = errors.std(axis=0, ddof=1) / np.sqrt(folds) if folds > 1 else np.zeros(grid.size)
    return errors.mean(axis=0), spread


def _without(misses: Floats, held: int, classic: Floats) -> Floats:
    """Classic weights without a period: mostly the same donors have a weight."""
    kept = np.delete(misses, held, axis=0)
    support = np.flatnonzero(classic)
    system = np.vstack([kept[:, support], np.ones(support.size)])
    found = np.linalg.lstsq(system, np.append(np.zeros(kept.shape[0]), 1.0))[0]
    if found.min() > 0:
        weights = np.zeros(classic.size)
        weights[support] = found / found.sum()
        if certify(kept, weights, kept.shape[0]).duality_gap <= TARGET_GAP:
            return weights
    return simplex(kept).weights


def weigher(
    before: Floats, lambda_: float | None = None
) -> Callable[[int, NDArray[np.intp]], Floats]:
    """Weights of any unit by any pool; the penalty is chosen anew for each unless given."""

    def weigh(target: int, pool: NDArray[np.intp]) -> Floats:
        return ridge(before, target, pool, lambda_).weights

    return weigh
