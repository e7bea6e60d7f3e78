"""From the results of a log to its verdict and the one sentence that says it."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.core import Notice, wording
from analysis.study import AB
from analysis.verdict import REASONS, RULES, Bounds, Decision, Guard, decide, overall

WORDS = {
    "ship": "Ship",
    "roll_back": "Roll back",
    "keep_running": "Keep running",
    "iterate": "Iterate",
    "do_not_use": "Do not use",
}

Row = Mapping[str, Any]


def sum_up(content: Row, notices: Sequence[Notice], ab: AB) -> dict[str, Any]:
    """The verdict of the A/B lens, and one a treatment under it.

    Args:
        content: The ``ab`` part of a readout.
        notices: Everything the reader must know; stops forbid a winner.
        ab: The study's section.
    """
    arms = [arm["name"] for arm in content["arms"]]
    stops = [notice for notice in notices if notice.level == "stop"]
    by_arm = {treatment: _decide(content, treatment, stops, ab) for treatment in arms[1:]}
    if not by_arm:
        one = Decision("do_not_use", "r1", tuple(notice.code for notice in stops) or ("one_arm",))
        return _worded(one, [notice.text for notice in stops] or ["There is no second arm."])
    word = overall([one.decision for one in by_arm.values()])
    named = [arm for arm, one in by_arm.items() if one.decision == word]
    leader = _leader(content, named)
    sentences = _sentences(content, leader, by_arm[leader], stops)
    if len(arms) > 2 and word == "ship":
        sentences.insert(0, _ahead(content, leader, named, ab))
    verdict = _worded(by_arm[leader], sentences)
    if word != "do_not_use":
        verdict["treatment"] = leader
    verdict["treatments"] = [
        {
            "treatment": arm,
            **_worded(one, _sentences(content, arm, one, stops)),
        }
        for arm, one in by_arm.items()
    ]
    return verdict


def _worded(one: Decision, sentences: Sequence[str]) -> dict[str, Any]:
    return {
        "decision": one.decision,
        "headline": " ".join(sentences),
        "reasons": list(one.reasons),
        "explanations": [REASONS.get(code, "") for code in one.reasons if code in REASONS],
        "rule": one.rule,
        "rule_text": RULES[one.rule],
    }


def rows_of(content: Row, role: str, treatment: str) -> list[tuple[Row, Row]]:
    """Metric and comparison of one role and treatment."""
    return [
        (metric, row)
        for metric in content["metrics"]
        if metric["role"] == role
        for row in metric["comparisons"]
        if row["treatment"] == treatment
    ]


def _decide(content: Row, treatment: str, stops: Sequence[Notice], ab: AB) -> Decision:
    return decide(
        [bounds(metric, row) for metric, row in rows_of(content, "primary", treatment)],
        [_guard(row) for _, row in rows_of(content, "guardrail", treatment)],
        stops=tuple(dict.fromkeys(notice.code for notice in stops)),
        horizon_reached=content["horizon"]["reached"],
        design=ab.design,
        alpha=ab.alpha,
        mde=ab.mde,
    )


def bounds(metric: Row, row: Row) -> Bounds:
    """A primary's interval with up for good: the lift's, or the difference's without one."""
    low, high = row["lift_low"], row["lift_high"]
    relative = low is not None or high is not None
    if not relative:
        low, high = row["difference_low"], row["difference_high"]
    low, high = _oriented(metric, low, high)
    return Bounds(low, high, bool(row["significant"]), row["p_value"] is not None, relative)


def _oriented(
    metric: Row, low: float | None, high: float | None
) -> tuple[float | None, float | None]:
    if metric["better"] == "higher":
        return low, high
    return (None if high is None else -high), (None if low is None else -low)


def _guard(row: Row) -> Guard:
    """A guardrail; a breach was found at its own corrected level."""
    margin = row.get("margin")
    if row.get("guardrail") == "breached":
        return Guard(None, -float("inf"), margin, row.get("p_noninferior"))
    proof = row.get("p_noninferior") if margin is not None else None
    return Guard(None, None, margin, proof)


def _leader(content: Row, named: Sequence[str]) -> str:
    """The treatment with the largest oriented lift of the first primary; ties by order."""

    def lift(arm: str) -> float:
        rows = rows_of(content, "primary", arm)
        if not rows:
            return -float("inf")
        metric, row = rows[0]
        value = row["lift"] if row["lift"] is not None else row["difference"]
        if value is None:
            return -float("inf")
        return float(value) if metric["better"] == "higher" else -float(value)

    return max(named, key=lift)


def _ahead(content: Row, leader: str, shipping: Sequence[str], ab: AB) -> str:
    """Whether the leader also beats the other treatments, by their own comparison."""
    others = [arm["name"] for arm in content["arms"][1:] if arm["name"] != leader]
    metric = next(one for one in content["metrics"] if one["role"] == "primary")
    pairs = metric.get("pairs", [])
    beaten = []
    for other in others:
        for pair in pairs:
            if {pair["treatment"], pair["control"]} != {leader, other}:
                continue
            sign = 1 if pair["treatment"] == leader else -1
            gain = (pair["difference"] or 0) * sign * (1 if metric["better"] == "higher" else -1)
            if pair["p_holm"] is not None and pair["p_holm"] <= ab.alpha and gain > 0:
                beaten.append(other)
    if set(beaten) == set(others):
        return f"{leader} beats control and every other treatment."
    if len(shipping) > 1:
        return (
            f"{leader} has the largest lift of {wording.joined(list(shipping))}, which all "
            "beat control; it is not shown to beat them."
        )
    return f"{leader} beats control."


def _sentences(content: Row, treatment: str, one: Decision, stops: Sequence[Notice]) -> list[str]:
    if one.decision == "do_not_use":
        first = stops[0] if stops else None
        if first is None:
            return ["The data cannot support a decision."]
        return [first.text, first.fix]
    sentences = [
        metric_sentence(metric, row) for metric, row in rows_of(content, "primary", treatment)[:2]
    ]
    guardrails = guardrail_sentence(rows_of(content, "guardrail", treatment))
    if guardrails:
        sentences.append(guardrails)
    if one.decision == "keep_running":
        sentences.append("The planned end is not reached, so this is not a decision yet.")
    return sentences


def metric_sentence(metric: Row, row: Row) -> str:
    """What became of a metric: it rose, fell or did not clearly change, with its interval."""
    name = metric["name"]
    if row["p_value"] is None:
        return f"{name} could not be compared ({row['status'].replace('_', ' ')})."
    level = wording.level(row["interval_alpha"])
    by_lift = row["lift"] is not None and row["lift_low"] is not None
    if by_lift:
        size = wording.signed_percent(row["lift"])
        interval = wording.lift_interval(row["lift_low"], row["lift_high"])
    else:
        size = wording.signed_number(row["difference"])
        interval = wording.difference_interval(row["difference_low"], row["difference_high"])
    if not row["significant"]:
        seen = ""
        if row.get("mde_now") is not None and row["control_value"]:
            least = row["mde_now"] / abs(row["control_value"])
            seen = (
                " This much data would usually show a change of "
                f"{wording.signed_percent(least).lstrip('+')} or more."
            )
        return f"{name} did not clearly change: {size} ({level} CI {interval}).{seen}"
    verb = "rose" if row["difference"] > 0 else "fell"
    return f"{name} {verb} {size.lstrip('+' + wording.MINUS)} ({level} CI {interval})."


def breach_sentence(metric: Row, row: Row) -> str:
    """How far a guardrail went beyond its margin."""
    said = metric_sentence(metric, row).removesuffix(".")
    if row["margin_scale"] == "absolute":
        return f"{said}, beyond its margin of {wording.number(row['margin'])}."
    return f"{said}, beyond its margin of {margin_text(row['margin'])}."


def margin_text(margin: float) -> str:
    """A relative margin such as 5%."""
    return f"{100 * margin:.4g}%"


def guardrail_sentence(rows: Sequence[tuple[Row, Row]]) -> str:
    """What became of the guardrails, in one sentence."""
    if not rows:
        return ""
    by_state: dict[str, list[str]] = {}
    for metric, row in rows:
        by_state.setdefault(row["guardrail"], []).append(metric["name"])
    worse = [
        metric["name"]
        for metric, row in rows
        if row["guardrail"] == "safe" and row["reading"] == "worse"
    ]
    parts = []
    parts += [
        breach_sentence(metric, row) for metric, row in rows if row["guardrail"] == "breached"
    ]
    if names := by_state.get("unproven"):
        verb = "is" if len(names) == 1 else "are"
        parts.append(f"{wording.joined(names)} {verb} not shown to stay within the margin.")
    if by_state.get("safe") and len(by_state) == 1:
        count = len(rows)
        which = (
            f"Guardrail {rows[0][0]['name']}"
            if count == 1
            else "Both guardrails"
            if count == 2
            else f"All {count} guardrails"
        )
        limit = "its margin" if count == 1 else "their margins"
        parts.append(f"{which} stayed within {limit}.")
    if worse:
        verb = "is" if len(worse) == 1 else "are"
        parts.append(f"{wording.joined(worse)} {verb} worse, but within the agreed margin.")
    return " ".join(parts)
