"""Figures of lists: the finding, the numbers beside it, and no stranger's text as markup."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from analysis.figures import LIST_FIGURES, Chart, Choice, figure
from analysis.figures.theme import DARK, LIGHT
from tests.figures.test_figures import strings

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
Content = dict[str, Any]
NAMES = ("lists_sound", "lists_biased", "lists_fixed", "lists_three", "lists_hostile")
# What a readout has no numbers for.
NONE = {("pair_matrix", name) for name in NAMES if name != "lists_three"} | {
    ("theta_curve", "lists_fixed"),
    ("list_segments", "lists_fixed"),
    ("list_segments", "lists_three"),
    ("waterfall", "lists_three"),
    ("list_path", "lists_three"),
}


def content(name: str = "lists_sound") -> Content:
    readout: Content = json.loads((FIXTURES / f"readout_{name}.json").read_text(encoding="utf-8"))
    return readout


def drawn(
    key: str, name: str = "lists_sound", readout: Content | None = None, *, dark: bool = False
) -> Chart:
    chart = figure(key).draw(readout or content(name), Choice(column="device", dark=dark))
    assert chart is not None
    return chart


CASES = [(one.key, name) for one in LIST_FIGURES for name in NAMES if (one.key, name) not in NONE]


@pytest.mark.parametrize(("key", "name"), CASES)
def test_every_figure_has_a_finding_alt_text_and_a_table_of_its_numbers(
    key: str, name: str
) -> None:
    chart = drawn(key, name)
    assert len(chart.title) > 10
    assert len(chart.alt) > 40
    assert chart.table
    assert len({tuple(row) for row in chart.table}) == 1


@pytest.mark.parametrize(("key", "name"), CASES)
def test_a_figure_is_small_finite_json_in_the_colours_of_its_page(key: str, name: str) -> None:
    text = drawn(key, name).figure.to_json()
    assert len(text) < 60_000
    assert not re.search(r"\b(NaN|Infinity)\b", text)
    dark = drawn(key, name, dark=True).figure.to_json()
    assert LIGHT.better not in dark
    assert LIGHT.text not in dark
    assert DARK.text in dark


@pytest.mark.parametrize("key", [key for key, name in CASES if name == "lists_hostile"])
def test_a_strangers_text_is_no_markup_in_any_chart(key: str) -> None:
    chart = json.loads(drawn(key, "lists_hostile").figure.to_json())
    chart["layout"].pop("template", None)
    for text in strings(chart):
        if text != "%{text}<extra></extra>":
            assert not {"<", "$"} & set(text), text
            assert "%{" not in text


@pytest.mark.parametrize(("key", "name"), sorted(NONE))
def test_a_readout_without_the_numbers_has_no_chart(key: str, name: str) -> None:
    assert figure(key).draw(content(name), Choice()) is None


@pytest.mark.parametrize("one", LIST_FIGURES, ids=lambda one: one.key)
def test_a_readout_of_sums_only_draws_nothing_or_a_chart_and_never_fails(one: Any) -> None:
    readout = content()
    readout["interleaving"] = {"rankers": ["a", "b"], "verdict": {}}
    assert one.draw(readout, Choice(column="device")) is None


def test_the_preference_bar_counts_those_whom_the_verdict_counts() -> None:
    readout = content()
    users = readout["interleaving"]["competitive_only"]["user_level"]
    assert readout["interleaving"]["verdict"]["headline_scope"] == "competitive"
    row = drawn("preference").table[0]
    assert (row["prefer_candidate"], row["prefer_control"]) == (users["wins"], users["losses"])
    assert row["prefer_candidate"] + row["prefer_control"] + row["neither"] == users["n_users"]


def test_the_preference_bar_claims_nothing_where_chances_were_not_even() -> None:
    for name in ("lists_biased", "lists_fixed"):
        chart = drawn("preference", name)
        assert "not even" in chart.title
        assert "prefer" not in "".join(trace.name or "" for trace in chart.figure.data)
        assert LIGHT.better not in chart.figure.to_json()
        assert LIGHT.worse not in chart.figure.to_json()


def test_the_waterfall_says_when_the_raw_count_names_the_wrong_ranker() -> None:
    assert drawn("waterfall", "lists_biased").title == (
        "The raw count favours legacy; at the same position people choose two_tower"
    )
    assert "agree: fresh" in drawn("waterfall").title
    assert "no position holds both" in drawn("waterfall", "lists_fixed").title


def test_the_waterfall_does_not_choose_where_the_interval_holds_the_even_split() -> None:
    readout = content("lists_biased")
    readout["interleaving"]["position_stratified"]["jackknife"]["lift_ci95"] = [-0.05, 0.6]
    chart = drawn("waterfall", readout=readout)
    assert "neither is clearly ahead" in chart.title
    assert LIGHT.better not in chart.figure.to_json()


def test_the_last_step_of_the_waterfall_is_the_lift_said_as_a_share() -> None:
    found = content("lists_biased")["interleaving"]["position_stratified"]
    row = drawn("waterfall", "lists_biased").table[-1]
    low, high = (share / (1 - share) - 1 for share in (row["share_low"], row["share_high"]))
    assert [low, high] == pytest.approx(found["jackknife"]["lift_ci95"])
    assert row["candidate_share"] == found["share"]


def test_strict_alternation_is_seen_at_once_in_clicks_by_position() -> None:
    chart = drawn("clicks_by_position", "lists_fixed")
    assert chart.title.startswith("No position holds both rankers")
    legacy, learned = (trace.y for trace in chart.figure.data)
    assert [one is None for one in legacy] == [one is not None for one in learned]
    assert "at 7 of 7 positions" in drawn("clicks_by_position", "lists_biased").title


def test_who_starts_names_a_draw_that_is_fixed_or_uneven() -> None:
    assert "never drawn" in drawn("who_starts", "lists_fixed").title
    assert "not even" in drawn("who_starts", "lists_biased").title
    assert "of 14 days" in drawn("who_starts").title


def test_the_band_of_who_starts_is_that_of_a_fair_draw() -> None:
    row = drawn("who_starts").table[0]
    reach = 1.959963984540054 * (0.25 / row["lists"]) ** 0.5
    assert [row["expected_low"], row["expected_high"]] == pytest.approx([0.5 - reach, 0.5 + reach])


def test_three_rankers_have_a_band_about_a_third() -> None:
    row = drawn("who_starts", "lists_three").table[0]
    assert (row["expected_low"] + row["expected_high"]) / 2 == pytest.approx(1 / 3)


def test_the_anytime_band_is_wider_than_that_of_one_look_and_names_the_day_it_leaves_zero() -> None:
    chart = drawn("list_path")
    assert all(row["anytime_low"] < row["fixed_low"] for row in chart.table)
    first = next(row for row in chart.table if row["anytime_low"] > 0)
    assert chart.title.endswith("for fresh")
    assert str(int(first["day"][-2:])) in chart.title


def test_the_pair_matrix_agrees_with_the_verdict_of_several_rankers() -> None:
    readout = content("lists_three")
    verdict = readout["interleaving"]["verdict"]
    chart = drawn("pair_matrix", "lists_three")
    assert verdict["losers"] == ["legacy"]
    assert chart.title == "legacy loses; new and newer are not separated"
    for trace in drawn("preference", "lists_three").figure.data:
        if trace.type == "scatter" and trace.text[0].startswith("newer") and trace.y[0] == 5:
            assert trace.marker.symbol == "circle"
    grid = chart.figure.data[0].z
    assert [list(row) for row in grid] == [[None, -1, -1], [1, None, 0], [1, 0, None]]


def test_segments_lead_with_all_users_and_show_corrected_p_values() -> None:
    chart = drawn("list_segments")
    assert chart.table[0]["level"] == "All users"
    assert all(row["p_holm"] >= row["p_value"] for row in chart.table[1:])


def test_a_given_curve_is_drawn_as_given() -> None:
    readout = content()
    readout["study"]["interleaving"]["examination"] = {"eta": 1.0}
    readout["interleaving"]["theta_source"] = "given"
    assert [row["given"] for row in drawn("theta_curve", readout=readout).table] == pytest.approx(
        [1 / place for place in range(1, 9)]
    )


def test_shuffled_lists_give_a_curve_with_intervals() -> None:
    readout = content()
    curve = {"theta": {"1": 1.0, "2": 0.6}, "ci95": {"1": [1.0, 1.0], "2": [0.4, 0.8]}}
    readout["interleaving"] |= {"theta_source": "shuffled", "randomised_rows": {"pooled": curve}}
    chart = drawn("theta_curve", readout=readout)
    assert chart.table[1]["random order low"] == 0.4
    assert "random order" in chart.title
