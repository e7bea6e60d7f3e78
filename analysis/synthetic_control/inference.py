"""One test, three faces: the rank among placebos, the interval that is its dual, the bands."""

import math
from dataclasses import dataclass

from analysis.synthetic_control.placebos import Fitted, largest, last_rank, rank

# Intervals that every readout holds beside the study's own.
USUAL_ALPHAS = (0.10, 0.05)


@dataclass(frozen=True)
class Interval:
    """An interval of the effect, in working units.

    Attributes:
        alpha: One minus its level.
        low, high: Bounds; None as `status` says.
        status: ``ok``, ``unbounded``, ``perfect_fit`` or ``not_applicable``.
    """

    alpha: float
    low: float | None
    high: float | None
    status: str


@dataclass(frozen=True)
class Ranks:
    """The treated unit's places among all units, 1 = largest.

    Attributes:
        t, ratio: By |att| / RMSPE and by the RMSPE ratio; None where its fit is perfect.
        att: By |att|.
        n: Units in the ranking.
    """

    t: int | None
    ratio: int | None
    att: int
    n: int

    def p(self, place: int | None) -> float | None:
        """A rank as a p-value: never 0."""
        return None if place is None else place / self.n


def ranks(own: Fitted, others: list[Fitted]) -> Ranks:
    """The ranks of one unit among its placebos, itself counted."""
    perfect = own.perfect
    return Ranks(
        t=None if perfect else rank(own.t, [one.t for one in others]),
        ratio=None if perfect else rank(own.ratio, [one.ratio for one in others]),
        att=rank(abs(own.att), [abs(one.att) for one in others]),
        n=len(others) + 1,
    )


def interval(own: Fitted, others: list[Fitted], alpha: float, statistic: str) -> Interval:
    """All effects that the rank test at alpha does not reject.

    For ``t`` the half-width is the k-th largest placebo t times the treated unit's RMSPE, so
    that the interval excludes 0 exactly when the rank is at most k.
    """
    if statistic == "ratio":
        return Interval(alpha, None, None, "not_applicable")
    if statistic == "t" and own.perfect:
        return Interval(alpha, None, None, "perfect_fit")
    half = half_width(own, others, alpha, statistic)
    if half is None:
        return Interval(alpha, None, None, "unbounded")
    return Interval(alpha, own.att - half, own.att + half, "ok")


def half_width(own: Fitted, others: list[Fitted], alpha: float, statistic: str) -> float | None:
    """Half of the interval's width, which is also the least effect that could be seen."""
    k = last_rank(alpha, len(others) + 1)
    if statistic == "att":
        return largest([abs(one.att) for one in others], k)
    found = largest([one.t for one in others], k)
    return None if found is None or own.perfect else found * own.rmspe_pre


def alphas(alpha: float) -> tuple[float, ...]:
    """The study's alpha and the usual ones, each once."""
    return (alpha, *(one for one in USUAL_ALPHAS if not math.isclose(one, alpha)))
