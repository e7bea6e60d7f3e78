"""Every mistake that can be made with a panel has its code, its place and its remedy."""

from pathlib import Path
from typing import Any

import pytest

from analysis.core import LogError
from tests.logs.panels.making import COLUMN, COUNT, read, study

EVENTS = ["region,ts,event,value", "A,2026-04-01T00:00:00Z,task,1", "B,2026-04-02T23:00:00Z,task,2"]
LONG = ["region,year,sales", "A,1990,1", "A,1991,2", "B,1990,3", "B,1991,4"]
DAYS = ["region,date,sales", *(f"A,2026-04-{d:02d},{d}" for d in range(1, 22))]
WIDE = ["year,A,B", "1990,1,2", "1991,3,4"]
PAY = {"name": "Payers", "event": "task", "kind": "proportion"}
RATIO = {"name": "R", "numerator": {"column": "sales"}, "denominator": {"event": "x"}}

CASES: dict[str, tuple[list[str], Any, dict[str, Any], tuple[str, ...]]] = {
    "no_region_column": (
        ["a,ts,event", "A,2026-04-01,task"], COUNT, {}, ("columns.region", "a, ts, event")),
    "no_time_column": (
        ["region,event", "A,task"], COUNT, {}, ("columns.time", "region, event")),
    "no_event_column": (
        ["region,ts,what", "A,2026-04-01,task"], COUNT, {}, ("columns.event", "what")),
    "no_value_column": (
        ["region,ts,event", "A,2026-04-01,task"], {**COUNT, "kind": "sum"}, {},
        ("columns.value",)),
    "no_user_column": (EVENTS, PAY, {}, ('metric "Payers"', "unit =", "count")),
    "unknown_event": (EVENTS, {**COUNT, "event": "tusk"}, {}, ('"tusk"', "it has task")),
    "no_values": (
        ["region,ts,event,value", "A,2026-04-01,task,x", "A,2026-04-02,task,"],
        {**COUNT, "kind": "sum"}, {}, ('"task"', "no number", "number")[:1]),
    "unknown_column": (
        EVENTS, COUNT, {"columns": {"region": "regoin"}}, ('"regoin"', "columns.region")),
    "metric_without_event": (
        EVENTS, [COUNT, {"name": "Other", "kind": "count"}], {}, ('metric "Other"',)),
    "metric_without_column": (LONG, {"name": "Profit"}, {}, ("region, year, sales",)),
    "kind_without_panel": (
        EVENTS, {"name": "R", "event": "task", "kind": "retention", "day": 7}, {},
        ("retention", "count, sum")),
    "metric_without_denominator": (
        LONG, {"name": "R", "numerator": {"column": "sales"}}, {}, ("each side",)),
    "no_usable_times": (
        ["region,ts,event", "A,yesterday,task", "B,today,task"], COUNT, {}, ('"ts"', "ISO 8601")),
    "no_units": (
        ["region,ts,event", " ,2026-04-01,task", ",2026-04-02,task"], COUNT, {}, ('"region"',)),
    "one_period": (
        ["region,ts,event", "A,2026-04-01,task", "B,2026-04-01,task"], COUNT,
        {"partial_periods": "keep"}, ("one day only",)),
    "no_periods": (EVENTS, COUNT, {"end": "2026-04-02"}, ("Of 2 days", "end, gaps")),
    "too_many_periods": (
        ["region,ts,event", "A,0001-01-01,task", "A,2026-04-01,task"], COUNT, {},
        ("0001-01-01 to 2026-04-01", "wrong time stamps")),
    "gap_backwards": (
        EVENTS, COUNT, {"gaps": [["2026-04-02", "2026-04-01"]]}, ("synthetic_control.gaps[1]",)),
    "number_on_dates": (EVENTS, COUNT, {"end": 1989}, ("1989", "synthetic_control.end")),
    "date_on_numbers": (LONG, COLUMN, {"end": "1991-01-01"}, ("1990 to 1991",)),
    "frequency_without_calendar": (LONG, COLUMN, {"frequency": "week"}, ("1990 to 1991",)),
    "frequency_too_fine": (
        ["region,date,sales", *(f"A,2026-0{m}-01,1" for m in range(1, 5))], COLUMN,
        {"frequency": "week"}, ("2026-01-01 and 2026-02-01",)),
    "weeks_in_months": (
        ["region,date,sales", *(f"A,2026-04-{d:02d},1" for d in (1, 8, 15, 22, 29))], COLUMN,
        {"frequency": "month"}, ("weeks do not fit",)),
    "no_aggregation": (DAYS, COLUMN, {"frequency": "week"}, ('kind = "sum" or "mean"',)),
    "panel_cell_conflict": (
        [*LONG, "A,1991,7"], COLUMN, {}, ("A has two values for 1991: 2 and 7",)),
    "no_numbers": (
        ["region,year,sales", "A,1990,n/a", "B,1991,x"], COLUMN, {}, ('"sales"', '"n/a"')),
    "wide_one_metric": (
        WIDE, [{"name": "Sales"}, {"name": "Cost"}], {}, ("a column a unit", "names 2")),
    "unknown_predictor": (
        LONG, COLUMN, {"method": "predictors", "predictors": ["income"]}, ('"income"', "sales")),
    "treated_from_unreadable": (
        ["region,year,sales,treated_from", "A,1990,1,soon", "A,1991,1,soon"], COLUMN, {},
        ('"soon" of A',)),
    "treated_from_conflict": (
        ["region,year,sales,treated_from", "A,1990,1,1990", "A,1991,1,1991"], COLUMN, {},
        ("two starts, 1990.0 and 1991.0",)),
    "values_too_large": (
        ["region,ts,event,value", *(f"A,2026-04-0{d},task,1e308" for d in (1, 1, 2))],
        {**COUNT, "kind": "sum"}, {"partial_periods": "keep"}, ('metric "Tasks"',)),
}  # fmt: skip


@pytest.mark.parametrize("code", sorted(CASES))
def test_each_mistake_is_refused_in_words(tmp_path: Path, code: str) -> None:
    rows, metrics, lens, said = CASES[code]
    with pytest.raises(LogError) as refused:
        read(tmp_path, rows, study(metrics, **lens))
    assert refused.value.code == code
    assert refused.value.fix
    for words in said:
        assert words in str(refused.value)


def test_two_columns_of_one_unit_are_told_apart_by_nothing(tmp_path: Path) -> None:
    """Columns that differ by case are renamed at the door; by spaces and composition, here."""
    rows = ["year,Zürich,Zu\u0308rich,C", "1990,1,2,3", "1991,3,4,5"]
    with pytest.raises(LogError, match="two_columns_one_unit"):
        read(tmp_path, rows, study({"name": "Sales"}))


def test_every_cell_blank(tmp_path: Path) -> None:
    rows = ["region,year,sales,cost", "A,1990,,1", "A,1991, ,2"]
    with pytest.raises(LogError, match=r"no_numbers.*every cell is blank"):
        read(tmp_path, rows, study(COLUMN))


def test_predictors_of_an_event_log_are_metrics(tmp_path: Path) -> None:
    lens: dict[str, Any] = {"method": "predictors", "predictors": ["income"]}
    with pytest.raises(LogError, match=r"unknown_predictor.*the metrics: Tasks"):
        read(tmp_path, EVENTS, study(COUNT, **lens))


def test_more_units_than_a_panel_may_have(tmp_path: Path) -> None:
    rows = ["region,ts,event", *(f"r{i},2026-04-0{d},task" for i in range(6) for d in (1, 2, 3))]
    with pytest.raises(LogError, match=r"too_many_units.*6 units; a panel may have 5"):
        read(tmp_path, rows, study(), most_units=5)
    assert len(read(tmp_path, rows, study(), most_units=6).units) == 6
    long = ["region,year,sales", *(f"r{i},{y},1" for i in range(2001) for y in (1990, 1991))]
    with pytest.raises(LogError, match=r"too_many_units.*2,001 units; a panel may have 2,000"):
        read(tmp_path, long, study(COLUMN, path="long.csv"))


def test_files_of_different_columns_are_no_one_panel(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("year,A,B\n1990,1,2\n")
    of = study(COLUMN, path=["log.csv", "b.csv"])
    with pytest.raises(LogError, match=r"b\.csv"):
        read(tmp_path, LONG, of)


def test_ids_of_users_as_units_are_refused_with_the_remedy(tmp_path: Path) -> None:
    rows = ["user_id,ts,event", *(f"u{i},2026-04-0{1 + i % 3},task" for i in range(2500))]
    with pytest.raises(LogError, match=r'too_many_units.*region = "..."'):
        read(tmp_path, rows, study(columns={"unit": "user_id"}))
