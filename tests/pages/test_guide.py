"""The Guide: what it explains is what the app says and takes."""

import csv
import io
import json

from streamlit.testing.v1 import AppTest

from analysis.ab.methods import METHODS
from pages.ui.guide_texts import EVENT_LOG, JSON_LINES, UNIT_TABLE, VERDICT_MEANS
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
