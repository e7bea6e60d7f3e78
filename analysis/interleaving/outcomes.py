"""Which ranker each list or user preferred, and how often (wins, losses and two kinds of ties)."""

import math
from dataclasses import dataclass

import numpy as np

from analysis.core import Floats
from analysis.core.tails import normal_quantile
from analysis.interleaving.inference import Block, Range, around, intervals, sign_test
from analysis.logs.list_log import Int

DRAWS = 10_000


@dataclass(frozen=True)
class Outcomes:
    """How many lists, or users, preferred the candidate.

    Attributes:
        wins: More credit for the candidate.
        losses: More for the control.
        ties_with_clicks: As much, and some.
        ties_no_click: No credit at all.
    """

    wins: int
    losses: int
    ties_with_clicks: int
    ties_no_click: int

    @property
    def credited(self) -> int:
        """Those with any credit."""
        return self.wins + self.losses + self.ties_with_clicks

    @property
    def all(self) -> int:
        """Everyone."""
        return self.credited + self.ties_no_click


def outcomes(control: Int | Floats, candidate: Int | Floats) -> Outcomes:
    """Outcomes of lists, or of users, from the credit of either ranker in each."""
    wins = int((candidate > control).sum())
    losses = int((candidate < control).sum())
    idle = int(((candidate == 0) & (control == 0)).sum())
    return Outcomes(wins, losses, int(control.size) - wins - losses - idle, idle)


def delta_ab(wins: int, losses: int, ties: int) -> float | None:
    """Share preferring the candidate, ties half and half, less one half: -1/2 to 1/2.

    Source:
        Chapelle, Joachims, Radlinski, Yue (2012), "Large-scale validation and analysis of
        interleaved search evaluation", ACM TOIS 30(1).
    """
    n = wins + losses + ties
    return (wins + ties / 2) / n - 0.5 if n else None


def win_rate(found: Outcomes) -> float | None:
    """Share of the decided that preferred the candidate."""
    decided = found.wins + found.losses
    return found.wins / decided if decided else None


def list_level(found: Outcomes, alpha: float) -> Block:
    """The block ``impression_level``."""
    delta = delta_ab(found.wins, found.losses, found.ties_with_clicks)
    return {
        "n_impressions": found.all,
        "n_clicked_impressions": found.credited,
        "wins": found.wins,
        "losses": found.losses,
        "ties_with_clicks": found.ties_with_clicks,
        "ties_no_click": found.ties_no_click,
        "delta_ab_clicked_impressions": delta,
        "delta_ab_all_impressions": delta_ab(
            found.wins, found.losses, found.ties_with_clicks + found.ties_no_click
        ),
        "delta_ab_rescaled": None if delta is None else 2 * delta,
        **intervals("delta_ab_ci95", lambda tail: delta_interval(found, tail), alpha),
        "delta_ab_ci95_bootstrap": bootstrap_interval(found),
        "win_rate_excl_ties": win_rate(found),
        "sign_test_p": sign_test(found.wins, found.losses),
    }


def delta_interval(found: Outcomes, tail: float) -> Range | None:
    """The normal interval of Delta over lists with credit."""
    n = found.credited
    if n < 2:
        return None
    mean = (found.wins - found.losses) / (2 * n)
    squares = (found.wins + found.losses) / 4 - n * mean * mean
    se = math.sqrt(max(squares, 0.0) / (n - 1) / n)
    return around(mean, se, None, tail)


def bootstrap_interval(found: Outcomes) -> Range | None:
    """The percentile interval of Delta over lists with credit, from counts; seed 0."""
    n = found.credited
    if n < 2:
        return None
    shares = [found.wins / n, found.losses / n, found.ties_with_clicks / n]
    drawn = np.random.default_rng(0).multinomial(n, shares, size=DRAWS)
    deltas = (drawn[:, 0] - drawn[:, 1]) / (2 * n)
    low, high = np.percentile(deltas, [2.5, 97.5])
    return float(low), float(high)


def user_outcomes(found: Outcomes, alpha: float) -> Block:
    """The part of ``user_level`` that counts users."""
    ties = found.ties_with_clicks + found.ties_no_click
    return {
        "n_users": found.all,
        "wins": found.wins,
        "losses": found.losses,
        "ties_with_clicks": found.ties_with_clicks,
        "ties_no_click": found.ties_no_click,
        "delta_ab": delta_ab(found.wins, found.losses, ties),
        "net_preference": (found.wins - found.losses) / found.all if found.all else None,
        "win_rate_excl_ties": win_rate(found),
        **intervals("win_rate_wilson95", lambda tail: wilson(found.wins, found, tail), alpha),
        "sign_test_p": sign_test(found.wins, found.losses),
    }


def wilson(wins: int, found: Outcomes, tail: float) -> Range | None:
    """Wilson's interval of the share of the decided (1927, JASA 22)."""
    return wilson_of(wins, found.wins + found.losses, tail)


def wilson_of(hits: int, n: int, tail: float) -> Range | None:
    """Wilson's interval of hits in n trials."""
    if n == 0:
        return None
    z = normal_quantile(tail)
    p, widening = hits / n, 1 + z * z / n
    centre = (p + z * z / (2 * n)) / widening
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / widening
    return max(0.0, centre - half), min(1.0, centre + half)
