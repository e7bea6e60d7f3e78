"""Text of strangers in every place of a log: shown as typed, and nothing is run or fetched."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import settled

pytestmark = pytest.mark.browser

IMAGE = "![x](http://evil.example/a.png)"
TAG = "<img src=http://evil.example/b.png onerror=window.pwned=1>"
LINK = "[x](javascript:window.pwned=1)"
MATH = r"$\includegraphics{http://evil.example/c.png}$"
STYLE = ":red[x] :material/delete: :smile: http://evil.example"


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def hostile_log(folder: Path) -> Path:
    """An event log whose columns, arms, events, segments and cells are all payloads."""
    rows = [
        ",".join(quoted(name) for name in ("user_id", "ts", "event", "variant", "country", TAG))
    ]
    for k in range(300):
        arm, level = (IMAGE, STYLE)[k % 2], (LINK, MATH)[k // 2 % 2]
        stamp = f"2026-03-{1 + k % 9:02}T10:00:00Z"
        rows.append(
            ",".join(quoted(cell) for cell in (f"u{k}", stamp, "exposure", arm, level, TAG))
        )
        if k % 3:
            later = stamp.replace("T10", "T12")
            rows.append(",".join(quoted(cell) for cell in (f"u{k}", later, TAG, "", level, MATH)))
    file = folder / "<b>hostile log.csv"
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return file


def test_a_hostile_log_runs_nothing_and_fetches_nothing(visit: Any, tmp_path: Path) -> None:
    visitor = visit("/new_study")
    page = visitor.page
    page.on("dialog", lambda dialog: visitor.faults.append(dialog.message))
    page.set_input_files("input[type=file]", hostile_log(tmp_path))
    run = page.get_by_role("button", name="Run study").first
    expect(run).to_be_enabled(timeout=30_000)
    page.get_by_text("First 20 rows").click()
    settled(page)
    run.click()
    page.wait_for_url("**/ab?study=*", timeout=60_000)
    expect(page.get_by_role("tab", name="Over time")).to_be_visible(timeout=60_000)
    for tab in ("Segments", "Data checks", "Method", "Over time"):
        page.get_by_role("tab", name=tab).click()
        settled(page)
    page.get_by_role("link", name="Data health").click()
    for tab in ("Rows left out", "Repairs", "Rows by day", "Columns", "Personal data"):
        page.get_by_role("tab", name=tab).click()
        settled(page)
    page.get_by_role("link", name="Studies", exact=True).click()
    expect(page.get_by_role("heading", name="Studies")).to_be_visible()
    settled(page)
    assert page.evaluate("window.pwned") is None
    assert visitor.elsewhere == []
    assert visitor.faults == []
    main = page.get_by_test_id("stMain")
    assert main.locator("img, a[href*='evil'], a[href^='javascript']").count() == 0
