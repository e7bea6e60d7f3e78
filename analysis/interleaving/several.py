"""Three rankers and more: every pair, corrected, and who is beaten by nobody."""

from dataclasses import dataclass
from itertools import combinations
from typing import Any

from analysis.core.corrections import adjust_p_values
from analysis.interleaving.competitive import competition
from analysis.interleaving.inference import Block
from analysis.interleaving.looks import crossing, path
from analysis.interleaving.outcomes import list_level, outcomes, user_outcomes
from analysis.interleaving.place import same_position
from analysis.interleaving.slots import duel, labelled
from analysis.interleaving.users import mean_difference, square_root_t
from analysis.logs.list_log import ListLog
from analysis.study import Interleaving

TESTS = ("t_test_p", "sign_test_p", "sqrt_t_p")


def pair_blocks(log: ListLog, lens: Interleaving, *, placed: bool, by_day: bool) -> list[Block]:
    """One block for every two rankers in the given order, p-values adjusted over the pairs.

    Args:
        log: The log.
        lens: Level and monitoring.
        placed: Whether slots are shown with positions.
        by_day: Whether strata are day by position.

    Source:
        Holm (1979), Scand. J. Stat. 6, 65-70.
    """
    pairs = [
        _pair(log, lens, a, b, placed=placed, by_day=by_day)
        for a, b in combinations(range(len(log.rankers)), 2)
    ]
    for test in TESTS:
        adjusted = adjust_p_values([one[test] for one in pairs], "holm")
        for one, p in zip(pairs, adjusted, strict=True):
            one[f"{test}_holm"] = p
    return pairs


def _pair(log: ListLog, lens: Interleaving, a: int, b: int, *, placed: bool, by_day: bool) -> Block:
    held = duel(log, a, b)
    lists = list_level(outcomes(held.control, held.candidate), lens.alpha)
    found: Block = {
        "pair": [log.rankers[a], log.rankers[b]],
        "impression": lists,
        "user": None,
        "mean_diff": None,
        "t_test_p": None,
        "sign_test_p": lists["sign_test_p"],
        "sqrt_t_p": None,
        "sqrt_t_mean": None,
    }
    if held.by_user:
        control, candidate = (one.astype(float) for one in held.unit_credits)
        users = user_outcomes(outcomes(*held.unit_credits), lens.alpha)
        mean = mean_difference(candidate - control, lens.alpha)
        root = square_root_t(control, candidate)
        found |= {
            "user": users,
            "mean_diff": mean["mean_credit_diff_per_user"],
            "t_test_p": mean["t_test_p"],
            "sign_test_p": users["sign_test_p"],
            "sqrt_t_p": root["p"],
            "sqrt_t_mean": root["mean"],
        }
    if placed:
        found["position_stratified"] = same_position(
            log, labelled(log, a, b), (a, b), lens.alpha, by_day=by_day
        )
        if log.slots.ranks is not None:
            found["rankers_agree_share"] = competition(log, a, b).agree_share
    if lens.monitoring == "anytime":
        looks = path(held, log.table.day, log.days, lens.alpha, lens.t_star)
        found["anytime_side"] = crossing(looks, by_user=held.by_user) or 0
    return found


@dataclass(frozen=True)
class Standing:
    """Who beats whom.

    Attributes:
        winner: The ranker that beats every other, if one does.
        losers: Those beaten in at least one pair.
        not_separated: Those that lose to nobody, when more than one.
        disagreeing: Whether a pair's tests point in opposite directions.
        waiting: Whether a pair waits for its anytime bound.
        p: Largest corrected p of the winner's pairs, else the smallest of all.
    """

    winner: str | None
    losers: list[str]
    not_separated: list[str]
    disagreeing: bool
    waiting: bool
    p: float | None


def standing(rankers: tuple[str, ...], pairs: list[Block], lens: Interleaving) -> Standing:
    """Who beats whom, by the corrected headline test of each pair."""
    beaten: dict[str, set[str]] = {name: set() for name in rankers}
    disagreeing = waiting = False
    for one in pairs:
        side, opposed, early = _side(one, lens)
        disagreeing, waiting = disagreeing or opposed, waiting or early
        if side:
            loser, winner = one["pair"] if side > 0 else reversed(one["pair"])
            beaten[loser].add(winner)
    losers = [name for name in rankers if beaten[name]]
    left = [name for name in rankers if not beaten[name]]
    others = len(rankers) - 1
    winner = next((one for one in left if sum(one in by for by in beaten.values()) == others), None)
    mine = [_p(one) for one in pairs if winner is None or winner in one["pair"]]
    known = [p for p in mine if p is not None]
    p = None if not known else min(known) if winner is None else max(known)
    return Standing(winner, losers, left if len(left) > 1 else [], disagreeing, waiting, p)


def _p(one: Block) -> float | None:
    """The corrected p that decides: of users, else of lists."""
    value: Any = one["sqrt_t_p_holm"] if one["user"] is not None else one["sign_test_p_holm"]
    return None if value is None else float(value)


def _side(one: Block, lens: Interleaving) -> tuple[int, bool, bool]:
    """1 if the second wins, -1 if the first; whether tests disagree, or a bound is awaited."""
    p = _p(one)
    if p is None or p >= lens.alpha:
        return 0, False, False
    if one["user"] is not None:
        side = 1 if one["sqrt_t_mean"] > 0 else -1
    else:
        side = 1 if one["impression"]["wins"] > one["impression"]["losses"] else -1
    same = one.get("position_stratified") or {}
    if opposed(side, same, lens.alpha):
        return 0, True, False
    if lens.monitoring == "anytime" and one["anytime_side"] != side:
        return 0, False, True
    return side, False, False


def opposed(side: int, same: Block, alpha: float) -> bool:
    """Whether the same-position comparison clearly says the opposite."""
    jackknife = same.get("jackknife") or {}
    p, log_ratio = jackknife.get("p"), same.get("log_ratio")
    return p is not None and log_ratio is not None and p < alpha and side * log_ratio < 0
