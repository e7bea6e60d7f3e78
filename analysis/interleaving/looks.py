"""Looking before the end: what each day showed, and what holds whenever one looks."""

import math
from typing import Any

import numpy as np
from scipy import special

from analysis.core.tails import LN2, student_quantile
from analysis.interleaving.inference import Block, Range, sign_test
from analysis.interleaving.slots import Duel
from analysis.logs.list_log import Int


def log_e_value(wins: int, losses: int) -> float:
    """The logarithm of the e-value of wins against losses under a fair coin.

    A mixture of likelihood ratios, p uniform against p = 1/2; above 1/alpha at any look,
    the coin is not fair.

    Source:
        Robbins (1970), Ann. Math. Stat. 41, 1397-1409; Ville (1939).

    >>> round(math.exp(log_e_value(15, 5)), 9)
    3.220600521
    """
    beta = float(special.betaln(1 + wins, 1 + losses))
    return beta + (wins + losses) * LN2


def e_value(wins: int, losses: int) -> float:
    """The e-value itself, cut where numbers end."""
    return math.exp(min(700.0, log_e_value(wins, losses)))


def half_width(t: int, sd: float, alpha: float, t_star: float) -> float:
    """The half-width of the confidence sequence of a mean after t users.

    Args:
        t: Users so far, at least 1.
        sd: Their standard deviation.
        alpha: Two-sided level over all looks.
        t_star: Users at which it is tightest.

    Source:
        Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas (2024), Ann. Stat. (arXiv 2103.06476).

    >>> round(half_width(400, 1.2, 0.05, 1000), 10)
    0.1874267455
    """
    rho2 = (-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / t_star
    inside = 2 * (t * rho2 + 1) / (t * t * rho2) * math.log(math.sqrt(t * rho2 + 1) / alpha)
    return sd * math.sqrt(inside)


def path(
    found: Duel, day: Int | None, days: tuple[str, ...], alpha: float, t_star: float
) -> Block | None:
    """Every look from the first day to the last, cumulative; None without days.

    Args:
        found: Credits of both rankers.
        day: (lists,) place in `days`, -1 for a list without a time, which no look sees.
        days: Days of the log.
        alpha: Level over all looks.
        t_star: Users at which the confidence sequence is tightest.
    """
    if day is None or not (day >= 0).any():
        return None
    dated = np.flatnonzero(day >= 0)
    size = len(days)
    gap = (found.candidate - found.control)[dated]
    on = day[dated]
    wins = np.cumsum(np.bincount(on[gap > 0], minlength=size))
    losses = np.cumsum(np.bincount(on[gap < 0], minlength=size))
    lists = np.bincount(on, minlength=size)
    users = _users_so_far(found, dated, on, gap, size) if found.by_user else None
    looks: list[dict[str, Any]] = []
    for k in np.flatnonzero(lists).tolist():
        w, lost = int(wins[k]), int(losses[k])
        ends = None if users is None else _sequence(users[k], alpha, t_star)
        once = None if users is None else _one_look(users[k], alpha)
        look = {
            "day": days[k],
            "wins": w,
            "losses": lost,
            "naive_p": sign_test(w, lost),
            "e_value": e_value(w, lost),
            "cs_low": ends[0] if ends else None,
            "cs_high": ends[1] if ends else None,
        }
        if users is not None:
            n, total, _ = users[k]
            look |= {"users": int(n), "mean": total / n if n else None}
            look |= {"ci_low": once[0] if once else None, "ci_high": once[1] if once else None}
        looks.append(look)
    best = max(one["e_value"] for one in looks)
    last = looks[-1]
    return {
        "path": looks,
        "max_e": best,
        "min_naive_p": min(one["naive_p"] for one in looks),
        "ever_significant_anytime": best >= 1 / alpha,
        "anytime_e_value_impressions": last["e_value"],
        "log_e_value": log_e_value(last["wins"], last["losses"]),
    }


def _users_so_far(
    found: Duel, dated: Int, on: Int, gap: Int, size: int
) -> list[tuple[float, float, float]]:
    """By day: users so far, the sum of their differences so far, and of the squares."""
    key = found.unit[dated].astype(np.int64) * size + on
    distinct, place = np.unique(key, return_inverse=True)
    change = np.rint(np.bincount(place, weights=gap, minlength=distinct.size)).astype(np.int64)
    unit, when = distinct // size, distinct % size
    fresh = np.ones(unit.size, dtype=bool)
    fresh[1:] = unit[1:] != unit[:-1]
    running = np.cumsum(change)
    start = np.flatnonzero(fresh)
    before = np.repeat(running[start] - change[start], np.diff(np.append(start, unit.size)))
    after = running - before
    squares = after**2 - (after - change) ** 2
    columns = [
        np.cumsum(np.bincount(when, weights=one, minlength=size))
        for one in (fresh, change, squares)
    ]
    return list(zip(*(column.tolist() for column in columns), strict=True))


def _sequence(sums: tuple[float, float, float], alpha: float, t_star: float) -> Range | None:
    """The interval that holds at every look; None below 2 users or without any spread."""
    found = _spread(sums)
    if found is None:
        return None
    n, mean, sd = found
    half = half_width(n, sd, alpha, t_star)
    return mean - half, mean + half


def _one_look(sums: tuple[float, float, float], alpha: float) -> Range | None:
    """Student's interval of the mean, valid if this is the only look."""
    found = _spread(sums)
    if found is None:
        return None
    n, mean, sd = found
    half = student_quantile(alpha / 2, n - 1) * sd / math.sqrt(n)
    return mean - half, mean + half


def _spread(sums: tuple[float, float, float]) -> tuple[int, float, float] | None:
    """Users, mean and standard deviation; None below 2 users or without any spread."""
    n, total, squares = sums
    if n < 2:
        return None
    mean = total / n
    sd = math.sqrt(max(squares - n * mean * mean, 0.0) / (n - 1))
    return (int(n), mean, sd) if sd > 0 else None


def crossing(found: Block | None, *, by_user: bool) -> int | None:
    """Which side an anytime bound names at some look: 1, -1, 0 for none, None without looks.

    The last look that excludes no difference decides.
    """
    if found is None:
        return None
    if not by_user:
        last = found["path"][-1]
        gap = int(last["wins"] > last["losses"]) - int(last["wins"] < last["losses"])
        return gap if found["ever_significant_anytime"] else 0
    sides = [
        1 if one["cs_low"] > 0 else -1
        for one in found["path"]
        if one["cs_low"] is not None and (one["cs_low"] > 0 or one["cs_high"] < 0)
    ]
    return sides[-1] if sides else 0
