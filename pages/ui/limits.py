"""How much is served before people are asked to wait: to one address, and to all together."""

import ipaddress
import math
import re
from collections import OrderedDict
from time import monotonic

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from analysis import report
from analysis.store import Access
from pages.ui import memory, uploads
from pages.ui.identity import BRINGS_FILES, OPEN, peer

# Addresses that are remembered: some 150 bytes each.
REMEMBERED = 20_000
# Asked by what watches the server, which must not take a flood for a death.
UNCOUNTED = frozenset({"/healthz"})
DEEP_SECONDS = 2.0
# A browser that comes for the first time fetches some 90 of the application's own files at once.
STATIC_TOKENS = 0.1
PAGE = re.compile(r"/[a-z_]*")
BUSY_SECONDS = 15


class Buckets:
    """A bucket of tokens for each address: full at first, filled again at a steady rate.

    One number stands for a bucket: when it will be full again. What was not asked for longest
    is forgotten first; a full bucket and a forgotten one are the same.

    Args:
        per_second: Tokens that come back each second, 1 or more; a bucket holds twice as many.
        remembered: Addresses kept at most.
    """

    def __init__(self, per_second: float, remembered: int = REMEMBERED) -> None:
        self._each = 1 / per_second
        self._remembered = remembered
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, address: str, now: float, tokens: float = 1.0) -> float:
        """Take a token, or a part of one.

        Returns:
            0.0, or, if the bucket has not that much, the seconds until it has.
        """
        full_at = max(self._full_at.get(address, now), now) + tokens * self._each
        wait = full_at - now - DEEP_SECONDS
        # The sum of many small steps is not exact.
        if wait > self._each * 1e-6:
            self._full_at.move_to_end(address)
            return wait
        self._full_at[address] = full_at
        self._full_at.move_to_end(address)
        if len(self._full_at) > self._remembered:
            self._full_at.popitem(last=False)
        return 0.0


def address_of(scope: Scope, access: Access) -> str:
    """The address that a request is counted for.

    It is where the connection comes from. Only a proxy that VERDICT_PROXIES names is believed
    about who is behind it: of the list in X-Forwarded-For, the last that is not itself a proxy,
    since what stands before it is the visitor's own word. An IPv6 network of one household
    (/64) counts as one.
    """
    headers = Headers(scope=scope)
    found = peer(scope, headers) or ""
    named = ",".join(headers.getlist("x-forwarded-for")).split(",")
    while named and access.is_proxy(found):
        before = _bare(named.pop().strip())
        if before is None:
            break
        found = before
    try:
        address = ipaddress.ip_address(found)
    except ValueError:
        return found
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return found


def _bare(said: str) -> str | None:
    """An address as a proxy writes it, without its port; None if it is none."""
    bare = re.sub(r"^\[(.+)\](:\d+)?$|^([\d.]+):\d+$", r"\1\3", said)
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return None


class LimitRequests:
    """Answers 429 to an address that asks too often, and says when to come back.

    Args:
        app: What comes next.
        access: Whose word about addresses is believed.
        per_second: Requests a second that one address may make for long.
    """

    def __init__(self, app: ASGIApp, access: Access, per_second: int) -> None:
        self.app = app
        self.access = access
        self.buckets = Buckets(per_second)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or ask to wait."""
        if scope["type"] not in {"http", "websocket"} or scope["path"] in UNCOUNTED:
            await self.app(scope, receive, send)
            return
        tokens = STATIC_TOKENS if scope["path"].startswith("/static/") else 1.0
        wait = self.buckets.take(address_of(scope, self.access), monotonic(), tokens)
        if not wait:
            await self.app(scope, receive, send)
            return
        answer = _wait_page(
            scope, 429, math.ceil(wait), "Too many requests",
            "Your address has asked for more than this server gives to one address at a time.",
            "Wait a few seconds, then load the page again. Nothing that was saved is lost.",
        )  # fmt: skip
        await _refuse(answer, scope, receive, send)


class Capacity:
    """Keeps the server well: no more open tabs than it carries, no files while memory is short.

    Who is in stays in; share links, health and downloads go on. Who is refused a page gets one
    that loads again by itself. A tenth more tabs may open than pages are given out for, so that
    who has just been given one, or comes back after the network failed, finds a place.

    Args:
        app: What comes next.
        sessions: Open tabs beyond which nobody new is let in.
    """

    def __init__(self, app: ASGIApp, sessions: int) -> None:
        self.app = app
        self.sessions = sessions
        self.sockets = sessions + math.ceil(sessions / 10)
        self.open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what there is room for."""
        if scope["type"] == "websocket":
            await self._tab(scope, receive, send)
            return
        if scope["type"] == "http":
            refused = self._refused(scope)
            if refused is not None:
                await refused(scope, receive, send)
                return
        await self.app(scope, receive, send)

    async def _tab(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.open >= self.sockets:
            await _refuse(_busy(scope), scope, receive, send)
            return
        self.open += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.open -= 1

    def _refused(self, scope: Scope) -> Response | None:
        path, method = scope["path"], scope["method"]
        opens = method in {"GET", "HEAD"} and PAGE.fullmatch(path) and not OPEN.fullmatch(path)
        if opens and self.open >= self.sessions:
            return _busy(scope)
        if method in {"PUT", "POST"} and BRINGS_FILES.fullmatch(path):
            short = memory.refusal()
            if short is not None:
                return uploads.refused(short, 503, {"Retry-After": "60"})
        return None


def _busy(scope: Scope) -> Response:
    return _wait_page(
        scope, 503, BUSY_SECONDS, "Verdict is busy",
        "As many people as this server can serve well have it open at the moment.",
        f"This page tries again every {BUSY_SECONDS} seconds by itself. Share links open as usual,"
        " and nothing that was saved is lost.",
    )  # fmt: skip


def _wait_page(scope: Scope, status: int, seconds: int, title: str, *said: str) -> Response:
    """A page for people, a few lines of text for programs; both say when to come back."""
    headers = {"Retry-After": str(seconds), "Cache-Control": "no-store"}
    if "text/html" in Headers(scope=scope).get("accept", ""):
        # A browser loads it again after that time.
        headers["Refresh"] = str(seconds)
        return HTMLResponse(report.message_page(title, *said), status, headers)
    return PlainTextResponse("\n".join([f"{title}.", *said, ""]), status, headers)


async def _refuse(answer: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer, or close a websocket that cannot be answered before it is open."""
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get(
        "extensions", {}
    ):
        await send({"type": "websocket.close", "code": 1013, "reason": "busy"})
        return
    await answer(scope, receive, send)
