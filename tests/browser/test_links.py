"""A share link's life in a real browser without JavaScript: made, read, killed, ended."""

import re
import time
import urllib.error
import urllib.request
from email.message import Message
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from analysis.store import Store, forget, links_of
from tests.browser.conftest import Server, serious, settled
from tests.pages.conftest import keep

pytestmark = pytest.mark.browser


def lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def fetched(url: str) -> tuple[int, dict[str, str], bytes]:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, lower(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, lower(error.headers), error.read()


def alike(one: tuple[int, dict[str, str], bytes], other: tuple[int, dict[str, str], bytes]) -> bool:
    without = [{k: v for k, v in answer[1].items() if k != "date"} for answer in (one, other)]
    return (one[0], without[0], one[2]) == (other[0], without[1], other[2])


def test_the_life_of_a_link(visit: Any, server: Server, browser: Browser) -> None:
    page = visit(f"/ab?study={server.study}").page
    page.get_by_role("button", name="Share").click()
    page.get_by_role("button", name="Create link").click()
    said = page.get_by_text(re.compile(rf"^{server.url}/r/[\w-]{{43}}$"))
    expect(said).to_be_visible()
    url = str(said.text_content())
    expect(page.get_by_text("1 link to this study")).to_be_visible()

    # A stranger on a phone, with JavaScript off.
    plain = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    phone = plain.new_page()
    elsewhere: list[str] = []
    phone.on("request", lambda one: elsewhere.append(one.url))
    phone.goto(url)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Checkout: one-page form")
    expect(phone.get_by_text("+3.0% to +10.4%").first).to_be_visible()
    assert all(one.startswith((server.url, "data:")) for one in elsewhere)
    before = fetched(url)
    assert before[0] == 200
    assert fetched(f"{url}/result.json")[0] == fetched(f"{url}/metrics.csv")[0] == 200
    assert fetched(f"{url}/preview.png")[2].startswith(b"\x89PNG")

    # Killed and started again: the same page, to the last byte.
    server.kill()
    server.start()
    assert alike(fetched(url), before)

    phone.goto(url)
    expect(phone.get_by_text("+3.0% to +10.4%").first).to_be_visible()
    (link,) = links_of(Store.open(server.home))
    assert link.opened_day is not None

    # Turned off on the page of links: gone at once, and like a link that never was.
    page = visit("/links").page
    expect(page.get_by_text("1 link that opens")).to_be_visible()
    settled(page)
    assert serious(page) == []
    page.get_by_role("button", name="Turn link off").click()
    expect(page.get_by_text("No link opens any more.")).to_be_visible()
    page.wait_for_timeout(1_000)
    assert alike(fetched(url), fetched(f"{server.url}/r/{'A' * 43}"))
    assert fetched(url)[0] == 404
    phone.goto(url)
    expect(phone.get_by_role("heading", level=1)).to_have_text("This link does not open a readout")
    plain.close()


def test_a_link_outlives_its_study(server: Server, browser: Browser) -> None:
    from analysis.store import share

    store = Store.open(server.home)
    study_id = keep(store, "lists_biased", name="Goes away")
    token, _ = share(store, study_id)
    before = fetched(f"{server.url}/r/{token}")
    forget(store, study_id)
    server.kill()
    server.start()
    assert before[0] == 200
    assert alike(fetched(f"{server.url}/r/{token}"), before)


def test_the_shared_page_asks_for_no_script(server: Server) -> None:
    from analysis.store import share

    token, _ = share(Store.open(server.home), server.study)
    status, headers, body = fetched(f"{server.url}/r/{token}")
    assert status == 200
    assert "script-src" not in headers["content-security-policy"]
    assert b"<script" not in body
    assert headers["x-robots-tag"].startswith("noindex")
    log, until = "", time.monotonic() + 20
    # The line is written once the answer has left.
    while '"path": "/r/*"' not in log:
        assert time.monotonic() < until, log
        time.sleep(0.1)
        log = (server.home.parent / "server.log").read_text("utf-8")
    assert token not in log
