"""Do users prefer one ranker? Tests with the user as the unit."""

import math

import numpy as np

from analysis.core import Floats
from analysis.core.tails import normal_two_sided
from analysis.interleaving.inference import Block, around, intervals, ratio, spread, two_sided
from analysis.logs.list_log import Int

FEW_FOR_RANKS = 14


def mean_difference(tau: Floats, alpha: float) -> Block:
    """Candidate minus control credit a user, over all exposed users.

    Args:
        tau: (users,) the difference of each user, those without credit included.
        alpha: Level of the second interval.
    """
    n = int(tau.size)
    mean = float(tau.mean()) if n else None
    if n < 2 or mean is None:
        empty: Block = {"mean_credit_diff_per_user": mean, "se": None, "t": None}
        return empty | {"t_test_p": None} | intervals("ci95", lambda _: None, alpha)
    se = spread(tau) / math.sqrt(n)
    return {
        "mean_credit_diff_per_user": mean,
        "se": se,
        "t": ratio(mean, se),
        "t_test_p": two_sided(mean, se, n - 1),
        **intervals("ci95", lambda tail: around(mean, se, n - 1, tail), alpha),
    }


def square_root_t(control: Floats, candidate: Floats) -> Block:
    """The headline: a t-test of each user's difference over the root of the user's credit.

    Heavy users weigh as the root of their clicks, so that none of them can carry the result.

    Args:
        control: (users,) credit of the control.
        candidate: (users,) credit of the candidate.
    """
    credit = control + candidate
    some = credit > 0
    values = (candidate[some] - control[some]) / np.sqrt(credit[some])
    n = int(values.size)
    if n < 2:
        return {"n_users": n, "mean": None, "sd": None, "t": None, "p": None}
    mean, sd = float(values.mean()), spread(values)
    se = sd / math.sqrt(n)
    return {
        "n_users": n,
        "mean": mean,
        "sd": sd,
        "t": ratio(mean, se),
        "p": two_sided(mean, se, n - 1),
    }


def signed_rank(tau: Floats) -> tuple[float, float | None]:
    """R+ and the p of Wilcoxon's signed-rank test by its normal approximation.

    Zeros are left out, ranks of ties averaged; no continuity correction. The p is None
    below 14 users with a preference.

    Source:
        Wilcoxon (1945), Biometrics Bulletin 1, 80-83.
    """
    tau = tau[tau != 0]
    n = int(tau.size)
    sizes, place, counts = np.unique(np.abs(tau), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    average = last - (counts - 1) / 2
    positive = float(average[place[tau > 0]].sum()) if sizes.size else 0.0
    if n < FEW_FOR_RANKS:
        return positive, None
    tied = counts.astype(float)
    variance = n * (n + 1) * (2 * n + 1) / 24 - float((tied**3 - tied).sum()) / 48
    return positive, normal_two_sided((positive - n * (n + 1) / 4) / math.sqrt(variance))


def clustered_share(control: Floats, candidate: Floats, alpha: float) -> Block:
    """The candidate's share of all credit, its error clustered by user.

    Source:
        Deng, Knoblich, Lu (2018), "Applying the delta method in metric analytics", KDD.
    """
    credit = control + candidate
    some = credit > 0
    n, total = int(some.sum()), float(credit.sum())
    share = float(candidate.sum()) / total if total > 0 else None
    if n < 2 or share is None:
        nothing: Block = {"share": share if n >= 2 else None, "se": None, "p": None, "n_users": n}
        return nothing | intervals("ci95", lambda _: None, alpha)
    away = candidate[some] - share * credit[some]
    se = math.sqrt(n / (n - 1) * float((away * away).sum())) / total
    return {
        "share": share,
        "se": se,
        **intervals("ci95", lambda tail: around_share(share, se, n - 1, tail), alpha),
        "p": two_sided(share - 0.5, se, n - 1),
        "n_users": n,
    }


def around_share(share: float, se: float, df: int, tail: float) -> tuple[float, float] | None:
    """An interval of a share; none without error, unless the share is even."""
    ends = around(share - 0.5, se, df, tail)
    return None if ends is None else (0.5 + ends[0], 0.5 + ends[1])


def equal_weight_share(control: Floats, candidate: Floats) -> Block:
    """The mean over users of the candidate's share of their credit."""
    credit = control + candidate
    some = credit > 0
    shares = candidate[some] / credit[some]
    n = int(shares.size)
    mean = float(shares.mean()) if n else None
    se = spread(shares) / math.sqrt(n) if n >= 2 else None
    p = None if mean is None else two_sided(mean - 0.5, se, n - 1)
    return {"n_users_with_credit": n, "share": mean, "se": se, "p": p}


def effective_users(lists_of: Int | Floats) -> tuple[float | None, float | None]:
    """How many equally busy users would weigh as much, and the busiest user's share of lists.

    Source:
        Kish (1965), Survey Sampling, section 11.7.
    """
    counts = lists_of.astype(float)
    total = float(counts.sum())
    if total == 0:
        return None, None
    return total * total / float((counts * counts).sum()), float(counts.max()) / total
