"""What reaches Streamlit and what does not: headers, foreign pages, foreign names, compression."""

import asyncio
import gzip
from typing import Any

import pytest

from pages.ui.middleware import POLICY, stack

BODY = b"console.log('" + b"x" * 5000 + b"')"


async def _inner(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    headers = [(b"content-type", b"text/javascript"), (b"content-length", str(len(BODY)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": BODY})


def ask(
    path: str, *, method: str = "GET", kind: str = "http", origins: str = "", **headers: str
) -> tuple[int, dict[str, str], bytes, list[str]]:
    """Status, headers and body of an answer, and the types of the messages."""
    given = {"host": "127.0.0.1:8501", **headers}
    scope = {
        "type": kind, "path": path, "method": method, "query_string": b"",
        "headers": [(name.replace("_", "-").encode(), v.encode()) for name, v in given.items()],
    }  # fmt: skip
    app: Any = _inner
    for layer in reversed(stack(origins)):
        app = layer.cls(app, *layer.args, **layer.kwargs)
    said: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    asyncio.run(app(scope, receive, send))
    start: dict[str, Any] = next((one for one in said if one["type"] == "http.response.start"), {})
    body = b"".join(one.get("body", b"") for one in said if one["type"] == "http.response.body")
    found = {name.decode(): value.decode() for name, value in start.get("headers", [])}
    return start.get("status", 0), found, body, [one["type"] for one in said]


def test_every_answer_carries_the_policy() -> None:
    _, headers, _, _ = ask("/")
    assert headers["content-security-policy"] == POLICY
    assert "default-src 'none'" in POLICY
    assert "unsafe-eval" not in POLICY
    assert "frame-ancestors 'none'" in POLICY
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    (
        "/_stcore/metrics",
        "/_stcore/agent/interact",
        "/_stcore/agent/openapi.json",
        "/_stcore/agent",
    ),
)
def test_the_servers_insides_are_not_found(path: str) -> None:
    status, headers, _, _ = ask(path)
    assert status == 404
    assert "content-security-policy" in headers


@pytest.mark.parametrize(
    ("origin", "accepted"),
    (
        ("http://127.0.0.1:8501", True),
        ("http://127.0.0.1:9999", False),
        ("http://localhost:8501", False),
        ("http://evil.example", False),
        ("null", False),
        (None, False),
    ),
)
def test_only_our_own_page_may_open_the_websocket(origin: str | None, accepted: bool) -> None:
    headers = {"origin": origin} if origin else {}
    *_, types = ask("/_stcore/stream", kind="websocket", **headers)
    assert types == (["websocket.accept"] if accepted else ["websocket.close"])


@pytest.mark.parametrize(
    "host", ("evil.example", "127.0.0.1.evil.example:8501", "10.0.0.7:8501", "")
)
def test_a_name_that_is_not_ours_is_refused(host: str) -> None:
    """A site may let its own name resolve to the loopback address."""
    assert ask("/", host=host)[0] == 403


@pytest.mark.parametrize("host", ("127.0.0.1:8501", "localhost:80", "[::1]:8501", "localhost"))
def test_loopback_names_are_ours(host: str) -> None:
    assert ask("/", host=host)[0] == 200


def test_a_configured_origin_is_ours_and_its_neighbours_are_not() -> None:
    origins = "https://verdict.example.com, https://other.example"
    ours = {"host": "verdict.example.com", "origin": "https://verdict.example.com"}
    *_, types = ask("/_stcore/stream", kind="websocket", origins=origins, **ours)
    assert types == ["websocket.accept"]
    plain = ours | {"origin": "http://verdict.example.com"}
    *_, types = ask("/_stcore/stream", kind="websocket", origins=origins, **plain)
    assert types == ["websocket.close"]


@pytest.mark.parametrize(
    ("origin", "status"),
    (("http://evil.example", 403), ("http://127.0.0.1:8501", 200), (None, 200)),
)
def test_another_site_cannot_send_us_a_log(origin: str | None, status: int) -> None:
    headers = {"origin": origin} if origin else {}
    assert ask("/api/uploads/a.csv", method="PUT", **headers)[0] == status


def test_scripts_come_compressed_and_whole() -> None:
    status, headers, body, _ = ask("/static/js/index.abc.js", accept_encoding="gzip, br")
    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert int(headers["content-length"]) == len(body) < len(BODY)
    assert gzip.decompress(body) == BODY


def test_who_cannot_unpack_gets_plain_scripts() -> None:
    _, headers, body, _ = ask("/static/js/index.abc.js")
    assert "content-encoding" not in headers
    assert body == BODY
