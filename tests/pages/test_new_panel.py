"""New study of a panel: from a file to a readout, a launch to all, and what is refused."""

import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analysis.store import Store, is_running, refreshed
from tests.pages.conftest import shown_text
from tests.synthetic_control.launches import NAMES, by_formula, weeks
from tests.synthetic_control.test_cohorts import definition, write

Upload = Callable[[str, bytes], AppTest]

START = weeks(41)[-1]


def panel_file(extra: str = "") -> bytes:
    """The panel by formula as 52 weeks of 24 regions, with a second column."""
    values, labels = by_formula(), weeks(52)
    lines = [f"region,week,tasks,latency{',treated_from' if extra else ''}"]
    for t, label in enumerate(labels):
        for j, name in enumerate(NAMES):
            lines.append(
                f"{name},{label},{values[t, j]:.4f},{100 + (t * t * (3 + j) + 5 * j) % 101}"
                + (f",{extra}" if extra else "")
            )
    return "\n".join(lines).encode()


@pytest.fixture
def panel(app: AppTest) -> Upload:
    """Uploads a panel and says that everyone got it at once; the page after it."""

    def uploaded(name: str, content: bytes) -> AppTest:
        app.run()
        app.switch_page("pages/new_study.py").run()
        app.file_uploader[0].upload(name, content)
        app.run(timeout=120)
        if not any(one.label == "Treated units" for one in app.multiselect):
            launch(app).set_value("synthetic_control").run(timeout=120)
        return app

    return uploaded


def launch(at: AppTest) -> Any:
    return next(one for one in at.segmented_control if one.label == "What kind of launch was it?")


def own(store: Store) -> list[Any]:
    return [row for row in store.studies() if not row.sample]


def lens(store: Store) -> dict[str, Any]:
    (row,) = own(store)
    section: dict[str, Any] = row.definition["synthetic_control"]
    return section


def labelled(at: AppTest, label: str) -> Any:
    widgets = (
        *at.selectbox, *at.multiselect, *at.text_input, *at.button, *at.date_input,
        *at.number_input, *at.toggle, *at.segmented_control,
    )  # fmt: skip
    return next(one for one in widgets if one.label == label)


def treat(at: AppTest, *units: str) -> AppTest:
    labelled(at, "Treated units").set_value(list(units)).run(timeout=120)
    labelled(at, "Start").set_value(date.fromisoformat(START)).run(timeout=120)
    return at


def test_a_panel_ends_in_a_saved_readout(store: Store, panel: Upload) -> None:
    at = treat(panel("tasks.csv", panel_file()), "u00")
    assert not at.exception
    shown = {one.label: one.value for one in at.metric}
    assert (shown["Periods before"], shown["Periods after"]) == ("40", "12")
    assert (shown["Donors kept"], shown["Donors left out"]) == ("23", "0")
    labelled(at, "Run study").click().run(timeout=120)
    (row,) = own(store)
    until = time.monotonic() + 240
    while is_running(store, row.id) and time.monotonic() < until:
        time.sleep(0.2)
    row = refreshed(store, store.study(row.id))
    assert row.error is None
    assert row.status == "done"
    assert '"rule": "sc' in (store.readout(row.id) or "")


def test_choices_are_saved_at_once(store: Store, panel: Upload) -> None:
    at = treat(panel("tasks.csv", panel_file()), "u00")
    labelled(at, "Which donors did the launch also reach?").set_value(["u04"]).run(timeout=120)
    labelled(at, "Donors to leave out").set_value(["u05"]).run(timeout=120)
    labelled(at, "Why is u05 no donor?").set_value("a trade fair").run(timeout=120)
    labelled(at, "What else changed that day?").set_value("Prices rose").run(timeout=120)
    labelled(at, "Method").select("demeaned").run(timeout=120)
    labelled(at, "Rank placebos by").select("ratio").run(timeout=120)
    labelled(at, "Periods to leave out").set_value("2025-02-03 to 2025-02-10").run(timeout=120)
    said = lens(store)
    assert said["treated"] == ["u00"]
    assert said["start"] == START
    assert said["affected"] == ["u04"]
    assert said["exclude"] == {"u05": "a trade fair"}
    assert said["other_changes"] == "Prices rose"
    assert (said["method"], said["statistic"]) == ("demeaned", "ratio")
    assert said["gaps"] == [["2025-02-03", "2025-02-10"]]
    shown = {one.label: one.value for one in at.metric}
    assert (shown["Periods before"], shown["Donors left out"]) == ("38", "2")
    labelled(at, "Donors to leave out").set_value([]).run(timeout=120)
    assert "exclude" not in lens(store)


def test_each_metric_shows_treated_and_donors(panel: Upload) -> None:
    at = treat(panel("tasks.csv", panel_file()), "u00")
    assert "treated before the start **55\\.9** · donors **" in shown_text(at)


def test_a_start_for_each_unit_begins_from_the_one_start(store: Store, panel: Upload) -> None:
    at = treat(panel("tasks.csv", panel_file()), "u00", "u01")
    way = labelled(at, "When did it start?")
    way.set_value("A date for each unit").run(timeout=120)
    assert lens(store)["starts"] == {"u00": START, "u01": START}
    assert "start" not in lens(store)
    assert not at.exception
    labelled(at, "When did it start?").set_value("One date for all").run(timeout=120)
    assert lens(store)["start"] == START
    assert "starts" not in lens(store)
    assert not at.exception


def test_without_units_the_page_says_what_is_missing(panel: Upload) -> None:
    at = panel("tasks.csv", panel_file())
    assert "names no treated unit" in at.error[0].value
    assert labelled(at, "Run study").disabled


def test_a_wrong_column_is_named_and_can_be_mended(panel: Upload) -> None:
    at = treat(panel("tasks.csv", panel_file()), "u00")
    labelled(at, "Time").select("latency").run(timeout=120)
    assert at.error
    assert "Code:" in at.error[0].value
    assert labelled(at, "Run study").disabled
    labelled(at, "Time").select("week").run(timeout=120)
    assert not at.error


def test_a_file_that_is_no_panel_is_refused_in_words(store: Store, panel: Upload) -> None:
    at = panel("words.csv", b"colour,shape\nred,round\nblue,square\n")
    assert not at.exception
    assert "Code:" in at.error[0].value


def test_an_unreadable_file_leaves_nothing(app: AppTest, store: Store) -> None:
    app.run()
    app.switch_page("pages/new_study.py").run()
    app.file_uploader[0].upload("panel.csv", b"%PDF-1.7\n\x00\xff")
    app.run(timeout=60)
    assert "Code:" in app.error[0].value
    assert own(store) == []


def test_everyone_got_it_opens_the_ways_on(store: Store, panel: Upload) -> None:
    at = treat(panel("tasks.csv", panel_file()), "u00")
    labelled(at, "Everyone got it").set_value(True).run(timeout=120)
    assert not at.exception
    assert "Nobody was left untreated" in at.error[0].value
    shown = shown_text(at)
    for title in ("later", "Surfaces", "same people", "cohorts", "last year", "before and after"):
        assert title in shown, title
    assert "too few for a test" in "".join(one.value for one in at.html)
    labelled(at, "Forecast from before").click().run(timeout=120)
    assert not at.exception
    new = next(row for row in own(store) if "method" in row.definition["synthetic_control"])
    assert at.query_params["study"] == new.id
    assert new.definition["synthetic_control"]["donors"] == []
    assert not labelled(at, "Run study").disabled
    assert len(own(store)) == 2


def test_older_cohorts_are_one_click_away(app: AppTest, store: Store, tmp_path: Path) -> None:
    """A log that names people serves them: a file of cohorts and ages, and a study on it."""
    write(tmp_path, lift=0.5)
    with (tmp_path / "log.parquet").open("rb") as file:
        record = store.save_log(file, "tasks.parquet")
    everybody = {**definition(), "name": "Tasks", "log": {"path": "tasks.parquet"}}
    study = store.save_study(everybody, record.sha256)
    app.query_params["study"] = study
    app.switch_page("pages/new_study.py").run(timeout=120)
    assert "41 older cohorts" in shown_text(app)
    labelled(app, "Compare with older cohorts").click().run(timeout=120)
    assert not app.exception
    new = next(row for row in own(store) if row.id != study)
    assert app.query_params["study"] == new.id
    assert new.definition["columns"] == {"region": "cohort", "time": "age"}
    assert new.definition["synthetic_control"]["evaluate_from"] == 28
    assert new.name.startswith("Tasks: 41 older cohorts")
    assert not app.error
    assert not labelled(app, "Run study").disabled
    labelled(app, "Run study").click().run(timeout=120)
    assert not app.exception
    until = time.monotonic() + 60
    while is_running(store, new.id) and time.monotonic() < until:
        time.sleep(0.2)
    row = refreshed(store, store.study(new.id))
    assert row.error is None
    assert (row.summary or {})["lenses"] == ["synthetic_control"]


def test_a_log_that_treats_everybody_opens_the_ways_on(store: Store, panel: Upload) -> None:
    at = panel("tasks.csv", panel_file(START))
    assert "Nobody was left untreated" in at.error[0].value
    assert labelled(at, "Run study").disabled


def test_the_kind_of_launch_can_be_changed_and_changed_back(store: Store, panel: Upload) -> None:
    at = panel("tasks.csv", panel_file())
    launch(at).set_value("ab").run(timeout=120)
    assert "ab" in own(store)[0].definition
    launch(at).set_value("synthetic_control").run(timeout=120)
    assert "synthetic_control" in own(store)[0].definition
    assert "ab" not in own(store)[0].definition
    assert not at.exception


def test_hostile_names_of_units_stay_text(store: Store, panel: Upload) -> None:
    evil = "![x](http://evil.example/a.png)"
    at = treat(panel("evil.csv", panel_file().replace(b"u07", evil.encode())), "u00")
    labelled(at, "Donors to leave out").set_value([evil]).run(timeout=120)
    assert not at.exception
    assert evil not in shown_text(at)
    assert not any(evil in one.label for one in at.text_input)
