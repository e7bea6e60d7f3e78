"""What becomes of a row, a cell and a period of an event log."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.logs import PanelLog
from tests.logs.panels.making import COUNT, cells, lost, notices, read, reasons, study

HEAD = "region,user,ts,event,value,event_id"
METRICS: list[dict[str, Any]] = [
    {"name": "Tasks", "event": "task", "kind": "count"},
    {"name": "Revenue", "event": "pay", "kind": "sum"},
    {"name": "Basket", "event": "pay", "kind": "mean"},
    {"name": "Payers", "event": "pay", "kind": "proportion"},
    {"name": "Per task", "kind": "ratio", "numerator": {"event": "pay", "value": "sum"},
     "denominator": {"event": "task", "value": "count"}},
    {"name": "Paid tasks", "kind": "ratio", "numerator": {"event": "pay"},
     "denominator": {"event": "task"}},
]  # fmt: skip
COLUMNS = {"region": "region", "unit": "user", "id": "event_id"}


def whole_days(*dates: str) -> list[str]:
    """Rows of another event at both ends of days, so that none is partial."""
    return [f"A,u0,{date}T{time}Z,view,," for date in dates for time in ("00:00:00", "23:59:59")]


def every_kind(folder: Path) -> PanelLog:
    rows = [
        HEAD,
        *whole_days("2026-04-01", "2026-04-02"),
        "A,u1,2026-04-01T08:00:00Z,task,,1",
        "A,u1,2026-04-01T09:00:00Z,task,,2",
        "A,u1,2026-04-01T10:00:00Z,pay,10.50,3",
        "A,u2,2026-04-01T10:00:00Z,pay,0.25,4",
        "A,u2,2026-04-01T10:00:01Z,pay,n/a,5",
        "B,u3,2026-04-01T10:00:00Z,pay,7,6",
        "B,u3,2026-04-02T10:00:00Z,task,,7",
        "B,u4,2026-04-02T10:00:00Z,view,,8",
        "B,,2026-04-02T11:00:00Z,view,,9",
    ]
    return read(folder, rows, study(METRICS, columns=COLUMNS))


def test_cells_by_kind(tmp_path: Path) -> None:
    panel = every_kind(tmp_path)
    nan = float("nan")
    expected = {
        "Tasks": [[2, 0], [0, 1]],
        "Revenue": [[10.75, 7], [0, 0]],
        "Basket": [[5.375, 7], [nan, nan]],
        # u0 is in A on both days; u3 and u4 are in B on the second.
        "Payers": [[2 / 3, 1], [0, 0]],
        "Per task": [[5.375, nan], [nan, 0]],
        "Paid tasks": [[1.5, nan], [nan, 0]],
    }
    for one in panel.panels:
        np.testing.assert_array_equal(one.values, np.array(expected[one.metric]), one.metric)
    zero_exposure = 3
    assert panel.panels[2].reasons.tolist() == [[0, 0], [zero_exposure, zero_exposure]]
    assert panel.panels[4].reasons.tolist() == [[0, zero_exposure], [zero_exposure, 0]]
    assert [one.zero_filled for one in panel.panels] == [True, True, False, False, False, False]
    assert [one.kind for one in panel.panels] == [
        "count", "sum", "mean", "proportion", "ratio", "ratio",
    ]  # fmt: skip


def test_each_metric_has_its_own_account(tmp_path: Path) -> None:
    """13 rows; the unreadable value counts against those who add values up only."""
    panel = every_kind(tmp_path)
    assert [one.rows_in for one in panel.panels] == [13] * 6
    assert [reasons(panel, i) for i in range(6)] == [
        {"other_event": 10},
        {"other_event": 9, "unparsable_value": 1},
        {"other_event": 9, "unparsable_value": 1},
        {"blank_user": 1},
        {"other_event": 6, "unparsable_value": 1},
        {"other_event": 6},
    ]
    # For the log a row is used if any metric uses it; only the row without a user is left.
    assert lost(panel) == {"blank_user": 1}
    assert panel.accounting.used == 12
    texts = [n.text for n in panel.notices if n.code == "unparsable_values"]
    assert texts[0] == '1 row of "Revenue" carries no number and was left out.'


def test_duplicates_are_looked_for_among_the_rows_of_the_metric(tmp_path: Path) -> None:
    """An id that another event has too is no duplicate for a metric that does not use it."""
    rows = [
        HEAD,
        *whole_days("2026-04-01", "2026-04-02"),
        "A,u1,2026-04-01T08:00:00Z,task,,1",
        "A,u1,2026-04-01T09:00:00Z,pay,5,1",
        "A,u1,2026-04-01T10:00:00Z,pay,7,1",
    ]
    per_task = {**METRICS[4]}
    panel = read(tmp_path, rows, study([METRICS[0], METRICS[1], per_task], columns=COLUMNS))
    assert cells(panel, 0)["2026-04-01"]["A"] == 1
    assert cells(panel, 1)["2026-04-01"]["A"] == 5
    # Both events together: the task came first, so no payment is left to set against it.
    assert cells(panel, 2)["2026-04-01"]["A"] == 0
    assert reasons(panel, 1) == {"other_event": 5, "duplicate_event_id": 1}
    assert reasons(panel, 2) == {"other_event": 4, "duplicate_event_id": 2}
    assert lost(panel) == {"other_event": 4, "duplicate_event_id": 1}


@pytest.mark.parametrize("turn", range(3))
def test_of_rows_with_one_id_the_earliest_stays_then_the_first_unit(
    tmp_path: Path, turn: int
) -> None:
    same = [
        "B,u1,2026-04-01T09:00:00Z,task,,1",
        "A,u1,2026-04-01T09:00:00Z,task,,1",
        "C,u1,2026-04-01T10:00:00Z,task,,1",
    ]
    rows = [HEAD, *whole_days("2026-04-01", "2026-04-02"), *same[turn:], *same[:turn]]
    panel = read(tmp_path, rows, study(COUNT, columns=COLUMNS))
    assert cells(panel)["2026-04-01"] == {"A": 1, "B": 0, "C": 0}


def test_reasons_come_in_their_order(tmp_path: Path) -> None:
    """A row with several faults leaves for the first of them."""
    rows = [
        HEAD,
        *whole_days("2026-04-01", "2026-04-02", "2026-04-03"),
        ",u1,never,view,,9",
        ",u1,2026-04-01T08:00:00Z,view,,9",
        "A,u1,2026-04-01T08:00:00Z,view,x,9",
        "A,u1,2026-04-01T08:00:00Z,pay,1,9",
        "A,u1,2026-04-01T09:00:00Z,pay,x,9",
        "A,u1,2026-04-03T09:00:00Z,pay,x,10",
        "A,u1,2026-04-03T09:00:00Z,pay,2,11",
    ]
    panel = read(tmp_path, rows, study(METRICS[1], columns=COLUMNS, end="2026-04-03"))
    assert reasons(panel) == lost(panel) == {
        "unparsable_time": 1, "blank_unit": 1, "other_event": 7, "duplicate_event_id": 1,
        "unparsable_value": 1, "outside_window": 1,
    }  # fmt: skip
    assert panel.panels[0].rows_used == 1


def test_without_an_id_identical_rows_are_counted_and_stay(tmp_path: Path) -> None:
    rows = [
        "region,ts,event,device",
        "A,2026-04-01T00:00:00Z,task,x",
        "A,2026-04-01T00:00:00Z,task,x",
        "A,2026-04-01T00:00:00Z,task,x",
        "A,2026-04-01T00:00:00Z,task,y",
        "A,2026-04-02T23:00:00Z,task,x",
    ]
    panel = read(tmp_path, rows, study())
    assert cells(panel)["2026-04-01"]["A"] == 4
    assert notices(panel)["possible_duplicates"].text.startswith("2 rows repeat others exactly")
    rows = [f"{row},{'id' if i == 0 else i}" for i, row in enumerate(rows)]
    assert "possible_duplicates" not in notices(
        read(tmp_path, rows, study(columns={"id": "id"}, path="with.csv"))
    )


def test_spellings_of_one_unit_become_one(tmp_path: Path) -> None:
    """Trimmed, composed, without regard to case; the most frequent spelling names it."""
    rows = [
        "region,ts,event",
        "Zürich,2026-04-01T00:00:00Z,task",
        "zu\u0308rich ,2026-04-01T01:00:00Z,task",
        " ZÜRICH,2026-04-01T02:00:00Z,task",
        "Zürich,2026-04-02T23:00:00Z,task",
        "20,2026-04-01T01:00:00Z,task",
        "20.0,2026-04-01T01:00:00Z,task",
        "  ,2026-04-01T01:00:00Z,task",
    ]
    panel = read(tmp_path, rows, study())
    assert panel.units == ("20", "20.0", "Zürich")
    assert cells(panel)["2026-04-01"] == {"20": 1, "20.0": 1, "Zürich": 3}
    notice = notices(panel)["unit_names_merged"]
    assert notice.level == "note"
    assert notice.text.startswith("2 rows have another spelling of a unit's name")
    assert panel.accounting.repairs[0].rows == 2
    assert [panel.unit(name) for name in ("ZÜRICH", " zürich", "20", "Bern")] == [
        "Zürich", "Zürich", "20", None,
    ]  # fmt: skip
    assert reasons(panel) == {"blank_unit": 1}


def test_of_equally_frequent_spellings_the_first_by_code_point_wins(tmp_path: Path) -> None:
    rows = ["region,ts,event", *(f"{name},2026-04-0{i}T12:00:00Z,task"
            for name in ("de", "DE", "De") for i in (1, 2, 3))]  # fmt: skip
    assert read(tmp_path, rows, study()).units == ("DE",)


def test_users_under_two_spellings_of_a_region_are_counted_once(tmp_path: Path) -> None:
    rows = [
        HEAD,
        *whole_days("2026-04-01", "2026-04-02"),
        "B,u1,2026-04-01T08:00:00Z,pay,1,1",
        "b ,u1,2026-04-01T09:00:00Z,pay,1,2",
        "B, u2,2026-04-01T09:00:00Z,view,1,3",
        "B,u2 ,2026-04-01T09:00:00Z,view,1,4",
    ]
    panel = read(tmp_path, rows, study(METRICS[3], columns=COLUMNS))
    assert cells(panel)["2026-04-01"]["B"] == 0.5


def test_a_day_without_any_row_is_a_hole_and_not_zero(tmp_path: Path) -> None:
    rows = [
        "region,ts,event",
        *(f"{r},2026-04-0{d}T12:00:00Z,{e}"
          for d, e in ((1, "task"), (2, "view"), (4, "task"), (5, "task")) for r in "AB"),
    ]  # fmt: skip
    panel = read(tmp_path, rows, study())
    assert panel.log_gaps == ("2026-04-03",)
    assert panel.axis.labels == ("2026-04-01", "2026-04-02", "2026-04-04", "2026-04-05")
    # Another event on the second day: there the log ran, so it is a true zero.
    assert cells(panel)["2026-04-02"] == {"A": 0, "B": 0}
    assert panel.n_periods_in_log == 4
    notice = notices(panel)["log_gap"]
    assert notice.text == "No event of any kind on 2026-04-03; left out."
    assert notice.fix == "If logging was down, this is right."


def test_declared_gaps_are_left_out_for_all(tmp_path: Path) -> None:
    rows = ["region,ts,event", *(f"A,2026-04-0{d}T12:00:00Z,task" for d in (1, 2, 3, 5, 6))]
    panel = read(tmp_path, rows, study(gaps=[["2026-04-03", "2026-04-04"]]))
    assert panel.axis.labels == ("2026-04-01", "2026-04-02", "2026-04-05", "2026-04-06")
    assert panel.log_gaps == ()
    assert reasons(panel) == {"outside_window": 1}
    assert panel.axis.place("2026-04-03", "x") == ("2026-04-03", 2, False)


def test_nothing_at_or_after_the_end_counts(tmp_path: Path) -> None:
    rows = ["region,ts,event", *(f"A,2026-04-0{d}T{h}:00:00Z,task"
            for d in range(1, 6) for h in ("00", "12", "23"))]  # fmt: skip
    panel = read(tmp_path, rows, study(end="2026-04-04"))
    assert panel.axis.labels == ("2026-04-01", "2026-04-02", "2026-04-03")
    assert reasons(panel) == {"outside_window": 6}
    assert panel.axis.range == ("2026-04-01", "2026-04-05")
    assert panel.n_periods_in_log == 5
    # An end inside a day cuts it: what came after is outside, and the day is not whole.
    panel = read(tmp_path, rows, study(end="2026-04-04T12:00:00Z"))
    assert panel.axis.labels == ("2026-04-01", "2026-04-02", "2026-04-03")
    assert reasons(panel) == {"outside_window": 5, "partial_period": 1}
    assert "covers only 50%" in notices(panel)["partial_last_period"].text


def test_weeks_begin_on_monday_and_months_follow_the_calendar(tmp_path: Path) -> None:
    days = [f"2026-{m:02d}-{d:02d}" for m, last in ((2, 28), (3, 31)) for d in range(1, last + 1)]
    rows = ["region,ts,event", *(f"A,{d}T{h}:00:00,task" for d in days for h in ("00", "23"))]
    weeks = read(tmp_path, rows, study(frequency="week", log={"timezone": "Europe/Berlin"}))
    # 1 February 2026 is a Sunday: the week of 26 January has one day of seven.
    assert weeks.partial_periods == ("2026-01-26", "2026-03-30")
    assert weeks.axis.labels[0] == "2026-02-02"
    assert set(weeks.panels[0].values.ravel()) == {14.0}
    months = read(tmp_path, rows, study(frequency="month", log={"timezone": "Europe/Berlin"}))
    assert cells(months) == {"2026-02-01": {"A": 56}, "2026-03-01": {"A": 62}}


def test_local_times_around_a_change_of_the_clock(tmp_path: Path) -> None:
    """02:30 does not exist on 29 March and comes twice on 25 October in Berlin."""
    rows = ["region,ts,event"]
    rows += [f"A,2026-03-{d}T{h},task" for d in (28, 29, 30) for h in ("00:00:00", "23:59:59")]
    rows += ["A,2026-03-29T02:30:00,task", "A,2026-03-29T03:30:00,task"]
    panel = read(tmp_path, rows, study(log={"timezone": "Europe/Berlin"}))
    assert cells(panel)["2026-03-29"]["A"] == 4
    assert notices(panel)["dst_local_times"].text.startswith("1 local time falls into an hour")
    rows = ["region,ts,event"]
    rows += [f"A,2026-10-{d}T{h},task" for d in (24, 25, 26) for h in ("00:00:00", "23:59:59")]
    rows += ["A,2026-10-25T02:30:00,task", "A,2026-10-25T02:59:59,task", "A,2026-10-25T03:00,task"]
    panel = read(tmp_path, rows, study(log={"timezone": "Europe/Berlin"}))
    assert notices(panel)["dst_local_times"].text.startswith("2 local times fall into an hour")
    assert "dst_local_times" not in notices(read(tmp_path, rows, study()))


def test_a_bare_date_is_never_shifted(tmp_path: Path) -> None:
    """Also where the clock changes at midnight, so that the day begins at 01:00."""
    rows = ["region,day,event", *(f"A,2018-11-0{d},task" for d in (3, 4, 5))]
    for zone in ("America/Sao_Paulo", "Pacific/Auckland", "America/Los_Angeles"):
        panel = read(tmp_path, rows, study(log={"timezone": zone}, partial_periods="keep"))
        assert panel.axis.labels == ("2018-11-03", "2018-11-04", "2018-11-05")
        assert "dst_local_times" not in notices(panel)


def test_dates_only_are_whole_days(tmp_path: Path) -> None:
    rows = ["region,day,event", *(f"A,2026-04-0{d},task" for d in (1, 2, 3))]
    assert read(tmp_path, rows, study()).partial_periods == ()


def test_the_unit_serves_where_no_region_is_named(tmp_path: Path) -> None:
    rows = ["workspace,ts,event", "w1,2026-04-01T00:00:00Z,task", "w2,2026-04-02T23:00:00Z,task"]
    panel = read(tmp_path, rows, study(columns={"unit": "workspace"}))
    assert panel.units == ("w1", "w2")
    assert panel.accounting.columns["unit"] == "workspace"
    assert "region" not in panel.accounting.columns


def test_a_log_without_an_event_column_counts_its_rows(tmp_path: Path) -> None:
    rows = ["market,ts,amount", "A,2026-04-01T00:00:00Z,1.5", "A,2026-04-01T03:00:00Z,2",
            "B,2026-04-02T23:00:00Z,4"]  # fmt: skip
    metrics = [{"name": "Orders", "kind": "count"}, {"name": "Revenue", "kind": "sum"}]
    panel = read(tmp_path, rows, study(metrics, columns={"value": "amount"}))
    assert cells(panel, 0) == {"2026-04-01": {"A": 2, "B": 0}, "2026-04-02": {"A": 0, "B": 1}}
    assert cells(panel, 1) == {"2026-04-01": {"A": 3.5, "B": 0}, "2026-04-02": {"A": 0, "B": 4}}


def test_treated_from_of_an_event_log(tmp_path: Path) -> None:
    rows = ["region,ts,event,treated_from", "A,2026-04-01T00:00:00Z,task,2026-04-02",
            "a,2026-04-02T23:00:00Z,task,2026-04-02", "B,2026-04-02T23:00:00Z,task,"]  # fmt: skip
    panel = read(tmp_path, rows, study())
    assert panel.treated_from == {"A": "2026-04-02"}


def test_a_unit_seen_only_outside_the_kept_periods_is_there_with_zeros(tmp_path: Path) -> None:
    """The donor audit says that it is constant; to leave it out here would say nothing."""
    rows = ["region,ts,event", *(f"A,2026-04-0{d}T12:00:00Z,task" for d in (1, 2, 3)),
            "B,2026-04-03T12:00:00Z,task"]  # fmt: skip
    panel = read(tmp_path, rows, study(end="2026-04-03"))
    assert cells(panel) == {"2026-04-01": {"A": 1, "B": 0}, "2026-04-02": {"A": 1, "B": 0}}
