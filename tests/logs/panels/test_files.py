"""Panel files: long and wide, on numbers and on dates, at their own and at a longer frequency."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.core import LogError
from tests.logs.panels.making import COLUMN, cells, lost, notices, read, reasons, study

SUM = {**COLUMN, "kind": "sum"}
MEAN = {**COLUMN, "kind": "mean"}


def daily(n: int, *units: str, start: str = "2026-03-30") -> list[str]:
    """A value a day and unit: the number of the day, times ten for the second unit, ..."""
    days = pd.date_range(start, periods=n).strftime("%Y-%m-%d")
    rows = [f"{u},{d},{i * 10**k}" for k, u in enumerate(units) for i, d in enumerate(days)]
    return ["region,date,sales", *rows]


def test_california_reads_as_39_states_in_31_years(project: Path, tmp_path: Path) -> None:
    from analysis.logs import read_panel

    of = study({"name": "Packs", "column": "PacksPerCapita"}, path="california_prop99.csv")
    panel = read_panel(of, base=project / "data" / "samples", work=tmp_path)
    assert (len(panel.units), len(panel.axis.labels)) == (39, 31)
    assert panel.axis.labels[0] == "1970"
    assert panel.axis.place(1989.0, "start") == ("1989", 19, False)
    table = pd.read_csv(project / "data" / "samples" / "california_prop99.csv", sep=";")
    wide = table.pivot_table(index="Year", columns="State", values="PacksPerCapita")
    np.testing.assert_array_equal(panel.panels[0].values, wide.to_numpy())
    assert tuple(wide.columns) == panel.units
    assert panel.accounting.used == panel.accounting.rows == 1209
    assert panel.notices == ()


def test_numbers_as_labels_keep_their_order_and_not_their_spelling(tmp_path: Path) -> None:
    rows = ["region,qtr,sales", "A,2012.25,1", "A,2012,2", "A,2010.5,3", "A,2012.00,2"]
    panel = read(tmp_path, rows, study(COLUMN, columns={"time": "qtr"}))
    assert panel.axis.labels == ("2010.5", "2012", "2012.25")
    assert panel.axis.frequency == "label"
    assert [row["A"] for row in cells(panel).values()] == [3, 2, 1]
    assert reasons(panel) == {"repeated_cell": 1}
    assert notices(panel)["repeated_cells"].level == "note"


def test_end_and_gaps_on_numbers(tmp_path: Path) -> None:
    """A number that ends a panel is its last period; a date is the instant it begins."""
    rows = ["region,year,sales", *(f"A,{year},1" for year in range(1980, 1990))]
    panel = read(tmp_path, rows, study(COLUMN, end=1987, gaps=[[1982, 1983]]))
    assert panel.axis.labels == ("1980", "1981", "1984", "1985", "1986", "1987")
    assert reasons(panel) == {"outside_window": 4}
    assert panel.n_periods_in_log == 10


@pytest.mark.parametrize(
    ("dates", "frequency", "first"),
    (
        (pd.date_range("2026-03-30", periods=9), "day", "2026-03-30"),
        (pd.date_range("2026-03-29", periods=9, freq="7D"), "week", "2026-03-29"),
        (pd.date_range("2026-03-01", periods=9, freq="MS"), "month", "2026-03-01"),
        (pd.date_range("2026-03-31", periods=9, freq="ME"), "label", "2026-03-31"),
        (pd.date_range("2026-01-01", periods=9, freq="QS"), "label", "2026-01-01"),
        (pd.date_range("2010-01-01", periods=9, freq="YS"), "label", "2010-01-01"),
    ),
)
def test_the_frequency_is_read_off_the_spacing(
    tmp_path: Path, dates: pd.DatetimeIndex, frequency: str, first: str
) -> None:
    rows = ["region,date,sales", *(f"A,{d:%Y-%m-%d},1" for d in dates)]
    panel = read(tmp_path, rows, study(COLUMN))
    assert panel.axis.frequency == frequency
    assert panel.axis.labels[0] == first
    assert len(panel.axis.labels) == 9
    assert panel.axis.place(f"{dates[4]:%Y-%m-%d}", "x") == (panel.axis.labels[4], 4, False)
    assert panel.log_gaps == panel.partial_periods == ()


def test_months_may_be_written_as_months(tmp_path: Path) -> None:
    rows = ["region,month,sales", "A,2026-01,1", "A,2026-02,2", "A,2026-04,4"]
    panel = read(tmp_path, rows, study(COLUMN))
    assert panel.axis.labels == ("2026-01-01", "2026-02-01", "2026-04-01")
    assert panel.log_gaps == ("2026-03-01",)


def test_days_become_weeks_by_kind(tmp_path: Path) -> None:
    rows = daily(21, "A", "B")
    panel = read(tmp_path, rows, study(SUM, frequency="week"))
    assert panel.axis.labels == ("2026-03-30", "2026-04-06", "2026-04-13")
    assert cells(panel)["2026-03-30"] == {"A": 21, "B": 210}
    assert panel.panels[0].kind == "sum"
    assert not panel.panels[0].zero_filled
    means = read(tmp_path, rows, study(MEAN, frequency="week"))
    assert cells(means)["2026-04-13"] == {"A": 17, "B": 170}


def test_ratios_of_longer_periods_are_ratios_of_sums(tmp_path: Path) -> None:
    of = {"name": "Rate", "numerator": {"column": "won"}, "denominator": {"column": "tried"}}
    rows = ["region,date,won,tried", *(f"A,2026-04-{6 + i:02d},{i},{10 * (i + 1)}"
            for i in range(14)), *(f"B,2026-04-{6 + i:02d},0,0" for i in range(14))]  # fmt: skip
    panel = read(tmp_path, rows, study(of, frequency="week"))
    assert cells(panel)["2026-04-06"]["A"] == 21 / 280
    assert panel.panels[0].kind == "ratio"
    assert math.isnan(cells(panel)["2026-04-06"]["B"])
    assert panel.panels[0].reasons.tolist() == [[0, 3], [0, 3]]
    assert panel.panels[0].rows_used == 28
    same = read(tmp_path, rows, study(of))
    assert cells(same)["2026-04-07"]["A"] == 1 / 20


def test_a_week_with_a_missing_day_is_missing_and_not_small(tmp_path: Path) -> None:
    rows = daily(14, "A", "B")
    rows.remove("A,2026-04-01,2")
    rows[rows.index("B,2026-04-07,80")] = "B,2026-04-07,"
    panel = read(tmp_path, rows, study(SUM, frequency="week"))
    assert np.isnan(panel.panels[0].values).tolist() == [[True, False], [False, True]]
    assert panel.panels[0].reasons.tolist() == [[1, 0], [0, 2]]
    assert reasons(panel) == {"unparsable_value": 1, "incomplete_period": 12}


def test_first_and_last_weeks_of_a_daily_file_may_be_partial(tmp_path: Path) -> None:
    rows = daily(25, "A", "B", start="2026-04-01")
    panel = read(tmp_path, rows, study(SUM, frequency="week"))
    # 1 April 2026 is a Wednesday, the last day Saturday 25 April.
    assert panel.partial_periods == ("2026-03-30", "2026-04-20")
    assert panel.axis.labels == ("2026-04-06", "2026-04-13")


def test_an_hourly_file_becomes_days(tmp_path: Path) -> None:
    hours = pd.date_range("2026-04-01", periods=72, freq="h")
    rows = ["region,hour,sales", *(f"A,{h:%Y-%m-%dT%H:%M:%SZ},1" for h in hours)]
    panel = read(tmp_path, rows, study(SUM, frequency="day", columns={"time": "hour"}))
    assert cells(panel) == {f"2026-04-0{d}": {"A": 24} for d in (1, 2, 3)}
    own = read(tmp_path, rows, study(SUM, columns={"time": "hour"}))
    assert own.axis.frequency == "label"
    assert own.axis.labels[1] == "2026-04-01T01:00+00:00"
    assert own.axis.place("2026-04-01T01:00:00Z", "x")[1] == 1


def test_the_end_of_a_panel_file_closes_the_period_that_begins_there(tmp_path: Path) -> None:
    panel = read(tmp_path, daily(10, "A"), study(COLUMN, end="2026-04-05"))
    assert panel.axis.labels[-1] == "2026-04-04"
    weeks = read(tmp_path, daily(28, "A"), study(SUM, frequency="week", end="2026-04-16"))
    assert weeks.axis.labels == ("2026-03-30", "2026-04-06")
    assert reasons(weeks) == {"outside_window": 11, "partial_period": 3}


def test_wide_files_are_reshaped_and_say_so(tmp_path: Path) -> None:
    rows = ["month,DE,FR,United Kingdom,remarks", "2026-01,1,2,3,", "2026-02,4,,6,",
            "2026-03,7,8,x,", "2026-02,4,5,6,"]  # fmt: skip
    panel = read(tmp_path, rows, study({"name": "Sales"}))
    assert panel.units == ("DE", "FR", "United Kingdom")
    assert cells(panel)["2026-02-01"] == {"DE": 4, "FR": 5, "United Kingdom": 6}
    assert math.isnan(cells(panel)["2026-03-01"]["United Kingdom"])
    assert panel.panels[0].reasons[2].tolist() == [0, 0, 2]
    assert panel.panels[0].rows_in == panel.accounting.rows == 4
    # The fourth row adds one cell to what the second says: both are used.
    assert panel.panels[0].rows_used == 4
    notice = notices(panel)["wide_table_reshaped"]
    assert notice.level == "note"
    assert "3 columns" in notice.text
    assert "remarks" in notice.text


def test_a_row_of_a_wide_file_that_says_nothing_new_leaves(tmp_path: Path) -> None:
    rows = ["year,A,B,C", "1990,1,2,3", "1991,4,5,6", "1991,4,5,", "1992,,,", "x,1,1,1"]
    panel = read(tmp_path, rows, study({"name": "Sales"}))
    expected = {"unparsable_time": 1, "unparsable_value": 1, "repeated_cell": 1}
    assert reasons(panel) == lost(panel) == expected
    assert panel.axis.labels == ("1990", "1991", "1992")


def test_long_and_wide_give_the_same_panel(tmp_path: Path) -> None:
    draw = np.random.default_rng(5)
    values = draw.normal(size=(12, 4)).round(3)
    names = ("b", "a", "Ç", "z 20")
    long = ["region,year,sales", *(f"{u},{1990 + t},{values[t, j]}"
            for t in range(12) for j, u in enumerate(names))]  # fmt: skip
    wide = [f"year,{','.join(names)}", *(f"{1990 + t},{','.join(map(str, values[t]))}"
            for t in range(12))]  # fmt: skip
    one = read(tmp_path, long, study(COLUMN))
    two = read(tmp_path, wide, study({"name": "Sales"}, path="wide.csv"))
    assert one.units == two.units == ("a", "b", "z 20", "Ç")
    assert one.axis == two.axis
    assert one.panels[0].values.tobytes() == two.panels[0].values.tobytes()


def test_a_blank_or_a_text_makes_only_its_cell_missing(tmp_path: Path) -> None:
    rows = ["region,year,sales,cost", "A,1990,1,1", "A,1991,,2", "B,1990,n/a,3", "B,1991,4,"]
    panel = read(tmp_path, rows, study([COLUMN, {"name": "Cost", "column": "cost"}]))
    assert panel.panels[0].reasons.tolist() == [[0, 2], [2, 0]]
    assert panel.panels[1].reasons.tolist() == [[0, 0], [0, 2]]
    assert reasons(panel, 0) == {"unparsable_value": 2}
    # Every row serves one of the two.
    assert lost(panel) == {}
    assert 'such as "n/a"' in notices(panel)["unreadable_cells"].text


def test_a_cell_without_a_row_is_absent_and_not_zero(tmp_path: Path) -> None:
    rows = ["region,year,sales", "A,1990,1", "A,1991,2", "B,1991,0"]
    panel = read(tmp_path, rows, study(SUM))
    assert math.isnan(panel.panels[0].values[0, 1])
    assert panel.panels[0].reasons.tolist() == [[0, 1], [0, 0]]


def test_treated_from_fills_the_starts(tmp_path: Path) -> None:
    rows = ["region,year,sales,treated_from", "A,1990,1,1991", "A,1991,2,1991.0", "B,1990,1,",
            "B,1991,1,never", "C,1990,1,1990", "C,1991,1,"]  # fmt: skip
    panel = read(tmp_path, rows, study(COLUMN))
    assert panel.treated_from == {"A": 1991.0, "C": 1990.0}
    assert panel.accounting.columns["treated_from"] == "treated_from"


def test_columns_that_predictors_name(tmp_path: Path) -> None:
    lens: dict[str, Any] = {
        "method": "predictors",
        "predictors": ["income", {"column": "Sales", "at": [1990]},
                       {"column": "beer", "train": {"column": "wine"}}],
    }  # fmt: skip
    rows = ["region,year,sales,income,beer,wine", "A,1990,1,10,,5", "A,1991,2,11,3,6",
            "B,1990,,12,4,7", "B,1991,4,13,5,8"]  # fmt: skip
    panel = read(tmp_path, rows, study({"name": "Sales"}, **lens))
    assert set(panel.columns) == {"income", "beer", "wine"}
    np.testing.assert_array_equal(panel.columns["income"], [[10, 12], [11, 13]])
    assert np.isnan(panel.columns["beer"]).tolist() == [[True, False], [False, False]]
    # The row without sales serves the predictors.
    assert lost(panel) == {}
    assert reasons(panel) == {"unparsable_value": 1}


def test_geographies_of_a_matched_market_experiment(tmp_path: Path) -> None:
    """A simulated file of its shape: 100 geographies by day, dates quoted, blanks left out."""
    draw = np.random.default_rng(7)
    days = pd.date_range("2015-01-05", "2015-04-07")
    frame = pd.DataFrame(
        [(f"{d:%Y-%m-%d}", str(g), round(float(draw.gamma(2, 500 / g)), 2), 0)
         for d in days for g in range(1, 101)],
        columns=["date", "geo", "sales", "cost"],
    )  # fmt: skip
    frame = frame.drop(index=frame.index[frame["geo"].eq("7") & frame["date"].eq("2015-02-01")])
    frame.to_csv(tmp_path / "log.csv", index=False, quoting=2)
    from analysis.logs import read_panel

    panel = read_panel(study(COLUMN), base=tmp_path, work=tmp_path / "work")
    assert (len(panel.units), len(panel.axis.labels)) == (100, 93)
    assert panel.axis.frequency == "day"
    by_hand = frame.pivot_table(index="date", columns="geo", values="sales", observed=True)
    np.testing.assert_array_equal(panel.panels[0].values, by_hand[list(panel.units)].to_numpy())
    weeks = read_panel(study(SUM, frequency="week"), base=tmp_path, work=tmp_path / "work")
    assert weeks.partial_periods == ("2015-04-06",)
    dates = pd.to_datetime(frame["date"])
    monday = (dates - pd.to_timedelta(dates.dt.weekday, unit="D")).dt.strftime("%Y-%m-%d")
    sums = frame.assign(week=monday).pivot_table(
        index="week", columns="geo", values="sales", aggfunc=[math.fsum, "size"]
    )
    whole = sums["size"] == 7
    expected = sums["fsum"].where(whole).loc[list(weeks.axis.labels), list(weeks.units)]
    np.testing.assert_array_equal(weeks.panels[0].values, expected.to_numpy())


def test_values_differ_where_a_sheet_has_names_that_only_look_equal(tmp_path: Path) -> None:
    """Two spellings of one unit with different values for a period: nothing is guessed."""
    rows = ["region,year,sales", "A,1990,1", "a ,1990,2", "A,1991,2"]
    with pytest.raises(LogError) as refused:
        read(tmp_path, rows, study(COLUMN))
    assert refused.value.code == "panel_cell_conflict"
    assert refused.value.what == "A has two values for 1990: 1 and 2."
