"""What can be taken away: nothing runs in a spreadsheet, nothing is lost."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from analysis.report import tables
from pages.ui import downloads

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
Content = dict[str, Any]


def content(name: str = "ship") -> Content:
    readout: Content = json.loads((FIXTURES / f"readout_{name}.json").read_text(encoding="utf-8"))
    return readout


@pytest.mark.parametrize("start", [*"=+-@|%\t\r\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_a_text_cell_that_could_run_as_a_formula_gets_an_apostrophe(start: str) -> None:
    assert tables.safe_cell(f"{start}1+1") == f"'{start}1+1"


def test_numbers_are_untouched_and_missing_ones_empty() -> None:
    text = tables.csv_text([{"lift": -0.01, "p": None, "name": "a,b"}])
    assert list(csv.reader(io.StringIO(text))) == [["lift", "p", "name"], ["-0.01", "", "a,b"]]


def test_column_names_are_guarded_too() -> None:
    assert tables.csv_text([{"=cmd": 1}]).startswith("'=cmd")


def test_the_metric_table_holds_every_comparison_with_full_precision() -> None:
    readout = content("arms")
    rows = tables.metric_table(readout)
    assert len(rows) == sum(len(metric["comparisons"]) for metric in readout["ab"]["metrics"])
    text = tables.csv_text(rows)
    first = next(csv.DictReader(io.StringIO(text)))
    assert float(first["lift"]) == readout["ab"]["metrics"][0]["comparisons"][0]["lift"]


def test_the_readout_file_is_the_readout() -> None:
    assert json.loads(downloads.readout_json(content())) == content()


def test_file_names_tell_readouts_and_logs_apart() -> None:
    one = downloads.file_name("a" * 64, content(), "metrics", "csv")
    other = content()
    other["log"]["sha256"] = "b" * 64
    assert one == "verdict-aaaaaaaaaaaa-a3a3a3a3-metrics.csv"
    assert downloads.file_name("a" * 64, other, "metrics", "csv") != one


def test_the_study_file_reads_back_as_the_same_study() -> None:
    from analysis.study import Study

    readout = content()
    read = Study.parse(readout["study"])
    import tomllib

    assert Study.parse(tomllib.loads(downloads.study_toml(readout))).key() == read.key()
