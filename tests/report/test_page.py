"""The page: what it holds, in which order, how large it is, and what is never on it."""

import copy
import hashlib
import json
import re
import subprocess
import sys
import time

import pytest

from analysis import report
from tests.report.made import NAMES, both, content, tree, with_levels

HELLO = "\u05e9\u05dc\u05d5\u05dd"
LINKS = report.Links(
    json="/r/t/result.json",
    csv="/r/t/numbers.csv",
    app="https://verdict.example/ab?study=1",
    image="https://verdict.example/r/t/preview.png",
)


def headings(page: str) -> list[str]:
    found = tree(page)
    return [
        one.text()
        for one in found.all()
        if one.tag in {"h1", "h2", "figcaption"} or one.attributes.get("role") == "heading"
    ]


def test_a_readout_reads_from_name_to_verdict_to_rows_to_origin() -> None:
    assert headings(report.page(content())) == [
        "Checkout: one-page form",
        "Ship",
        "Primary",
        "Guardrails",
        "Secondary",
        "Revenue per user: lift settles near +6.7% by 2 Sep",
        "Segments",
        "Revenue per user by country",
        "Revenue per user by device",
        "Notices",
        "Where this comes from",
        "Rows",
        "Methods and their sources",
        "This readout",
    ]


def test_lists_show_the_preference_and_the_way_from_raw_to_same_position() -> None:
    said = headings(report.page(content("lists_biased")))
    at = said.index("The raw count favours legacy; at the same position people choose two_tower")
    assert said[at - 1].startswith("Uncorrected, 38.7% of users clicked legacy more")
    steps = tree(report.page(content("lists_biased"))).all(kind="r-step")
    names = [step.all("b")[0].text() for step in steps[1:]]
    assert names == ["Raw clicks", "Equal slots", "Equal examination", "Same position"]


def test_a_launch_without_holdout_shows_actual_against_counterfactual() -> None:
    page = tree(report.page(content("panel")))
    [chart] = page.all("svg", "g-wide")
    words = [one.text() for one in chart.all("text")]
    assert {"Actual", "Counterfactual", "start", "Gap, with 95% band"} <= set(words)
    assert len(chart.all(kind="g-band")) == 1


def test_the_caption_is_one_line_of_dates_units_and_arms() -> None:
    caption = tree(report.page(content())).all("p", "r-caption")
    assert [one.text() for one in caption] == ["1–14 Sep 2026 · 24,991 units · control v treatment"]


def test_two_lenses_have_the_overall_word_and_each_its_own() -> None:
    said = headings(report.page(both()))
    assert said[1] == "Ship"
    assert said.index("A/B") < said.index("Primary") < said.index("Interleaving")
    assert said.count("Ship") == 2
    assert said.count("Ship fresh") == 1


@pytest.mark.parametrize("name", NAMES)
def test_every_page_is_whole_and_asks_nothing_of_anybody(name: str) -> None:
    page = report.page(content(name))
    found = tree(page)
    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert not found.all("script")
    assert not [one for one in found.all() if {"src", "srcset"} & set(one.attributes)]
    assert not [key for one in found.all() for key in one.attributes if key.startswith("on")]
    assert not found.all("a")
    [icon] = found.all("link")
    assert icon.attributes["href"].startswith("data:")
    style = found.all("style")[0].text()
    assert "url(" not in style
    assert "@import" not in style
    meta = {one.attributes.get("name"): one.attributes.get("content") for one in found.all("meta")}
    assert meta["robots"] == "noindex, nofollow, noarchive"
    assert meta["referrer"] == "no-referrer"
    assert meta["viewport"] == "width=device-width, initial-scale=1"
    policy = [one for one in found.all("meta") if "http-equiv" in one.attributes]
    assert policy[0].attributes["content"].startswith("default-src 'none'")
    assert len(found.all("h1")) == 1


def test_links_are_shown_when_given_and_only_then() -> None:
    found = tree(report.page(content(), links=LINKS))
    ways = {one.text(): one.attributes["href"] for one in found.all("a")}
    assert ways == {
        "Open in Verdict": LINKS.app,
        "Download readout (JSON)": LINKS.json,
        "Download numbers (CSV)": LINKS.csv,
    }
    graph = {
        one.attributes["property"]: one.attributes["content"]
        for one in found.all("meta")
        if "property" in one.attributes
    }
    assert graph["og:image"] == LINKS.image
    assert graph["og:title"] == "Ship: Checkout: one-page form"
    assert graph["og:description"].startswith("Revenue per user rose 6.7%")
    assert "og:image" not in report.page(content())


@pytest.mark.parametrize("address", ("javascript:alert(1)", "data:text/html,x", "vbscript:x"))
def test_a_link_that_would_run_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="web address"):
        report.Links(app=address)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_readout_gives_the_same_bytes_and_is_not_changed(name: str) -> None:
    first = content(name)
    kept = copy.deepcopy(first)
    page = report.page(first, links=LINKS)
    assert first == kept
    assert report.page(content(name), links=LINKS) == page


def test_another_process_gives_the_same_bytes() -> None:
    """Hash seeds and import order change nothing."""
    made = "import json,sys,hashlib; from analysis import report; c=json.load(sys.stdin)"
    told = "print(hashlib.sha256(report.page(c).encode()).hexdigest())"
    said = subprocess.run(
        (sys.executable, "-c", f"{made}; {told}"),
        input=json.dumps(content("lists_three")),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert said == hashlib.sha256(report.page(content("lists_three")).encode()).hexdigest()


@pytest.mark.parametrize("name", NAMES)
def test_a_page_without_its_figures_stays_under_50_kb(name: str) -> None:
    page = report.page(content(name))
    bare = re.sub(r"<figure.*?</figure>", "", page, flags=re.DOTALL)
    assert len(bare.encode()) < 50_000
    assert len(page.encode()) < 110_000


def test_nothing_heavy_is_loaded_for_a_page() -> None:
    made = "import json,sys; from analysis import report; report.page(json.load(sys.stdin))"
    heavy = "scipy pandas plotly streamlit duckdb pyarrow sklearn PIL"
    said = subprocess.run(
        (
            sys.executable,
            "-c",
            f"{made}; print([x for x in '{heavy}'.split() if x in sys.modules])",
        ),
        input=json.dumps(content("lists_biased")),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert said == "[]"


@pytest.mark.timing
@pytest.mark.parametrize("name", NAMES)
def test_a_page_takes_at_most_50_ms_of_processor_time(name: str) -> None:
    made = content(name)
    report.page(made)
    took = []
    for _ in range(5):
        start = time.process_time()
        report.page(made)
        took.append(time.process_time() - start)
    assert min(took) <= 0.05


@pytest.mark.parametrize("name", ("srm", "lists_fixed"))
def test_a_stop_stands_above_all_numbers_and_leaves_no_winner(name: str) -> None:
    page = report.page(content(name))
    found = tree(page)
    assert page.index("Do not use") < page.index('role="table"')
    body = [row for row in found.all(role="row") if "v-head" not in row.attributes["class"]]
    assert body
    for row in body:
        assert {"v-grey", "v-neutral"} <= set(row.attributes["class"].split())
        assert row.all(kind="v-reading")[0].text() == "Not read"
    for kind in ("v-diamond", "g-fill", "r-candidate"):
        assert not found.all(kind=kind)
    for kind in ("v-better", "v-worse", "g-better", "g-worse"):
        coloured = [one.attributes["class"] for one in found.all(kind=kind)]
        assert [one for one in coloured if "v-notice" not in one] == []


def test_the_stop_says_what_to_mend_beside_the_verdict() -> None:
    panel = tree(report.page(content("srm"))).all("section", "v-verdict")[0]
    assert "Find the lost or doubled units before reading any lift." in panel.text()


def test_segments_under_20_units_are_hidden_and_their_number_said() -> None:
    page = report.page(with_levels([400, 19, 20, 3, 0]))
    for level, shown in (
        ("level-0", True),
        ("level-1", False),
        ("level-2", True),
        ("level-3", False),
    ):
        assert (level in page) is shown
    assert "3 levels with fewer than 20 units not shown." in page


def test_a_segment_of_small_levels_only_says_so_and_shows_no_row() -> None:
    page = report.page(with_levels([5, 7]))
    assert "Revenue per user by country" in page
    assert "2 levels with fewer than 20 units not shown." in page
    assert "level-0" not in page


def test_small_levels_of_lists_are_hidden_too() -> None:
    made = content("lists_biased")
    level = made["interleaving"]["segments"][0]["levels"][2]
    level["user_level"]["n_users"] = 19
    page = report.page(made)
    assert "tablet" not in page
    assert "1 level with fewer than 20 units not shown." in page


def test_no_cell_of_the_log_is_on_the_page_or_in_what_is_shared() -> None:
    made = content()
    made["log"]["left_out"][0]["examples"] = [{"row": 17, "value": "dana@shop.example"}]
    assert "dana@shop.example" not in report.page(made)
    assert "dana@shop.example" not in json.dumps(report.aggregates(made))
    assert report.aggregates(made)["log"]["left_out"][0]["rows"] == 180


def test_the_page_names_rule_log_versions_and_methods_with_sources() -> None:
    text = tree(report.page(content())).all("section", "r-origin")[0].text()
    for said in (
        "A shorter form raises purchases without slowing the page.", "checkout team", "Rule r4:",
        "182,561", "182,306", "Repeated event id", "a3" * 32, "Verdict 0.1.0, methods 1",
        "Deng, Xu, Kohavi, Walker (2013), WSDM, 123-132", "Welch (1947), Biometrika 34, 28-35",
        "Hauschke et al. (1999)",
    ):  # fmt: skip
        assert said in text


def test_a_method_that_was_not_used_is_not_named() -> None:
    made = content()
    for metric in made["ab"]["metrics"]:
        for one in metric["comparisons"]:
            one |= {"test": "welch", "raw": None}
    assert "CUPED" not in report.page(made)


def test_right_to_left_names_are_shut_in() -> None:
    made = content()
    made["study"]["name"] = f"\u202e{HELLO}\u202e (Ship)"
    made["ab"]["arms"][1]["name"] = HELLO
    page = report.page(made)
    assert "\u202e" not in page
    assert tree(page).all("h1")[0].all("bdi")[0].text() == f"\u2068{HELLO} (Ship)\u2069"


def test_unknown_expired_and_revoked_links_share_one_page_that_says_what_to_ask_for() -> None:
    page = report.gone_page()
    found = tree(page)
    assert report.gone_page() == page
    text = found.all("main")[0].text()
    assert "expired" in text
    assert "new link" in text
    assert "choose Share" in text
    assert "noindex" in page
    assert not found.all("a")
    assert not found.all("script")
