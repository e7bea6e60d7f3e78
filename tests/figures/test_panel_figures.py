"""Figures of panels: the finding, the readout's own numbers, and no stranger's text as markup."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from analysis.figures import SYNTHETIC_FIGURES, Chart, Choice, figure
from analysis.figures.theme import DARK, LIGHT
from tests.figures.test_figures import strings

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
Content = dict[str, Any]
NAMES = ("win", "stop", "staggered", "several", "bsts", "tobacco", "hostile")
SCALES = ("percent", "period", "total")
# What a readout has no numbers for.
NONE = {
    *((key, name) for key in ("event_time", "treated_units") for name in NAMES),
    *(("power_curve", name) for name in ("staggered", "bsts", "tobacco")),
    ("specifications", "staggered"),
    *((key, "bsts") for key in ("placebo_paths", "placebo_ranks", "donor_weights",
                                "leave_one_out", "in_time", "pre_fit")),
} - {
    ("event_time", "staggered"), ("treated_units", "staggered"), ("treated_units", "several"),
}  # fmt: skip


def content(name: str = "win") -> Content:
    text = (FIXTURES / f"readout_panel_{name}.json").read_text(encoding="utf-8")
    readout: Content = json.loads(text)
    return readout


def drawn(key: str, readout: str | Content = "win", **changes: Any) -> Chart:
    made = content(readout) if isinstance(readout, str) else readout
    chart = figure(key).draw(made, Choice(**({"column": "percent"} | changes)))
    assert chart is not None
    return chart


CASES = [
    (one.key, name) for one in SYNTHETIC_FIGURES for name in NAMES if (one.key, name) not in NONE
]


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
    assert len(text) < 90_000
    assert not re.search(r"\b(NaN|Infinity)\b", text)
    dark = drawn(key, name, dark=True).figure.to_json()
    assert LIGHT.better not in dark
    assert LIGHT.text not in dark
    assert DARK.text in dark


@pytest.mark.parametrize("key", [key for key, name in CASES if name == "hostile"])
def test_a_strangers_text_is_no_markup_in_any_chart(key: str) -> None:
    chart = json.loads(drawn(key, "hostile").figure.to_json())
    chart["layout"].pop("template", None)
    for text in strings(chart):
        if text != "%{text}<extra></extra>":
            assert not {"<", "$"} & set(re.sub(r"</?b>", "", text)), text
            assert "%{" not in text


@pytest.mark.parametrize(("key", "name"), sorted(NONE))
def test_a_readout_without_the_numbers_has_no_chart(key: str, name: str) -> None:
    assert figure(key).draw(content(name), Choice()) is None


@pytest.mark.parametrize("one", SYNTHETIC_FIGURES, ids=lambda one: one.key)
def test_a_bare_readout_draws_nothing_and_never_fails(one: Any) -> None:
    readout = content()
    readout["synthetic_control"] = {"metric": "m", "treated": ["a"], "verdict": {}}
    assert one.draw(readout, Choice()) is None


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scale", SCALES)
def test_the_main_figure_draws_the_readouts_own_numbers_in_every_scale(
    name: str, scale: str
) -> None:
    readout = content(name)
    found = readout["synthetic_control"]
    block = found if found.get("gaps") else found["per_unit"][0]
    lines = [trace for trace in drawn("counterfactual", readout, column=scale).figure.data
             if trace.mode == "lines" and trace.fill is None]  # fmt: skip
    field = {"percent": "lift", "period": "gap", "total": "cumulative"}[scale]
    for trace, key in zip(lines, ("counterfactual", "actual", field), strict=True):
        given = [one[key] for one in block["gaps"] if one[key] is not None]
        assert [y for y in trace.y if y is not None] == pytest.approx(given)


def test_one_finding_is_told_per_period_in_total_and_in_percent() -> None:
    titles = [drawn("counterfactual", column=scale).title for scale in SCALES]
    assert titles == [
        "Tickets solved: 9.1% above the counterfactual",
        "Tickets solved: 4.54 above the counterfactual a day",
        "Tickets solved: 50.0 above the counterfactual in total",
    ]


def test_days_that_were_left_out_break_the_lines_and_are_marked() -> None:
    chart = drawn("counterfactual").figure
    crosses = [trace for trace in chart.data if trace.marker.symbol == "x-thin"]
    assert list(crosses[0].text) == [
        "24 May 2026: no row of any kind", "29 Jun 2026: not whole, left out",
    ]  # fmt: skip
    actual = next(trace for trace in chart.data if trace.line.color == LIGHT.text)
    place = crosses[0].x[0]
    assert actual.y[place] is None
    assert None not in (actual.y[place - 1], actual.y[place + 1])


def test_a_transition_is_shaded_apart_from_both_windows() -> None:
    shades = [one for one in drawn("counterfactual").figure.layout.shapes if one.type == "rect"]
    assert [(one.x0, one.x1) for one in shades] == [(-0.7, 41.5), (41.5, 44.5)]
    assert len(drawn("counterfactual", "several").figure.layout.shapes) == 3


def test_the_names_at_the_ends_of_two_lines_never_touch() -> None:
    readout = content()
    last = readout["synthetic_control"]["gaps"][-1]
    last["counterfactual"] = last["actual"]
    chart = drawn("counterfactual", readout).figure
    ends = [one for one in chart.layout.annotations if one.xanchor == "left" and one.xshift == 7]
    low, high = chart.layout.yaxis.range
    domain = chart.layout.yaxis.domain
    pixels = abs(ends[0].y - ends[1].y) / (high - low) * 300 * (domain[1] - domain[0])
    assert len(ends) == 2
    assert pixels > 14


def test_a_stop_greys_every_figure_and_claims_nothing() -> None:
    for key, name in CASES:
        if name != "stop" or key in ("donors", "panel", "pre_fit", "power_curve", "donor_weights"):
            continue
        chart = drawn(key, name)
        assert "not to be read" in chart.title
        assert LIGHT.better not in chart.figure.to_json()
        assert LIGHT.worse not in chart.figure.to_json()


def test_without_an_interval_the_title_says_so_and_no_band_is_drawn() -> None:
    chart = drawn("counterfactual", "hostile")
    assert chart.title.endswith("above the counterfactual, without an interval")
    assert not [trace for trace in chart.figure.data if trace.fill]
    assert drawn("counterfactual", "bsts").title == "Packs: within what the forecast allows"


def test_a_bound_that_the_lift_has_not_runs_off_the_edge() -> None:
    """The forecast's counterfactual may be 0, so its lift has no upper bound in some years."""
    chart = drawn("counterfactual", "bsts").figure
    found = content("bsts")["synthetic_control"]
    unbounded = [one for one in found["gaps"] if one["lift_low"] and one["lift_high"] is None]
    band = next(trace for trace in chart.data if trace.fill == "toself")
    top = chart.layout.yaxis2.range[1]
    assert len(unbounded) == sum(value == pytest.approx(2 * top) for value in band.y)
    assert unbounded


def test_numeric_periods_are_named_by_round_years() -> None:
    assert drawn("counterfactual", "tobacco").figure.layout.xaxis.ticktext == (
        "1970", "1980", "1990", "2000",
    )  # fmt: skip
    months = drawn("counterfactual", "staggered").figure.layout.xaxis.ticktext
    assert months[0] == "Jan 2022"


def test_no_placebo_is_deleted_and_poor_fits_are_lighter() -> None:
    found = content("tobacco")["synthetic_control"]
    chart = drawn("placebo_paths", "tobacco")
    poor = {one["unit"] for one in found["placebos"] if one["rmspe_pre"] > 2 * found["rmspe_pre"]}
    light, dark = chart.figure.data[0], chart.figure.data[1]
    assert set(light.text) - {""} == poor
    assert len(set(dark.text) - {""}) == len(found["placebos"]) - len(poor)
    assert light.line.color != dark.line.color
    rows = [row for row in chart.table if row["unit"] == "Nevada" and row["period"] == "2000"]
    nevada = next(one for one in found["placebos"] if one["unit"] == "Nevada")
    assert rows[0]["gap_over_rmspe"] == nevada["gaps"][-1] / nevada["rmspe_pre"]


def test_the_ranked_dots_stand_where_the_readout_ranks_them() -> None:
    found = content("tobacco")["synthetic_control"]
    chart = drawn("placebo_ranks", "tobacco")
    assert chart.title == "California ranks 3 of 39 by size (p = 0.08)"
    place = next(row["rank"] for row in chart.table if row["treated"])
    assert place == found["rank_t"]
    sizes = [row["statistic"] for row in chart.table]
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) == found["n_units"]
    assert drawn("placebo_ranks", "several").title.startswith("The 2 treated units rank 1 of 23")


def test_a_perfect_placebo_counts_as_the_largest_and_is_not_divided_by_zero() -> None:
    readout = content("tobacco")
    first = readout["synthetic_control"]["placebos"][0]
    first |= {"status": "perfect_fit", "t": None, "rmspe_ratio": None, "rmspe_pre": 0.0}
    assert drawn("placebo_ranks", readout).table[0]["unit"] == first["unit"]
    rows = drawn("placebo_paths", readout).table
    assert {row["gap_over_rmspe"] for row in rows if row["unit"] == first["unit"]} == {None}


def test_a_perfect_fit_of_the_treated_unit_has_no_scaled_paths_and_no_rank() -> None:
    readout = content("tobacco")
    found = readout["synthetic_control"]
    found |= {"rmspe_pre": 0.0, "t": None, "rank": None, "rank_t": None, "p_value": None}
    assert figure("placebo_paths").draw(readout, Choice()) is None
    assert "no rank" in drawn("placebo_ranks", readout).title


def large(donors: int) -> Content:
    """A readout of very many donors, made from a small one."""
    readout = content("tobacco")
    found = readout["synthetic_control"]
    for field in ("placebos", "donors"):
        few = [one for one in found[field] if one["unit"] != "California"]
        found[field] = [
            copy.deepcopy(few[i % len(few)]) | {"unit": f"donor {i:03}"} for i in range(donors)
        ]
    rows = [row for row in found["panel"]["rows"] if row["unit"] == "Utah"]
    found["panel"]["rows"] += [
        row | {"unit": f"donor {i:03}"} for i in range(donors) for row in rows
    ]
    found["weights"] = {f"donor {i:03}": 1 / donors for i in range(donors)}
    found |= {"n_units": donors + 1, "n_donors": donors}
    return readout


@pytest.mark.parametrize("one", SYNTHETIC_FIGURES, ids=lambda one: one.key)
def test_five_hundred_donors_stay_a_light_figure_with_all_numbers_in_its_table(one: Any) -> None:
    chart = one.draw(large(500), Choice(column="percent"))
    if chart is None:
        return
    assert len(chart.figure.to_json()) < 900_000
    assert len(chart.figure.data) < 80
    assert all(len(trace.x) <= 2000 for trace in chart.figure.data if trace.x is not None)
    if one.key == "placebo_ranks":
        assert len(chart.table) == 501


def test_ten_years_of_days_stay_below_two_thousand_points_a_line() -> None:
    readout = content("several")
    found = readout["synthetic_control"]
    one = found["gaps"][-1]
    from datetime import date, timedelta

    days = [(date(2016, 1, 1) + timedelta(days=t)).isoformat() for t in range(3652)]
    found["gaps"] = [{**one, "period": day, "phase": "pre"} for day in days[:-10]]
    found["gaps"] += [{**one, "period": day} for day in days[-10:]]
    chart = drawn("counterfactual", readout)
    assert all(len(trace.x) <= 4000 for trace in chart.figure.data)
    lines = [trace for trace in chart.figure.data if trace.fill is None]
    assert all(len(trace.x) <= 2000 for trace in lines)
    assert len(chart.table) == 3652


def test_weights_below_one_percent_and_donors_without_weight_are_folded() -> None:
    chart = drawn("donor_weights", "tobacco")
    names = list(chart.figure.layout.yaxis.ticktext)
    assert names[0] == "Utah"
    assert names[-1] == "32 donors without weight"
    assert len(chart.table) == 39
    assert chart.title == "3 donors carry 83% of the weight, of 38 in the pool"
    readout = content("tobacco")
    readout["synthetic_control"]["weights"] |= {"Utah": 0.385, "Alabama": 0.005, "Georgia": 0.004}
    assert "2 more donors" in drawn("donor_weights", readout).figure.layout.yaxis.ticktext


def test_dropped_donors_stand_in_the_small_charts_with_their_reason() -> None:
    chart = drawn("donors")
    dropped = {row["unit"]: row["detail"] for row in chart.table if row["status"] != "kept"}
    assert dropped == {"Bilbao": "touched by the launch", "Cork": "a price test ran there"}
    said = [text for trace in chart.figure.data if trace.mode == "text" for text in trace.text]
    assert "left out: touched" in said
    assert "left out: excluded" in said
    assert "Lisbon" not in {row["unit"] for row in chart.table}


def test_the_donors_range_is_that_of_the_kept_donors() -> None:
    readout = content("stop")
    chart = drawn("pre_fit", readout)
    assert chart.title == "Before the start Capital lies outside all donors in 100% of periods"
    cells = {
        (row["unit"], row["period"]): row["value"]
        for row in readout["synthetic_control"]["panel"]["rows"]
    }
    units = {unit for unit, _ in cells} - {"Capital"}
    for row in chart.table:
        known = [cells[unit, row["period"]] for unit in units]
        assert (row["lowest_donor"], row["highest_donor"]) == (min(known), max(known))
        assert row["treated"] == cells["Capital", row["period"]]
        assert row["outside"]


def test_a_sum_of_treated_units_is_held_against_donors_as_a_mean() -> None:
    assert "in every period" in drawn("pre_fit", "several").title


def test_leave_one_out_names_the_donor_on_which_an_effect_hangs() -> None:
    readout = content("tobacco")
    readout["synthetic_control"]["leave_one_out"][-1]["decisive"] = True
    chart = drawn("leave_one_out", readout)
    assert chart.title.startswith("The effect hangs on Utah")
    assert LIGHT.worse in chart.figure.to_json()
    assert chart.table[0]["left_out"] == "none"


def test_a_pretended_start_that_shows_the_effect_is_said() -> None:
    readout = content("tobacco")
    fake = readout["synthetic_control"]["in_time_placebo"][0]
    fake |= {"flagged": True, "share_of_att": 0.6}
    assert (
        drawn("in_time", readout).title
        == "A start 6 periods earlier shows 60% of the effect already"
    )


def test_methods_stand_side_by_side_with_the_range_of_fits_as_good() -> None:
    found = content("tobacco")["synthetic_control"]
    chart = drawn("specifications", "tobacco")
    assert chart.title == "All 8 methods agree on the direction"
    assert [row["method"] for row in chart.table[-2:]] == [
        "Fits up to 2% worse", "Fits up to 10% worse",
    ]  # fmt: skip
    ranges = [trace for trace in chart.figure.data if trace.mode == "lines"]
    for trace, one in zip(ranges, found["fit_equivalent"], strict=True):
        assert list(trace.x) == [one["att_low"], one["att_high"]]


def test_filled_marks_are_intervals_that_exclude_zero() -> None:
    found = content("tobacco")["synthetic_control"]["specifications"]
    marks = drawn("specifications", "tobacco").figure.data[: len(found)]
    for one, trace in zip(found, marks, strict=True):
        excludes = one["att_low"] is not None and one["att_low"] * one["att_high"] > 0
        assert trace.marker.symbol == ("diamond" if excludes else "circle")
        # Fewer packs are better.
        assert trace.marker.line.color == (LIGHT.better if excludes else LIGHT.neutral)


def test_power_says_the_lift_that_is_found_four_times_in_five() -> None:
    power = content("several")["synthetic_control"]["power"]
    assert power["mde"] == 0.03
    assert drawn("power_curve", "several").title.startswith("A lift of +3.0% over 14 periods")
    assert "no effect of any size" in drawn("power_curve", "hostile").title


def test_units_with_different_starts_are_drawn_by_time_since_their_own() -> None:
    event = content("staggered")["synthetic_control"]["staggered"]["event_time"]
    chart = drawn("event_time", "staggered")
    assert list(chart.figure.data[0].y) == [one["att"] for one in event]
    assert chart.title.endswith("mean of 3 units")
    one = drawn("counterfactual", "staggered", treatment="Workspace F")
    assert one.title.startswith("Hours saved, Workspace F: ")
    assert one.table != drawn("counterfactual", "staggered").table


def test_a_guardrail_can_be_drawn_in_place_of_the_headline() -> None:
    chart = drawn("counterfactual", metric="Seconds to answer")
    assert chart.title == "Seconds to answer: within usual drift of the counterfactual"


def test_the_panel_before_analysis_is_drawn_from_a_check_alone() -> None:
    readout = content()
    kept = (
        "metric",
        "better",
        "kind",
        "treated",
        "start",
        "starts",
        "frequency",
        "panel",
        "donors",
    )
    checked = {key: readout["synthetic_control"][key] for key in kept}
    readout["synthetic_control"] = checked
    assert drawn("panel", readout).title == "Lisbon beside 21 donors, as logged"
