"""Take the README's picture anew: the A/B page of a sample, as a visitor first sees it."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

from analysis.store import Store

TOP = Path(__file__).resolve().parent.parent
PICTURE = Path(__file__).with_name("screenshot.png")
SAMPLE = "checkout"
PATIENCE = 120
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")


def main() -> None:
    """Serve a new store, wait for its samples, and photograph one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as home:
        server = subprocess.Popen(
            (sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)),
            cwd=TOP,
            env={**os.environ, "VERDICT_HOME": home},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            photograph(f"http://127.0.0.1:{port}/ab?study={study_id(Path(home), port)}")
        finally:
            server.terminate()
            server.wait()


def study_id(home: Path, port: int) -> str:
    """The sample's id, once it has a readout."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
                rows = Store.open(home).studies()
        except OSError:
            rows = []
        for row in rows:
            if row.sample == SAMPLE and row.readout_id is not None:
                return row.id
        time.sleep(0.5)
    raise TimeoutError("The sample's readout was not made.")


def photograph(url: str) -> None:
    """Save what a window of 1366 by 768 shows."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.goto(url)
        page.get_by_text("Guardrails").first.wait_for(timeout=60_000)
        page.wait_for_timeout(2_000)
        page.screenshot(path=str(PICTURE))
        browser.close()


if __name__ == "__main__":
    main()
