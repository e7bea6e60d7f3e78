"""The server refuses to start where others could reach it or read its store."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.store import Access
from pages.ui.startup import greeting, objection

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


@pytest.mark.parametrize(
    ("address", "said"),
    (
        ("127.0.0.1", "Verdict: http://127.0.0.1:8600\n"),
        ("::1", "Verdict: http://[::1]:8600\n"),
        ("0.0.0.0", ""),
        (None, ""),
    ),
)
def test_it_greets_who_started_it_for_themselves(address: str | None, said: str) -> None:
    assert greeting(address, 8_600) == said


OIDC = Access("oidc", people=(("viewer", ("*",)),))
SIGN_IN = {
    "redirect_uri": "https://verdict.example.com/oauth2callback", "cookie_secret": "c" * 32,
    "client_id": "verdict", "client_secret": "s", "server_metadata_url": "https://id.example.com",
}  # fmt: skip


def test_where_people_can_sign_in_it_may_be_reached(tmp_path: Path) -> None:
    assert objection("0.0.0.0", tmp_path / "home", OIDC, SIGN_IN) is None


@pytest.mark.parametrize("key", SIGN_IN)
def test_where_nobody_could_sign_in_it_may_not_start(tmp_path: Path, key: str) -> None:
    for said in ({**SIGN_IN, key: ""}, {one: SIGN_IN[one] for one in SIGN_IN if one != key}):
        found = objection("0.0.0.0", tmp_path / "home", OIDC, said)
        assert found is not None
        assert key in found
        assert "\n" not in found


@pytest.mark.parametrize(
    ("changed", "named"),
    (
        ({"redirect_uri": "https://verdict.example.com/"}, "/oauth2callback"),
        ({"cookie_secret": "c" * 31}, "cookie_secret"),
    ),
)
def test_a_provider_that_would_fail_is_refused(
    tmp_path: Path, changed: dict[str, str], named: str
) -> None:
    found = objection("127.0.0.1", tmp_path / "home", OIDC, SIGN_IN | changed)
    assert found is not None
    assert named in found


def test_without_secrets_the_server_says_what_is_missing(tmp_path: Path) -> None:
    """Streamlit makes up a cookie secret then, and fails when somebody signs in."""
    settings = {"VERDICT_AUTH": "oidc", "VERDICT_VIEWERS": "*", "VERDICT_HOME": str(tmp_path / "h")}
    started = subprocess.run(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", "1"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, **settings},
    )  # fmt: skip
    assert started.returncode == 2
    said = started.stderr.strip().splitlines()[-1]
    assert "secrets.toml does not say redirect_uri" in said
    assert "Traceback" not in started.stderr


def test_the_refusal_is_one_line_and_exit_status_2() -> None:
    started = subprocess.run(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.address", "0.0.0.0"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert started.returncode == 2
    assert started.stderr.strip().splitlines()[-1].startswith("Verdict does not start on 0.0.0.0")
    assert "Traceback" not in started.stderr
