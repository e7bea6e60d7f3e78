"""A cold process and a cold deep link; then reload, a second browser, and a killed server."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, settled

pytestmark = pytest.mark.browser


def expect_the_readout(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("Checkout: one-page form")
    expect(page.get_by_role("heading", name="Ship")).to_be_visible()
    expect(page.get_by_text("+3.0% to +10.4%").first).to_be_visible()


def test_a_deep_link_opens_the_readout_inside_the_menu(visit: Any, server: Server) -> None:
    """The very first request to the process: the trap of a folder called pages."""
    visitor = visit(f"/ab?study={server.study}")
    expect_the_readout(visitor.page)
    menu = visitor.page.get_by_test_id("stSidebarNav")
    for name in ("Studies", "New study", "A/B", "Data health", "Guide"):
        expect(menu.get_by_role("link", name=name)).to_be_visible()
    assert visitor.elsewhere == []
    assert visitor.faults == []


def test_reload_and_a_second_browser_show_the_same(visit: Any, server: Server) -> None:
    first = visit(f"/ab?study={server.study}").page
    expect_the_readout(first)
    first.reload()
    expect_the_readout(first)
    expect_the_readout(visit(first.url.removeprefix(server.url)).page)


def test_the_open_study_goes_along_through_the_menu(visit: Any, server: Server) -> None:
    page = visit(f"/ab?study={server.study}").page
    expect_the_readout(page)
    page.get_by_role("link", name="Data health").click()
    expect(page.get_by_role("heading", name="Data health", level=1)).to_be_visible()
    expect(page.get_by_text("182,306").first).to_be_visible()
    expect(page).to_have_url(f"{server.url}/data_health?study={server.study}")
    page.reload()
    expect(page.get_by_text("182,306").first).to_be_visible()
    settled(page)
    page.go_back()
    expect_the_readout(page)


def test_a_row_of_the_list_opens_the_study(visit: Any, server: Server) -> None:
    page = visit("/").page
    row = page.locator(f".st-key-study_{server.study}")
    row.get_by_role("link").click()
    expect_the_readout(page)
    expect(page).to_have_url(f"{server.url}/ab?study={server.study}")
    settled(page)
    page.go_back()
    expect(page.get_by_role("heading", name="Studies", level=1)).to_be_visible()
    page.go_forward()
    expect_the_readout(page)


def test_an_unknown_study_says_what_to_do(visit: Any) -> None:
    page = visit("/ab?study=doesnotexist").page
    expect(page.get_by_text("No study has this address")).to_be_visible()
    expect(page.get_by_text("Code: unknown_study")).to_be_visible()
    page.get_by_role("link", name="All studies").click()
    expect(page.get_by_role("heading", name="Studies", level=1)).to_be_visible()


def test_a_killed_server_comes_back_with_the_same(visit: Any, server: Server) -> None:
    server.kill()
    server.start()
    visitor = visit(f"/ab?study={server.study}")
    expect_the_readout(visitor.page)
    settled(visitor.page)
    assert visitor.faults == []
