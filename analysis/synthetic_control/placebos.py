"""In-space placebos: every donor as if treated, its statistics, the rank and its interval."""

import math
from dataclasses import dataclass

import numpy as np

from analysis.core import Floats
from analysis.synthetic_control.panel import Panel, deviation, rms
from analysis.synthetic_control.working import Problem, Working

# A fit whose misses are below this share of the unit's own spread leaves nothing to test.
PERFECT = 1e-6
# Statistics this close count as equal, and against the treated unit.
TIE = 1 - 1e-9


@dataclass(frozen=True)
class Fitted:
    """One unit's gaps and what is ranked.

    Attributes:
        gaps: (periods,) on the working scale.
        att: Mean gap of the post window, working scale.
        rmspe_pre, rmspe_post: Root mean squares of the gaps, working scale.
        perfect: The pre-periods leave no residual to test with.
    """

    gaps: Floats
    att: float
    rmspe_pre: float
    rmspe_post: float
    perfect: bool

    @property
    def t(self) -> float:
        """|att| over the pre-period RMSPE; infinite for a perfect fit."""
        return math.inf if self.perfect else abs(self.att) / self.rmspe_pre

    @property
    def ratio(self) -> float:
        """Post-period over pre-period RMSPE; infinite for a perfect fit."""
        return math.inf if self.perfect else self.rmspe_post / self.rmspe_pre


def fitted(panel: Panel, working: Working, problem: Problem, weights: Floats) -> Fitted:
    """The statistics of one problem's weights."""
    return of_gaps(panel, working, problem[0], working.gaps(problem, weights))


def of_gaps(panel: Panel, working: Working, column: int, gaps: Floats) -> Fitted:
    """The statistics of one unit's gaps."""
    before, after = gaps[: panel.pre], gaps[panel.post :]
    rmspe = rms(before)
    spread = deviation(working.series[: panel.pre, column])
    return Fitted(
        gaps=gaps,
        att=float(np.add.reduce(after)) / after.size,
        rmspe_pre=rmspe,
        rmspe_post=rms(after),
        perfect=rmspe <= PERFECT * spread,
    )


def placebos(panel: Panel, working: Working, *, with_treated: bool = False) -> list[Fitted]:
    """Every donor as if it had been treated, each against the other donors.

    Args:
        panel: The panel.
        working: The method on it.
        with_treated: Whether the treated unit may be a donor of the placebos, as in the first
            paper; by default it is in no pool.

    Returns:
        One fit a donor, in their order; empty with fewer than two donors.

    Source:
        Abadie, Diamond & Hainmueller (2010), JASA 105, 493-505, section 3.4; Firpo & Possebom
        (2018), Journal of Causal Inference 6(2).
    """
    first = 0 if with_treated else 1
    columns = np.arange(first, panel.donors + 1)
    if panel.donors < 2:
        return []
    problems = [(i, columns[columns != i]) for i in range(1, panel.donors + 1)]
    solved = working.solve_all(problems)
    return [
        fitted(panel, working, problem, one.weights)
        for problem, one in zip(problems, solved, strict=True)
    ]


def rank(own: float, others: list[float]) -> int:
    """Place of the treated unit among all, 1 for the largest; ties count against it."""
    return 1 + sum(other >= own * TIE for other in others)


def last_rank(alpha: float, n: int) -> int:
    """The last rank that rejects at alpha among n units; 0 when none does."""
    return math.floor(alpha * n + 1e-9)


def largest(values: list[float], k: int) -> float | None:
    """The k-th largest value; None when k is below 1 or that value is unbounded."""
    if k < 1 or k > len(values):
        return None
    found = sorted(values, reverse=True)[k - 1]
    return found if math.isfinite(found) else None


def half_widths(panel: Panel, own: Fitted, others: list[Fitted], alpha: float) -> Floats | None:
    """(2, post periods) half-widths of the band at alpha: of the gap, and of its running sum.

    At each post period the k-th largest of the donors' gaps, each over its own pre-period
    RMSPE, times the treated unit's: bands widen with time as placebos drift.
    """
    k = last_rank(alpha, len(others) + 1)
    if own.perfect or k < 1 or sum(one.perfect for one in others) >= k:
        return None
    sure = [one for one in others if not one.perfect]
    # Perfect placebos are the largest of all.
    k -= len(others) - len(sure)
    scaled = np.array([one.gaps[panel.post :] / one.rmspe_pre for one in sure])
    if k > len(sure):
        return None
    both = np.stack([np.abs(scaled), np.abs(np.cumsum(scaled, axis=1))])
    widths: Floats = np.sort(both, axis=1)[:, -k, :] * own.rmspe_pre
    return widths
