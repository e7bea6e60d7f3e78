"""The decision: every row of the table, several treatments, several lenses."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import permutations, product
from typing import Any

import pytest

from analysis.ab.summing_up import sum_up
from analysis.core import Notice
from analysis.study import AB
from analysis.verdict import (
    DECISIONS,
    REASONS,
    RULES,
    Bounds,
    Guard,
    across_lenses,
    decide,
    overall,
)


@dataclass(frozen=True)
class Case:
    """The base case; a test changes what it is about. Intervals are not yet oriented."""

    primary: tuple[float | None, float | None] = (0.004, 0.031)
    better: str = "higher"
    guardrail: tuple[float | None, float | None] = (-0.010, 0.012)
    p: float | None = 0.004
    reached: bool = True
    design: str = "fixed"
    mde: float | None = 0.03
    stops: tuple[str, ...] = ()


def turned(better: str, low: float | None, high: float | None) -> tuple[float | None, float | None]:
    """Up is good."""
    if better == "higher":
        return low, high
    return (None if high is None else -high), (None if low is None else -low)


def verdict(case: Case) -> tuple[str, str, tuple[str, ...]]:
    low, high = case.primary
    significant = low is not None and high is not None and (low > 0 or high < 0)
    primary = Bounds(*turned(case.better, low, high), significant)
    guard = Guard(*turned("lower", *case.guardrail), 0.02, case.p)
    found = decide(
        [primary],
        [guard],
        stops=case.stops,
        horizon_reached=case.reached,
        design=case.design,
        mde=case.mde,
    )
    return found.decision, found.rule, found.reasons


BASE = Case()
TABLE: dict[str, tuple[Case, str, str, str | None]] = {
    "nothing changed": (BASE, "ship", "r4", None),
    "the split is off": (
        replace(BASE, stops=("sample_ratio_mismatch",)),
        "do_not_use",
        "r1",
        "sample_ratio_mismatch",
    ),
    "too many mixed units": (
        replace(BASE, stops=("mixed_units_high",)),
        "do_not_use",
        "r1",
        "mixed_units_high",
    ),
    "guardrail wholly beyond its margin": (
        replace(BASE, guardrail=(0.024, 0.050), p=0.999),
        "roll_back",
        "r2",
        None,
    ),
    "guardrail may be beyond its margin": (
        replace(BASE, guardrail=(0.015, 0.030), p=0.41),
        "iterate",
        "r6",
        "guardrail_unproven",
    ),
    "guardrail worse within its margin": (
        replace(BASE, guardrail=(0.002, 0.015), p=0.01),
        "ship",
        "r4",
        None,
    ),
    "guardrail not computable": (
        replace(BASE, guardrail=(None, None), p=None),
        "iterate",
        "r6",
        "guardrail_missing",
    ),
    "before the horizon": (
        replace(BASE, reached=False),
        "keep_running",
        "r5",
        "early_significant_fixed",
    ),
    "before the horizon, always valid": (
        replace(BASE, reached=False, design="always_valid"),
        "ship",
        "r4",
        None,
    ),
    "before the horizon, group sequential": (
        replace(BASE, reached=False, design="group_sequential"),
        "ship",
        "r4",
        None,
    ),
    "before the horizon, bayesian": (
        replace(BASE, reached=False, design="bayesian"),
        "keep_running",
        "r5",
        None,
    ),
    "early and worse, always valid": (
        replace(BASE, reached=False, design="always_valid", primary=(-0.040, -0.006)),
        "roll_back",
        "r3",
        None,
    ),
    "early and a guardrail breached, always valid": (
        replace(
            BASE,
            reached=False,
            design="always_valid",
            primary=(-0.010, 0.020),
            guardrail=(0.021, 0.090),
            p=0.99,
        ),
        "roll_back",
        "r2",
        None,
    ),
    "lower is better and it fell": (
        replace(BASE, better="lower", primary=(-0.030, -0.002)),
        "ship",
        "r4",
        None,
    ),
    "lower is better and it rose": (replace(BASE, better="lower"), "roll_back", "r3", None),
    "nothing worth having": (
        replace(BASE, primary=(-0.010, 0.020)),
        "iterate",
        "r6",
        "no_effect_worth_having",
    ),
    "too few units to tell": (
        replace(BASE, primary=(-0.020, 0.050)),
        "iterate",
        "r6",
        "underpowered",
    ),
    "too few units, not reached": (
        replace(BASE, primary=(-0.020, 0.050), reached=False),
        "keep_running",
        "r5",
        "before_horizon",
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_the_table_of_decisions(name: str) -> None:
    case, decision, rule, reason = TABLE[name]
    found = verdict(case)
    assert found[:2] == (decision, rule)
    assert reason is None or reason in found[2]


def test_without_an_mde_the_reason_says_so() -> None:
    found = verdict(replace(BASE, primary=(-0.02, 0.05), mde=None))
    assert found == ("iterate", "r6", ("mde_not_set",))


def test_every_reason_that_holds_is_given() -> None:
    found = verdict(replace(BASE, primary=(-0.02, 0.05), guardrail=(0.0, 0.03), p=0.3))
    assert set(found[2]) == {"guardrail_unproven", "underpowered"}


def test_a_primary_that_could_not_be_computed_is_named() -> None:
    missing = Bounds(None, None, computable=False)
    assert decide([missing], [], horizon_reached=True).reasons == ("primary_not_computable",)
    assert decide([missing], [], horizon_reached=False).decision == "keep_running"


def test_a_bound_set_to_0_counts_as_beyond_when_significant() -> None:
    assert decide([Bounds(0.0, 0.2, True)], [], horizon_reached=True).decision == "ship"
    assert decide([Bounds(-0.2, 0.0, True)], [], horizon_reached=True).decision == "roll_back"
    assert decide([Bounds(0.0, 0.2, False)], [], horizon_reached=True).decision == "iterate"


def test_a_margin_is_broken_strictly_beyond_it_only() -> None:
    """r2: hi < -margin."""
    good = Bounds(0.01, 0.02, True)
    at = Guard(-0.05, -0.02, 0.02, 0.9)
    assert decide([good], [at], horizon_reached=True).decision == "iterate"
    beyond = Guard(-0.05, -0.0200001, 0.02, 0.9)
    assert decide([good], [beyond], horizon_reached=True).rule == "r2"


def test_one_bad_primary_outweighs_a_good_one() -> None:
    good, bad = Bounds(0.01, 0.02, True), Bounds(-0.02, -0.01, True)
    assert decide([good, bad], [], horizon_reached=True).rule == "r3"
    assert decide([good, Bounds(-0.01, 0.01)], [], horizon_reached=True).rule == "r4"


def test_a_stop_outweighs_everything() -> None:
    for reached, design in product((True, False), ("fixed", "always_valid")):
        found = verdict(
            replace(
                BASE, stops=("mixed_units_high",), reached=reached, design=design, guardrail=(1, 2)
            )
        )
        assert found[1] == "r1"


def test_every_rule_and_reason_has_a_text() -> None:
    assert set(RULES) == {"r1", "r2", "r3", "r4", "r5", "r6"}
    given = {reason for case, *_ in TABLE.values() for reason in verdict(case)[2]}
    assert given <= set(REASONS)


@pytest.mark.parametrize(
    ("words", "word"),
    [
        (("ship",), "ship"),
        (("roll_back",), "roll_back"),
        (("do_not_use",), "do_not_use"),
        (("ship", "roll_back"), "roll_back"),
        (("do_not_use", "roll_back"), "roll_back"),
        (("do_not_use", "ship"), "ship"),
        (("do_not_use", "do_not_use"), "do_not_use"),
        (("ship", "ship", "ship"), "ship"),
        (("ship", "keep_running"), "keep_running"),
        (("keep_running", "keep_running"), "keep_running"),
        (("ship", "iterate"), "iterate"),
        (("keep_running", "iterate"), "iterate"),
        (("ship", "keep_running", "iterate"), "iterate"),
        (("iterate", "roll_back", "keep_running"), "roll_back"),
    ],
)
def test_the_word_across_lenses(words: tuple[str, ...], word: str) -> None:
    for order in permutations(words):
        assert across_lenses(order) == word


def test_any_lenses_have_a_word() -> None:
    for words in product(DECISIONS, repeat=3):
        assert across_lenses(words) in DECISIONS
        assert overall(words) in DECISIONS


# ------------------------------------------------------------------ several treatments


def row(
    treatment: str, lift: float | None, half: float, *, better: str = "higher", **more: Any
) -> dict[str, Any]:
    """A comparison as the readout has it."""
    low = None if lift is None else lift - half
    high = None if lift is None else lift + half
    significant = low is not None and high is not None and (low > 0 or high < 0)
    rose = (lift or 0) > 0
    word = "no_clear_change"
    if significant:
        word = "better" if rose == (better == "higher") else "worse"
    return {
        "treatment": treatment,
        "control": "control",
        "lift": lift,
        "lift_low": low,
        "lift_high": high,
        "difference": lift,
        "difference_low": low,
        "difference_high": high,
        "control_value": 1.0,
        "p_value": None if lift is None else 0.01,
        "status": "ok",
        "significant": significant,
        "reading": word,
        "interval_alpha": 0.05,
        "mde_now": 0.01,
        **more,
    }


def content(
    rows: list[dict[str, Any]],
    *,
    better: str = "higher",
    guardrails: list[dict[str, Any]] | None = None,
    pairs: list[dict[str, Any]] | None = None,
    reached: bool = True,
) -> dict[str, Any]:
    arms = ["control", *dict.fromkeys(one["treatment"] for one in rows)]
    metrics: list[dict[str, Any]] = [
        {"name": "Orders", "role": "primary", "better": better, "comparisons": rows}
    ]
    if pairs is not None:
        metrics[0]["pairs"] = pairs
    if guardrails:
        metrics.append(
            {"name": "Latency", "role": "guardrail", "better": "lower", "comparisons": guardrails}
        )
    return {
        "arms": [{"name": arm} for arm in arms],
        "metrics": metrics,
        "horizon": {"reached": reached},
    }


def safe(treatment: str, **more: Any) -> dict[str, Any]:
    return row(treatment, 0.0, 0.01) | {
        "guardrail": "safe",
        "margin": 0.05,
        "margin_scale": "relative",
        "p_noninferior": 0.001,
        **more,
    }


def test_of_several_that_ship_the_largest_lift_is_named() -> None:
    found = sum_up(content([row("a", 0.05, 0.02), row("b", 0.08, 0.02)]), [], AB())
    assert found["decision"] == "ship"
    assert found["treatment"] == "b"
    assert "not shown to beat" in found["headline"]
    assert [one["decision"] for one in found["treatments"]] == ["ship", "ship"]


def test_where_lower_is_better_the_largest_fall_is_named() -> None:
    rows = [row("a", -0.05, 0.02, better="lower"), row("b", -0.03, 0.02, better="lower")]
    found = sum_up(content(rows, better="lower"), [], AB())
    assert (found["decision"], found["treatment"]) == ("ship", "a")


def test_a_tie_goes_to_the_first_in_the_study() -> None:
    found = sum_up(content([row("b", 0.05, 0.02), row("a", 0.05, 0.02)]), [], AB())
    assert found["treatment"] == "b"


@pytest.mark.parametrize(("p", "beats"), [(0.01, True), (0.2, False), (None, False)])
def test_the_leader_beats_the_others_only_if_their_own_comparison_says_so(
    p: float | None, beats: bool
) -> None:
    pair = {"treatment": "b", "control": "a", "difference": 0.03, "p": p, "p_holm": p}
    rows = [row("a", 0.05, 0.02), row("b", 0.08, 0.02)]
    found = sum_up(content(rows, pairs=[pair]), [], AB())
    assert ("every other treatment" in found["headline"]) == beats


def test_a_pair_that_speaks_against_the_leader_does_not_make_it_beat() -> None:
    pair = {"treatment": "a", "control": "b", "difference": 0.03, "p": 0.001, "p_holm": 0.001}
    rows = [row("a", 0.05, 0.02), row("b", 0.08, 0.02)]
    found = sum_up(content(rows, pairs=[pair]), [], AB())
    assert "every other treatment" not in found["headline"]


def test_a_harmful_treatment_does_not_hold_back_a_good_one() -> None:
    found = sum_up(content([row("a", -0.05, 0.02), row("b", 0.08, 0.02)]), [], AB())
    assert (found["decision"], found["treatment"]) == ("ship", "b")
    assert [one["decision"] for one in found["treatments"]] == ["roll_back", "ship"]


def test_a_ship_with_a_guardrail_worse_within_its_margin_says_so() -> None:
    worse = safe("a", reading="worse", significant=True)
    found = sum_up(content([row("a", 0.05, 0.02)], guardrails=[worse]), [], AB())
    assert found["decision"] == "ship"
    assert "worse, but within" in found["headline"]


def test_a_breached_guardrail_rolls_back_its_own_treatment_only() -> None:
    rows = [row("a", 0.09, 0.02), row("b", 0.05, 0.02)]
    guards = [safe("a", guardrail="breached", p_noninferior=0.99), safe("b")]
    found = sum_up(content(rows, guardrails=guards), [], AB())
    assert (found["decision"], found["treatment"]) == ("ship", "b")
    assert found["treatments"][0]["rule"] == "r2"


def test_a_guardrail_without_a_margin_is_no_pass() -> None:
    unset = safe("a", margin=None, p_noninferior=None, guardrail="unproven")
    found = sum_up(content([row("a", 0.05, 0.02)], guardrails=[unset]), [], AB())
    assert (found["decision"], found["rule"]) == ("iterate", "r6")
    assert "guardrail_missing" in found["reasons"]


def test_a_stop_notice_of_the_log_forbids_a_winner() -> None:
    stop = Notice("sample_ratio_mismatch", "stop", "ab", "The split is off.", "Find the units.")
    found = sum_up(content([row("a", 0.05, 0.02)]), [stop], AB())
    assert (found["decision"], found["rule"]) == ("do_not_use", "r1")
    assert found["reasons"] == ["sample_ratio_mismatch"]
    assert "The split is off." in found["headline"]
    assert "Orders" not in found["headline"]


def test_warnings_and_notes_forbid_nothing() -> None:
    notices = [
        Notice("small_sample", "warn", "ab", "Few."),
        Notice("no_horizon", "note", "ab", "N"),
    ]
    assert sum_up(content([row("a", 0.05, 0.02)]), notices, AB())["decision"] == "ship"


def test_a_log_with_one_arm_decides_nothing() -> None:
    found = sum_up(content([]), [], AB())
    assert (found["decision"], found["rule"]) == ("do_not_use", "r1")


def test_a_primary_without_a_lift_is_read_by_its_difference_but_not_against_the_mde() -> None:
    """The mde is a lift: a difference of 0.001 units says nothing about 3 %."""
    one = row("a", None, 0.0) | {
        "difference": 0.001,
        "difference_low": -0.002,
        "difference_high": 0.004,
        "p_value": 0.5,
        "control_value": 0.0,
    }
    found = sum_up(content([one]), [], AB(mde=0.03))
    assert found["decision"] == "iterate"
    assert "no_effect_worth_having" not in found["reasons"]
    better = one | {"difference_low": 0.0005, "significant": True}
    assert sum_up(content([better]), [], AB(mde=0.03))["decision"] == "ship"


def test_headlines_say_what_moved_and_how_surely() -> None:
    found = sum_up(content([row("a", 0.052, 0.02)], guardrails=[safe("a")]), [], AB())
    assert "Orders rose 5.2% (95% CI +3.2% to +7.2%)." in found["headline"]
    assert "Guardrail Latency stayed within its margin." in found["headline"]
    fell = sum_up(content([row("a", -0.052, 0.02)]), [], AB())
    assert "Orders fell 5.2%" in fell["headline"]
    nothing = sum_up(content([row("a", 0.01, 0.02)]), [], AB())
    assert "Orders did not clearly change" in nothing["headline"]


def test_every_verdict_names_its_rule_and_explains_its_reasons() -> None:
    found: Mapping[str, Any] = sum_up(content([row("a", 0.01, 0.02)]), [], AB())
    assert found["rule_text"] == RULES[found["rule"]]
    assert len(found["explanations"]) == len(found["reasons"])
