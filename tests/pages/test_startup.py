"""The server refuses to start where others could reach it or read its store."""

import subprocess
import sys
from pathlib import Path

import pytest

from pages.ui.startup import objection

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("address", ("127.0.0.1", "127.8.8.8", "::1", "localhost"))
def test_loopback_may_start(address: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    assert objection(address, tmp_path) is None
    assert objection(address, tmp_path / "not there yet") is None


@pytest.mark.parametrize("address", (None, "", "0.0.0.0", "::", "10.0.0.7", "example.com"))
def test_wider_addresses_may_not(address: str | None, tmp_path: Path) -> None:
    said = objection(address, tmp_path / "home")
    assert said is not None
    assert "127.0.0.1" in said
    assert "\n" not in said


def test_a_store_that_others_can_read_may_not(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    said = objection("127.0.0.1", tmp_path)
    assert said is not None
    assert f"chmod 700 {tmp_path}" in said


def test_the_refusal_is_one_line_and_exit_status_2() -> None:
    started = subprocess.run(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.address", "0.0.0.0"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert started.returncode == 2
    assert started.stderr.strip().splitlines()[-1].startswith("Verdict does not start on 0.0.0.0")
    assert "Traceback" not in started.stderr
