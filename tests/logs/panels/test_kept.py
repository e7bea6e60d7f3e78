"""A panel that was built once is read again, byte for byte, and no other one in its place."""

import json
from pathlib import Path
from typing import Any

import pytest

from analysis.logs import PanelLog, engines, read_panel
from analysis.logs.panels import read as reading
from tests.logs.making import plain
from tests.logs.panels.by_hand import METRICS, NAMES
from tests.logs.panels.making import COLUMN, study
from tests.logs.panels.test_invariance import FIELDS, FILE, csv_of, file_rows
from tests.logs.panels.test_twin import COLUMNS, random_rows


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Hears of every engine that is opened."""
    heard: list[Any] = []
    true = engines.open_duckdb

    def open_duckdb(*given: Any) -> Any:
        heard.append(given)
        return true(*given)

    monkeypatch.setattr(reading, "open_duckdb", open_duckdb)
    return heard


def whole(panel: PanelLog) -> str:
    """Everything, in the order in which mappings give it."""
    assert panel.axis.labels
    return json.dumps(plain(panel), ensure_ascii=False)


def test_asked_again_nothing_is_opened_and_nothing_differs(
    tmp_path: Path, opened: list[Any]
) -> None:
    (tmp_path / "log.csv").write_text(csv_of(random_rows(3), NAMES))
    (tmp_path / "file.csv").write_text(csv_of(file_rows(), FIELDS))
    lens: dict[str, Any] = {"method": "predictors", "predictors": ["visits"]}
    questions = [
        study(METRICS, columns=COLUMNS),
        study(COLUMN, path="file.csv", **lens),
        study(FILE.to_mapping()["metrics"], path="file.csv", frequency="week"),
    ]
    for of in questions:
        built = len(opened)
        one, other = (read_panel(of, base=tmp_path, work=tmp_path / "work") for _ in range(2))
        assert len(opened) == built + 1
        assert whole(one) == whole(other)
        assert one.axis == other.axis
        assert one.accounting.left_out_file == other.accounting.left_out_file


def test_what_shapes_a_panel_builds_another_and_what_judges_it_does_not(
    tmp_path: Path, opened: list[Any]
) -> None:
    rows = ["region,year,sales,cost"]
    rows += [f"{u},{y},{y % 7},1" for u in "AB" for y in range(1980, 1990)]
    (tmp_path / "log.csv").write_text("\n".join(rows) + "\n")

    def built(*given: Any, **lens: Any) -> int:
        before = len(opened)
        read_panel(study(*given, **lens), base=tmp_path, work=tmp_path / "work")
        return len(opened) - before

    assert built(COLUMN) == 1
    assert built(COLUMN, treated=["A"], start=1985, alpha=0.1, donors=["B"]) == 0
    assert built({**COLUMN, "better": "lower", "role": "primary"}) == 0
    assert built(COLUMN, end=1988) == 1
    assert built(COLUMN, gaps=[[1981, 1982]]) == 1
    assert built({**COLUMN, "column": "cost"}) == 1
    assert built(COLUMN, columns={"region": "region"}) == 1
    (tmp_path / "log.csv").write_text("\n".join([*rows[:-1], "B,1989,6,1"]) + "\n")
    assert built(COLUMN) == 1


def test_a_panel_whose_rows_left_out_are_gone_is_built_anew(
    tmp_path: Path, opened: list[Any]
) -> None:
    (tmp_path / "log.csv").write_text(csv_of(random_rows(3), NAMES))
    of = study(METRICS, columns=COLUMNS)
    path = read_panel(of, base=tmp_path, work=tmp_path / "work").accounting.left_out_file
    assert path is not None
    path.unlink()
    again = read_panel(of, base=tmp_path, work=tmp_path / "work").accounting.left_out_file
    assert len(opened) == 2
    assert again is not None
    assert again.exists()
