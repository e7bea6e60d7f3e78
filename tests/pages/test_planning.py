"""Planning: from a file to its power, the best units, and the study file to copy."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from analysis.store import Store
from tests.fixtures.make_panels import hostile
from tests.pages.conftest import shown_text
from tests.pages.test_new_panel import labelled, own, panel_file
from tests.synthetic_control.launches import NAMES


def bring(app: AppTest, name: str, content: bytes) -> AppTest:
    """The Planning page after a file was brought in there; samples may be offered first."""
    app.run()
    app.switch_page("pages/planning.py").run(timeout=120)
    if not app.file_uploader:
        labelled(app, "From another file").set_value(True).run(timeout=120)
    app.file_uploader[0].upload(name, content)
    return app.run(timeout=120)


@pytest.fixture
def page(app: AppTest) -> AppTest:
    """The Planning page, with a panel brought in."""
    return bring(app, "tasks.csv", panel_file())


def tables(at: AppTest) -> str:
    return "".join(one.value for one in at.html)


def test_a_file_brought_in_here_becomes_a_study_of_a_panel(page: AppTest, store: Store) -> None:
    assert not page.exception
    (row,) = own(store)
    assert "synthetic_control" in row.definition
    assert labelled(page, "Units to treat").options == list(NAMES)
    assert page.query_params["study"] == row.id


def test_a_plan_shows_power_windows_and_the_best_units(page: AppTest) -> None:
    labelled(page, "Units to treat").set_value(["u00"])
    labelled(page, "Pretended launches").set_value(3)
    labelled(page, "Lifts to look for, %").set_value("2, 5, 20")
    page.run(timeout=120)
    labelled(page, "Plan launch").click().run(timeout=240)
    assert not page.exception
    shown = shown_text(page)
    assert "four times in five" in shown
    assert "against 23 donors" in shown
    assert "Best units to treat" in shown
    assert "lifts from about" in tables(page).lower()
    assert "horizon = " in page.code[0].value
    assert '"u00"' in page.code[0].value


def test_a_plan_without_room_says_how_long_it_may_be(page: AppTest) -> None:
    labelled(page, "Length of the test, periods").set_value(50)
    page.run(timeout=120)
    labelled(page, "Plan launch").click().run(timeout=120)
    assert "too_few_periods" in page.error[0].value.replace("\\", "")


def test_lifts_that_are_no_numbers_are_pointed_out(page: AppTest) -> None:
    labelled(page, "Lifts to look for, %").set_value("many").run(timeout=120)
    assert "numbers above 0" in shown_text(page)
    assert not any(one.label == "Plan launch" for one in page.button)


def test_a_file_that_is_no_log_is_refused(app: AppTest, store: Store) -> None:
    bring(app, "panel.csv", b"\x89PNG\r\n\x1a\n" + b"\x00" * 99)
    assert "Code:" in app.error[0].value
    assert own(store) == []


def test_nothing_saved_offers_to_bring_a_file(app: AppTest, store: Store) -> None:
    app.run()
    for row in [one for one in store.studies() if "synthetic_control" in one.definition]:
        store.delete(row.id)
    app.switch_page("pages/planning.py").run()
    assert not app.exception
    assert [one.label for one in app.file_uploader] == ["Panel file"]


def test_a_strangers_names_are_shown_as_typed(app: AppTest, store: Store, tmp_path: Path) -> None:
    hostile(tmp_path)
    at = bring(app, "![x](http:evil.example) <b>.csv", (tmp_path / "log.csv").read_bytes())
    assert not at.exception
    units = labelled(at, "Units to treat")
    units.set_value([one for one in units.options if "![x]" in one or "<img" in one])
    labelled(at, "Pretended launches").set_value(2)
    labelled(at, "Lifts to look for, %").set_value("10, 50")
    at.run(timeout=120)
    labelled(at, "Plan launch").click().run(timeout=240)
    assert not at.exception
    assert "got it" in shown_text(at)
    assert "<img" not in tables(at)
    assert "&lt;img" in tables(at)
    for one in (*at.markdown, *at.caption, *at.title, *at.subheader, *at.expander):
        said = getattr(one, "value", None) or one.label
        assert "](http" not in said.replace("\\]", "")
        assert "<img" not in said.replace("\\<", "")
        assert ":material/delete:" not in said
    assert "http://evil.example/a.png" in at.code[0].value
