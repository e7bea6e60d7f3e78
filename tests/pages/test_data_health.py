"""Data health: every row is accounted for, and what was left out can be taken away safely."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from streamlit.testing.v1 import AppTest

from analysis.report.reasons import reason
from analysis.store import Store
from pages.ui import health
from tests.pages.conftest import keep, shown_text


def opened(app: AppTest, study_id: str) -> AppTest:
    app.run()
    app.query_params["study"] = study_id
    return app.switch_page("pages/data_health.py").run()


def test_rows_in_are_rows_used_and_rows_left_out(app: AppTest, store: Store) -> None:
    at = opened(app, keep(store, "ship"))
    assert not at.exception
    assert {one.label: one.value for one in at.metric} == {
        "Rows in the log": "182,561",
        "Rows used": "182,306",
        "Rows left out": "255",
        "Rows repaired": "12",
    }
    assert at.progress[0].text == "99.9% of the rows are used, 0.1% left out"
    table = next(one.value for one in at.html if "Repeated event id" in one.value)
    assert "No unit id" in table
    assert "17 (e_4)" in table


def test_a_study_that_was_not_run_offers_the_next_step(app: AppTest, store: Store) -> None:
    at = opened(app, store.save_study({"version": 1, "name": "New", "log": {"path": "a.csv"}}))
    assert "has not been run yet" in shown_text(at)
    assert [one.label for one in at.button] == ["Open study"]


def test_without_an_open_study_the_newest_are_offered(app: AppTest, store: Store) -> None:
    keep(store, "ship", name="Winner")
    app.run()
    at = app.switch_page("pages/data_health.py").run()
    assert at.title[0].value == "No study is open"
    assert "Winner" in shown_text(at)


def test_rows_left_out_cannot_act_as_formulas(app: AppTest, store: Store, tmp_path: Path) -> None:
    study_id = keep(store, "ship")
    cells = ["=1+1", "+49 30", "@SUM(A1)", "-5", "plain", None, "\uff1d1"]
    table = pa.table({"reason": ["missing_unit"] * len(cells), "=evil": cells, "n": range(7)})
    file = tmp_path / "left.parquet"
    pq.write_table(table, file)
    from analysis.readout import Readout

    content = Readout.from_json(str(store.readout(study_id)))
    store.save_readout(study_id, content, left_out=file)
    row = store.study(study_id)
    lines = health.left_out_csv(store.left_out / str(row.left_out)).decode().splitlines()
    assert lines[0] == "reason,'=evil,n"
    assert [line.split(",")[1] for line in lines[1:]] == [
        "'=1+1", "'+49 30", "'@SUM(A1)", "'-5", "plain", "", "'\uff1d1",
    ]  # fmt: skip
    at = opened(app, study_id)
    assert [getattr(one, "label", "") for one in at.get("download_button")] == [
        "Download rows left out (CSV)"
    ]


def test_a_reason_without_words_still_reads() -> None:
    assert reason("some_new_reason").label == "Some new reason"
    assert reason("bad_time").label == "Time that is no time"
