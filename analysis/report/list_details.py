"""Every number behind an interleaving readout, as named facts."""

from collections.abc import Mapping
from typing import Any

from analysis.core import wording
from analysis.report import list_badges, list_rows, words

Content = Mapping[str, Any]
Facts = list[tuple[str, str]]
Sections = list[tuple[str, Facts]]

SOURCES = {
    "given": "the curve that the study gives",
    "shuffled": "lists in random order",
    "loglinear": "items shown at several positions, log-linear fit",
    "none": "none: no correction by position is made",
}
COUNTERS = {
    "rows_in_file": "Rows in the file",
    "duplicate_rows_removed": "Exact duplicates removed",
    "rows_missing_position": "Dropped: no position",
    "rows_bad_position": "Dropped: position that is none",
    "rows_unknown_model": "Rows of rankers that are not compared",
    "rows_shared": "Rows without a ranker (shared slots)",
    "rows_merged": "Rows merged into one slot",
    "repeat_clicks": "Repeated clicks counted once",
    "shared_clicks": "Clicks on shared slots, credited to nobody",
    "suspected_bot_users": "Suspected bots",
}
SHARES = {
    "position_weighted_known_theta": "given examination",
    "position_weighted_estimated_theta": "estimated examination",
    "position_weighted_dcg": "1/log2(1 + position), not an examination curve",
}


def numbers(content: Content) -> Sections:
    """All numbers of the comparison, block by block."""
    found = content["interleaving"]
    sections = [
        (" v ".join(reversed(pair["pair"])), [*_outcomes(pair.get("user"), "users"), *_pair(pair)])
        for pair in found.get("pairs") or ()
    ]
    sections += [
        ("Users", _outcomes(found.get("user_level"), "users")),
        ("Lists", _outcomes(found.get("impression_level"), "lists")),
        ("Tests by user", _tests(found)),
        ("Same position", _same_position(found.get("position_stratified"))),
        ("How the answer moves with the correction", _corrections(found)),
        ("Purchases", _purchases(found.get("purchases"))),
        ("Users needed", _planning(found.get("planning"))),
    ]
    return [(title, facts) for title, facts in sections if facts]


def _outcomes(block: Content | None, who: str) -> Facts:
    if not block or "wins" not in block:
        return []
    facts: Facts = [
        (f"{who.capitalize()} for the candidate", words.count(block["wins"])),
        (f"{who.capitalize()} for the control", words.count(block["losses"])),
        ("Ties with clicks", words.count(block["ties_with_clicks"])),
        ("Ties without clicks", words.count(block["ties_no_click"])),
        ("Share of those decided", words.share(block.get("win_rate_excl_ties"))),
        ("Sign test", words.p_exact(block.get("sign_test_p"))),
    ]
    scales = (
        ("delta_ab_clicked_impressions", "Delta AB, lists with clicks, scale −0.5 to 0.5"),
        ("delta_ab_all_impressions", "Delta AB, all lists, scale −0.5 to 0.5"),
        ("delta_ab_rescaled", "Delta AB, lists with clicks, scale −1 to 1"),
        ("delta_ab", "Delta AB, all users, scale −0.5 to 0.5"),
        ("net_preference", "Net preference (for minus against, by all users)"),
    )
    return facts + [
        (label, _signed(block[key])) for key, label in scales if block.get(key) is not None
    ]


def _pair(pair: Content) -> Facts:
    """The test of one pair of several rankers, as it is and corrected for all pairs."""
    root, signs = pair.get("sqrt_t_p"), pair.get("sign_test_p")
    return _known(
        ("Difference over root of credits (sqrt-t)", words.p_exact(root)),
        ("The same, corrected for all pairs (Holm)", words.p_exact(pair.get("sqrt_t_p_holm"))),
        ("Sign test, corrected (Holm)", words.p_exact(signs and pair.get("sign_test_p_holm"))),
    )


def _tests(found: Content) -> Facts:
    root = found.get("user_sqrt_t") or {}
    level = found.get("user_level") or {}
    share = found.get("credit_share_clustered") or {}
    equal = found.get("user_equal_weight_share") or {}
    return _known(
        ("Difference over root of credits (sqrt-t)", words.p_exact(root.get("p"))),
        ("Difference of clicks a user (t)", words.p_exact(level.get("t_test_p"))),
        ("Signed rank (Wilcoxon)", words.p_exact(root.get("wilcoxon_p"))),
        ("Sign flips", words.p_exact(found.get("user_sign_flip_p"))),
        (
            "Candidate's share of credited clicks",
            _with_range(share.get("share"), share.get("ci95")),
        ),
        ("Mean of users' own shares", words.share(equal.get("share"))),
    )


def _same_position(block: Content | None) -> Facts:
    if not block:
        return []
    if block.get("identified") is False:
        return [("Comparison", "no position holds both rankers")]
    jackknife = block.get("jackknife") or {}
    low, high = jackknife.get("lift_ci95") or (None, None)
    return _known(
        ("Lift", f"{words.lift(block.get('lift'))} ({words.lift_interval(low, high)})"),
        ("p-value, leaving out one user at a time", words.p_exact(jackknife.get("p"))),
        ("p-value, linearised", words.p_exact(block.get("p"))),
        ("Slots at positions that hold both", words.share(block.get("overlap_share"))),
        ("Left out, one ranker only", words.several(block.get("strata_without_overlap") or [])),
    )


def _corrections(found: Content) -> Facts:
    facts: Facts = []
    for key, label in SHARES.items():
        for kind, how in (("coec", "clicks over expected"), ("ips_slot_mean", "inverse weights")):
            block = (found.get(key) or {}).get(kind) or {}
            if block.get("share") is not None:
                said = _with_range(block["share"], block.get("share_ci95"))
                facts.append((f"Candidate's share, {label}, {how}", said))
    ranks = found.get("counterfactual_rank_weighted") or {}
    if ranks.get("effect_clicks_per_impression") is not None:
        said = f"{_signed(ranks['effect_clicks_per_impression'])} clicks a list"
        if ranks.get("relative") is not None:
            said += f", {words.lift(ranks['relative'])}"
        facts.append(("From both rankers' own lists", f"{said} (p {_p(ranks.get('p'))})"))
    return facts


def _planning(block: Content | None) -> Facts:
    if not block:
        return []
    return _known(
        ("For a preference as strong as this one, at 80% power", _count(block, "users_needed")),
        ("Of them with credited clicks", _count(block, "users_with_credit_needed")),
        (
            "In an A/B test, if clicks a user rose by the same lift",
            _count(block, "ab_users_needed"),
        ),
    )


def _count(block: Content, key: str) -> str:
    return words.NONE if block.get(key) is None else words.count(block[key])


def _purchases(block: Content | None) -> Facts:
    facts: Facts = []
    for rule, found in (block or {}).items():
        if not isinstance(found, Mapping):
            continue
        name = rule.replace("_", " ").capitalize()
        if found.get("attributed_purchases") is not None:
            said = (
                f"{words.count(found['attributed_purchases'])} credited,"
                f" {words.count(found.get('unattributed'))} not"
            )
            facts.append((f"{name}: purchases", said))
        for metric in ("count", "value", "value_capped"):
            one = found.get(metric) or {}
            if one.get("mean_diff_per_user") is not None:
                facts.append(
                    (
                        f"{name}: {metric.replace('_', ', ')} a user, candidate minus control",
                        f"{_signed(one['mean_diff_per_user'])} (p {_p(one.get('t_test_p'))})",
                    )
                )
    return facts


def balance(content: Content) -> Facts:
    """Who starts, and who stands where."""
    found = content["interleaving"]
    block = found.get("balance") or {}
    names = found.get("rankers") or []
    chi2 = found.get("position_model_chi2") or {}
    facts = _known(
        ("Lists with a ranker's slot", words.count(block.get("n_impressions_with_team"))),
        (f"Started by {names[0] if names else 'the control'}", _started(block)),
        (
            "p-value of an even draw, by user (decides, alarm below 0.001)",
            words.p_exact(block.get("first_pick_user_clustered_p")),
        ),
        ("p-value of an even draw, by list", words.p_exact(block.get("first_pick_binom_p"))),
        (
            "Same starter for each user",
            {True: "yes", False: "no"}.get(block.get("sticky_first_pick"), words.NONE),  # type: ignore[arg-type]
        ),
    )
    for name, slots in (block.get("slots") or {}).items():
        mean = (block.get("mean_reciprocal_position") or {}).get(name)
        said = words.count(slots)
        facts.append((f"Slots of {name}", f"{said}, mean of 1/position {words.number(mean)}"))
    if chi2.get("p") is not None:
        facts.append(("Positions by rankers (chi-square)", words.p_exact(chi2["p"])))
    return facts


def _started(block: Content) -> str:
    if block.get("control_first") is None:
        return words.NONE
    return f"{words.count(block['control_first'])} ({words.share(block['control_first_share'])})"


def cleaning(content: Content) -> Facts:
    """What was repaired and set aside before counting."""
    found = content["interleaving"]
    facts = []
    for key, label in COUNTERS.items():
        value = found.get(key)
        if isinstance(value, list):
            value = len(value)
        if value or (key == "rows_in_file" and value is not None):
            facts.append((label, words.count(value)))
    if found.get("effective_users") is not None:
        facts.append(("Effective users", words.number(found["effective_users"])))
    if found.get("top_user_impression_share") is not None:
        share = words.share(found["top_user_impression_share"])
        facts.append(("Lists of the busiest user", share))
    return facts


def settings(content: Content) -> Facts:
    """The rules of the analysis that the study fixed."""
    lens = content["study"].get("interleaving") or {}
    found = content["interleaving"]
    alpha = list_rows.alpha_of(content)
    source = str(found.get("theta_source") or "none")
    return _known(
        ("Outcome", str(lens.get("outcome", "click")).replace("_", " ")),
        ("Test that decides", list_badges.method(content)),
        ("Intervals", f"{words.level(alpha)}, two-sided (alpha {alpha:g})"),
        ("Examination by position", SOURCES.get(source, source)),
        ("Credit", str(lens.get("credit_scope", "auto"))),
        (
            "Looks",
            "at any time" if lens.get("monitoring") == "anytime" else "one, at the end",
        ),
        (
            "Suspected bots",
            "left out" if lens.get("exclude_suspected_bots", True) else "counted",
        ),
    )


def _known(*facts: tuple[str, str]) -> Facts:
    return [(name, said) for name, said in facts if said and said != words.NONE]


def _with_range(value: float | None, ends: Any) -> str:
    if value is None or not ends:
        return words.share(value)
    return f"{words.share(value)} ({words.share(ends[0])} to {words.share(ends[1])})"


def _p(value: float | None) -> str:
    return words.p_exact(value)


def _signed(value: float) -> str:
    return wording.signed_number(value)
