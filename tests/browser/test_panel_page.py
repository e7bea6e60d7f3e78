"""The Synthetic control page in a real browser: what decides comes first, and nothing overlaps."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, settled
from tests.fixtures.make_panels import hostile

pytestmark = pytest.mark.browser

TABS = (
    "Placebos", "Donors", "Leave-one-out", "Specifications", "Power", "Data checks", "Method",
)  # fmt: skip


def opened(visit: Any, study: str, **window: Any) -> Page:
    page: Page = visit(f"/synthetic_control?study={study}", **window).page
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=120_000)
    settled(page)
    return page


def test_the_first_screen_shows_verdict_rows_and_both_lines(visit: Any, server: Server) -> None:
    """1366 x 768: name, verdict, badges, primary and guardrail rows, actual and counterfactual."""
    page = opened(visit, server.panel)
    expect(page.get_by_role("heading", name="Ship")).to_be_visible()
    for name in ("Rank 1 of 22", "No donor treated"):
        expect(page.get_by_role("button", name=name)).to_be_visible()
    for text in ("Primary", "Guardrails"):
        box = page.get_by_text(text, exact=True).first.bounding_box()
        assert box is not None
        assert box["y"] < 500
    for line in ("Actual", "Counterfactual"):
        box = page.locator(".annotation-text", has_text=line).first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 768


def test_the_names_of_both_lines_stay_apart_and_inside_a_narrow_window(
    visit: Any, server: Server
) -> None:
    page = opened(visit, server.panel, width=390, height=844)
    boxes = [
        page.locator(".annotation-text", has_text=line).first.bounding_box()
        for line in ("Actual", "Counterfactual")
    ]
    assert all(box is not None and box["x"] + box["width"] <= 391 for box in boxes)
    ticks = [
        one.bounding_box() for one in page.locator(".js-plotly-plot").first.locator(".xtick").all()
    ]
    for left, right in pairwise(ticks):
        assert left is not None
        assert right is not None
        assert left["x"] + left["width"] <= right["x"]


def test_the_scale_changes_row_and_figure_and_stands_in_the_address(
    visit: Any, server: Server
) -> None:
    page = opened(visit, server.panel)
    page.get_by_role("radio", name="In total").click()
    expect(
        page.get_by_text("Tickets solved: 50.0 above the counterfactual in total")
    ).to_be_visible()
    expect(page.get_by_text("in total, higher is better")).to_be_visible()
    assert "scale=In" in page.url
    page.reload()
    expect(
        page.get_by_text("Tickets solved: 50.0 above the counterfactual in total")
    ).to_be_visible()


def test_hostile_names_are_text_in_every_tab(visit: Any, server: Server) -> None:
    visitor = visit(f"/synthetic_control?study={server.hostile_panel}")
    page = visitor.page
    page.on("dialog", lambda dialog: visitor.faults.append(dialog.message))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    for tab in TABS:
        page.get_by_role("tab", name=tab, exact=True).click()
        settled(page)
        for chart in page.locator(".js-plotly-plot .nsewdrag").all()[:2]:
            chart.hover(force=True)
    page.get_by_text("All numbers").click()
    settled(page)
    assert page.evaluate("window.pwned") is None
    assert visitor.elsewhere == []
    assert visitor.faults == []
    main = page.get_by_test_id("stMain")
    assert main.locator("img, a[href*='evil'], a[href^='javascript']").count() == 0


def test_hostile_names_are_text_in_a_plan(visit: Any, tmp_path: Path) -> None:
    hostile(tmp_path)
    visitor = visit("/planning")
    page = visitor.page
    page.on("dialog", lambda dialog: visitor.faults.append(dialog.message))
    other = page.get_by_text("From another file")
    expect(other.or_(page.get_by_test_id("stFileUploader")).first).to_be_visible()
    settled(page)
    if page.get_by_test_id("stFileUploader").count() == 0:
        other.click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        {
            "name": "<img src=http:evil.example onerror=window.pwned=1>.csv",
            "mimeType": "text/csv", "buffer": (tmp_path / "log.csv").read_bytes(),
        }
    )  # fmt: skip
    units = page.get_by_role("combobox", name="Units to treat")
    units.click(timeout=60_000)
    page.get_by_role("option").first.wait_for()
    page.get_by_role("option", name="![x]").click()
    units.click()
    page.get_by_role("option", name="onerror").click()
    page.keyboard.press("Escape")
    page.get_by_role("spinbutton", name="Pretended launches").fill("2")
    lifts = page.get_by_role("textbox", name="Lifts to look for, %")
    lifts.fill("10, 50")
    lifts.press("Enter")
    settled(page)
    page.get_by_role("button", name="Plan launch").click()
    expect(page.get_by_role("heading", name="Best units to treat")).to_be_visible(timeout=120_000)
    expect(page.get_by_role("heading", name="got it", exact=False).first).to_be_visible()
    for more in ("Pretended launches", "Each unit alone", "Plan as a study file"):
        page.get_by_test_id("stExpander").filter(has_text=more).locator("summary").click()
    for chart in page.locator(".js-plotly-plot .nsewdrag").all()[:2]:
        chart.hover(force=True)
    settled(page)
    assert page.evaluate("window.pwned") is None
    assert visitor.elsewhere == []
    assert visitor.faults == []
    main = page.get_by_test_id("stMain")
    assert main.locator("img, a[href*='evil'], a[href^='javascript']").count() == 0
