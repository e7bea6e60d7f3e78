"""Conformal p-values: refit on all periods under a null, then shift the residuals in time."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from analysis.core import Floats
from analysis.synthetic_control.panel import Panel
from analysis.synthetic_control.placebos import TIE

# (panel with the null's effect taken off) -> (periods,) residuals of the fit on all periods.
Residuals = Callable[[Panel], Floats]


@dataclass(frozen=True)
class Conformal:
    """What the shifts say.

    Attributes:
        p_zero_effect: p of no effect at all.
        n_permutations: Shifts, the identity among them.
        grid: (theta, p) of constant effects asked for.
        pointwise: One p a post period, of no effect in it.
    """

    p_zero_effect: float
    n_permutations: int
    grid: tuple[tuple[float, float], ...]
    pointwise: tuple[float, ...]


def conformal(panel: Panel, residuals: Residuals, thetas: tuple[float, ...] = ()) -> Conformal:
    """Joint and pointwise p-values by moving blocks.

    A transition is left out: its periods are neither fitted nor tested.

    Args:
        panel: The panel.
        residuals: The method's residuals on all periods of a panel, as if none were treated.
        thetas: Constant effects to test, in the metric's unit.

    Source:
        Chernozhukov, Wuethrich & Zhu (2021), JASA 116, 1849-1864, section 2.
    """
    kept = _two_windows(panel)
    grid = tuple((theta, _p(kept, residuals, theta)) for theta in thetas)
    pointwise = []
    for period in range(kept.pre, kept.periods):
        rows = [*range(kept.pre), period]
        pointwise.append(_p(replace(kept, values=kept.values[rows]), residuals, 0.0))
    return Conformal(_p(kept, residuals, 0.0), kept.periods, grid, tuple(pointwise))


def _two_windows(panel: Panel) -> Panel:
    values = np.concatenate([panel.values[: panel.pre], panel.values[panel.post :]])
    return replace(panel, values=values, post=panel.pre)


def _p(panel: Panel, residuals: Residuals, theta: float) -> float:
    """Share of cyclic shifts whose last block is at least as large; never 0."""
    values = panel.values
    if theta:
        values = values.copy()
        values[panel.pre :, 0] -= theta
    return shifted_share(np.abs(residuals(replace(panel, values=values))), panel.n_post)


def shifted_share(sizes: Floats, last: int) -> float:
    """The share of cyclic shifts of `sizes` whose last `last` entries sum to at least theirs.

    >>> shifted_share(np.array([1.0, 2, 1, 1, 3, 3]), 2)
    0.16666666666666666
    """
    n = sizes.size
    running = np.concatenate([[0.0], np.cumsum(np.concatenate([sizes, sizes]))])
    sums = running[last : last + n] - running[:n]
    # The block that starts at n - last is the identity's.
    return float(np.mean(sums >= sums[n - last] * TIE))
