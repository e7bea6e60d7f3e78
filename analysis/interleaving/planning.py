"""How many users it takes to decide, from this log."""

import math

import numpy as np

from analysis.core import Floats
from analysis.interleaving.inference import Block
from analysis.interleaving.measure import Measured
from analysis.interleaving.rules import Ruling
from analysis.logs.list_log import ListLog

# Two-sided 5 % and 80 % power.
QUANTILES = 1.959964 + 0.841621
MOST = 1e12


def planning_numbers(found: Measured, ruling: Ruling) -> Block | None:
    """Users that would find a preference as strong as this one four times in five.

    Args:
        found: All blocks.
        ruling: What the rules say, by which the headline test is known.

    Returns:
        ``users_with_credit_needed``, ``users_needed`` of any kind, and, for scale,
        ``ab_users_needed``: how many an A/B test would need if clicks a user differed by
        as much as the same-position lift. None without users, and where no test decides.
    """
    log, content = found.log, found.content
    if log.table.user is None or len(log.rankers) != 2 or not ruling.case.allowed:
        return None
    same = content.get("position_stratified") or {}
    numbers: Block = {"users_with_credit_needed": None, "users_needed": None}
    if ruling.case.corrected:
        jackknife = same.get("jackknife") or {}
        each = needed_units(same.get("log_ratio"), jackknife.get("se"), jackknife.get("n_users"))
        numbers["users_needed"] = each
    else:
        blocks = content["competitive_only"] if ruling.scope == "competitive" else content
        root = blocks["user_sqrt_t"]
        needed = needed_units(root["mean"], root["sd"])
        numbers["users_with_credit_needed"] = needed
        if needed is not None:
            numbers["users_needed"] = math.ceil(needed * log.users / root["n_users"])
    numbers["ab_users_needed"] = ab_units(_clicks_by_user(log), same.get("lift"))
    il, ab = numbers["users_needed"], numbers["ab_users_needed"]
    return numbers | {"traffic_factor": ab / il if il and ab else None}


def needed_units(mean: float | None, sd: float | None, n: int | None = 1) -> int | None:
    """Units for 80 % power at this mean and standard deviation of one unit.

    Args:
        mean: Estimate.
        sd: Its standard deviation a unit, or its error over n units.
        n: Units behind the error.
    """
    if not mean or sd is None or n is None:
        return None
    needed = n * (QUANTILES * sd / mean) ** 2
    return max(math.ceil(needed), 2) if needed < MOST else None


def ab_units(clicks: Floats, lift: float | None) -> int | None:
    """Users in both arms of an A/B test that would find this lift of clicks a user."""
    mean = float(clicks.mean()) if clicks.size > 1 else 0.0
    if not lift or mean <= 0:
        return None
    spread = float(clicks.std(ddof=1)) / mean
    needed = 4 * (QUANTILES * spread / lift) ** 2
    return max(math.ceil(needed), 4) if needed < MOST else None


def _clicks_by_user(log: ListLog) -> Floats:
    """(users,) clicks of each user, on whatever slot."""
    assert log.table.user is not None
    clicked = log.slots.list[log.slots.clicked]
    return np.bincount(log.table.user[clicked], minlength=log.users).astype(float)
