"""What stands between the network and Streamlit: headers, who may talk to us, compression."""

import base64
import gzip
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

import streamlit
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from analysis.store import Access, Limits
from pages.ui import shared_readout
from pages.ui.identity import Identify
from pages.ui.json_log import SaysWhatItServed
from pages.ui.limits import Capacity, LimitRequests


def _own_scripts() -> str:
    """Hashes of the few lines of script inside Streamlit's own start page, as it is installed."""
    start = Path(streamlit.__file__).parent / "static" / "index.html"
    inline = re.findall(rb"<script>(.*?)</script>", start.read_bytes(), re.DOTALL)
    digests = (base64.b64encode(hashlib.sha256(one).digest()).decode() for one in inline)
    return " ".join(f"'sha256-{digest}'" for digest in digests)


SOURCES = {
    "default-src": "'none'",
    "script-src": f"'self' {_own_scripts()}",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "manifest-src": "'self'",
    "frame-src": "'none'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
POLICY = "; ".join(f"{what} {where}" for what, where in SOURCES.items())
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
CLOSED = ("/_stcore/metrics", "/_stcore/agent")
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
# What watches a server asks by its address, and learns nothing.
WATCHED = frozenset({"/healthz", "/readyz"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def stack(
    origins: str, access: Access | None = None, limits: Limits | None = None
) -> list[Middleware]:
    """The middleware of the app, outermost first.

    Args:
        origins: Further origins of this server, with commas between them.
        access: Who comes in and how they are known; one local user by default.
        limits: How much is served before people are asked to wait.
    """
    access, limits = access or Access(), limits or Limits()
    allowed = tuple(one.strip().rstrip("/") for one in origins.split(",") if one.strip())
    return [
        Middleware(SaysWhatItServed),
        Middleware(SecurityHeaders),
        Middleware(LimitRequests, access=access, per_second=limits.requests),
        Middleware(OwnOriginOnly, origins=allowed),
        Middleware(Identify, access=access),
        Middleware(Capacity, sessions=limits.sessions),
        Middleware(StaticGzip),
    ]


class SecurityHeaders:
    """Adds the security headers to every answer and hides the server's own insides."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 404 for paths that are nobody's business."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        shared = scope["path"].startswith("/r/")
        added = HEADERS | shared_readout.HEADERS if shared else HEADERS

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in added.items():
                    headers[name] = value
            await send(message)

        if scope["path"].startswith(CLOSED):
            await PlainTextResponse("Not found", 404)(scope, receive, with_headers)
            return
        await self.app(scope, receive, with_headers)


class OwnOriginOnly:
    """Refuses requests that another site's page makes, and names that are not ours.

    A page of another site may open a websocket to a server on the visitor's own machine, and a
    domain of its own may resolve to 127.0.0.1. So the Host must be a loopback name or one of
    the configured origins, and a websocket, or a request that changes something, must come
    from exactly that origin.

    Args:
        app: What comes next.
        origins: Further origins, such as ``https://verdict.example.com`` (VERDICT_ORIGINS).
    """

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        self.app = app
        self.origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may pass."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        allowed = [*self.origins]
        if _without_port(host) in LOOPBACK:
            allowed += [f"http://{host}", f"https://{host}"]
        known_host = any(one.split("://", 1)[-1] == host for one in allowed)
        if scope["type"] == "websocket":
            passes = known_host and origin in allowed
        else:
            # A browser names the origin with every request that changes something; a command
            # line has none to name.
            foreign = origin is not None and origin not in allowed
            passes = known_host and not (foreign and scope["method"] not in SAFE_METHODS)
            passes = passes or (scope["path"] in WATCHED and scope["method"] in SAFE_METHODS)
        if passes:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "origin"})
        else:
            said = "This address is not one of this server's own (see VERDICT_ORIGINS)."
            await PlainTextResponse(said, 403)(scope, receive, send)


def _without_port(host: str) -> str:
    return re.sub(r":\d+$", "", host).lower()


class StaticGzip:
    """Sends the application's scripts compressed; each is compressed once and remembered.

    Their names carry a hash of their content, so what was compressed stays right.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._packed: dict[str, tuple[list[tuple[bytes, bytes]], bytes]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory, or pass on and remember."""
        if not _compressible(scope):
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        if path not in self._packed:
            status, headers, body = await _whole(self.app, scope, receive)
            if status != 200:
                await _answer(send, status, headers, body)
                return
            packed = await run_in_threadpool(gzip.compress, body, 6, mtime=0)
            dropped = {b"content-length", b"content-encoding", b"accept-ranges"}
            kept = [(name, value) for name, value in headers if name not in dropped]
            kept += [(b"content-encoding", b"gzip"), (b"vary", b"Accept-Encoding")]
            self._packed[path] = (kept, packed)
        headers, packed = self._packed[path]
        length = (b"content-length", str(len(packed)).encode())
        await _answer(send, 200, [*headers, length], packed)


def _compressible(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    headers = Headers(scope=scope)
    return (
        scope["path"].startswith("/static/")
        and scope["path"].endswith((".js", ".css", ".svg", ".json"))
        and "gzip" in headers.get("accept-encoding", "")
        and "range" not in headers
        and "if-none-match" not in headers
        and "if-modified-since" not in headers
    )


async def _whole(
    app: ASGIApp, scope: Scope, receive: Receive
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """The complete answer of what comes next."""
    start: Message = {"status": 500, "headers": []}
    pieces: list[bytes] = []

    async def collect(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        elif message["type"] == "http.response.body":
            pieces.append(message.get("body", b""))

    await app(scope, receive, collect)
    return start["status"], [*start["headers"]], b"".join(pieces)


async def _answer(
    send: Send, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes
) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})
