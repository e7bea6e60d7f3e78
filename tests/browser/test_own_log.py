"""A person's own CSV: from the file to a verdict, and the same in every other window."""

import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, Server, serious, settled

pytestmark = pytest.mark.browser

LOG = ROOT / "data" / "samples" / "onboarding.csv"


def own_log(folder: Path) -> Path:
    """A copy under a name of its own, so that nothing of a sample can be taken for it."""
    file = folder / "my_onboarding.csv"
    file.write_bytes(LOG.read_bytes())
    return file


def test_own_csv_to_verdict_in_six_clicks(visit: Any, server: Server, tmp_path: Path) -> None:
    visitor = visit("/")
    page = visitor.page
    clicks = 0
    page.get_by_role("button", name="New study").click()
    clicks += 1
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload", exact=True).click()
        clicks += 1
    chooser.value.set_files(own_log(tmp_path))
    clicks += 2  # the file, and "Open", in the system's own window
    run = page.get_by_role("button", name="Run study").first
    expect(run).to_be_enabled(timeout=30_000)
    assert "/new_study?study=" in page.url
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("My onboarding")
    expect(
        page.get_by_text("first exposure").or_(page.get_by_text("Units in control"))
    ).to_be_visible()
    settled(page)
    assert serious(page) == []
    run.click()
    clicks += 1
    expect(page.get_by_role("heading", name="Do not use")).to_be_visible(timeout=60_000)
    assert clicks <= 6
    assert "/ab?study=" in page.url
    address = page.url.removeprefix(server.url)

    page.reload()
    expect(page.get_by_role("heading", name="Do not use")).to_be_visible()
    second = visit(address).page
    expect(second.get_by_role("heading", name="Do not use")).to_be_visible()
    settled(page)
    settled(second)
    # Charts come after the page has settled: both have them all in the end.
    until = time.monotonic() + 20
    while _shown(page) != _shown(second) and time.monotonic() < until:
        page.wait_for_timeout(250)
    assert _shown(page) == _shown(second)

    home = visit("/").page
    expect(home.get_by_role("link", name="My onboarding")).to_be_visible()
    assert visitor.elsewhere == []
    assert visitor.faults == []


def _shown(page: Page) -> str:
    return page.get_by_test_id("stMain").inner_text()


def test_a_run_can_be_left_and_is_found_on_studies(
    visit: Any, server: Server, tmp_path: Path
) -> None:
    visitor = visit("/new_study")
    visitor.page.set_input_files("input[type=file]", own_log(tmp_path))
    run = visitor.page.get_by_role("button", name="Run study").first
    expect(run).to_be_enabled(timeout=30_000)
    study_id = visitor.page.url.split("study=")[1]
    run.click()
    expect(visitor.page.get_by_role("button", name="Stop run")).to_be_visible()
    visitor.page.close()
    row = visit("/").page.locator(f".st-key-study_{study_id}")
    expect(row.get_by_text("Do not use")).to_be_visible(timeout=60_000)


def test_a_file_that_is_no_log_is_refused_and_nothing_is_kept(
    visit: Any, server: Server, tmp_path: Path
) -> None:
    file = tmp_path / "events.csv"
    file.write_bytes(b"%PDF-1.7\n" + b"\x00\xff" * 400)
    before = sorted((server.home / "blobs" / "ab").iterdir())
    page = visit("/new_study").page
    page.set_input_files("input[type=file]", file)
    expect(page.get_by_text("Code: ")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("What to do:")).to_be_visible()
    expect(page.get_by_text("Nothing was saved.")).to_be_visible()
    assert "study=" not in page.url
    assert sorted((server.home / "blobs" / "ab").iterdir()) == before
