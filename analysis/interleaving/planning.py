"""How many users it takes to decide, from this log."""

import math

import numpy as np

from analysis.core import Floats
from analysis.interleaving.inference import Block
from analysis.interleaving.slots import Duel
from analysis.logs.list_log import ListLog

# Two-sided 5 % and 80 % power.
QUANTILES = 1.959964 + 0.841621
MOST = 1e12


def planning_numbers(in_scope: Block, content: Block, held: Duel, log: ListLog) -> Block | None:
    """Users that would find a preference as strong as this one four times in five.

    Args:
        in_scope: The blocks that make the headline.
        content: All blocks.
        held: All credits.
        log: The log.

    Returns:
        ``users_with_credit_needed``, ``users_needed`` of any kind, and, for scale,
        ``ab_users_needed``: how many an A/B test would need if clicks a user differed by
        as much as the same-position lift. None without users.
    """
    root = in_scope.get("user_sqrt_t")
    if root is None or not held.by_user:
        return None
    needed = needed_units(root["mean"], root["sd"])
    found: Block = {"users_with_credit_needed": needed, "users_needed": None}
    if needed is not None and root["n_users"]:
        found["users_needed"] = math.ceil(needed * log.users / root["n_users"])
    lift = (content.get("position_stratified") or {}).get("lift")
    found["ab_users_needed"] = ab_units(_clicks_by_user(log, held), lift)
    both = found["users_needed"], found["ab_users_needed"]
    found["traffic_factor"] = both[1] / both[0] if both[0] and both[1] else None
    return found


def needed_units(mean: float | None, sd: float | None) -> int | None:
    """Units with credit for 80 % power at this mean and standard deviation."""
    if not mean or sd is None:
        return None
    needed = (QUANTILES * sd / mean) ** 2
    return max(math.ceil(needed), 2) if needed < MOST else None


def ab_units(clicks: Floats, lift: float | None) -> int | None:
    """Users in both arms of an A/B test that would find this lift of clicks a user."""
    mean = float(clicks.mean()) if clicks.size > 1 else 0.0
    if not lift or mean <= 0:
        return None
    spread = float(clicks.std(ddof=1)) / mean
    needed = 4 * (QUANTILES * spread / lift) ** 2
    return max(math.ceil(needed), 4) if needed < MOST else None


def _clicks_by_user(log: ListLog, held: Duel) -> Floats:
    slots = log.slots
    unit = held.unit[slots.list[slots.clicked]]
    return np.bincount(unit, minlength=held.lists_of.size).astype(float)
