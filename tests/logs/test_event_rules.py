"""The rules by which an event log becomes units, each with its count."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.core import LogError
from analysis.logs import ABLog, read_ab
from tests.logs.making import METRICS, read_text, study

GOLDEN = """event_id,time,user,event,variant,value,country
e01,2025-05-10T08:00:00Z,u1,exposure,control,,DE
e02,2025-05-10T10:00:00+02:00,u1,click,,,DE
e03,2025-05-13T08:00:00Z,u1,click,,,DE
e04,2025-05-13 07:59:59+00:00,u1,purchase,,12.50,DE
e05,2025-05-07T08:00:00Z,u1,click,,,DE
e06,2025-05-07T07:59:59Z,u1,click,,,DE
e07,2025-05-11T00:00:00Z,u2,exposure,treatment,,US
e08,2025-05-10T23:30:00-01:00,u2,exposure,treatment,,FR
e09,2025-05-11T01:00:00Z,u2,purchase,,N/A,US
e10,2025-05-12T01:00:00Z,u2,click,,,US
e10,2025-05-12T01:00:00Z,u2,click,,,US
e11,2025-05-12T00:00:00Z,u3,exposure,control,,DE
e12,2025-05-25T00:00:00Z,u3,exposure,treatment,,DE
e13,2025-05-12T05:00:00Z,u3,click,,,DE
e14,2025-05-12T06:00:00Z,x9,click,,,US
e15,2025-05-12T06:00:00Z,,click,,,US
e16,2025-05-19T12:00:00Z,u4,exposure,treatment,,US
e17,2025-05-20T12:00:00Z,u4,purchase,,30,US
e18,2025-05-14T00:00:00Z,u5,exposure,control,,US
e19,2025-05-14T00:00:00Z,u6,exposure,treatment,,FR
"""
AB: dict[str, Any] = {"exposure": "exposure", "window_days": 3, "end": "2025-05-20T00:00:00Z"}
PRE = [*METRICS, {"name": "retained", "event": "click", "kind": "retention", "day": 1}]


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> ABLog:
    """The worked example of the specification, section 2.1."""
    return read_text(tmp_path_factory.mktemp("golden"), GOLDEN, **AB)


def values(log: ABLog, name: str) -> dict[str, list[float]]:
    metric = next(m for m in study("log.csv", PRE).metrics if m.name == name)
    table = log.metric(metric)
    assert table.values is not None
    return {arm: list(columns["y"]) for arm, columns in table.values().items()}


def test_the_worked_example_counts_every_row_that_leaves(golden: ABLog) -> None:
    """Methods, A/B, 2.1 Ex.: all counters."""
    counts = golden.accounting.units
    assert counts["rows_total"] == 20
    assert counts["rows_without_unit"] == 1
    assert counts["duplicate_event_ids"] == 1
    assert counts["mixed_units"] == golden.mixed_units == 1
    assert counts["never_exposed_units"] == 1
    assert counts["bad_values"] == {"purchase": 1}
    left = {one.reason: one.rows for one in golden.accounting.left_out}
    assert left == {
        "missing_unit": 1,
        "duplicate_event_id": 1,
        "never_exposed": 1,
        "mixed_units": 3,
        "bad_value": 1,
    }
    assert golden.accounting.used == 13


def test_the_worked_example_gives_each_unit_its_numbers(golden: ABLog) -> None:
    """Methods, A/B, 2.1 Ex.: u1 and u5 in control; u2, u4, u6 in treatment."""
    assert golden.units == {"control": 2, "treatment": 3}
    assert golden.complete_units == {"control": 2, "treatment": 2}
    assert golden.incomplete_windows == 1
    assert values(golden, "clicks") == {"control": [1, 0], "treatment": [1, 0, 0]}
    assert values(golden, "purchases") == {"control": [1, 0], "treatment": [0, 1, 0]}
    assert values(golden, "revenue") == {"control": [12.5, 0], "treatment": [0, 30, 0]}
    assert values(golden, "converted") == {"control": [1, 0], "treatment": [0, 1, 0]}
    clicks = golden.metric(study("log.csv").metrics[0])
    assert clicks.covariate == "pre"
    assert clicks.values is not None
    assert list(clicks.values()["control"]["x"]) == [1, 0]
    assert list(clicks.values()["treatment"]["x"]) == [0, 0, 0]


def test_segments_are_those_of_the_first_exposure(golden: ABLog) -> None:
    """u2 was exposed first in the US and half an hour later, by its offset, in France."""
    assert golden.exposed_by_segment == {
        "country": {
            "DE": {"control": 1, "treatment": 0},
            "FR": {"control": 0, "treatment": 1},
            "US": {"control": 1, "treatment": 2},
        }
    }


def test_notices_say_what_happened_and_never_who(golden: ABLog) -> None:
    codes = [notice.code for notice in golden.notices]
    assert codes == [
        "rows_without_unit",
        "duplicate_events",
        "mixed_units",
        "never_exposed",
        "incomplete_windows",
        "bad_values",
        "events_before_exposure",
    ]
    told = " ".join(notice.text + notice.fix for notice in golden.notices)
    assert not any(f"u{i}" in told.split() for i in range(1, 7))
    assert 'row 9: "N/A"' in told


def test_rows_that_left_are_kept_with_their_text(golden: ABLog) -> None:
    import pyarrow.parquet as pq

    path = golden.accounting.left_out_file
    assert path is not None
    kept = pq.read_table(path).to_pydict()
    assert sorted(kept["left_out_reason"]) == sorted(
        ["missing_unit", "duplicate_event_id", "never_exposed", *["mixed_units"] * 3, "bad_value"]
    )
    assert "N/A" in kept["value"]


def test_complete_units_only_leaves_out_the_unfinished(tmp_path: Path) -> None:
    log = read_text(tmp_path, GOLDEN, **AB, options={"analysis_units": "complete"})
    assert log.units == {"control": 2, "treatment": 3}
    assert values(log, "revenue") == {"control": [12.5, 0], "treatment": [0, 0]}


def test_windows_are_half_open_and_inactive_units_stay(tmp_path: Path) -> None:
    """Trap 2: without the window or the zeros the worked example would differ."""
    wider = read_text(tmp_path, GOLDEN, **{**AB, "window_days": 4})
    assert values(wider, "clicks") == {"control": [2, 0], "treatment": [1, 0, 0]}


def test_the_end_closes_enrolment_and_no_window(tmp_path: Path) -> None:
    """Trap 29: u4 buys after `end` inside its window; u3's second arm comes after `end`."""
    earlier = read_text(tmp_path, GOLDEN, **{**AB, "end": "2025-05-19T12:00:00Z"})
    assert earlier.units == {"control": 2, "treatment": 2}
    assert earlier.mixed_units == 1
    assert earlier.accounting.units["exposed_after_end_units"] == 1


def test_retention_leaves_out_units_whose_day_is_not_over(tmp_path: Path) -> None:
    log = read_text(tmp_path, GOLDEN, metrics=PRE, **AB)
    table = log.metric(study("log.csv", PRE).metrics[-1])
    assert table.values is not None
    assert [list(arm["y"]) for arm in table.values().values()] == [[0, 0], [1, 0]]
    assert table.missing == 1


def test_a_log_whose_rows_all_carry_an_arm_needs_no_exposure_event(tmp_path: Path) -> None:
    text = "user,time,variant,event,value\n" + "".join(
        f"u{i},2025-01-0{1 + i % 3}T0{hour}:00:00Z,{'control' if i % 2 else 'b'},click,\n"
        for i in range(8)
        for hour in (1, 2)
    )
    columns = {"unit": "user", "time": "time", "arm": "variant", "event": "event", "segments": []}
    log = read_text(tmp_path, text, metrics=METRICS[:1], columns=columns)
    assert log.units == {"control": 4, "b": 4}
    assert values(log, "clicks") == {"control": [2.0] * 4, "b": [2.0] * 4}


def test_equal_first_times_are_decided_by_the_smallest_event_id(tmp_path: Path) -> None:
    text = "event_id,time,user,event,variant,value,country\n" + "".join(
        f"{event},2025-01-01T00:00:00Z,{user},exposure,{arm},,{country}\n"
        for event, user, arm, country in (
            ("e9", "u1", "control", "DE"),
            ("e10", "u1", "control", "US"),
            ("e1", "u2", "treatment", "DE"),
            ("e2", "u2", "treatment", "US"),
            ("c1", "u3", "control", "DE"),
        )
    ) + "c2,2025-01-01T00:00:00Z,u3,click,,,DE\n"  # fmt: skip
    log = read_text(tmp_path, text, metrics=METRICS[:1])
    assert log.exposed_by_segment["country"] == {
        "DE": {"control": 1, "treatment": 1},
        "US": {"control": 1, "treatment": 0},
    }


def test_repeated_ids_with_other_content_are_dropped_and_told(tmp_path: Path) -> None:
    second = "e10,2025-05-12T01:00:00Z,u2,click,,,US\ne11"
    text = GOLDEN.replace(second, second.replace("T01", "T02"))
    log = read_text(tmp_path, text, **AB)
    assert "duplicate_ids_differ" in [notice.code for notice in log.notices]
    assert values(log, "clicks") == {"control": [1, 0], "treatment": [1, 0, 0]}


def test_without_ids_exact_repeats_leave_unless_the_study_keeps_them(tmp_path: Path) -> None:
    columns = {"unit": "user", "time": "time", "arm": "variant", "event": "event",
               "value": "value", "segments": ["country"]}  # fmt: skip
    text = "\n".join(line.split(",", 1)[1] for line in GOLDEN.splitlines()) + "\n"
    log = read_text(tmp_path, text, columns=columns, **AB)
    assert log.accounting.units["exact_repeats"] == 1
    assert values(log, "clicks") == {"control": [1, 0], "treatment": [1, 0, 0]}
    kept = read_text(tmp_path, text, columns=columns, **AB, options={"exact_repeats": "keep"})
    assert values(kept, "clicks") == {"control": [1, 0], "treatment": [2, 0, 0]}


def test_without_ids_and_times_repeats_stay_and_are_noted(tmp_path: Path) -> None:
    text = "user,event,variant\nu1,exposure,control\nu1,click,\nu1,click,\nu2,exposure,b\n"
    columns = {"unit": "user", "arm": "variant", "event": "event", "segments": []}
    log = read_text(tmp_path, text, metrics=METRICS[:1], columns=columns, exposure="exposure")
    assert values(log, "clicks") == {"control": [2], "b": [0]}
    assert [n.code for n in log.notices if n.code == "repeats_kept"]
    assert log.days == ()
    assert log.first_time is None


def test_exposure_rows_without_an_arm_are_left_out(tmp_path: Path) -> None:
    text = GOLDEN + "e20,2025-05-14T00:00:00Z,u7,exposure, ,,DE\n"
    log = read_text(tmp_path, text, **AB)
    left = {one.reason: one.rows for one in log.accounting.left_out}
    assert left["blank_arm"] == 1
    assert log.accounting.units["never_exposed_units"] == 1


@pytest.mark.parametrize(
    ("said", "code", "names"),
    [
        ({"metrics": [{"name": "R", "event": "refund"}]}, "unknown_event", "purchase"),
        ({"columns": {"unit": "users"}}, "unknown_column", "country"),
        ({"control": "old"}, "unknown_arm", "treatment"),
        ({"exposure": "seen"}, "unknown_event", "exposure"),
        ({"metrics": [{"name": "R", "event": "click", "kind": "sum"}]}, "no_values", "click"),
        ({"segments": ["plan"]}, "unknown_column", "country"),
    ],
)
def test_what_is_not_in_the_log_is_refused_with_what_there_is(
    tmp_path: Path, said: dict, code: str, names: str
) -> None:
    with pytest.raises(LogError) as refused:
        read_text(tmp_path, GOLDEN, **said)
    assert refused.value.code == code
    assert names in str(refused.value)
    assert refused.value.fix


def test_a_second_question_opens_no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Built tables are reused when log, definition and templates are the same."""
    first = read_text(tmp_path, GOLDEN, **AB)
    monkeypatch.setattr("analysis.logs.reader.open_duckdb", None)
    again = read_ab(
        study("log.csv", METRICS[:2], **AB, alpha=0.1), base=tmp_path, work=tmp_path / "work"
    )
    assert again.units == first.units
    assert np.isclose(again.metric(study("log.csv").metrics[0]).arms["control"].observed.n, 2)


def test_a_changed_cell_is_seen(tmp_path: Path) -> None:
    """The same name, size and second, one other digit."""
    assert values(read_text(tmp_path, GOLDEN, **AB), "revenue")["treatment"] == [0, 30, 0]
    changed = GOLDEN.replace("purchase,,30,", "purchase,,31,")
    log = read_text(tmp_path, changed, **AB)
    assert values(log, "revenue")["treatment"] == [0, 31, 0]
