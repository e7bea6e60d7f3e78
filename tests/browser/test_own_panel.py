"""A person's own panel: from the file to a verdict, and a plan for the next launch."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import serious, settled
from tests.pages.test_new_panel import START, panel_file

pytestmark = pytest.mark.browser


def own_panel(folder: Path) -> Path:
    """The panel with a column that says from when u00 was treated."""
    file = folder / "my_regions.csv"
    lines = panel_file(START).decode().splitlines()
    kept = [
        line if i == 0 or line.startswith("u00") else f"{line.rsplit(',', 1)[0]},"
        for i, line in enumerate(lines)
    ]
    file.write_text("\n".join(kept), encoding="utf-8")
    return file


def test_own_panel_to_verdict_in_six_clicks(visit: Any, tmp_path: Path) -> None:
    visitor = visit("/")
    page = visitor.page
    clicks = 0
    page.get_by_role("button", name="New study").click()
    clicks += 1
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload", exact=True).click()
        clicks += 1
    chooser.value.set_files(own_panel(tmp_path))
    clicks += 2  # the file, and "Open", in the system's own window
    columns = page.get_by_role("heading", name="2. Columns")
    expect(columns).to_be_visible(timeout=60_000)
    settled(page)
    if page.get_by_role("heading", name="4. Who and when").count() == 0:
        page.get_by_text("Everyone at once").click()
        clicks += 1
    expect(page.get_by_role("heading", name="4. Who and when")).to_be_visible(timeout=60_000)
    run = page.get_by_role("button", name="Run study").first
    expect(run).to_be_enabled(timeout=60_000)
    expect(page.get_by_text("Periods before")).to_be_visible(timeout=60_000)
    settled(page)
    assert serious(page) == []
    run.click()
    clicks += 1
    assert clicks <= 6
    page.wait_for_url("**/synthetic_control?study=*", timeout=240_000)
    word = page.get_by_role("heading", name="Ship").or_(
        page.get_by_role("heading", name="Keep running")
    )
    expect(word.first).to_be_visible(timeout=60_000)
    assert visitor.elsewhere == []
    assert visitor.faults == []


def test_a_launch_is_planned_from_a_file(visit: Any, tmp_path: Path) -> None:
    visitor = visit("/planning")
    page = visitor.page
    another = page.get_by_text("From another file")
    expect(another).to_be_visible()
    settled(page)
    # With no panel saved yet, a file is asked for at once.
    if not page.locator("input[type=file]").count():
        another.click()
    page.set_input_files("input[type=file]", own_panel(tmp_path))
    plan = page.get_by_role("button", name="Plan launch")
    expect(plan).to_be_visible(timeout=60_000)
    plan.click()
    expect(page.get_by_role("heading", name="Best units to treat")).to_be_visible(timeout=240_000)
    settled(page)
    assert serious(page) == []
    assert visitor.elsewhere == []
    assert visitor.faults == []
