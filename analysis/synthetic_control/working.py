"""Methods on the simplex: the series they work on and the weights of any target."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from analysis.core import Floats
from analysis.synthetic_control.many import Places, Solver
from analysis.synthetic_control.panel import Panel
from analysis.synthetic_control.weights import Weights

Problem = tuple[int, Places]


class Working(Protocol):
    """A method on one panel.

    Attributes:
        series: (periods, 1 + donors) on the working scale.
        unit: Of the metric in one unit of the working scale: the target's own mean for
            indices, else 1. Placebos are told on the target's scale too.
    """

    @property
    def series(self) -> Floats:
        """The series that gaps are taken of."""
        ...

    @property
    def unit(self) -> float:
        """Metric units in a working unit."""
        ...

    def solve_all(self, problems: Sequence[Problem]) -> list[Weights]:
        """The weights of each (target column, pool columns)."""
        ...

    def gaps(self, problem: Problem, weights: Floats) -> Floats:
        """(periods,) target minus counterfactual, on the working scale."""
        ...


@dataclass(frozen=True)
class OnSimplex:
    """Classic, demeaned and indexed: one transformation each, and weights on the simplex.

    Attributes:
        series, unit: See `Working`.
        ridge: Penalty on the squared weights.
        zeta, sigma: What the penalty comes from; 0 without one.
        solver: On the pre-periods of the series.
    """

    series: Floats
    unit: float
    ridge: float
    zeta: float
    sigma: float
    solver: Solver

    def solve_all(self, problems: Sequence[Problem]) -> list[Weights]:
        """The weights of each problem."""
        return self.solver.solve_all(problems)

    def gaps(self, problem: Problem, weights: Floats) -> Floats:
        """Target minus weighted donors."""
        return gap_of(self.series, problem, weights)


def classic(panel: Panel) -> OnSimplex:
    """Series as they are: the plain synthetic control.

    Source:
        Abadie, Diamond & Hainmueller (2010), JASA 105, 493-505, section 2.3.
    """
    return OnSimplex(panel.values, 1.0, 0.0, 0.0, 0.0, Solver(panel.values[: panel.pre]))


def demeaned(panel: Panel) -> OnSimplex:
    """Series less their own pre-period mean: an intercept for each unit.

    Source:
        Doudchenko & Imbens (2016), NBER 22791; Ferman & Pinto (2021), Quantitative Economics
        12, 1197-1221.
    """
    series = panel.values - panel.values[: panel.pre].mean(axis=0)
    return OnSimplex(series, 1.0, 0.0, 0.0, 0.0, Solver(series[: panel.pre]))


def indexed(panel: Panel) -> OnSimplex:
    """Series over their own pre-period mean, with a ridge that spreads the weights.

    Every series must have a mean above 0.

    Source:
        Unit weights of Arkhangelsky, Athey, Hirshberg, Imbens & Wager (2021), AER 111,
        4088-4118, Algorithm 1, on indices.
    """
    means = panel.values[: panel.pre].mean(axis=0)
    series = panel.values / means - 1.0
    sigma = spread_of_changes(series[: panel.pre, 1:])
    zeta = (panel.n_treated * panel.n_post) ** 0.25 * sigma
    ridge = zeta**2 * panel.pre
    return OnSimplex(
        series, float(means[0]), ridge, zeta, sigma, Solver(series[: panel.pre], ridge)
    )


def spread_of_changes(donors: Floats) -> float:
    """Standard deviation (ddof 1) of all changes from period to period, donors pooled."""
    changes = np.diff(donors, axis=0)
    return float(changes.std(ddof=1)) if changes.size > 1 else 0.0


def gap_of(series: Floats, problem: Problem, weights: Floats) -> Floats:
    """(periods,) target minus weighted donors."""
    target, pool = problem
    # Few donors of many carry weight, and copying the others' series is what takes time.
    carries = np.flatnonzero(weights)
    gap: Floats = series[:, target] - series[:, pool[carries]] @ weights[carries]
    return gap


def headline(panel: Panel) -> Problem:
    """The target against all donors."""
    return 0, np.arange(1, panel.donors + 1)
