"""Figures: the finding, the numbers beside it, and no stranger's text as markup."""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analysis.figures import FIGURES, Chart, Choice, figure
from analysis.figures.text import shown
from analysis.figures.theme import DARK, LIGHT

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
Content = dict[str, Any]


def content(name: str = "ship") -> Content:
    readout: Content = json.loads((FIXTURES / f"readout_{name}.json").read_text(encoding="utf-8"))
    return readout


def choice_of(readout: Content, **changes: Any) -> Choice:
    metric = readout["ab"]["metrics"][0]["name"]
    chosen = {"metric": metric, "treatment": readout["ab"]["arms"][1]["name"], "column": "country"}
    return Choice(**(chosen | changes))


def drawn(key: str, name: str = "ship", readout: Content | None = None, **changes: Any) -> Chart:
    readout = readout or content(name)
    chart = figure(key).draw(readout, choice_of(readout, **changes))
    assert chart is not None
    return chart


@pytest.mark.parametrize("key", [one.key for one in FIGURES])
@pytest.mark.parametrize("name", ["ship", "roll_back", "srm", "arms", "hostile"])
def test_every_figure_has_a_finding_alt_text_and_a_table_of_its_numbers(
    key: str, name: str
) -> None:
    chart = drawn(key, name)
    assert len(chart.title) > 10
    assert len(chart.alt) > 40
    assert chart.table
    assert len({tuple(row) for row in chart.table}) == 1


@pytest.mark.parametrize("key", [one.key for one in FIGURES])
def test_a_figure_is_small_finite_json(key: str) -> None:
    text = drawn(key).figure.to_json()
    assert len(text) < 60_000
    assert not re.search(r"\b(NaN|Infinity)\b", text)


@pytest.mark.parametrize("key", [one.key for one in FIGURES])
def test_no_trace_holds_more_than_two_thousand_points(key: str) -> None:
    assert all(len(trace.x) <= 2000 for trace in drawn(key).figure.data)


@pytest.mark.parametrize("key", [one.key for one in FIGURES])
def test_the_dark_chart_uses_the_dark_colours_only(key: str) -> None:
    text = drawn(key, dark=True).figure.to_json()
    assert DARK.neutral in text
    assert LIGHT.better not in text


@pytest.mark.parametrize("key", [one.key for one in FIGURES])
def test_a_strangers_text_is_no_markup_in_any_chart(key: str) -> None:
    chart = json.loads(drawn(key, "hostile").figure.to_json())
    chart["layout"].pop("template", None)
    texts = [text for text in strings(chart) if text != "%{text}<extra></extra>"]
    for text in texts:
        assert "<" not in text
        assert "$" not in text
        assert "%{" not in text


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


def test_text_for_plotly_cannot_become_a_link_latex_or_a_template() -> None:
    said = shown('<a href="http://e">x</a> $x$ %{y} & \u202e', longest=99)
    assert not set("<>$%") & set(said)
    assert "\u202e" not in said


def test_a_metric_without_days_has_no_chart_over_time() -> None:
    readout = content()
    readout["ab"]["daily"] = []
    assert figure("over_time").draw(readout, choice_of(readout)) is None


def test_a_log_without_days_has_no_units_by_day() -> None:
    readout = content()
    readout["ab"]["srm"]["slices"] = []
    assert figure("units_by_day").draw(readout, choice_of(readout)) is None


def test_an_unknown_segment_column_has_no_forest() -> None:
    readout = content()
    assert figure("segments").draw(readout, choice_of(readout, column="planet")) is None


def test_the_table_over_time_is_the_readouts_own_numbers() -> None:
    readout = content()
    mine = [row for row in readout["ab"]["daily"] if row["metric"] == choice_of(readout).metric]
    table = drawn("over_time").table
    assert [row["lift"] for row in table] == [row["lift"] for row in mine]


def test_before_the_horizon_everything_is_grey_and_no_decision() -> None:
    readout = content()
    for metric in readout["ab"]["metrics"]:
        for one in metric["comparisons"]:
            one["not_a_decision"] = True
    chart = drawn("over_time", readout=readout)
    assert chart.title.endswith("not a decision")
    assert LIGHT.better not in chart.figure.to_json()


def test_a_broken_split_greys_the_chart_over_time_and_the_segments() -> None:
    for key in ("over_time", "segments"):
        text = drawn(key, "srm").figure.to_json()
        assert LIGHT.better not in text
        assert LIGHT.worse not in text
    assert "not a decision" in drawn("over_time", "srm").title
    assert "not to be read" in drawn("segments", "srm").title


def test_the_decision_carries_the_mark_of_its_metric_row() -> None:
    end = drawn("over_time").figure.data[-1]
    assert (end.marker.symbol, end.marker.color) == ("diamond", LIGHT.better)
    unclear = drawn("over_time", metric="Sessions per user").figure.data[-1]
    assert unclear.marker.symbol == "circle-open"


def test_a_title_over_time_claims_a_lift_only_where_there_is_one() -> None:
    assert "settles near +6.7%" in drawn("over_time").title
    assert "no clear lift" in drawn("over_time", metric="Sessions per user").title


def test_the_forest_leads_with_the_interaction_and_ends_with_the_stratified_effect() -> None:
    calm, clear = drawn("segments"), drawn("segments", column="device")
    assert "no clear difference between levels" in calm.title
    assert "interaction p = 0.42" in calm.title
    assert clear.title.startswith("The effect on")
    assert [calm.table[0]["level"], calm.table[-1]["level"]] == ["All units", "Stratified"]


def test_every_mark_of_the_forest_is_filled_where_its_interval_excludes_zero() -> None:
    chart = drawn("segments")
    for row, trace in zip(chart.table, chart.figure.data, strict=True):
        clear = row["lift_low"] > 0 or row["lift_high"] < 0
        assert trace.marker.symbol == ("diamond" if clear else "circle")


def test_a_level_without_a_lift_is_named_and_has_no_mark() -> None:
    readout = content()
    segment = next(s for s in readout["ab"]["segments"] if s["column"] == "country")
    segment["levels"][1].update(lift=None, lift_low=None, lift_high=None, significant=False)
    chart = drawn("segments", readout=readout)
    assert [note.text for note in chart.figure.layout.annotations] == ["no interval"]
    assert "no lift" in chart.alt


def test_very_many_levels_are_all_in_the_table_and_not_all_in_the_chart() -> None:
    readout = content()
    segment = next(s for s in readout["ab"]["segments"] if s["column"] == "country")
    segment["levels"] = [{**segment["levels"][0], "level": f"L{i}"} for i in range(500)]
    chart = drawn("segments", readout=readout)
    assert len(chart.table) == 502
    assert len(chart.figure.data) == 40


def test_units_by_day_counts_the_days_outside_the_expected_share() -> None:
    readout = content()
    days = [one for one in readout["ab"]["srm"]["slices"] if one["column"] == "day"]
    days[0]["counts"] = {"control": 1000, "treatment": 500}
    assert drawn("units_by_day", readout=readout).title.endswith("on 13 of 14 days")


def test_the_expected_share_is_the_binomial_range_around_the_plan() -> None:
    row = drawn("units_by_day").table[0]
    units = row["control units"] + row["treatment units"]
    reach = 1.959963984540054 * math.sqrt(0.25 / units)
    assert row["control expected low"] == pytest.approx(0.5 - reach)
    assert row["control expected high"] == pytest.approx(0.5 + reach)
