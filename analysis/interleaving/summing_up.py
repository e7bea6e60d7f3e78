"""From the ruling to the verdict: one word, its rule, and the sentence that says it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analysis.core import Notice, wording
from analysis.interleaving.inference import Block
from analysis.interleaving.measure import Measured
from analysis.interleaving.rules import Ruling, bought
from analysis.study import Interleaving

RULES = {
    "i1": "The log tells how position changes clicks, but not which ranker supplied what.",
    "i2": "The lists were not drawn in a way that lets clicks name a winner.",
    "i3": "There are too few users, or too few of them clicked, to trust any number.",
    "i4": "Users prefer a candidate, and the log is sound or its fault is taken out.",
    "i5": "Users prefer the ranker in use, and the log is sound or its fault is taken out.",
    "i6": "The log may be used, and shows no clear preference.",
}

REASONS = {
    "position_bias_only": "No column says which ranker supplied a slot.",
    "not_valid": "The draw of the lists cannot support a winner.",
    "direction_only": "The draw cannot support a winner; the ranks alone give a direction.",
    "not_enough_data": "Too little evidence yet.",
    "winner": "The headline test is significant and nothing contradicts it.",
    "corrected_winner": "The draw was uneven, so slots are compared at the same position only.",
    "no_winner": "No ranker is clearly preferred.",
    "tests_disagree": "Two comparisons point in opposite directions.",
    "anytime_not_crossed": "The bound that holds at every look was not crossed.",
    "bots_change_verdict": "The verdict hangs on users that may be bots.",
    "no_purchases": "The study asks for purchases, and the log holds none.",
    "purchases_need_two": "Purchases compare two rankers.",
    "cap_changes_result": "A few large purchases decide.",
    "theta_too_short": "The examination curve does not reach the last position.",
}


@dataclass(frozen=True)
class Call:
    """A decision and the rule that made it."""

    decision: str
    rule: str


def call(ruling: Ruling, rankers: tuple[str, ...]) -> Call:
    """The word for a ruling."""
    if ruling.status == "position_bias_only":
        return Call("do_not_use", "i1")
    if ruling.status in ("not_valid", "direction_only"):
        return Call("do_not_use", "i2")
    if ruling.status == "not_enough_data":
        return Call("keep_running", "i3")
    if ruling.winner is None:
        return Call("iterate", "i6")
    control = rankers[0] if rankers else "control"
    return Call("roll_back", "i5") if ruling.winner == control else Call("ship", "i4")


def sum_up(found: Measured, ruling: Ruling, notices: Sequence[Notice], lens: Interleaving) -> Block:
    """The verdict of the lens.

    Args:
        found: All blocks.
        ruling: What the rules say.
        notices: What the reader must know.
        lens: The study's section.
    """
    content, rankers = found.content, found.log.rankers
    made = call(ruling, rankers)
    reasons = list(dict.fromkeys(one for one in (ruling.status, ruling.reason) if one))
    verdict: Block = {
        "decision": made.decision,
        "headline": _headline(found, ruling, notices, lens),
        "reasons": reasons,
        "explanations": [REASONS[one] for one in reasons if one in REASONS],
        "rule": made.rule,
        "rule_text": RULES[made.rule],
        "row": ruling.case.row,
        "winner": ruling.winner,
        "status": ruling.status,
        "reason": ruling.reason,
        "valid_experiment": ruling.case.valid,
        "corrected": ruling.status == "corrected_winner",
        "headline_test": ruling.case.test,
        "headline_scope": ruling.scope,
        "headline_p": ruling.p,
        "direction_from_counterfactual": _name(rankers, found.direction),
        "naive_would_say": _naive(content, rankers, lens.alpha),
        "pooled_would_say": _pooled(content, rankers),
        "losers": ruling.standing.losers if ruling.standing else [],
        "not_separated": ruling.standing.not_separated if ruling.standing else [],
    }
    if lens.outcome in ("purchase_count", "purchase_value"):
        verdict["headline_test"] = f"{lens.outcome}_{lens.attribution}"
    by = bought(found, lens)
    allowed = ruling.case.allowed and ruling.status != "not_enough_data"
    for name in ("count", "value"):
        verdict[f"{name}_winner"] = _name(rankers, by[name]) if allowed else None
    return verdict


def _name(rankers: tuple[str, ...], side: int) -> str | None:
    return None if side == 0 or len(rankers) < 2 else rankers[1 if side > 0 else 0]


def _naive(content: Block, rankers: tuple[str, ...], alpha: float) -> str | None:
    """What a sign test over lists would name, whatever the draw."""
    lists = content.get("impression_level") or {}
    if lists.get("sign_test_p") is None or lists["sign_test_p"] >= alpha:
        return None
    return _name(rankers, 1 if lists["wins"] > lists["losses"] else -1)


def _pooled(content: Block, rankers: tuple[str, ...]) -> str | None:
    """The ranker with more clicks a slot, whatever its positions."""
    ctr = content.get("pooled_ctr")
    if not ctr or None in ctr.values():
        return None
    a, b = ctr.values()
    return _name(rankers, int(b > a) - int(b < a))


def _headline(
    found: Measured, ruling: Ruling, notices: Sequence[Notice], lens: Interleaving
) -> str:
    """What a product manager reads first."""
    reason = next((one for one in notices if one.code == ruling.reason), None)
    blocked = ruling.status in ("not_valid", "direction_only", "not_enough_data")
    if ruling.status == "position_bias_only" or blocked or _stopped(ruling):
        sentences = [reason.text, reason.fix] if reason else [REASONS[ruling.status]]
        if ruling.status == "position_bias_only":
            sentences.append(_curve_sentence(found))
        if ruling.status == "direction_only":
            better = _name(found.log.rankers, found.direction)
            sentences.append(
                f"Both rankers' own orders, weighed by position, lean towards {better}; "
                "that is a direction, not a winner."
            )
        return " ".join(one for one in sentences if one)
    if ruling.standing is not None:
        return _several_sentence(found, ruling)
    if found.log.totals is not None or not found.content.get("impression_level"):
        return _sums_sentence(found, ruling)
    return " ".join(_two_sentences(found, ruling, lens))


def _curve_sentence(found: Measured) -> str:
    """What shuffled rows say of the lowest position; empty without them."""
    curve = found.content.get("randomised_rows")
    if not curve or not curve["position_bias_detected"]:
        return ""
    known = [(int(k), theta) for k, theta in curve["theta"].items() if theta is not None]
    position, theta = max(known, default=(1, 1.0))
    return (
        f"Position {position} is clicked {wording.number(theta)} times as often as position 1."
        if position > 1
        else ""
    )


def _stopped(ruling: Ruling) -> bool:
    return ruling.reason in ("tests_disagree", "bots_change_verdict", "theta_too_short")


def _two_sentences(found: Measured, ruling: Ruling, lens: Interleaving) -> list[str]:
    control, candidate = found.log.rankers
    p = wording.p_value(ruling.p)
    if ruling.winner is None:
        first = f"No clear preference between {control} and {candidate} ({p}): "
    else:
        loser = control if ruling.winner == candidate else candidate
        first = f"{ruling.winner} is preferred to {loser} ({p}): "
    sentences = [first + _counts(found, ruling, lens)]
    if ruling.case.corrected:
        # Plain counts are what the uneven draw has spoilt: they would only confuse.
        sentences = [first.removesuffix(": ") + "."]
    same = found.content.get("position_stratified")
    if same and same.get("lift") is not None and lens.outcome in ("click", "conversion"):
        sentences.append(_position_sentence(candidate, same, lens))
    if ruling.case.corrected:
        sentences.append(
            "The draw was uneven, so only slots at the same position are compared; mend it "
            "before the next test."
        )
    if ruling.reason == "anytime_not_crossed":
        sentences.append("The bound that holds at every look was not crossed yet.")
    planning = found.content.get("planning") or {}
    needed = planning.get("users_needed")
    if ruling.winner is None and needed and needed > found.log.users:
        sentences.append(
            f"A preference as small as this one takes about {wording.count(needed)} users to "
            f"show; the log has {wording.count(found.log.users)}."
        )
    return sentences


def _counts(found: Measured, ruling: Ruling, lens: Interleaving) -> str:
    control, candidate = found.log.rankers
    if lens.outcome in ("purchase_count", "purchase_value"):
        total = found.content["purchases"][lens.attribution]
        metric = total["value" if lens.outcome == "purchase_value" else "count"]["total"]
        what = "of purchases" if lens.outcome == "purchase_value" else "purchases"
        return (
            f"{candidate} is credited with {wording.number(metric[candidate])} {what}, "
            f"{control} with {wording.number(metric[control])}."
        )
    blocks = found.content
    if ruling.scope == "competitive":
        blocks = blocks["competitive_only"]
    level = blocks["user_level"]
    who = "users" if level else "lists"
    level = level or blocks["impression_level"]
    said = (
        f"{wording.count(level['wins'])} {who} chose more of {candidate}'s items and "
        f"{wording.count(level['losses'])} more of {control}'s"
    )
    return f"{said}, where the two differ." if ruling.scope == "competitive" else f"{said}."


def _position_sentence(candidate: str, same: Block, lens: Interleaving) -> str:
    what = "conversions" if lens.outcome == "conversion" else "clicks"
    jackknife = same.get("jackknife") or {}
    ends = jackknife.get("lift_ci_alpha", jackknife.get("lift_ci95"))
    size = wording.signed_percent(same["lift"]).lstrip("+" + wording.MINUS)
    more = "fewer" if same["lift"] < 0 else "more"
    said = f"At the same position, {candidate}'s items get {size} {more} {what}"
    if not ends:
        return f"{said}."
    return f"{said} ({wording.level(lens.alpha)} CI {wording.lift_interval(*ends)})."


def _several_sentence(found: Measured, ruling: Ruling) -> str:
    standing, rankers = ruling.standing, list(found.log.rankers)
    assert standing is not None
    if ruling.winner is not None:
        others = [one for one in rankers if one != ruling.winner]
        beaten = wording.joined(others)
        return f"{ruling.winner} is preferred to {beaten} ({wording.p_value(standing.p)}, Holm)."
    if not standing.losers:
        return f"No clear preference among {wording.joined(rankers)}."
    left = wording.joined(
        standing.not_separated or [r for r in rankers if r not in standing.losers]
    )
    beaten = wording.joined(standing.losers)
    verb = "loses" if len(standing.losers) == 1 else "lose"
    tail = f"{left} cannot be told apart" if len(standing.not_separated) > 1 else f"{left} is left"
    return f"{beaten} {verb} to another ranker; {tail}."


def _sums_sentence(found: Measured, ruling: Ruling) -> str:
    rankers = found.log.rankers if len(found.log.rankers) >= 2 else ("control", "candidate")
    p = wording.p_value(ruling.p)
    if ruling.winner is None:
        return f"No clear preference between {rankers[0]} and {rankers[1]} ({p})."
    loser = next(one for one in rankers if one != ruling.winner)
    return f"{ruling.winner} is preferred to {loser} ({p})."


def effect(found: Measured, ruling: Ruling) -> dict[str, Any] | None:
    """The effect size beside the verdict: name, value and interval."""
    content, row = found.content, ruling.case.row
    same = content.get("position_stratified")
    if row >= 4 and same and same.get("lift") is not None:
        jackknife = same.get("jackknife") or {}
        name = "day_position_lift" if found.drift.found else "position_lift"
        return {"name": name, "value": same["lift"], "ci95": jackknife.get("lift_ci95")}
    curve = content.get("randomised_rows")
    if row == 1 and curve:
        return {"name": "theta", "value": curve["theta"], "ci95": curve["ci95"]}
    lists = content.get("impression_level") or {}
    if row == 3 and lists.get("delta_ab_clicked_impressions") is not None:
        return {
            "name": "delta_ab",
            "value": lists["delta_ab_clicked_impressions"],
            "ci95": lists["delta_ab_ci95"],
        }
    return None
