"""Every page, light and dark, wide and narrow: nothing serious for axe, nothing off the host."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Server, serious, settled

pytestmark = pytest.mark.browser

PAGES = (
    "/",
    "/new_study",
    "/ab?study={0}",
    "/interleaving?study={1}",
    "/interleaving?study={1}&view=Balance",
    "/synthetic_control?study={2}",
    "/synthetic_control?study={2}&view=Donors",
    "/data_health?study={0}",
    "/guide",
)


@pytest.mark.parametrize("dark", (False, True), ids=("light", "dark"))
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_serious(visit: Any, server: Server, path: str, dark: bool) -> None:
    visitor = visit(path.format(server.study, server.lists, server.panel), dark=dark)
    expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
    settled(visitor.page)
    assert serious(visitor.page) == []
    assert visitor.elsewhere == []
    assert visitor.faults == []


@pytest.mark.parametrize("path", PAGES)
def test_a_narrow_window_never_scrolls_sideways(visit: Any, server: Server, path: str) -> None:
    page = visit(path.format(server.study, server.lists, server.panel), width=390, height=844).page
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 844})
        settled(page)
        wide = page.get_by_test_id("stMain").evaluate("e => e.scrollWidth - e.clientWidth")
        assert wide <= 1, width


def test_the_first_screen_of_a_readout_holds_what_decides(visit: Any, server: Server) -> None:
    """1366 x 768: name, verdict, badges, primary and guardrail rows, and the tabs at the fold."""
    page = visit(f"/ab?study={server.study}").page
    expect(page.get_by_role("heading", name="Ship")).to_be_visible()
    settled(page)
    box = page.get_by_role("tab", name="Over time").bounding_box()
    assert box is not None
    assert box["y"] + 30 <= 768


def test_the_menu_can_be_walked_with_the_keyboard(visit: Any, server: Server) -> None:
    page = visit("/").page
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    settled(page)
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.innerText || ''").strip())
    for name in ("New study", "Guide", "Checkout: one-page form"):
        assert any(name in text for text in reached), (name, reached)
