"""A served Verdict on a store of its own, and a Chromium that notices requests off the host."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect, sync_playwright

from analysis.store import Store
from tests.pages.conftest import keep

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip

# Whether something is drawn in by and by; what turns for ever does not count.
MOVING = """document.getAnimations().some(one => one.playState === "running"
    && one.effect.getComputedTiming().iterations !== Infinity)"""

# A shared machine may be slow; what is slow is measured elsewhere.
expect.set_options(timeout=20_000)


@dataclass
class Server:
    """One Verdict server; it can be killed and started again on the same store and port."""

    home: Path
    port: int
    study: str
    lists: str
    panel: str
    hostile_panel: str
    process: subprocess.Popen[bytes] | None = None
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        log = (self.home.parent / "server.log").open("ab")
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "streamlit", "run", "app.py",
                "--server.port", str(self.port),
            ],
            cwd=ROOT, env={**os.environ, "VERDICT_HOME": str(self.home), **self.settings},
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2):
                    return
            except OSError:
                assert self.process.poll() is None, "the server ended"
                time.sleep(0.2)
        raise AssertionError("the server did not start within 60 seconds")

    def kill(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@dataclass
class Visitor:
    """A browser window that notes what it asked of other hosts, its faults and what was refused."""

    page: Page
    elsewhere: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium a module: while Playwright runs, no test may start an event loop of its own."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A cold process on a store with finished studies: nobody has visited it yet."""
    home = tmp_path_factory.mktemp("verdict") / "home"
    store = Store.open(home)
    kept = [keep(store, name) for name in ("ship", "lists_biased", "panel_win", "panel_hostile")]
    one = Server(home, free_port(), kept[0], kept[1], kept[2], kept[3])
    one.start()
    yield one
    one.kill()


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Any]:
    """Opens windows: visit(path, dark=..., width=...)."""
    contexts: list[BrowserContext] = []

    def opened(path: str, *, dark: bool = False, width: int = 1366, height: int = 768) -> Visitor:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
        )
        contexts.append(context)
        visitor = Visitor(context.new_page())
        visitor.page.on("request", lambda request: _note(visitor, request.url, server))
        visitor.page.on("pageerror", lambda error: visitor.faults.append(str(error)))
        visitor.page.on("response", lambda answer: _note_refusal(visitor, answer))
        visitor.page.goto(f"{server.url}{path}")
        return visitor

    yield opened
    for context in contexts:
        context.close()


def _note(visitor: Visitor, url: str, server: Server) -> None:
    if not url.startswith((server.url, "data:", "blob:")):
        visitor.elsewhere.append(url)


def _note_refusal(visitor: Visitor, answer: Response) -> None:
    if answer.status >= 400:
        visitor.refused.append(f"{answer.status} {answer.url}")


def settled(page: Page) -> None:
    """Wait until the script has run and nothing more is drawn."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    page.wait_for_timeout(150)
    # Text that still fades in has too little contrast for a moment.
    until = time.monotonic() + 20
    while page.evaluate(MOVING) and time.monotonic() < until:
        page.wait_for_timeout(50)


def serious(page: Page) -> list[str]:
    """What axe finds serious or critical, one line each."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node['html'][:160]}"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]
