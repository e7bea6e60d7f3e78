"""Logs sent over HTTP: kept as they come, memory flat, and never from another site."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analysis.store import Store
from tests.browser.conftest import Server

pytestmark = pytest.mark.browser

MIB = 1 << 20


def put(server: Server, name: str, body: Any, **headers: str) -> tuple[int, Any]:
    request = urllib.request.Request(
        f"{server.url}/api/uploads/{name}", data=body, method="PUT",
        headers={"Content-Type": "application/octet-stream", **headers},
    )  # fmt: skip
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        said = refused.read()
        return refused.code, json.loads(said) if said.startswith(b"{") else said.decode()


def resident_mib(server: Server) -> float:
    assert server.process is not None
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def test_a_sent_log_becomes_a_draft_study(server: Server) -> None:
    status, said = put(server, "events.csv", b"user_id,variant,bought\nu1,a,1\nu2,b,0\n")
    assert status == 201
    store = Store.open(server.home)
    row = store.study(said["study"])
    assert (row.name, row.status, row.log_sha256) == ("Events", "draft", said["sha256"])
    assert store.log(said["sha256"]).file.stat().st_size == said["bytes"]
    assert said["page"] == f"/new_study?study={said['study']}"


def test_another_sites_page_cannot_send_a_log(server: Server) -> None:
    before = len(list(Store.open(server.home).logs.iterdir()))
    assert put(server, "a.csv", b"a\n1\n", Origin="http://evil.example")[0] == 403
    assert len(list(Store.open(server.home).logs.iterdir())) == before


def test_an_empty_body_is_refused_in_words(server: Server) -> None:
    status, said = put(server, "a.csv", b"")
    assert status == 400
    assert said["error"]["code"] == "empty_file"
    assert said["error"]["fix"]


def test_memory_stays_flat_while_a_large_log_comes_in(server: Server) -> None:
    def pieces() -> Iterator[bytes]:
        for k in range(256):
            yield bytes([k]) * MIB

    put(server, "warm.csv", b"a,b\n1,2\n")
    before = resident_mib(server)
    status, said = put(server, "large.csv", pieces(), **{"Content-Length": str(256 * MIB)})
    assert status == 201
    assert said["bytes"] == 256 * MIB
    assert resident_mib(server) - before < 64


def test_a_name_cannot_leave_the_store(server: Server) -> None:
    status, said = put(server, "..%2F..%2Fescape.csv", b"a,b\n1,2\n")
    assert status in {201, 400, 404}
    assert not (server.home.parent / "escape.csv").exists()
    if status == 201:
        assert Store.open(server.home).log(said["sha256"]).name == "escape.csv"
