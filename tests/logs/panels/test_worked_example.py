"""The worked example of the specification, with every number, and the quiet night."""

from pathlib import Path

import pytest

from tests.logs.panels.making import COUNT, cells, lost, notices, read, reasons, study

ROWS = (
    "region,ts,event,event_id",
    "A,2026-03-27T23:30:00Z,task,1",
    "A,2026-03-28T22:59:59Z,task,2",
    "A,2026-03-28T23:00:00Z,task,3",
    "B,2026-03-29T21:59:59Z,task,4",
    "B,2026-03-29T22:00:00Z,task,5",
    "B,2026-03-29T22:00:00Z,task,5",
    ",2026-03-29T10:00:00Z,task,6",
    "C,2026-03-28T12:00:00Z,page_view,7",
    "C,yesterday,task,8",
    "C,2026-03-30T21:30:00Z,task,9",
    "B,2026-03-28T10:00:00Z,task,10",
    "C,2026-03-28T10:00:00Z,task,11",
)


@pytest.mark.parametrize("rows", (ROWS, (ROWS[0], *reversed(ROWS[1:]))), ids=("as is", "reversed"))
def test_berlin_around_the_change_of_the_clock(tmp_path: Path, rows: tuple[str, ...]) -> None:
    panel = read(tmp_path, rows, study(log={"timezone": "Europe/Berlin"}))
    assert panel.units == ("A", "B", "C")
    assert cells(panel) == {
        "2026-03-28": {"A": 2, "B": 1, "C": 1},
        "2026-03-29": {"A": 1, "B": 1, "C": 0},
        "2026-03-30": {"A": 0, "B": 1, "C": 1},
    }
    one = panel.panels[0]
    assert (one.rows_in, one.rows_used, one.zero_filled, one.kind) == (12, 8, True, "count")
    expected = {
        "unparsable_time": 1, "blank_unit": 1, "other_event": 1, "duplicate_event_id": 1,
    }  # fmt: skip
    assert reasons(panel) == lost(panel) == expected
    assert (panel.accounting.rows, panel.accounting.used) == (12, 8)
    assert panel.partial_periods == panel.log_gaps == ()
    assert panel.n_periods_in_log == 3
    assert panel.axis.range == ("2026-03-28", "2026-03-30")
    found = notices(panel)
    assert set(found) == {"unparsable_times", "blank_units", "duplicate_events"}
    assert found["duplicate_events"].text == "1 row repeats an event id and was left out."
    assert found["duplicate_events"].fix == "Check the export for retries."
    assert found["blank_units"].text == "1 row has no region and was left out."
    assert found["blank_units"].fix == "Fill the column or accept the loss of 8.3%."
    assert all(one.lens == "synthetic_control" for one in found.values())


def test_in_utc_it_is_another_panel(tmp_path: Path) -> None:
    panel = read(tmp_path, ROWS, study(partial_periods="keep"))
    assert cells(panel) == {
        "2026-03-27": {"A": 1, "B": 0, "C": 0},
        "2026-03-28": {"A": 2, "B": 1, "C": 1},
        "2026-03-29": {"A": 0, "B": 2, "C": 0},
        "2026-03-30": {"A": 0, "B": 0, "C": 1},
    }


def test_examples_show_what_was_wrong_and_the_rows_are_kept(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    panel = read(tmp_path, ROWS, study(log={"timezone": "Europe/Berlin"}))
    shown = {one.reason: one.examples for one in panel.accounting.left_out}
    assert shown["unparsable_time"] == ({"row": 9, "value": "yesterday"},)
    assert shown["other_event"] == ({"row": 8, "value": "page_view"},)
    assert shown["duplicate_event_id"] == ({"row": 6, "value": "5"},)
    assert shown["blank_unit"][0]["row"] == 7
    path = panel.accounting.left_out_file
    assert path is not None
    kept = pq.read_table(path).to_pylist()
    assert sorted((row["left_out_reason"], row["event_id"]) for row in kept) == [
        ("blank_unit", "6"), ("duplicate_event_id", "5"), ("other_event", "7"),
        ("unparsable_time", "8"),
    ]  # fmt: skip


def day(date: str, first: str, last: str) -> list[str]:
    """Two rows a day, the first and the last of it."""
    return [f"A,{date}T{first}:00Z,task", f"B,{date}T{last}:00Z,task"]


def test_a_quiet_night_is_kept_and_a_cut_day_is_not(tmp_path: Path) -> None:
    """Section 2.4: the log ends at 08:00, interior days end by 23:30 at the earliest; it begins
    at 06:00, and one interior day begins at 07:00."""
    rows = [
        "region,ts,event",
        *day("2026-04-01", "06:00", "23:50"),
        *day("2026-04-02", "07:00", "23:30"),
        *day("2026-04-03", "00:10", "23:40"),
        *day("2026-04-04", "00:10", "08:00"),
    ]
    panel = read(tmp_path, rows, study(COUNT))
    assert panel.axis.labels == ("2026-04-01", "2026-04-02", "2026-04-03")
    assert panel.partial_periods == ("2026-04-04",)
    assert panel.n_periods_in_log == 4
    assert reasons(panel) == {"partial_period": 2}
    notice = notices(panel)["partial_last_period"]
    assert notice.level == "warn"
    assert notice.text == "2026-04-04 covers only 33.3% of its time and was left out."
    assert notice.fix == "End the study at 2026-04-04 or keep it by setting partial_periods."


def test_kept_by_order_it_is_still_named(tmp_path: Path) -> None:
    rows = [
        "region,ts,event",
        *day("2026-04-01", "00:10", "23:50"),
        *day("2026-04-02", "00:10", "23:30"),
        *day("2026-04-03", "00:10", "08:00"),
    ]
    panel = read(tmp_path, rows, study(COUNT, partial_periods="keep"))
    assert panel.axis.labels[-1] == panel.partial_periods[0] == "2026-04-03"
    assert reasons(panel) == {}
    assert "was kept" in notices(panel)["partial_last_period"].text


def test_what_the_notice_advises_gives_a_panel_without_the_notice(tmp_path: Path) -> None:
    rows = [
        "region,ts,event",
        *day("2026-04-01", "00:10", "23:50"),
        *day("2026-04-02", "00:10", "23:30"),
        *day("2026-04-03", "00:10", "08:00"),
    ]
    panel = read(tmp_path, rows, study(COUNT, end="2026-04-03"))
    assert panel.axis.labels == ("2026-04-01", "2026-04-02")
    assert "partial_last_period" not in notices(panel)
    assert reasons(panel) == {"outside_window": 2}
