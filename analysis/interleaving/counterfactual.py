"""What either ranker's own order would have earned, from the ranks both gave each item."""

import math

import numpy as np

from analysis.core import Floats
from analysis.interleaving.inference import Block, two_sided
from analysis.interleaving.slots import units_of
from analysis.logs.list_log import Int, ListLog

WORTH = 0.05


def rank_weighted(
    log: ListLog, theta: Floats, control: int = 0, candidate: int = 1
) -> Block | None:
    """Clicks a list that the candidate's own order would add, under one examination curve.

    All shown slots count, shared ones too. Exactly 0 for identical rankers under any merge,
    so it may give a direction where the first pick was never drawn; never a winner.

    Args:
        log: The log.
        theta: (positions,) all positive.
        control: Code of the control.
        candidate: Code of the candidate.

    Returns:
        None without ranks or positions.

    Source:
        In the spirit of Bi et al. (2022), "Debiased balanced interleaving at Amazon Search",
        CIKM.
    """
    slots = log.slots
    if slots.ranks is None or slots.position is None or log.lists == 0:
        return None
    hit = np.flatnonzero(slots.clicked)
    pull = 1 / theta[slots.position[hit] - 1]
    own = pull * _theta_at(slots.ranks[control][hit], theta)
    gain = pull * _theta_at(slots.ranks[candidate][hit], theta) - own
    unit, units = units_of(log)
    lists = log.lists
    effect = float(gain.sum()) / lists
    by_unit = np.bincount(unit[slots.list[hit]], weights=gain, minlength=units)
    away = by_unit - effect * np.bincount(unit, minlength=units)
    se = math.sqrt(units / (units - 1) * float(away @ away)) / lists if units >= 2 else None
    baseline = float(own.sum()) / lists
    return {
        "effect_clicks_per_impression": effect,
        "se": se,
        "p": two_sided(effect, se, None),
        "baseline": baseline,
        "relative": effect / baseline if baseline > 0 else None,
    }


def _theta_at(rank: Int, theta: Floats) -> Floats:
    """Theta of each rank; 0 for a blank rank and below the last position."""
    padded = np.concatenate([[0.0], theta, [0.0]])
    values: Floats = padded[np.clip(rank, 0, theta.size + 1)]
    return values


def direction(found: Block | None, band: list[Block | None], alpha: float) -> int:
    """The better ranker: 1 candidate, -1 control, 0 cannot be told.

    Args:
        found: The block under the curve in use.
        band: The blocks under other curves, which must agree; empty if the study gave the
            curve.
        alpha: Level of each test.
    """
    if found is None or found["relative"] is None or abs(found["relative"]) < WORTH:
        return 0
    signs = {_sign(one, alpha) for one in [found, *band]}
    return signs.pop() if len(signs) == 1 else 0


def _sign(one: Block | None, alpha: float) -> int:
    if one is None or one["p"] is None or one["p"] >= alpha:
        return 0
    return 1 if one["effect_clicks_per_impression"] > 0 else -1
