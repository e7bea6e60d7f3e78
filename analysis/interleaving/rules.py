"""The decision table: what kind of log it is, which test decides, and whether one may win.

| row | log | valid | winner allowed | headline |
|---|---|---|---|---|
| 1 | positions only, or no ranker | - | no | none |
| 2 | one ranker; no clicks | - | no | none |
| 3 | clicks without shown slots, or sums | - | yes | users' root t, else lists' sign test |
| 4 | one ranker starts at least 98 % of lists | no | no | none |
| 5 | shares of slots drift over days | if strata overlap | if strata overlap | day by position |
| 6 | an uneven first pick | no | if strata overlap | position |
| 7 | sound, one starter for each user | yes | yes | users' root t |
| 8 | sound, no user ids | yes | yes | lists' sign test |
| 9 | sound | yes | yes | users' root t |
"""

from dataclasses import dataclass, replace
from typing import Any

from analysis.interleaving.balance import ALARM
from analysis.interleaving.first_pick import coin_p, fixed_first, sticky
from analysis.interleaving.inference import Block
from analysis.interleaving.looks import crossing
from analysis.interleaving.measure import Measured
from analysis.interleaving.purchases import count_winner, value_winner
from analysis.interleaving.several import Standing, opposed, standing
from analysis.study import Interleaving

ENOUGH_OVERLAP = 0.80
ENOUGH_EFFECTIVE = 50
ENOUGH_CREDITED = 30
BOUGHT = ("purchase_count", "purchase_value")


@dataclass(frozen=True)
class Case:
    """The row of the decision table that a log falls into.

    Attributes:
        row: 1 to 9.
        valid: Whether the draw was sound; None if nobody can tell.
        allowed: Whether a winner may be named.
        reason: Code of the notice that forbids one.
        test: The headline test.
        corrected: Whether the result rests on a comparison that mends the draw.
    """

    row: int
    valid: bool | None
    allowed: bool
    test: str | None
    reason: str | None = None
    corrected: bool = False


@dataclass(frozen=True)
class Ruling:
    """What the rules say of one log.

    Attributes:
        case: Its row.
        status: position_bias_only, not_valid, direction_only, not_enough_data, winner,
            corrected_winner or no_winner.
        reason: Code of the deciding notice, if one decided.
        winner: The ranker that may be named.
        side: 1 candidate, -1 control, 0 for none or several rankers.
        scope: Which slots credit the headline test.
        p: Its p-value.
        estimate: Its estimate, whose sign is the direction.
        standing: Over several rankers.
    """

    case: Case
    status: str
    reason: str | None
    winner: str | None
    scope: str
    p: float | None
    estimate: float | None = None
    standing: Standing | None = None


def classify(found: Measured) -> Case:
    """The first row that fits."""
    log, content = found.log, found.content
    if log.totals is not None:
        return Case(3, None, True, _aggregated_test(content))
    if log.shape == "position" or not log.rankers:
        known = log.has.get("impression_id") or log.has.get("user_id")
        return Case(1, None, False, None, "no_ranker_column" if known else "no_list_or_user_id")
    if len(log.rankers) == 1:
        return Case(2, None, False, None, "one_ranker")
    if not sum(content["raw_clicks"].values()) and content.get("purchases") is None:
        return Case(2, None, False, None, "no_clicks")
    by_user = log.table.user is not None
    users = "user_sqrt_t" if by_user else "impression_sign_test"
    if len(log.rankers) > 2:
        users = "sqrt_t_holm" if by_user else "sign_test_holm"
    if not found.placed or found.picks is None:
        return Case(3, None, True, users)
    if fixed_first(found.picks) is not None:
        return Case(4, False, False, None, "first_pick_fixed")
    mended = _mended(found)
    if mended is not None:
        return mended
    if sticky(found.picks):
        return Case(7, True, True, users)
    return Case(9 if by_user else 8, True, True, users)


def _mended(found: Measured) -> Case | None:
    """Rows 5 and 6: a drifting share or an uneven coin."""
    assert found.picks is not None
    p = coin_p(found.picks)
    biased = p is not None and p < ALARM
    if not found.drift.found and not biased:
        return None
    row, reason = (5, "share_drift") if found.drift.found else (6, "first_pick_biased")
    same = found.content.get("position_stratified")
    if same is None:
        # Several rankers have no comparison that mends the draw for all pairs at once.
        return Case(row, False, False, None, reason)
    overlaps = same["overlap_share"] >= ENOUGH_OVERLAP
    test = "day_position_jackknife" if row == 5 else "position_jackknife"
    return Case(row, overlaps and row == 5, overlaps, test, reason, corrected=True)


def _aggregated_test(content: Block) -> str:
    if content["user_sqrt_t"] is not None:
        return "user_sqrt_t"
    if content.get("paired_delta_test") or content.get("paired_t"):
        return "paired_delta_test" if content.get("paired_delta_test") else "paired_t"
    return "sign_summary"


def enough(found: Measured) -> str | None:
    """The notice that says evidence is too thin, if it is."""
    if found.effective is None or found.effective < ENOUGH_EFFECTIVE:
        return "too_few_effective_users"
    return "too_few_decided" if found.credited < ENOUGH_CREDITED else None


def rule(found: Measured, lens: Interleaving) -> Ruling:
    """The ruling on one log, by itself."""
    case = classify(found)
    several = None
    if found.content.get("pairs"):
        several = standing(found.log.rankers, found.content["pairs"], lens)
    if case.allowed and lens.outcome in BOUGHT:
        case = _of_purchases(found, case)
    p, estimate, scope = headline(found, case)
    if several is not None:
        p = several.p if case.test is not None else None
    ruling = Ruling(case, "no_winner", None, None, scope, p, estimate, several)
    if case.row == 1:
        return replace(ruling, status="position_bias_only", reason=case.reason)
    if not case.allowed:
        status = "direction_only" if case.row != 2 and found.direction else "not_valid"
        return replace(ruling, status=status, reason=case.reason)
    thin = enough(found)
    if thin is not None:
        return replace(ruling, status="not_enough_data", reason=thin)
    if lens.outcome in BOUGHT:
        return _bought(ruling, found, lens)
    if several is not None:
        return _of_several(ruling, several)
    return _of_two(ruling, found, lens)


def _of_purchases(found: Measured, case: Case) -> Case:
    """The case of a study that asks for purchases: there must be some, of two rankers."""
    if found.content.get("purchases") is None:
        return replace(case, row=2, valid=None, allowed=False, test=None, reason="no_purchases")
    if len(found.log.rankers) != 2:
        return replace(case, allowed=False, test=None, reason="purchases_need_two")
    return case


def headline(found: Measured, case: Case) -> tuple[float | None, float | None, str]:
    """The headline test's p, its estimate and the scope of its slots."""
    content, scope = found.content, "all"
    if case.test in ("day_position_jackknife", "position_jackknife"):
        same = content["position_stratified"]
        jackknife = same.get("jackknife") or {}
        return jackknife.get("p"), same.get("log_ratio"), scope
    if case.test == "user_sqrt_t" and content["user_sqrt_t"] is not None:
        scope = found.scope
        root = content["competitive_only" if scope == "competitive" else "user_sqrt_t"]
        root = root["user_sqrt_t"] if scope == "competitive" else root
        return root["p"], root["mean"], scope
    if case.test == "impression_sign_test":
        lists = content["impression_level"]
        return lists["sign_test_p"], lists["delta_ab_clicked_impressions"], scope
    if case.test in ("paired_delta_test", "paired_t"):
        one = content[case.test]
        return one["p"], one["estimate"], scope
    if case.test == "sign_summary":
        one = content.get("sign_summary")
        return (one["p"], one["net_preference"], scope) if one else (None, None, scope)
    return None, None, scope


def _of_two(ruling: Ruling, found: Measured, lens: Interleaving) -> Ruling:
    if ruling.p is None or ruling.p >= lens.alpha or not ruling.estimate:
        return ruling
    side = 1 if ruling.estimate > 0 else -1
    same = found.content.get("position_stratified") or {}
    if opposed(side, same, lens.alpha):
        return replace(ruling, reason="tests_disagree")
    return _crossed(ruling, found, lens, side)


def _crossed(ruling: Ruling, found: Measured, lens: Interleaving, side: int) -> Ruling:
    """The winner, unless an anytime bound is awaited."""
    if lens.monitoring == "anytime":
        looks = found.content if found.content.get("path") else None
        by_user = found.log.table.user is not None
        if crossing(looks, by_user=by_user) != side:
            return replace(ruling, reason="anytime_not_crossed")
    return _won(ruling, _name(found, side))


def _won(ruling: Ruling, winner: str) -> Ruling:
    status = "corrected_winner" if ruling.case.corrected else "winner"
    reason = ruling.case.reason if ruling.case.corrected else None
    return replace(ruling, status=status, winner=winner, reason=reason)


def _name(found: Measured, side: int) -> str:
    names = found.log.rankers if len(found.log.rankers) >= 2 else ("control", "candidate")
    return names[1 if side > 0 else 0]


def _of_several(ruling: Ruling, several: Standing) -> Ruling:
    if several.winner is not None:
        return _won(ruling, several.winner)
    if several.disagreeing:
        return replace(ruling, reason="tests_disagree")
    return replace(ruling, reason="anytime_not_crossed" if several.waiting else None)


def _bought(ruling: Ruling, found: Measured, lens: Interleaving) -> Ruling:
    """Row 11: the winner by purchases, where the list log allows one."""
    one = bought(found, lens)
    ruling = replace(ruling, p=one["p"], estimate=one["estimate"], scope="all")
    if one["side"]:
        return _crossed(ruling, found, lens, int(one["side"]))
    return replace(ruling, reason="cap_changes_result" if one["cap"] else None)


def bought(found: Measured, lens: Interleaving) -> dict[str, Any]:
    """The winners by count and by value, and the outcome that the study asks for."""
    result: dict[str, Any] = {"count": 0, "value": 0, "side": 0, "p": None, "estimate": None}
    result["cap"] = False
    purchases = found.content.get("purchases")
    mine = purchases[lens.attribution] if purchases else None
    if mine is None or mine["count"].get("t_test_p", "") == "":
        return result
    result["count"], result["value"] = (
        count_winner(mine, lens.alpha),
        value_winner(mine, lens.alpha),
    )
    by_value = lens.outcome == "purchase_value"
    metric = mine["value" if by_value else "count"]
    tests = [mine["value"]["t_test_p"], mine["value_capped"]["t_test_p"]]
    if not by_value:
        tests = [metric["t_test_p"], metric["user_sqrt_t_p"]]
    result["p"] = None if None in tests else max(tests)
    result["estimate"] = metric["mean_diff_per_user"]
    result["side"] = result["value" if by_value else "count"]
    if by_value:
        result["cap"] = (tests[0] is not None and tests[0] < lens.alpha) and not result["side"]
    return result
