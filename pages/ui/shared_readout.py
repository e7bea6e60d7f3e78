"""Share links over plain HTTP: `/r/<token>` and what lies beside it, for people without a login.

No parameter is read, no query is run, no log is needed: a link shows one frozen readout. What
was rendered once is kept, since it never changes; that a link works is believed for one second,
so that a link which is turned off ends within that. The report is made by `analysis.report`.
"""

import asyncio
import json
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from analysis.core import VerdictError
from analysis.store import Shared, Store, frozen_text, note_opened, opened
from pages.ui import memory
from pages.ui.frame import opened_store

log = logging.getLogger("verdict")

KEPT_BYTES = 64 << 20
BELIEVED_SECONDS = 1.0
BELIEVED = 2_000
LENSES = ("ab", "interleaving", "synthetic_control")
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}


@dataclass(frozen=True)
class Asked:
    """What is to be made, and for which address.

    Attributes:
        content: The frozen readout.
        study_id: The study that the link was made from.
        token: The link's token.
        origin: This server's address, without a path.
    """

    content: dict[str, Any]
    study_id: str
    token: str
    origin: str


def _page(asked: Asked) -> bytes:
    from analysis import report

    lens = next((one for one in LENSES if asked.content.get(one)), "ab")
    links = report.Links(
        json=f"{asked.token}/result.json",
        csv=f"{asked.token}/metrics.csv",
        app=f"../{lens}?study={asked.study_id}",
        image=f"{asked.origin}/r/{asked.token}/preview.png",
    )
    text: str = report.page(asked.content, links=links)
    return text.encode()


def _json(asked: Asked) -> bytes:
    from analysis import report

    shown = report.aggregates(asked.content)
    return (json.dumps(shown, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def _csv(asked: Asked) -> bytes:
    from analysis import report

    text: str = report.csv_text(asked.content)
    return text.encode()


def _picture(asked: Asked) -> bytes:
    from analysis import report

    picture: bytes = report.preview_png(asked.content)
    return picture


# Ending of the address -> how it is made, and its type.
SHOWN: dict[str, tuple[Callable[[Asked], bytes], str]] = {
    "": (_page, "text/html; charset=utf-8"),
    "result.json": (_json, "application/json"),
    "metrics.csv": (_csv, "text/csv; charset=utf-8"),
    "preview.png": (_picture, "image/png"),
}


class Rendered:
    """What was made for links, the latest used kept, up to a number of bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[tuple[str, str, str], bytes] = OrderedDict()
        self._making = asyncio.Lock()
        self._bytes = 0

    async def get(self, key: tuple[str, str, str], make: Callable[[], bytes]) -> bytes:
        """The bytes under this key, made now if they are not kept; one is made at a time."""
        if key not in self._kept:
            async with self._making:
                if key not in self._kept:
                    self._keep(key, await run_in_threadpool(make))
        self._kept.move_to_end(key)
        return self._kept[key]

    def drop(self) -> None:
        """Let go of everything: it is made again when it is asked for."""
        self._kept.clear()
        self._bytes = 0

    def _keep(self, key: tuple[str, str, str], made: bytes) -> None:
        self._kept[key] = made
        self._bytes += len(made)
        while self._bytes > self._limit and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= len(dropped)


class Lookups:
    """Links that worked a moment ago; what does not work is asked for again each time."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, Store, Shared]] = {}

    async def get(self, token: str) -> tuple[Store, Shared] | None:
        """The store and what the token shows in it; None if it shows nothing."""
        at = time.monotonic()
        kept = self._kept.get(token)
        if kept is not None and kept[0] > at:
            return kept[1], kept[2]
        store = opened_store()
        shared = await run_in_threadpool(opened, store, token)
        if shared is None:
            self._kept.pop(token, None)
            return None
        if len(self._kept) >= BELIEVED:
            self._kept.clear()
        self._kept[token] = (at + BELIEVED_SECONDS, store, shared)
        return store, shared


_lookups = Lookups()
_rendered = Rendered(KEPT_BYTES)
_noted: set[tuple[str, str]] = set()
memory.dropped_by(_rendered.drop)


async def show(request: Request) -> Response:
    """The page of a link or a file beside it; one and the same answer where nothing opens."""
    token, what = request.path_params["token"], request.path_params.get("what", "")
    made = SHOWN.get(what)
    if made is None:
        return gone()
    found = await _lookups.get(token)
    if found is None:
        return gone()
    store, shared = found
    origin = own_origin(request)
    make, kind = made
    # The link stands for its token, its study and what it shows: all are fixed when it is made.
    key = (shared.link, what, origin if what == "" else "")
    body = await _rendered.get(key, lambda: make(_load(store, shared, token, origin)))
    headers = dict(HEADERS)
    if what in {"result.json", "metrics.csv"}:
        headers["Content-Disposition"] = f'attachment; filename="verdict-{what}"'
    return Response(body, 200, headers, kind, background=_note(store, shared))


def gone(_request: Request | None = None) -> Response:
    """The answer for unknown, ended and turned-off links: the same to the last byte."""
    from analysis import report

    return Response(report.gone_page(), 404, HEADERS, "text/html; charset=utf-8")


def own_origin(request: Request) -> str:
    """This server's address as the visitor has it; the middleware let only our own through."""
    return f"{request.url.scheme}://{request.headers.get('host', '')}"


def _load(store: Store, shared: Shared, token: str, origin: str) -> Asked:
    content: dict[str, Any] = json.loads(frozen_text(store, shared.frozen))
    return Asked(content, shared.study_id, token, origin)


def _note(store: Store, shared: Shared) -> BackgroundTask | None:
    """Note the day of the opening after the answer is on its way, once a day."""
    key = (shared.link, shared.day)
    if shared.opened_today or key in _noted:
        return None
    _noted.add(key)

    def noting() -> None:
        try:
            note_opened(store, shared.link)
        except VerdictError as error:
            # Nobody who reads a report has to care that the store is busy.
            _noted.discard(key)
            log.warning("link_opening_not_noted", extra={"code": error.code})

    return BackgroundTask(noting)


async def _gone_route(_request: Request) -> Response:
    return gone()


ROUTES = [
    Route("/r/{token}", show, methods=["GET"]),
    Route("/r/{token}/{what}", show, methods=["GET"]),
    Route("/r/{rest:path}", _gone_route, methods=["GET"]),
]
