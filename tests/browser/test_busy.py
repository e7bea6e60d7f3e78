"""A server that carries one tab: who comes second waits calmly, and gets in by themselves."""

import json
import resource
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import expect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from analysis.store import Store, share
from tests.browser.conftest import Server, free_port, serious
from tests.pages.conftest import keep

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """It carries one tab, and gives an address fifty requests a second."""
    home = tmp_path_factory.mktemp("busy") / "home"
    study = keep(Store.open(home), "ship")
    one = Server(home, free_port(), study, "", "", "")
    one.settings = {"VERDICT_SESSIONS": "1", "VERDICT_REQUESTS": "50"}
    one.start()
    yield one
    one.kill()


def tab(server: Server) -> ClientConnection:
    return connect(
        f"ws://127.0.0.1:{server.port}/_stcore/stream",
        origin=Origin(server.url), subprotocols=[Subprotocol("streamlit")], open_timeout=60,
    )  # fmt: skip


def status(server: Server, path: str, **headers: str) -> int:
    try:
        asked = urllib.request.Request(server.url + path, headers=headers)
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def test_who_comes_second_waits_and_then_gets_in(visit: Any, server: Server) -> None:
    token, _ = share(Store.open(server.home), server.study)
    first = visit(f"/ab?study={server.study}").page
    expect(first.get_by_role("heading", name="Ship")).to_be_visible()
    second = visit(f"/ab?study={server.study}").page
    expect(second.get_by_role("heading", level=1)).to_have_text("Verdict is busy")
    assert serious(second) == []
    # Share links and the open tab go on.
    shared = visit(f"/r/{token}").page
    expect(shared.get_by_role("heading", level=1)).to_have_text("Checkout: one-page form")
    first.get_by_role("link", name="Data health").click()
    expect(first.get_by_role("heading", name="Data health", level=1)).to_be_visible()
    first.context.close()
    expect(second.get_by_role("heading", name="Ship")).to_be_visible(timeout=60_000)


def test_a_tab_too_many_is_answered_503_before_it_opens(server: Server) -> None:
    until = time.monotonic() + 30
    while status(server, "/") == 503 and time.monotonic() < until:
        time.sleep(0.2)
    with tab(server), tab(server):
        with pytest.raises(InvalidStatus) as refused:
            tab(server)
        assert refused.value.response.status_code == 503
        assert refused.value.response.headers["Retry-After"] == "15"
        assert (status(server, "/"), status(server, "/healthz")) == (503, 200)
    greeting, *lines = (server.home.parent / "server.log").read_text("utf-8").splitlines()
    assert greeting == f"Verdict: {server.url}"
    assert all(json.loads(line)["at"] for line in lines)


def test_more_connections_than_files_it_began_with(server: Server) -> None:
    """Most machines begin a process with 1,024 open files at most, and a tab is one."""
    server.kill()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        server.start()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    with ExitStack() as open_until_then:
        for _ in range(400):
            open_until_then.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        assert status(server, "/healthz") == 200


def test_too_many_requests_are_refused_and_no_header_helps(server: Server) -> None:
    """uvicorn believes X-Forwarded-For of who connects from this machine; Verdict does not."""
    time.sleep(2.5)
    said = [status(server, "/r/x", **{"X-Forwarded-For": f"6.6.6.{k % 250}"}) for k in range(300)]
    assert set(said) == {404, 429}
    assert said[:100] == [404] * 100
    assert status(server, "/healthz") == 200
