"""Metric rows: what is drawn, in which colour, with which word."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from analysis.report import markup, rows

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
Content = dict[str, Any]


def content(name: str = "ship") -> Content:
    readout: Content = json.loads((FIXTURES / f"readout_{name}.json").read_text(encoding="utf-8"))
    return readout


def only(readout: Content, role: str, **changes: Any) -> markup.Row:
    """The readout's first row of a role after its comparison was changed."""
    readout = copy.deepcopy(readout)
    metric = next(one for one in readout["ab"]["metrics"] if one["role"] == role)
    metric["better"] = changes.pop("better", metric["better"])
    metric["comparisons"][0].update(changes)
    return rows.rows_of(readout, role, {})[0]


def test_a_clear_gain_is_a_filled_mark_in_the_better_colour_with_its_word() -> None:
    row = only(content(), "primary")
    assert (row.filled, row.tone, row.reading) == (True, "better", "Better")


def test_an_unclear_change_is_hollow_and_neutral_whatever_its_direction() -> None:
    row = only(content(), "secondary")
    assert (row.filled, row.tone, row.reading) == (False, "neutral", "No clear change")


def test_better_follows_the_metrics_direction_not_the_sign() -> None:
    up = only(content(), "primary", better="lower", reading="worse")
    assert (up.tone, up.reading) == ("worse", "Worse")


@pytest.mark.parametrize(
    ("state", "word", "tone"),
    [
        ("safe", "Safe", "better"),
        ("breached", "Breached", "worse"),
        ("unproven", "Not shown safe", "neutral"),
    ],
)
def test_a_guardrail_reads_by_its_margin(state: str, word: str, tone: str) -> None:
    row = only(content(), "guardrail", guardrail=state)
    assert (row.reading, row.reading_tone) == (word, tone)


def test_a_guardrail_that_is_worse_but_safe_says_so() -> None:
    row = only(content(), "guardrail", guardrail="safe", significant=True, reading="worse")
    assert row.reading_note == "worse, but within margin"


@pytest.mark.parametrize(("better", "sign"), [("higher", -1), ("lower", 1)])
def test_the_margin_stands_on_the_bad_side(better: str, sign: int) -> None:
    row = only(content(), "guardrail", better=better, margin=0.02)
    assert row.margin == pytest.approx(sign * 0.02)


def test_an_absolute_margin_is_drawn_as_a_share_of_control() -> None:
    row = only(
        content(), "guardrail", better="higher", margin=0.0463, margin_scale="absolute",
        control_value=0.463,
    )  # fmt: skip
    assert row.margin == pytest.approx(-0.1)
    assert "margin 4.63 points" in row.notes[0]


def test_a_stop_greys_every_row_and_leaves_no_winner_word() -> None:
    readout = content("srm")
    for role, _ in rows.ROLES:
        for row in rows.rows_of(readout, role, {}):
            assert row.grey
            assert (row.filled, row.tone, row.reading) == (False, "neutral", "Not read")
            assert row.reading_note == ""


def test_a_lift_that_does_not_exist_is_said_in_words_beside_the_difference() -> None:
    row = next(
        row for row in rows.rows_of(content("hostile"), "secondary", {}) if row.place is None
    )
    assert row.why_not == "no lift: control is 0"
    assert row.change.startswith("+0.2")
    assert "to" in row.interval


def test_a_metric_without_any_test_is_not_compared() -> None:
    readout = content("hostile")
    never = next(row for row in rows.rows_of(readout, "secondary", {}) if row.name == "Never seen")
    assert never.reading == "Not compared"
    assert never.why_not == "no unit converted in either arm"


def test_before_the_horizon_a_clear_change_is_grey_and_no_decision() -> None:
    row = only(content(), "primary", not_a_decision=True)
    assert (row.reading_note, row.tone, row.reading_tone) == (
        "not a decision yet", "neutral", "neutral",
    )  # fmt: skip


def test_each_treatment_has_a_row_that_names_it() -> None:
    lines = rows.rows_of(content("arms"), "primary", {})
    assert [line.notes[0] for line in lines] == ["compact v control", "spacious v control"]


def test_a_samples_truth_stands_beside_the_estimate() -> None:
    truth = {"Revenue per user": {"lift": 0.05, "difference": 0.75}}
    row = rows.rows_of(content(), "primary", truth)[0]
    assert row.truth == "true change +5.0%"
    assert row.truth_place == pytest.approx(0.05)


def test_a_corrected_p_value_is_shown_as_such() -> None:
    row = only(content(), "primary", p_value=0.01, p_adjusted=0.03)
    assert row.reading_note == "p = 0.03, corrected"


def test_the_level_of_corrected_intervals_is_printed() -> None:
    readout = content()
    for metric in readout["ab"]["metrics"]:
        for one in metric["comparisons"]:
            one["interval_alpha"] = 0.025
    assert rows.level_of(readout, "guardrail") == "97.5%"


def places(html: str, name: str) -> list[float]:
    return [float(x) for x in re.findall(rf'class="{name}[^"]*" style="left:([-\d.]+)%', html)]


def drawn(lines: list[markup.Row]) -> str:
    return markup.metric_rows("Primary", lines, control="c", treatment="t", level="95%", key="")


def test_all_rows_share_one_symmetric_scale_with_zero_in_the_middle() -> None:
    lines = rows.rows_of(content(), "guardrail", {})
    html = drawn(lines)
    scale = markup.scale_of(lines)
    for row, at in zip(lines, places(html, "v-mark"), strict=True):
        assert row.place is not None
        assert at == pytest.approx(50 + 50 * row.place[1] / scale, abs=0.01)


def test_a_row_far_off_scale_is_clipped_and_gets_an_arrow() -> None:
    near = rows.rows_of(content(), "guardrail", {})
    far = only(content(), "guardrail", lift=9.0, lift_low=8.0, lift_high=10.0)
    html = drawn([*near, far])
    assert html.count("▶") == 1
    assert all(0 <= at <= 100 for at in places(html, "v-bar"))


def test_names_are_escaped_wherever_they_stand() -> None:
    readout = content("hostile")
    html = drawn(rows.rows_of(readout, "primary", {}))
    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    html = markup.metric_rows("<b>", [], control='"><i>', treatment="t", level="95%", key="<u>")
    assert "<i>" not in html
    assert "<u>" not in html


def test_verdict_notices_facts_and_tables_escape_what_they_are_given() -> None:
    bad = '<script>alert("x")</script>'
    for html in (
        markup.verdict("Ship", "better", "undo", bad, [bad], [bad, bad]),
        markup.notice(bad, "worse", bad, bad),
        markup.facts([(bad, [(bad, bad)])]),
        markup.table([{bad: bad, "lift": 0.1, "n": 3}]),
    ):
        assert "<script" not in html
        assert "&lt;script&gt;" in html


def test_an_unknown_tone_is_a_bug_not_a_class_name() -> None:
    with pytest.raises(ValueError, match="No tone"):
        markup.notice("k", 'x" onclick="', "t", "")
