"""The A/B page as a person meets it, driven without a browser."""

import hashlib
import io
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analysis.core import LogError
from analysis.store import Store

TESTS = Path(__file__).resolve().parents[1]
FIXTURES = TESTS / "fixtures"
Content = dict[str, Any]
APP = TESTS.parent / "app.py"


@dataclass(frozen=True)
class Saved:
    """A readout, as far as the store cares."""

    content: dict[str, Any]

    @property
    def id(self) -> str:
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def to_json(self) -> str:
        return json.dumps(self.content)


def content(name: str = "ship") -> Content:
    readout: Content = json.loads((FIXTURES / f"readout_{name}.json").read_text(encoding="utf-8"))
    return readout


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An empty store that gets no samples."""
    monkeypatch.setenv("VERDICT_HOME", str(tmp_path))
    monkeypatch.setattr("analysis.store.seed", lambda _store: None)
    return Store.open(tmp_path)


def save(store: Store, readout: Content) -> str:
    study_id = store.save_study(readout["study"], None, ready=True)
    store.save_readout(study_id, Saved(readout))
    return study_id


def open_page(study_id: str, **params: str) -> AppTest:
    at = AppTest.from_file(APP, default_timeout=30)
    at.switch_page("pages/ab.py")
    at.query_params["study"] = study_id
    for name, value in params.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def html(at: AppTest) -> str:
    bodies = [element.proto.body for element in at.get("html")]
    return "\n".join(body for body in bodies if not body.startswith("<style"))


def texts(at: AppTest) -> list[str]:
    """Everything said in Markdown, without the marks that keep a stranger's text plain."""
    said = [*at.markdown, *at.caption, *at.title]
    return [text.value.replace("\\", "").replace("\u2060", "") for text in said]


@pytest.mark.parametrize(
    ("name", "word"), [("ship", "Ship"), ("roll_back", "Roll back"), ("srm", "Do not use")]
)
def test_the_page_says_the_verdict_with_its_sentence(store: Store, name: str, word: str) -> None:
    readout = content(name)
    at = open_page(save(store, readout))
    assert f"</span>{word}</div>" in html(at)
    assert readout["verdict"]["headline"].split("(")[0] in html(at)
    assert readout["study"]["name"] in texts(at)


def test_the_rule_is_one_click_away(store: Store) -> None:
    readout = content("roll_back")
    shown = html(open_page(save(store, readout)))
    assert "<details><summary>Why this verdict</summary>" in shown
    assert readout["verdict"]["rule_text"] in shown


def test_the_caption_says_dates_units_arms_and_when_it_was_saved(store: Store) -> None:
    caption = open_page(save(store, content())).caption[0].value
    assert caption.startswith("1–14 Sep 2026 · 24,991 units · control v treatment · saved ")


def test_primary_guardrails_and_secondary_follow_each_other(store: Store) -> None:
    shown = html(open_page(save(store, content())))
    places = [shown.index(f">{name}</div>") for name in ("Primary", "Guardrails", "Secondary")]
    assert places == sorted(places)
    assert "+6.7%" in shown
    assert "margin 2%" in shown


def test_the_badges_open_their_evidence(store: Store) -> None:
    at = open_page(save(store, content("srm")))
    assert "Split is off: 51.9 / 48.1" in [button.label for button in at.button]
    next(button for button in at.button if button.label.startswith("Split")).click().run()
    assert at.session_state["tab"] == "Data checks"
    assert "sample_ratio_mismatch" in html(at)


def test_a_stop_stands_above_all_numbers_and_no_winner_is_named(store: Store) -> None:
    shown = html(open_page(save(store, content("srm"))))
    assert shown.index("do not fit the planned split") < shown.index('role="row"')
    for word in ("Better", "Worse", "Safe", "Breached", "v-diamond"):
        assert word not in shown
    assert "Find the lost or doubled units" in shown


def test_only_the_open_tab_does_its_work(store: Store) -> None:
    study_id = save(store, content())
    assert len(open_page(study_id).get("plotly_chart")) == 2
    assert len(open_page(study_id, tab="Segments").get("plotly_chart")) == 1
    assert len(open_page(study_id, tab="Method").get("plotly_chart")) == 0


def test_every_chart_has_a_finding_and_alt_text(store: Store) -> None:
    at = open_page(save(store, content()))
    assert all(len(chart.proto.alt) > 40 for chart in at.get("plotly_chart"))
    assert "**Revenue per user: lift settles near +6.7% by 2 Sep**" in texts(at)


def test_another_metric_over_time_is_one_choice_away(store: Store) -> None:
    at = open_page(save(store, content()))
    at.selectbox(key="over_time_metric").select("Sessions per user").run()
    assert "**Sessions per user: no clear lift by 14 Sep**" in texts(at)


def test_all_numbers_show_the_comparison_without_the_pre_period(store: Store) -> None:
    at = open_page(save(store, content()))
    assert "Without the pre-period adjustment" not in html(at)
    at.session_state["all_numbers"] = True
    at.run()
    assert "Without the pre-period adjustment" in html(at)
    assert "Deng, Xu, Kohavi, Walker (2013)" in html(at)


def test_several_treatments_have_their_own_rows_and_the_winner_its_name(store: Store) -> None:
    shown = html(open_page(save(store, content("arms"))))
    assert "</span>Ship compact</div>" in shown
    assert shown.count("compact v control") >= 2
    assert shown.count("spacious v control") >= 2


def test_downloads_name_readout_and_log_and_wait_until_the_menu_is_open(store: Store) -> None:
    at = open_page(save(store, content()))
    assert not at.get("download_button")
    at.session_state["more"] = True
    at.run()
    labels = [element.proto.label for element in at.get("download_button")]
    assert labels == [
        "Download report (HTML)", "Download readout (JSON)", "Download metric table (CSV)",
        "Download study (TOML)",
    ]  # fmt: skip


def test_the_summary_for_a_chat_can_be_copied_from_the_menu(store: Store) -> None:
    at = open_page(save(store, content()))
    at.session_state["more"] = True
    at.run()
    button = next(one for one in at.button if one.label == "Copy summary")
    shown = button.click().run().code
    assert any(one.value.startswith("Checkout: one-page form: Ship\n") for one in shown)


def test_a_samples_truth_is_shown_beside_the_estimate(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    readout = content()
    log = store.save_log(io.BytesIO(b"user_id\n1\n"), "known.csv")
    store.save_sample("known", readout["study"], log.sha256)
    study_id = store.studies()[0].id
    store.save_readout(study_id, Saved(readout))
    (tmp_path / "known.truth.json").write_text(
        json.dumps({"Revenue per user": {"lift": 0.05, "difference": 0.755}})
    )
    monkeypatch.setattr("pages.ui.open_readout.SAMPLES", tmp_path)
    at = open_page(study_id)
    assert "true change +5.0%" in html(at)
    assert "known truth of this sample" in html(at)
    assert "sample" in at.caption[0].value


def test_names_that_carry_markup_are_shown_as_text(store: Store) -> None:
    at = open_page(save(store, content("hostile")))
    for tab in ("Segments", "Data checks", "Method"):
        at.query_params["tab"] = tab
        at.run()
        assert not at.exception
        shown = html(at)
        assert "<img" not in shown
        assert "<b>t</b>" not in shown
    for text in [*at.markdown, *at.caption, *at.title]:
        bare = text.value.replace("\\", "")
        assert "http://evil" not in bare
        assert "**b**" not in text.value
        assert "<" not in text.value.replace("\\<", "")


def test_a_log_with_one_arm_and_without_times_still_has_a_page(store: Store) -> None:
    readout = content("srm")
    ab = readout["ab"]
    ab.update(first_time=None, last_time=None, srm={}, daily=[], segments=[], arms=ab["arms"][:1])
    for metric in ab["metrics"]:
        metric["comparisons"] = []
    at = open_page(save(store, readout))
    assert at.caption[0].value.startswith("11,000 units · control · saved")
    assert not at.get("plotly_chart")
    for tab in ("Data checks", "Method"):
        at.query_params["tab"] = tab
        at.run()
        assert not at.exception
    at.session_state["all_numbers"] = True
    assert not at.run().exception


def test_a_study_without_a_readout_offers_the_next_step(store: Store) -> None:
    study_id = store.save_study({"name": "New", "ab": {}}, None)
    labels = [button.label for button in open_page(study_id).button]
    assert labels == ["Finish study"]


def test_a_failed_run_says_why_and_offers_both_ways_on(store: Store) -> None:
    study_id = store.save_study(content()["study"], None, ready=True)
    store.fail(study_id, LogError("empty_file", "The file is empty.", where="a.csv"))
    at = open_page(study_id)
    assert "The file is empty" in at.error[0].value.replace("\\", "")
    assert [button.label for button in at.button] == ["Edit study", "Run study"]


@pytest.mark.timing
def test_a_rerun_on_a_saved_readout_takes_less_than_200_ms(store: Store) -> None:
    at = open_page(save(store, content()))
    took = []
    for _ in range(9):
        start = time.perf_counter()
        at.run()
        took.append(time.perf_counter() - start)
    assert sorted(took)[-2] < 0.2
