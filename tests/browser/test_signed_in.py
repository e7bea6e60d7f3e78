"""A served Verdict behind a proxy: who the proxy names sees what their role may, and no more."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from analysis.store import Person, Store
from tests.browser.conftest import ROOT, free_port
from tests.pages.conftest import keep

pytestmark = pytest.mark.browser

SECRET = "only the proxy knows these 40 characters"


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Store]]:
    """A server on all addresses that lets in whom the proxy names."""
    home = tmp_path_factory.mktemp("proxied") / "home"
    store = Store.open(home)
    keep(store, "ship", name="For all")
    keep(store.acting(Person("eve@example.com", "editor", signed_in=True)), "ship", name="Eve's")
    port = free_port()
    env = {
        **os.environ, "VERDICT_HOME": str(home), "VERDICT_AUTH": "header",
        "VERDICT_PROXIES": "127.0.0.1", "VERDICT_PROXY_SECRET": SECRET,
        "VERDICT_VIEWERS": "@example.com", "VERDICT_EDITORS": "eve@example.com",
        "VERDICT_ADMINS": "root@example.com",
    }  # fmt: skip
    with (home.parent / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [
                sys.executable, "-m", "streamlit", "run", "app.py",
                "--server.address", "0.0.0.0", "--server.port", str(port),
            ],
            cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    until = time.monotonic() + 90
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2).close()
            break
        except OSError:
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.2)
    yield port, store
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def headers(email: str | None, secret: str = SECRET) -> dict[str, str]:
    said = {"X-Verdict-Secret": secret}
    return said | ({"X-Forwarded-Email": email} if email else {})


def shown(port: int, given: dict[str, str], page: str = "", query: str = "") -> str:
    """Everything that the script sends for a page, as text."""
    with connect(
        f"ws://127.0.0.1:{port}/_stcore/stream",
        origin=Origin(f"http://127.0.0.1:{port}"), additional_headers=given,
        subprotocols=[Subprotocol("streamlit")], max_size=None, open_timeout=60,
    ) as tab:  # fmt: skip
        asked = BackMsg()
        asked.rerun_script.query_string = query
        asked.rerun_script.page_name = page
        tab.send(asked.SerializeToString())
        parts = []
        while True:
            message = tab.recv(timeout=60)
            said = ForwardMsg()
            said.ParseFromString(message if isinstance(message, bytes) else message.encode())
            parts.append(str(said))
            if said.WhichOneof("type") == "script_finished":
                return "\n".join(parts)


def test_each_role_sees_its_pages_and_studies(proxied: tuple[int, Store]) -> None:
    port, _ = proxied
    viewer = shown(port, headers("bob@example.com"))
    assert "For all" in viewer
    assert "Eve" not in viewer
    assert "bob" in viewer
    for page in ("New study", "Activity", "Links"):
        assert page not in viewer
    editor = shown(port, headers("eve@example.com"))
    assert "Eve" in editor
    assert "New study" in editor
    assert "Activity" not in editor
    admin = shown(port, headers("root@example.com"))
    assert "Eve" in admin
    assert "Activity" in admin


def test_a_study_of_somebody_else_is_not_there(proxied: tuple[int, Store]) -> None:
    port, store = proxied
    hers = next(row for row in store.studies() if row.name == "Eve's")
    said = shown(port, headers("bob@example.com"), "ab", f"study={hers.id}")
    assert "No study has this address" in said
    assert "Revenue" not in said


@pytest.mark.parametrize(
    "given",
    (
        {},
        headers(None),
        headers("bob@example.com", "wrong"),
        headers("mallory@evil.example"),
        {"X-Forwarded-Email": "root@example.com"},
        {"X-Verdict-Person": "root@example.com"},
    ),
)
def test_nobody_gets_through_on_any_path(proxied: tuple[int, Store], given: dict[str, str]) -> None:
    port, _ = proxied
    for path in ("/", "/ab", "/static/x.js", "/media/x", "/api/studies/x.zip", "/_stcore/health"):
        asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=given)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(asked, timeout=20)
        assert refused.value.code == 401
    with pytest.raises(InvalidStatus):
        shown(port, given)


def test_what_a_visitor_calls_themselves_is_dropped(proxied: tuple[int, Store]) -> None:
    port, _ = proxied
    said = shown(port, headers("bob@example.com") | {"X-Verdict-Person": "root@example.com"})
    assert "Activity" not in said
    assert "Eve" not in said


def test_the_log_names_nobody(proxied: tuple[int, Store], tmp_path: Path) -> None:
    _, store = proxied
    said = (store.home.parent / "server.log").read_text("utf-8")
    assert '"event": "refused"' in said
    for word in ("example", SECRET, "bob", "mallory"):
        assert word not in said


def test_nothing_is_asked_of_the_internet_to_greet_with(proxied: tuple[int, Store]) -> None:
    """On all addresses Streamlit's greeting names the machine's outer address, and looks it up."""
    _, store = proxied
    lines = (store.home.parent / "server.log").read_text("utf-8").splitlines()
    assert all(json.loads(line)["from"].startswith("verdict") for line in lines)
