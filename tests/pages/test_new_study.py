"""New study: from a file to a draft, its columns and metrics, and the run; nothing half."""

import gzip
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from analysis.store import Store, is_running, refreshed
from tests.pages.conftest import ROOT, shown_text

SAMPLES = ROOT / "data" / "samples"
UNITS = (
    b"user_id,variant,converted,revenue,email\n"
    + "".join(
        f"u{k},{'new' if k % 2 else 'control'},{int(k % 5 < 2 + k % 2)},{k % 7}.5,u{k}@x.org\n"
        for k in range(400)
    ).encode()
)

Upload = Callable[[str, bytes], AppTest]


@pytest.fixture
def upload(app: AppTest) -> Upload:
    """Uploads a file on the New study page and gives the page after it."""

    def uploaded(name: str, content: bytes) -> AppTest:
        app.run()
        app.switch_page("pages/new_study.py").run()
        app.file_uploader[0].upload(name, content)
        return app.run(timeout=60)

    return uploaded


def own(store: Store) -> list[Any]:
    return [row for row in store.studies() if not row.sample]


def labelled(at: AppTest, label: str) -> Any:
    return next(one for one in (*at.selectbox, *at.text_input, *at.button) if one.label == label)


def test_a_file_becomes_a_draft_with_its_columns_guessed(store: Store, upload: Upload) -> None:
    at = upload("ab test.csv", UNITS)
    assert not at.exception
    (row,) = own(store)
    assert (row.name, row.status) == ("Ab test", "ready")
    assert at.query_params["study"] == row.id
    assert labelled(at, "Unit").value == "user_id"
    assert labelled(at, "Arm").value == "variant"
    assert "400 rows" in shown_text(at)
    assert not labelled(at, "Run study").disabled


def test_columns_that_look_personal_are_pointed_out(store: Store, upload: Upload) -> None:
    at = upload("units.csv", UNITS)
    assert any("e-mail" in one.value for one in at.html)
    (row,) = own(store)
    assert row.facts is not None
    assert [one["code"] for one in row.facts["personal"]] == ["personal_data"]


def test_the_file_does_not_stay_in_memory(store: Store, upload: Upload) -> None:
    at = upload("units.csv", UNITS)
    assert "log_file" not in at.session_state
    (row,) = own(store)
    assert row.log_sha256 is not None
    assert store.log(row.log_sha256).file.read_bytes() == UNITS


def test_each_metric_shows_its_value_by_arm(upload: Upload) -> None:
    shown = shown_text(upload("units.csv", UNITS))
    assert r"control **40\.0\%** · new **60\.0\%**" in shown


def test_every_edit_is_saved_at_once(store: Store, upload: Upload) -> None:
    at = upload("units.csv", UNITS)
    labelled(at, "Study name").set_value("Price test").run()
    role = next(one for one in at.selectbox if one.label == "Role" and one.value == "secondary")
    role.select("guardrail").run()
    (row,) = own(store)
    assert row.name == row.definition["name"] == "Price test"
    assert [one["role"] for one in row.definition["metrics"]].count("guardrail") == 1
    margin = next(one for one in at.number_input if one.label == "Margin")
    margin.set_value(5.0).run()
    guardrail = next(m for m in own(store)[0].definition["metrics"] if m["role"] == "guardrail")
    assert guardrail["margin"] == 0.05


def test_metrics_can_be_added_and_removed(store: Store, upload: Upload) -> None:
    at = upload("units.csv", UNITS)
    before = [one["name"] for one in own(store)[0].definition["metrics"]]
    labelled(at, "Add metric").click().run()
    added = [one["name"] for one in own(store)[0].definition["metrics"]]
    assert added[:-1] == before
    removers = [one for one in at.button if one.key and one.key.endswith("_remove")]
    removers[0].click().run()
    assert [one["name"] for one in own(store)[0].definition["metrics"]] == added[1:]
    assert not at.exception


def test_a_wrong_column_is_named_and_the_study_cannot_be_run(upload: Upload) -> None:
    at = upload("units.csv", UNITS)
    labelled(at, "Arm").select("revenue").run()
    assert 'no arm "control"' in at.error[0].value.replace("\\", "")
    labelled(at, "Arm").select("email").run()
    assert "400 arms" in at.error[0].value
    assert labelled(at, "Run study").disabled


@pytest.mark.parametrize(
    ("name", "content"),
    (
        ("empty.csv", b""),
        ("picture.csv", b"\x89PNG\r\n\x1a\n" + b"\x00" * 200),
        ("header only.csv", b"user_id,variant\n"),
        ("broken.csv.gz", gzip.compress(UNITS, mtime=0)[:60]),
        ("text.csv", b"hello"),
    ),
)
def test_a_file_that_is_no_log_leaves_nothing(
    store: Store, upload: Upload, name: str, content: bytes
) -> None:
    at = upload(name, content)
    assert not at.exception
    (said,) = at.error
    assert "**What to do:**" in said.value
    assert "Code:" in said.value
    assert own(store) == []
    kept = {store.log(row.log_sha256).file for row in store.studies() if row.log_sha256}
    assert set(store.logs.iterdir()) == kept


def test_a_path_on_the_server_is_read_where_it_is(
    app: AppTest, store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "units.csv"
    file.write_bytes(UNITS)
    app.run()
    app.switch_page("pages/new_study.py").run()
    app.segmented_control[0].set_value("Path on this machine").run()
    app.text_input[0].set_value(str(file))
    labelled(app, "Read log").click().run(timeout=60)
    (row,) = own(store)
    assert row.definition["log"]["path"] == [str(file)]
    assert row.log_sha256 is None


def test_a_path_that_is_not_there_is_named(app: AppTest, store: Store) -> None:
    app.run()
    app.switch_page("pages/new_study.py").run()
    app.segmented_control[0].set_value("Path on this machine").run()
    app.text_input[0].set_value("/no/such/log.csv")
    labelled(app, "Read log").click().run(timeout=60)
    assert "Code:" in app.error[0].value
    assert own(store) == []


def test_looking_at_a_sample_changes_nothing_of_it(app: AppTest, store: Store) -> None:
    app.run()
    for row in store.studies():
        app.query_params["study"] = row.id
        app.switch_page("pages/new_study.py").run(timeout=60)
        assert not app.exception
        after = store.study(row.id)
        assert (after.definition, after.saved) == (row.definition, row.saved), row.name


def test_a_run_ends_in_a_saved_readout(
    store: Store, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = upload("units.csv", UNITS)
    labelled(at, "Run study").click().run()
    (row,) = own(store)
    until = time.monotonic() + 60
    while is_running(store, row.id) and time.monotonic() < until:
        time.sleep(0.1)
    row = refreshed(store, store.study(row.id))
    assert row.error is None
    assert row.status == "done"
    assert row.summary is not None
    assert row.summary["units"] == 400
    at.switch_page("pages/ab.py").run()
    assert not at.exception


def test_a_run_that_was_killed_says_so_and_can_be_run_again(
    app: AppTest, store: Store, upload: Upload
) -> None:
    at = upload("units.csv", UNITS)
    (row,) = own(store)
    store.begin(row.id)  # and then nobody holds its lock: as after kill -9
    at.run()
    assert "stopped before it was finished" in at.error[0].value
    assert not labelled(at, "Run study").disabled


def test_a_log_that_came_by_put_is_looked_at_when_its_page_opens(
    app: AppTest, store: Store
) -> None:
    import io

    from pages.ui.uploads import draft

    record = store.save_log(io.BytesIO(UNITS), "sent.csv")
    app.run()
    app.query_params["study"] = draft(store, record)
    app.switch_page("pages/new_study.py").run(timeout=60)
    assert labelled(app, "Unit").value == "user_id"


def test_hostile_names_stay_text(store: Store, upload: Upload) -> None:
    evil = "![x](http://evil.example/a.png)"
    content = UNITS.replace(b"control", evil.encode()).replace(b"revenue", b"<b>revenue</b>")
    at = upload("evil.csv", content)
    assert not at.exception
    assert evil not in shown_text(at)
    assert st.get_option("client.showErrorDetails") == "none"
