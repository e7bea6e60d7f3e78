"""The samples' own readouts on the A/B page: what the statistics write is what the page reads."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from analysis.figures import FIGURES, Choice
from analysis.readout import Readout, run
from analysis.report import rows, tables
from analysis.store import SAMPLES, Store
from analysis.study import Study
from pages.ui import downloads

APP = Path(__file__).resolve().parents[2] / "app.py"
VERDICTS = {
    "checkout": ("Roll back", "Breached"),
    "search_ranker": ("Ship", "Safe"),
    "onboarding": ("Do not use", "Not read"),
}


@pytest.fixture(scope="module", params=VERDICTS)
def sample(request: pytest.FixtureRequest) -> tuple[str, Study, Readout]:
    """A sample's name, study and readout."""
    study = Study.read(SAMPLES / f"{request.param}.toml")
    return request.param, study, run(study)


def page(store: Store, name: str, study: Study, readout: Readout) -> AppTest:
    """The page of a sample's readout, not run yet."""
    with (SAMPLES / study.log.path[0]).open("rb") as stream:
        log = store.save_log(stream, study.log.path[0])
    for one in store.studies():
        store.delete(one.id)
    study_id = store.save_study(study.to_mapping(), log.sha256, ready=True)
    store.save_readout(study_id, readout)
    at = AppTest.from_file(APP, default_timeout=30)
    at.switch_page("pages/ab.py")
    at.query_params["study"] = study_id
    return at


def test_every_tab_of_every_sample_shows_its_readout(
    store: Store, sample: tuple[str, Study, Readout]
) -> None:
    name, study, readout = sample
    word, reading = VERDICTS[name]
    at = page(store, name, study, readout)
    for tab, charts in (("Over time", 2), ("Segments", 1), ("Data checks", 0), ("Method", 0)):
        at.query_params["tab"] = tab
        at.session_state["all_numbers"] = True
        at.run()
        assert not at.exception
        html = "".join(element.proto.body for element in at.get("html"))
        assert f"</span>{word}</div>" in html
        assert f"<b>{reading}</b>" in html
        assert len(at.get("plotly_chart")) == charts


def test_every_figure_can_be_drawn_for_every_metric(sample: tuple[str, Study, Readout]) -> None:
    _, _, readout = sample
    for metric in readout.content["ab"]["metrics"]:
        for figure in FIGURES:
            choice = Choice(metric["name"], "treatment", "country")
            chart = figure.draw(readout.content, choice)
            assert chart is not None
            assert chart.table


def test_the_rows_hold_every_metric_of_the_study(sample: tuple[str, Study, Readout]) -> None:
    _, study, readout = sample
    shown = [row.name for role, _ in rows.ROLES for row in rows.rows_of(readout.content, role, {})]
    assert sorted(shown) == sorted(metric.name for metric in study.metrics)


def test_the_downloads_are_the_readout_its_table_and_its_study(
    sample: tuple[str, Study, Readout],
) -> None:
    _, study, readout = sample
    assert downloads.readout_json(readout.content) == readout.to_json()
    assert len(tables.metric_table(readout.content)) == len(study.metrics)
    assert 'kind = "' in downloads.study_toml(readout.content)
