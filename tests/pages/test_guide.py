"""The Guide: what it explains is what the app says and takes."""

import csv
import io
import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from analysis import logs, readout
from analysis.methods.ab import METHODS
from analysis.study import Study
from pages.ui.guide_texts import EVENT_LOG, JSON_LINES, UNIT_TABLE, VERDICT_MEANS, _whole_event_log
from pages.ui.words import VERDICTS


def test_every_method_is_named_with_its_source(app: AppTest) -> None:
    app.run()
    at = app.switch_page("pages/guide.py").run()
    assert not at.exception
    tables = "".join(one.value for one in at.html)
    for method in METHODS:
        assert method.label.replace("'", "&#x27;") in tables
        assert method.source.split(",")[0].split("(")[0].strip() in tables


def test_every_verdict_is_explained_in_the_order_of_the_rules() -> None:
    assert set(VERDICT_MEANS) == set(VERDICTS)
    assert next(iter(VERDICT_MEANS)) == "do_not_use"


def test_the_example_logs_are_what_they_say() -> None:
    for text in (EVENT_LOG, UNIT_TABLE):
        rows = list(csv.reader(io.StringIO(text)))
        assert len({len(row) for row in rows}) == 1
    assert all(json.loads(line) for line in JSON_LINES.splitlines())


@pytest.mark.parametrize(
    ("name", "text"),
    (("log.csv", EVENT_LOG), ("units.csv", UNIT_TABLE), ("log.jsonl", JSON_LINES)),
)
def test_the_examples_are_understood_as_they_stand(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    source = logs.open_source((name,), base=tmp_path, work=tmp_path / "work")
    study = Study.parse(logs.suggest(source, (name,), "Example"))
    assert (study.columns.unit, study.columns.arm) == ("user_id", "variant")
    assert study.metrics


def test_the_downloaded_event_log_can_be_run(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(_whole_event_log(), encoding="utf-8")
    source = logs.open_source(("log.csv",), base=tmp_path, work=tmp_path / "work")
    study = Study.parse(logs.suggest(source, ("log.csv",), "Example"))
    assert readout.run(study, base=tmp_path).content["verdict"]["decision"] in VERDICTS
