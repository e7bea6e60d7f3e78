"""The Synthetic control page as a person meets it, driven without a browser."""

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analysis.report import origin, panel_badges, panel_details, panel_rows, tables
from analysis.store import SAMPLES, Store
from analysis.store.summary import summarise
from pages.ui import panel_lines
from tests.pages.conftest import keep

TESTS = Path(__file__).resolve().parents[1]
APP = TESTS.parent / "app.py"
Content = dict[str, Any]
NAMES = ("win", "stop", "staggered", "several", "bsts", "tobacco", "hostile")


def content(name: str = "win") -> Content:
    text = (TESTS / "fixtures" / f"readout_panel_{name}.json").read_text(encoding="utf-8")
    readout: Content = json.loads(text)
    return readout


def open_page(store: Store, name: str, **params: str) -> AppTest:
    at = AppTest.from_file(APP, default_timeout=60)
    at.switch_page("pages/synthetic_control.py")
    at.query_params["study"] = keep(store, f"panel_{name}")
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
    [("win", "Ship"), ("stop", "Do not use"), ("staggered", "Ship"), ("several", "Roll back"),
     ("bsts", "Iterate"), ("tobacco", "Iterate"), ("hostile", "Keep running")],
)  # fmt: skip
def test_the_page_says_the_verdict_with_its_sentence_and_rule(
    store: Store, name: str, word: str
) -> None:
    shown = html(open_page(store, name))
    assert f"</span>{word}</div>" in shown
    assert content(name)["verdict"]["rule_text"] in shown
    if name != "hostile":
        assert content(name)["verdict"]["headline"] in shown


def test_the_caption_says_dates_start_donors_and_who_was_treated(store: Store) -> None:
    caption = open_page(store, "win").caption[0].value
    said = "4 May – 28 Jun 2026 · start 15 Jun 2026 · 21 donors · Lisbon · saved "
    assert caption.startswith(said)
    assert open_page(store, "tobacco").caption[0].value.startswith("1970 to 2000 · start 1989")


def test_the_first_screen_holds_rows_figure_and_what_else_changed(store: Store) -> None:
    at = open_page(store, "win")
    shown = html(at)
    for text in ("Tickets solved", "+9.1%", "+6.7% to +11.5%", "rank 1 of 22", "Better",
                 "Seconds to answer", "Safe", "margin 10%", "v-margin"):  # fmt: skip
        assert text in shown
    said = texts(at)
    assert "**Tickets solved: 9.1% above the counterfactual**" in said
    assert "Said to have changed at the same time: A holiday on 15 June." in said
    assert "Dark band: 3 days of transition" in said
    assert "Cross: days left out (24 May 2026 and 29 Jun 2026)." in said


def test_the_scale_moves_the_primary_row_and_the_figure_and_leaves_the_guardrails(
    store: Store,
) -> None:
    at = open_page(store, "win")
    at.segmented_control(key="scale").select("total").run()
    assert not at.exception
    found = content()["synthetic_control"]
    shown = html(at)
    assert f"+{found['cumulative']:.1f}" in shown
    assert f"+{found['cumulative_low']:.1f} to" in shown
    assert "−2.2% to +2.2%" in shown
    assert "above the counterfactual in total" in texts(at)
    at.segmented_control(key="scale").select("period").run()
    assert f"+{found['att']:.2f}" in html(at)


def test_the_scale_is_kept_in_the_address(store: Store) -> None:
    at = open_page(store, "win", scale="Per day")
    assert "above the counterfactual a day" in texts(at)
    assert f"+{content()['synthetic_control']['att']:.2f}" in html(at)


def test_a_sum_of_means_over_days_is_not_offered() -> None:
    readout = content()
    readout["synthetic_control"]["kind"] = "ratio"
    assert panel_rows.scales(readout) == ["percent", "period"]
    assert panel_rows.scales(content()) == ["percent", "period", "total"]


def test_a_lift_without_a_bound_gives_way_to_the_metrics_own_unit() -> None:
    readout = content("bsts")
    assert readout["synthetic_control"]["lift_high"] is None
    assert panel_rows.scales(readout)[0] == "period"
    row = panel_rows.rows_of(readout, "primary", scale="percent")[0]
    assert row.interval.endswith("to no bound")
    assert row.place is None
    assert panel_rows.rows_of(readout, "primary", scale="period")[0].place is not None


@pytest.mark.parametrize("scale", ["percent", "period", "total"])
@pytest.mark.parametrize("name", NAMES)
def test_every_scale_tells_one_interval_with_one_mark_and_one_word(name: str, scale: str) -> None:
    readout = content(name)
    found = readout["synthetic_control"]
    row = panel_rows.rows_of(readout, "primary", scale=scale)[0]
    excludes = found["att_low"] is not None and found["att_low"] * found["att_high"] > 0
    stop = any(one["level"] == "stop" for one in readout["notices"])
    assert row.filled == (excludes and not stop)
    assert row.tone == ("neutral" if stop or not excludes else "better")
    if row.place:
        fields = panel_rows.SCALES[scale]
        assert row.place == tuple(found[field] for field in fields)


def test_a_stop_greys_the_row_and_names_what_to_mend(store: Store) -> None:
    at = open_page(store, "stop")
    shown = html(at)
    assert "v-grey" in shown
    assert ">Not read<" in shown
    for word in (">Better<", ">Worse<", "v-diamond"):
        assert word not in shown
    assert "Use indexed or demeaned." in shown
    assert "not to be read as an effect" in texts(at)


def test_too_few_donors_are_said_instead_of_an_interval(store: Store) -> None:
    shown = html(open_page(store, "hostile"))
    assert "no interval: too few donors for this level" in shown
    assert ">Too few donors<" in shown
    assert "rank 1 of 8" in shown


def test_a_breached_guardrail_is_worse_and_one_without_margin_is_unproven(store: Store) -> None:
    rows = panel_rows.rows_of(content("several"), "guardrail")
    assert [row.reading for row in rows] == ["Breached", "Not shown safe"]
    assert rows[0].margin == pytest.approx(0.05)
    assert rows[1].margin is None
    assert rows[0].notes == ("lower is better, margin 5%",)


def test_an_absolute_margin_stands_at_its_share_of_the_counterfactual() -> None:
    readout = content("several")
    guard = readout["synthetic_control"]["metrics"][0]
    guard |= {"margin": 0.4, "margin_scale": "absolute"}
    row = panel_rows.rows_of(readout, "guardrail")[0]
    assert row.margin == pytest.approx(0.4 / guard["counterfactual_mean"])


def test_the_badges_open_their_evidence(store: Store) -> None:
    at = open_page(store, "tobacco")
    labels = [button.label for button in at.button]
    for label in ("Fit: RMSPE 1.66", "5 donors carry 99% of weight", "No donor treated",
                  "Rank 3 of 39", "Data checks passed", "Classic"):  # fmt: skip
        assert label in labels
    next(button for button in at.button if button.label.startswith("5 donors")).click().run()
    assert at.session_state["view"] == "Donors"
    assert "3 donors carry 83% of the weight" in texts(at)


def test_badges_say_what_speaks_against_the_readout() -> None:
    states = {one.name: one.state for one in panel_badges.badges(content("stop"))}
    assert (states["fit"], states["rank"], states["checks"]) == ("stop", "stop", "stop")
    forecast = panel_badges.badges(content("bsts"))
    assert forecast[0].text == "Forecast, not a comparison"
    assert "rank" not in {one.name for one in forecast}
    readout = content()
    readout["notices"].append({"code": "donor_breaks_at_start", "level": "warn", "text": "x"})
    assert "A donor breaks at the start" in {one.text for one in panel_badges.badges(readout)}
    few = {one.name: one.state for one in panel_badges.badges(content("hostile"))}
    assert few["rank"] == "look"


TABS = ("Placebos", "Donors", "Leave-one-out", "Specifications", "Power", "Data checks", "Method")


@pytest.mark.parametrize("name", NAMES)
def test_every_tab_of_every_readout_can_be_opened(store: Store, name: str) -> None:
    units = ("Treated units",) if name in ("staggered", "several") else ()
    at = open_page(store, name)
    at.session_state["all_numbers"] = True
    for tab in (*TABS, *units):
        at.session_state["view"] = tab
        at.run()
        assert not at.exception
        assert at.session_state["view"] == tab
        assert "v-facts" in html(at)


def test_only_the_open_tab_does_its_work(store: Store) -> None:
    always = 1
    assert len(open_page(store, "win").get("plotly_chart")) == always + 2
    assert len(open_page(store, "win", view="Donors").get("plotly_chart")) == always + 3
    assert len(open_page(store, "win", view="Method").get("plotly_chart")) == always


def test_dropped_donors_are_listed_with_their_reason(store: Store) -> None:
    shown = html(open_page(store, "win", view="Donors"))
    for text in ("Bilbao", "touched by the launch", "Cork", "a price test ran there"):
        assert text in shown
    assert {one["unit"] for one in panel_details.left_out(content()["synthetic_control"])} == {
        "Bilbao", "Cork",
    }  # fmt: skip


def test_one_treated_unit_of_several_can_be_looked_at(store: Store) -> None:
    at = open_page(store, "staggered", view="Placebos")
    assert "Workspace C ranks 1 of 22" in texts(at)
    at.selectbox(key="drawn_unit").select("Workspace F").run()
    assert not at.exception
    assert "Workspace F ranks 1 of 22" in texts(at)
    together = open_page(store, "several")
    assert together.selectbox(key="drawn_unit").options[0] == "All together"


def test_a_guardrail_can_be_drawn_in_the_main_figure(store: Store) -> None:
    at = open_page(store, "win")
    at.selectbox(key="drawn_metric").select("Seconds to answer").run()
    assert "Seconds to answer: within usual drift of the counterfactual" in texts(at)


def test_a_strangers_text_is_shown_as_typed(store: Store) -> None:
    for tab in TABS:
        at = open_page(store, "hostile", view=tab)
        shown = html(at)
        for mark in ("<img", "<script", "<b onclick", "<u>", "<i>x"):
            assert mark not in shown
        for one in (*at.markdown, *at.caption, *at.title):
            assert "](http" not in one.value.replace("\\]", "")
            assert "<img" not in one.value.replace("\\<", "")
            assert ":material/delete:" not in one.value


@pytest.mark.parametrize("name", NAMES)
def test_every_fact_is_words_and_none_is_a_bare_none(name: str) -> None:
    readout = content(name)
    found = readout["synthetic_control"]
    blocks = [found, *(found.get("per_unit") or ())]
    facts = [
        fact for block in blocks for _, one in panel_details.numbers(readout, block) for fact in one
    ]
    for part in (panel_details.windows_of, panel_details.settings, panel_details.guardrails):
        facts += part(readout)
    assert len(facts) > 15
    for _, said in facts:
        assert said
        assert "None" not in said
        assert "nan" not in said


def test_the_list_of_studies_shows_lift_guardrails_and_donors(app: AppTest, store: Store) -> None:
    keep(store, "panel_win", name="Assistant")
    app.run()
    shown = "\n".join(one.value for one in app.markdown)
    assert "**+9.1%** :small[:gray[+6.7% to +11.5%]]" in shown
    assert "1 safe" in shown
    assert "21 donors" in shown
    assert summarise(content("several"))["guardrails"] == {"breached": 1, "unproven": 1}
    assert summarise(content("win"))["primary"]["treatment"] == "Lisbon"


def test_all_numbers_can_be_taken_away_as_csv() -> None:
    named = {row["field"]: row["value"] for row in tables.flat(content()["synthetic_control"])}
    assert named["att"] == content()["synthetic_control"]["att"]
    assert "placebos.1.t" in named


def test_the_published_numbers_of_a_sample_are_said() -> None:
    readout = content("tobacco")
    truth = json.loads((SAMPLES / "california_prop99.truth.json").read_text(encoding="utf-8"))
    readout["synthetic_control"]["metric"] = next(iter(truth))
    said = panel_lines.truth_line(readout, truth)
    assert said.startswith("Published for these data.")
    assert "rank 1 of 39 by RMSPE ratio" in said
    assert panel_lines.truth_line(readout, {}) == ""


def test_a_shared_report_names_the_methods_that_made_it() -> None:
    assert [name for name, _ in origin.methods(content(), "synthetic_control")] == [
        "Indexed", "Exact weights", "Studentised placebo test and its dual interval",
        "In-time placebo and leave-one-out", "Conformal p-value", "Fit-equivalent range",
        "Guardrails, corrected",
    ]  # fmt: skip
    assert [name for name, _ in origin.methods(content("bsts"), "synthetic_control")] == [
        "Structural time series",
    ]


def test_a_samples_known_truth_stands_beside_the_estimate() -> None:
    row = panel_rows.rows_of(content(), "primary", {"Tickets solved": {"lift": 0.09}})[0]
    assert row.truth == "true change +9.0%"
    assert row.truth_place == 0.09


def test_an_ab_readout_on_this_page_points_to_its_own(store: Store) -> None:
    at = AppTest.from_file(APP, default_timeout=60)
    at.switch_page("pages/synthetic_control.py")
    at.query_params["study"] = keep(store, "ship")
    at.run()
    assert not at.exception
    assert "This readout has no Synthetic control lens" in texts(at)


def test_the_guide_explains_a_counterfactual_and_names_every_method(app: AppTest) -> None:
    from analysis.methods.synthetic_control import METHODS

    app.run()
    at = app.switch_page("pages/guide.py").run()
    assert not at.exception
    assert "A counterfactual" in [one.value for one in at.subheader]
    shown = "".join(one.value for one in at.html)
    for method in METHODS:
        assert method.source.split(",")[0].split("(")[0].strip().replace("'", "&#x27;") in shown


def test_the_command_line_sums_a_panel_up() -> None:
    from analysis.terminal import summary

    said = summary(content())
    for text in ("Lisbon from 2026-06-15 on, 21 donors", "+4.54 a period (95% CI", "+9.1%",
                 "indexed: rank 1 of 22, p = 0.05", "weights: ", "guardrail  Seconds to answer",
                 "safe"):  # fmt: skip
        assert text in said
    for name in NAMES:
        assert "None" not in summary(content(name))
    assert "no 95% interval" in summary(content("hostile"))
    assert summary(content("stop")).count(" better") == 0
