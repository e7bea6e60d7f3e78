"""Preference from sums alone, where the log holds no lists."""

import math
from collections.abc import Mapping

from analysis.core import Floats
from analysis.core.tails import normal_quantile
from analysis.interleaving.inference import Block, around, intervals, sign_test, two_sided

# As a log spells sums of users: x candidate, y control, n lists.
NAMES = {
    "n": "n",
    "sum_x": "x",
    "sum_y": "y",
    "sum_n": "lists",
    "sum_xx": "xx",
    "sum_yy": "yy",
    "sum_nn": "listslists",
    "sum_xy": "xy",
    "sum_xn": "xlists",
    "sum_yn": "ylists",
}


def sign_summary(wins: int, losses: int, ties: int, alpha: float) -> Block:
    """Net preference from wins, losses and ties: Wald on the decided, scaled to all."""
    decided = wins + losses
    n = decided + ties
    p = sign_test(wins, losses)
    if n == 0 or decided == 0:
        net = 0.0 if n else None
        nothing: Block = {"net_preference": net, "se": None, "ci_half_width": None, "p": p}
        return nothing
    se = 2 * math.sqrt(wins * losses / decided) / n
    found: Block = {"net_preference": (wins - losses) / n, "se": se}
    if se == 0:
        return found | {"ci_half_width": None, "p": p}
    half = intervals("ci95", lambda tail: normal_quantile(tail) * se, alpha)
    found["ci_half_width"] = half["ci95"]
    if "ci_alpha" in half:
        found["ci_half_width_alpha"] = half["ci_alpha"]
    return found | {"p": p}


def sums_of(x: Floats, y: Floats, lists: Floats) -> dict[str, float]:
    """Sufficient sums of users' credits and lists.

    Args:
        x: (users,) credit of the candidate.
        y: (users,) credit of the control.
        lists: (users,) lists shown.
    """
    columns = {"x": x, "y": y, "lists": lists}
    found = {"n": float(x.size)} | {name: float(one.sum()) for name, one in columns.items()}
    for one, other in (("x", "x"), ("y", "y"), ("lists", "lists")):
        found[one + other] = float(columns[one] @ columns[other])
    found["xy"], found["xlists"], found["ylists"] = (
        float(x @ y),
        float(x @ lists),
        float(y @ lists),
    )
    return found


def paired_delta(sums: Mapping[str, float], alpha: float) -> Block:
    """Candidate minus control credit a list, the user as the unit, by the delta method.

    Args:
        sums: n users; sums x, y and lists, and of products xx, yy, listslists, xy,
            xlists, ylists.
        alpha: Level of the second interval.

    Source:
        Deng, Knoblich, Lu (2018), KDD, equation (4), of a ratio of means.
    """
    n = sums["n"]
    if n < 2 or sums["lists"] <= 0:
        return {"estimate": None, "se": None, "p": None} | intervals("ci95", lambda _: None, alpha)

    def cov(one: str, other: str) -> float:
        product = sums.get(one + other, sums.get(other + one, 0.0))
        return (product - sums[one] * sums[other] / n) / (n - 1)

    gap, mean = (sums["x"] - sums["y"]) / n, sums["lists"] / n
    variance = (cov("x", "x") + cov("y", "y") - 2 * cov("x", "y")) / mean**2
    variance -= 2 * gap * (cov("x", "lists") - cov("y", "lists")) / mean**3
    variance += gap**2 * cov("lists", "lists") / mean**4
    estimate, se = gap / mean, math.sqrt(max(variance, 0.0) / n)
    return _tested(estimate, se, n, alpha)


def paired_t(sums: Mapping[str, float], alpha: float) -> Block:
    """Candidate minus control credit a user: the same with one list for every user."""
    n = sums["n"]
    if n < 2:
        return {"estimate": None, "se": None, "p": None} | intervals("ci95", lambda _: None, alpha)
    ones = {"lists": n, "listslists": n, "xlists": sums["x"], "ylists": sums["y"]}
    return paired_delta({**sums, **ones}, alpha)


def _tested(estimate: float, se: float, n: float, alpha: float) -> Block:
    return {
        "estimate": estimate,
        "se": se,
        "p": two_sided(estimate, se, n - 1),
        **intervals("ci95", lambda tail: around(estimate, se, n - 1, tail), alpha),
    }


def named_sums(given: Mapping[str, float]) -> dict[str, float] | None:
    """Sufficient sums of a log by the names used here; None where some are missing."""
    found = {name: given[told] for told, name in NAMES.items() if told in given}
    needed = ("n", "x", "y", "xx", "yy", "xy")
    return found if all(name in found for name in needed) else None
