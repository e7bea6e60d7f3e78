"""The Interleaving page as a person meets it, driven without a browser."""

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analysis.readout import run
from analysis.report import list_badges, list_details, list_rows, tables
from analysis.simulate import template
from analysis.store import SAMPLES, Store
from analysis.store.summary import summarise
from analysis.study import Study
from pages.ui import list_lines
from tests.pages.conftest import keep

TESTS = Path(__file__).resolve().parents[1]
APP = TESTS.parent / "app.py"
Content = dict[str, Any]
NAMES = ("sound", "biased", "fixed", "three", "hostile")


def content(name: str = "sound") -> Content:
    text = (TESTS / "fixtures" / f"readout_lists_{name}.json").read_text(encoding="utf-8")
    readout: Content = json.loads(text)
    return readout


def open_page(store: Store, name: str, **params: str) -> AppTest:
    at = AppTest.from_file(APP, default_timeout=30)
    at.switch_page("pages/interleaving.py")
    at.query_params["study"] = keep(store, f"lists_{name}")
    for key, value in params.items():
        at.query_params[key] = value
    at.run()
    assert not at.exception
    return at


def html(at: AppTest) -> str:
    bodies = [element.proto.body for element in at.get("html")]
    return "\n".join(body for body in bodies if not body.startswith("<style"))


def texts(at: AppTest) -> str:
    """Everything said in Markdown, without the marks that keep a stranger's text plain."""
    said = [one.value for one in (*at.markdown, *at.caption, *at.title)]
    return "\n".join(text.replace("\\", "").replace("\u2060", "") for text in said)


@pytest.mark.parametrize(
    ("name", "word"),
    [("sound", "Ship fresh"), ("biased", "Ship two_tower"), ("fixed", "Do not use"),
     ("three", "Iterate")],
)  # fmt: skip
def test_the_page_says_the_verdict_with_its_sentence(store: Store, name: str, word: str) -> None:
    at = open_page(store, name)
    assert f"</span>{word}</div>" in html(at)
    assert content(name)["verdict"]["headline"].split("(")[0].split("'")[0] in html(at)
    assert content(name)["verdict"]["rule_text"] in html(at)


def test_the_caption_says_dates_lists_users_and_rankers(store: Store) -> None:
    caption = open_page(store, "sound").caption[0].value
    said = "11–24 May 2026 · 4,505 lists · 1,100 users · current v fresh · saved "
    assert caption.startswith(said)


def test_the_row_compares_clicks_a_slot_at_the_same_position(store: Store) -> None:
    shown = html(open_page(store, "biased"))
    for text in ("Same position", "8.07%", "9.90%", "+22.6%", "+14.3% to +31.5%", "Better"):
        assert text in shown


def test_what_the_raw_count_would_say_is_struck_through_where_it_is_wrong(store: Store) -> None:
    said = texts(open_page(store, "biased"))
    assert "names ~~legacy~~ and the click rate over all slots names ~~legacy~~" in said
    assert "The raw count favours legacy; at the same position people choose two_tower" in said
    assert "~~" not in texts(open_page(store, "sound"))


def test_a_fixed_first_pick_names_no_winner_and_colours_nothing(store: Store) -> None:
    at = open_page(store, "fixed")
    shown = html(at)
    for word in (">Better<", ">Worse<", "v-diamond"):
        assert word not in shown
    assert "no position holds both rankers" in shown
    assert "draw by a fair coin who starts each list" in shown
    assert ", which this log cannot carry." in texts(at)
    assert "legacy starts 100.0% of lists" in [button.label for button in at.button]


def test_the_badges_open_their_evidence(store: Store) -> None:
    at = open_page(store, "biased")
    labels = [button.label for button in at.button]
    assert "Who starts is off: 79.5 / 20.5" in labels
    assert "964 effective users" in labels
    next(button for button in at.button if button.label.startswith("Who starts")).click().run()
    assert at.session_state["view"] == "Balance"
    assert "The draw" in html(at)


@pytest.mark.parametrize("name", NAMES)
def test_every_tab_of_every_readout_can_be_opened(store: Store, name: str) -> None:
    names = ["Position", "Balance", "Over time", "Segments", "Data checks", "Method"]
    for tab in [*names, "Rankers"] if name == "three" else names:
        at = open_page(store, name, view=tab)
        at.session_state["all_numbers"] = True
        at.run()
        assert not at.exception
        assert at.session_state["view"] == tab
        assert "v-facts" in html(at)


def test_only_the_open_tab_does_its_work(store: Store) -> None:
    always = 2
    assert len(open_page(store, "sound").get("plotly_chart")) == always + 2
    assert len(open_page(store, "sound", view="Segments").get("plotly_chart")) == always + 1
    assert len(open_page(store, "sound", view="Method").get("plotly_chart")) == always


def test_three_rankers_have_a_row_and_a_bar_for_each_pair(store: Store) -> None:
    at = open_page(store, "three")
    shown = html(at)
    for pair in ("new v legacy", "newer v legacy", "newer v new"):
        assert pair in shown
    assert "legacy loses; new and newer are not separated" in texts(at)


def test_a_strangers_text_is_shown_as_typed(store: Store) -> None:
    at = open_page(store, "hostile", view="Segments")
    shown = html(at)
    assert "<b onclick" not in shown
    assert "&lt;b onclick=x()&gt;$y$" in shown
    for one in (*at.markdown, *at.caption, *at.title):
        assert "](http" not in one.value.replace("\\]", "")
        assert "<img" not in one.value
        assert ":material/home:" not in one.value


def test_a_sample_shows_its_truth_beside_the_estimate(store: Store) -> None:
    truth = json.loads((SAMPLES / "recommender_lists.truth.json").read_text(encoding="utf-8"))
    row = list_rows.rows_of(content("biased"), truth)[0]
    assert row.truth == "true change +23.0%"
    assert row.place is not None
    assert row.truth_place is not None
    assert row.place[0] < row.truth_place < row.place[2]
    assert "**two\\_tower** is better" in list_lines.truth_line(truth)
    assert list_lines.truth_line({"better": None, "clicks_per_list_alone": {}}) != ""


def test_word_colour_and_mark_of_a_row_follow_its_own_p() -> None:
    readout = content()
    jackknife = readout["interleaving"]["position_stratified"]["jackknife"]
    jackknife |= {"p": 0.2, "lift_ci95": [-0.1, 0.8]}
    row = list_rows.rows_of(readout, {})[0]
    assert (row.reading, row.tone, row.filled) == ("No clear change", "neutral", False)


@pytest.mark.parametrize("name", NAMES)
def test_every_fact_is_words_and_none_is_a_bare_none(name: str) -> None:
    readout = content(name)
    facts = [fact for _, one in list_details.numbers(readout) for fact in one]
    for part in (list_details.balance, list_details.cleaning, list_details.settings):
        facts += part(readout)
    assert facts
    for _, said in facts:
        assert said
        assert "None" not in said
        assert "nan" not in said


def test_a_log_without_positions_or_users_still_has_its_badges() -> None:
    readout = content()
    found = readout["interleaving"]
    found |= {"balance": {}, "user_level": None, "effective_users": None}
    assert next(badge.text for badge in list_badges.badges(readout)) == "Who starts is not known"


def test_the_list_of_studies_shows_the_lift_at_the_same_position(store: Store) -> None:
    summary = summarise(content("biased"))
    assert summary["lenses"] == ["interleaving"]
    assert summary["units"] == 1500
    assert summary["primary"]["treatment"] == "two_tower"
    assert summary["primary"]["lift"] == pytest.approx(0.2259, abs=1e-4)


def test_all_numbers_can_be_taken_away_as_csv() -> None:
    rows = tables.flat(content("hostile")["interleaving"])
    named = {row["field"]: row["value"] for row in rows}
    assert named["user_level.wins"] == 416
    assert named["bias_waterfall.raw"] == pytest.approx(0.562, abs=1e-3)
    assert "path.1.day" in named
    assert tables.csv_text(rows).startswith("field,value\n")


def test_an_ab_readout_on_this_page_points_to_its_own(store: Store) -> None:
    at = AppTest.from_file(APP, default_timeout=30)
    at.switch_page("pages/interleaving.py")
    at.query_params["study"] = keep(store, "ship")
    at.run()
    assert not at.exception
    assert "This readout has no Interleaving lens" in texts(at)


def test_a_log_that_looks_like_lists_becomes_a_study_of_lists(app: AppTest, store: Store) -> None:
    app.switch_page("pages/new_study.py").run()
    app.file_uploader[0].upload("my_lists.csv", template("interleaving").encode()).run()
    assert not app.exception
    row = next(row for row in store.studies() if row.name == "My lists")
    assert set(row.definition) >= {"columns", "interleaving"}
    assert "ab" not in row.definition
    assert row.definition["columns"]["model"] == "model"
    assert "434 lists" in texts(app)
    assert "rankers legacy and new" in texts(app)
    assert {one.label for one in app.metric} >= {"Lists", "Effective users", "legacy starts"}
    app.selectbox(key=f"{row.id}_looks").select("anytime").run()
    assert store.study(row.id).definition["interleaving"]["monitoring"] == "anytime"
    app.selectbox(key=f"{row.id}_ranker").select("new").run()
    assert not app.exception
    assert store.study(row.id).definition["interleaving"]["control"] == "new"
    Study.parse(store.study(row.id).definition)


def test_the_rows_may_be_read_as_arms_instead_and_back(app: AppTest, store: Store) -> None:
    app.switch_page("pages/new_study.py").run()
    app.file_uploader[0].upload("my_lists.csv", template("interleaving").encode()).run()
    row = next(row for row in store.studies() if row.name == "My lists")
    app.segmented_control(key=f"{row.id}_lens_interleaving").select("ab").run()
    assert not app.exception
    assert "ab" in store.study(row.id).definition
    assert "interleaving" not in store.study(row.id).definition
    app.segmented_control(key=f"{row.id}_lens_ab").select("interleaving").run()
    assert not app.exception
    assert "interleaving" in store.study(row.id).definition


def test_the_guide_names_every_method_of_the_lens(app: AppTest) -> None:
    from analysis.interleaving import METHODS

    app.run()
    at = app.switch_page("pages/guide.py").run()
    tables = "".join(one.value for one in at.html)
    for method in METHODS:
        assert method.source.split(",")[0].split("(")[0].strip() in tables


@pytest.mark.parametrize(
    ("name", "decision", "winner"),
    [("playlist_lists", "ship", "fresh"), ("recommender_lists", "ship", "two_tower"),
     ("search_lists", "do_not_use", None)],
)  # fmt: skip
def test_the_samples_are_judged_as_their_truth_has_it(
    name: str, decision: str, winner: str | None
) -> None:
    verdict = run(Study.read(SAMPLES / f"{name}.toml")).content["interleaving"]["verdict"]
    truth = json.loads((SAMPLES / f"{name}.truth.json").read_text(encoding="utf-8"))
    assert (verdict["decision"], verdict["winner"]) == (decision, winner)
    assert winner in (None, truth["better"])
    if name != "playlist_lists":
        assert verdict["naive_would_say"] != truth["better"]
    if winner is None:
        assert verdict["direction_from_counterfactual"] == truth["better"]
