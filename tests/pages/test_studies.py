"""Studies: what a product manager sees first, and what can be done with a study."""

from streamlit.testing.v1 import AppTest

from analysis.store import Store
from tests.pages.conftest import keep, shown_text


def test_samples_are_there_on_the_first_start(app: AppTest) -> None:
    app.run()
    assert not app.exception
    shown = shown_text(app)
    for name in ("Search ranker v2", "Onboarding checklist", "one\\-page form"):
        assert name in shown
    assert shown.count("sample") >= 3


def test_a_study_shows_its_word_lift_and_guardrails(app: AppTest, store: Store) -> None:
    keep(store, "ship")
    app.run()
    shown = shown_text(app)
    assert ":blue-badge[:material/check_circle: Ship]" in shown
    assert "**+6.7%** :small[:gray[+3.0% to +10.4%]]" in shown
    assert "2 safe" in shown


def test_no_lift_is_shown_where_none_may_be_read(app: AppTest, store: Store) -> None:
    keep(store, "srm", name="Broken split")
    app.run()
    assert "not shown" in shown_text(app)
    assert "Do not use" in shown_text(app)


def test_the_verdict_pills_filter(app: AppTest, store: Store) -> None:
    keep(store, "ship", name="Winner")
    keep(store, "roll_back", name="Loser")
    app.run()
    app.pills(key="verdict").set_value(["roll_back"]).run()
    shown = shown_text(app)
    assert "Loser" in shown
    assert "Winner" not in shown


def test_a_search_without_a_hit_offers_the_way_back(app: AppTest) -> None:
    app.run()
    app.text_input(key="q").set_value("no such study").run()
    assert "No study called “no such study” passes these filters." in shown_text(app)
    next(one for one in app.button if one.label == "Clear filters").click().run()
    assert "Search ranker v2" in shown_text(app)


def test_a_deleted_study_can_be_taken_back(app: AppTest, store: Store) -> None:
    study_id = keep(store, "ship", name="Precious")
    app.session_state["deleted_study"] = study_id
    store.delete(study_id)
    app.run()
    assert "**Precious** was deleted." in shown_text(app)
    next(one for one in app.button if one.label == "Undo delete").click().run()
    assert "Precious" in shown_text(app)
    assert store.study(study_id).deleted_at is None


def test_an_empty_store_offers_the_first_step(app: AppTest, store: Store) -> None:
    app.run()
    for row in store.studies():
        store.delete(row.id)
    app.run()
    assert "No study yet" in shown_text(app)
    assert [one.label for one in app.button][:2] == ["New study", "Choose a log"]


def test_a_hostile_name_stays_text(app: AppTest, store: Store) -> None:
    keep(store, "hostile", name="![x](http://evil.example/a.png) <script>")
    app.run()
    shown = shown_text(app)
    assert "![x](" not in shown
    assert "\\!\\[x\\]" in shown


def test_recently_deleted_studies_are_listed_and_come_back(app: AppTest, store: Store) -> None:
    study_id = keep(store, "ship", name="Gone")
    store.delete(study_id)
    app.run()
    assert "Gone" in shown_text(app)
    app.button(key=f"restore_{study_id}").click().run()
    assert store.study(study_id).deleted_at is None
