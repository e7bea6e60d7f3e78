"""The static page in a real browser with JavaScript off: as its reader opens it, and on paper."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from analysis import report
from tests.browser.conftest import serious
from tests.report.made import NAMES, both, content

pytestmark = pytest.mark.browser

LINKS = report.Links(json="/r/t/result.json", csv="/r/t/numbers.csv", app="/ab?study=1")


@pytest.fixture
def shown(browser: Browser, tmp_path: Path) -> Iterator[Any]:
    """Opens a page from a file: shown(html, width=..., dark=..., script=...)."""
    contexts: list[BrowserContext] = []

    def opened(
        page: str, *, width: int = 1366, dark: bool = False, script: bool = False, zoom: int = 1
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width // zoom, "height": 800 // zoom},
            device_scale_factor=zoom,
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
        )
        contexts.append(context)
        file = tmp_path / f"report-{len(contexts)}.html"
        file.write_text(page, encoding="utf-8")
        window = context.new_page()
        asked: list[str] = []
        window.on("request", lambda request: asked.append(request.url))
        window.goto(file.as_uri())
        elsewhere = [one for one in asked if one != file.as_uri() and not one.startswith("data:")]
        assert elsewhere == []
        return window

    yield opened
    for context in contexts:
        context.close()


def made(name: str) -> dict[str, Any]:
    return both() if name == "both" else content(name)


@pytest.mark.parametrize("name", (*NAMES, "both"))
def test_with_javascript_off_all_is_there_and_nothing_else_is_asked_for(
    shown: Any, name: str
) -> None:
    page = shown(report.page(made(name), links=LINKS))
    assert page.get_by_role("heading", level=1).is_visible()
    assert page.get_by_label("Verdict").first.is_visible()
    assert page.get_by_role("table").first.is_visible()
    assert page.get_by_role("link", name="Open in Verdict").is_visible()
    page.get_by_text("Why this verdict").first.click()
    assert page.locator("details[open]").count() == 1


@pytest.mark.parametrize("dark", (False, True), ids=("light", "dark"))
@pytest.mark.parametrize("name", (*NAMES, "both"))
def test_axe_finds_nothing_serious(shown: Any, name: str, dark: bool) -> None:
    page = shown(report.page(made(name), links=LINKS), dark=dark, script=True)
    assert serious(page) == []


@pytest.mark.parametrize("dark", (False, True), ids=("light", "dark"))
def test_axe_finds_nothing_serious_where_a_link_is_gone(shown: Any, dark: bool) -> None:
    assert serious(shown(report.gone_page(), dark=dark, script=True)) == []


@pytest.mark.parametrize("name", (*NAMES, "both"))
def test_a_narrow_window_never_scrolls_sideways(shown: Any, name: str) -> None:
    page = shown(report.page(made(name), links=LINKS), width=390, script=True)
    for one in page.locator("details").all():
        one.locator("summary").click()
    for width in (320, 390, 768):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width


def test_at_twice_the_size_nothing_scrolls_sideways(shown: Any) -> None:
    page = shown(report.page(content("arms")), width=1366, zoom=2, script=True)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_narrow_chart_stands_in_for_the_wide_one(shown: Any) -> None:
    for width, there, away in ((1366, ".g-wide", ".g-narrow"), (390, ".g-narrow", ".g-wide")):
        page = shown(report.page(content("panel")), width=width)
        assert page.locator(there).first.is_visible()
        assert not page.locator(away).first.is_visible()


def test_words_in_charts_can_be_read_and_do_not_run_into_each_other(shown: Any) -> None:
    early = content("panel")
    for at, one in enumerate(early["synthetic_control"]["gaps"]):
        one["phase"] = "pre" if at < 3 else "post"
    for name, readout in (("ship", content()), ("panel", content("panel")), ("early", early)):
        for width in (1366, 390):
            page = shown(report.page(readout), width=width)
            chart = page.locator("svg.g-chart:visible").first
            frame = chart.bounding_box()
            boxes = [one.bounding_box() for one in chart.locator("text").all()]
            for at, one in enumerate(boxes):
                assert one["height"] >= 12
                assert frame["x"] - 1 <= one["x"]
                assert one["x"] + one["width"] <= frame["x"] + frame["width"] + 1
                for other in boxes[at + 1 :]:
                    across = one["x"] < other["x"] + other["width"] and other["x"] < (
                        one["x"] + one["width"]
                    )
                    along = one["y"] + 4 < other["y"] + other["height"] and other["y"] + 4 < (
                        one["y"] + one["height"]
                    )
                    assert not (across and along), (name, width)


@pytest.mark.parametrize("name", ("ship", "lists_biased", "panel", "srm", "both"))
def test_it_prints_on_few_white_pages_with_the_rule_unfolded(shown: Any, name: str) -> None:
    page = shown(report.page(made(name), links=LINKS), dark=True)
    paper = page.pdf(format="A4", prefer_css_page_size=True)
    assert paper.startswith(b"%PDF")
    sheets = len(re.findall(rb"/Type\s*/Page[^s]", paper))
    assert 1 <= sheets <= (6 if name == "both" else 4)
    page.emulate_media(media="print")
    assert page.get_by_text("Rule ").first.is_visible()
    assert not page.get_by_role("link", name="Open in Verdict").is_visible()
    assert page.locator("body").evaluate("e => getComputedStyle(e).backgroundColor") == (
        "rgb(255, 255, 255)"
    )
