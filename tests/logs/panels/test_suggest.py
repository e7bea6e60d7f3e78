"""A log that looks like a panel becomes a study of synthetic control, and says who was treated."""

from pathlib import Path
from typing import Any

import pytest

from analysis.logs import open_source, suggest
from analysis.logs.panels import read_panel
from analysis.simulate import template
from analysis.study import Study


def suggested(folder: Path, rows: list[str]) -> dict[str, Any]:
    (folder / "log.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    source = open_source(("log.csv",), base=folder, work=folder / "work")
    mapping = suggest(source, ("log.csv",), "My study")
    study = Study.parse(mapping)
    if "synthetic_control" in mapping:
        # It runs as far as a panel goes.
        assert len(read_panel(study, base=folder, work=folder / "work").units) > 1
    return mapping


def yearly(flag: str = "", of: Any = None) -> list[str]:
    rows = [f"State,Year,packs{',' + flag if flag else ''}"]
    for state in ("Ohio", "Utah", "Iowa", "Maine"):
        for year in range(1980, 1990):
            more = f",{of(state, year)}" if flag else ""
            rows.append(f"{state},{year},{year % 7 + 0.5}{more}")
    return rows


def test_a_long_panel_without_who_was_treated_leaves_it_open(tmp_path: Path) -> None:
    assert suggested(tmp_path, yearly()) == {
        "version": 1,
        "name": "My study",
        "log": {"path": "log.csv", "timezone": "UTC"},
        "columns": {"region": "State", "time": "Year"},
        "metrics": [
            {"name": "Packs", "role": "primary", "column": "packs", "better": "higher"},
        ],
        "synthetic_control": {"alpha": 0.05},
    }


@pytest.mark.parametrize("flag", ("treated", "treatment", "post_treated"))
def test_a_flag_says_who_and_from_when(tmp_path: Path, flag: str) -> None:
    """Also where its name is that of an arm: each cell has one row, so it is no experiment."""
    rows = yearly(flag, lambda state, year: int(state == "Utah" and year >= 1986))
    assert suggested(tmp_path, rows)["synthetic_control"] == {
        "treated": ["Utah"], "start": 1986, "alpha": 0.05,
    }  # fmt: skip


def test_a_flag_of_several_starts(tmp_path: Path) -> None:
    begin = {"Utah": 1986, "Iowa": 1988}
    rows = yearly("treated", lambda state, year: int(year >= begin.get(state, 9999)))
    assert suggested(tmp_path, rows)["synthetic_control"] == {
        "starts": {"Iowa": 1988, "Utah": 1986}, "alpha": 0.05,
    }  # fmt: skip


def test_a_flag_that_is_1_all_along_says_who_and_not_when(tmp_path: Path) -> None:
    rows = yearly("treated", lambda state, _: int(state == "Utah"))
    assert suggested(tmp_path, rows)["synthetic_control"] == {"treated": ["Utah"], "alpha": 0.05}


def test_treated_from_says_both(tmp_path: Path) -> None:
    rows = ["market,date,orders,treated_from"]
    rows += [f"{m},2026-04-{d:02d},{d},{'2026-04-12' if m == 'DE' else ''}"
             for m in ("DE", "FR", "ES") for d in range(1, 21)]  # fmt: skip
    mapping = suggested(tmp_path, rows)
    assert mapping["columns"]["treated_from"] == "treated_from"
    assert mapping["synthetic_control"] == {
        "treated": ["DE"], "start": "2026-04-12", "alpha": 0.05,
    }  # fmt: skip


def test_the_template_says_all(tmp_path: Path) -> None:
    mapping = suggested(tmp_path, template("synthetic_control").splitlines())
    assert set(mapping["synthetic_control"]) == {"treated", "start", "alpha"}
    assert len(mapping["synthetic_control"]["treated"]) == 1


def test_a_column_a_unit(tmp_path: Path) -> None:
    rows = ["week,DE,FR,ES,IT,AT", *(f"2026-0{m}-01,1,2,3,4,{m}" for m in range(1, 9))]
    mapping = suggested(tmp_path, rows)
    assert mapping["columns"] == {"time": "week"}
    assert mapping["synthetic_control"] == {"alpha": 0.05}
    assert [metric["name"] for metric in mapping["metrics"]] == ["My study"]


def test_events_of_regions_without_arms(tmp_path: Path) -> None:
    rows = ["user_id,ts,event,region"]
    rows += [f"u{i % 40},2026-04-{1 + i % 9:02d}T{i % 24:02d}:00:00Z,{('view', 'purchase')[i % 2]},"
             f"{('north', 'south', 'west')[i % 3]}" for i in range(400)]  # fmt: skip
    mapping = suggested(tmp_path, rows)
    assert mapping["columns"] == {
        "region": "region", "unit": "user_id", "time": "ts", "event": "event",
    }  # fmt: skip
    assert mapping["metrics"][0]["event"] == "purchase"
    assert mapping["synthetic_control"] == {"alpha": 0.05}


def test_an_arm_makes_it_an_experiment(tmp_path: Path) -> None:
    rows = ["user_id,ts,event,region,variant"]
    rows += [f"u{i % 40},2026-04-{1 + i % 9:02d}T{i % 24:02d}:00:00Z,{('view', 'purchase')[i % 2]},"
             f"{('north', 'south', 'west')[i % 3]},{('control', 'b')[i % 40 % 2]}"
             for i in range(400)]  # fmt: skip
    assert "ab" in suggested(tmp_path, rows)


def test_a_table_of_units_with_a_flag_of_treatment_is_an_experiment(tmp_path: Path) -> None:
    rows = ["user_id,country,treatment,orders"]
    rows += [f"u{i},{('DE', 'FR')[i % 2]},{i // 2 % 2},{i % 5}" for i in range(200)]
    assert "ab" in suggested(tmp_path, rows)
