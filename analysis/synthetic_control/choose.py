"""Which method works on a panel: by the study's word, or by what the metric is."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.core import Floats
from analysis.synthetic_control import residuals
from analysis.synthetic_control.estimators import penalised, ridge, sdid
from analysis.synthetic_control.many import Places, Solver
from analysis.synthetic_control.panel import Panel
from analysis.synthetic_control.weights import Weights
from analysis.synthetic_control.working import (
    OnSimplex,
    Problem,
    Working,
    classic,
    demeaned,
    gap_of,
    indexed,
    spread_of_changes,
)

# Metrics that count or add up: a lift is a share of their level.
VOLUMES = ("count", "sum", "mean", "column")
IN_LOGS = re.compile(r"(^|[^a-z])(log|ln)([^a-z]|$)")


@dataclass(frozen=True)
class Method:
    """One method of the family that is tested by placebos.

    Attributes:
        key: Its name in a study.
        make: The method on a panel.
        residuals: Its residuals on all periods, for conformal tests; None without these.
        intercept: Whether levels are matched by an intercept, not by weights.
        convex: Whether weights lie on the simplex and minimise misses alone.
    """

    key: str
    make: Callable[[Panel], Working]
    residuals: Callable[[Panel, Working], Floats] | None
    intercept: bool
    convex: bool


@dataclass(frozen=True)
class Weighed:
    """A method whose weights come from a function of target and pool.

    Attributes:
        series: (periods, 1 + donors) that gaps are taken of.
        weigh: (target, pool) -> (donors,) weights.
        unit: See `Working`.
    """

    series: Floats
    weigh: Callable[[int, Places], Floats]
    unit: float = 1.0

    def solve_all(self, problems: Sequence[Problem]) -> list[Weights]:
        """The weights of each problem; their certificate is the method's own business."""
        return [Weights(self.weigh(target, pool), np.nan, np.nan) for target, pool in problems]

    def gaps(self, problem: Problem, weights: Floats) -> Floats:
        """Target minus weighted donors."""
        return gap_of(self.series, problem, weights)


def _ridge(panel: Panel, lambda_: float | None, *, demean: bool) -> Weighed:
    series = demeaned(panel).series if demean else panel.values
    return Weighed(series, ridge.weigher(series[: panel.pre], lambda_))


def _ridge_residuals(panel: Panel, lambda_: float, *, demean: bool) -> Floats:
    series = panel.values - panel.values.mean(axis=0) if demean else panel.values
    pool = np.arange(1, panel.donors + 1)
    weights = ridge.ridge(series, 0, pool, lambda_).weights
    found: Floats = series[:, 0] - series[:, pool] @ weights
    return found


def _penalised(panel: Panel, lambda_: float | None) -> Weighed:
    values = panel.values
    return Weighed(values, penalised.weigher(values[: panel.pre], values[panel.post :], lambda_))


def _did(panel: Panel) -> Weighed:
    """Difference in differences: every donor alike, levels by an intercept."""
    return Weighed(demeaned(panel).series, lambda _, pool: np.full(pool.size, 1.0 / pool.size))


@dataclass(frozen=True)
class DoublyWeighed:
    """Synthetic difference in differences: donors weighed, and pre-periods too.

    Attributes:
        values: (periods, 1 + donors) raw.
        pre, post: The windows.
        zeta_lambda: Penalty of the period weights.
        on_donors: The donor weights: demeaned series with a ridge.
    """

    values: Floats
    pre: int
    post: int
    zeta_lambda: float
    on_donors: OnSimplex

    @property
    def series(self) -> Floats:
        """Demeaned series; gaps are then taken from their weighted pre-period mean."""
        return self.on_donors.series

    @property
    def unit(self) -> float:
        """The metric's own."""
        return 1.0

    def solve_all(self, problems: Sequence[Problem]) -> list[Weights]:
        """The donor weights of each problem."""
        return self.on_donors.solve_all(problems)

    def gaps(self, problem: Problem, weights: Floats) -> Floats:
        """Target minus weighted donors, less the weighted mean of that before the start."""
        before, after = self.values[: self.pre], self.values[self.post :]
        periods = sdid.period_weights(before, after, problem[1], self.zeta_lambda).weights
        gap = gap_of(self.series, problem, weights)
        found: Floats = gap - periods @ gap[: self.pre]
        return found


def _sdid(panel: Panel) -> DoublyWeighed:
    series = demeaned(panel).series
    sigma = spread_of_changes(panel.values[: panel.pre, 1:])
    zeta = (panel.n_treated * panel.n_post) ** 0.25 * sigma
    penalty = zeta**2 * panel.pre
    on_donors = OnSimplex(series, 1.0, penalty, zeta, sigma, Solver(series[: panel.pre], penalty))
    return DoublyWeighed(panel.values, panel.pre, panel.post, 1e-6 * sigma, on_donors)


def placebo_method(
    key: str, panel: Panel, lambda_: float | None = None, *, demean: bool = False
) -> Method:
    """The method with this key, for a panel whose headline it may be.

    Args:
        key: ``classic``, ``demeaned``, ``indexed``, ``ridge``, ``penalised``, ``sdid`` or
            ``did``.
        panel: The panel; the conformal test of ``ridge`` keeps the penalty chosen on it.
        lambda_: A penalty that the study fixes.
        demean: Whether ``ridge`` works on demeaned series.
    """
    if key == "classic":
        return Method(key, classic, residuals.plain, intercept=False, convex=True)
    if key == "demeaned":
        return Method(key, demeaned, residuals.centred, intercept=True, convex=True)
    if key == "indexed":
        return Method(key, indexed, residuals.on_indices, intercept=True, convex=True)
    if key == "ridge":
        before = (demeaned(panel).series if demean else panel.values)[: panel.pre]
        pool = np.arange(1, panel.donors + 1)
        chosen = lambda_ or ridge.ridge(before, 0, pool).lambda_
        return Method(
            key,
            lambda one: _ridge(one, lambda_, demean=demean),
            lambda one, _: _ridge_residuals(one, chosen, demean=demean),
            intercept=demean,
            convex=False,
        )
    if key == "penalised":
        return Method(
            key, lambda one: _penalised(one, lambda_), None, intercept=False, convex=False
        )
    if key == "sdid":
        return Method(key, _sdid, None, intercept=True, convex=False)
    if key == "did":
        return Method(key, _did, residuals.equal_weights, intercept=True, convex=False)
    raise ValueError(key)


def automatic(kind: str, name: str, before: Floats) -> str:
    """``indexed`` for counts, sums and means above 0 in every pre-period; else ``demeaned``.

    A rate, a metric in logarithms, and any series that touches 0 has no level to index by.

    Args:
        kind: The metric's kind in the panel.
        name: The metric's name or column.
        before: (pre-periods, 1 + donors).
    """
    volume = kind in VOLUMES and not in_logs(name)
    return "indexed" if volume and bool((before > 0).all()) else "demeaned"


def in_logs(name: str) -> bool:
    """Whether a name says that the metric is a logarithm."""
    return IN_LOGS.search(name.casefold().replace("_", " ")) is not None
