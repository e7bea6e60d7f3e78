"""Asking the app's plain routes and its middleware as a server would, without one."""

import asyncio
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route

from analysis.store import Access, Limits
from pages.ui import alive, shared_readout, transfers, uploads
from pages.ui.middleware import stack


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    types: list[str]


def app(access: Access | None = None, origins: str = "", limits: Limits | None = None) -> Any:
    """The plain routes behind the middleware, as app.py puts them together."""
    routes = [
        Route("/api/uploads/{name}", uploads.put, methods=["PUT"]),
        *transfers.ROUTES,
        *shared_readout.ROUTES,
        *alive.ROUTES,
    ]
    return Starlette(routes=routes, middleware=stack(origins, access, limits))


def ask(
    application: Any,
    path: str,
    *,
    method: str = "GET",
    kind: str = "http",
    body: bytes = b"",
    client: tuple[str, int] = ("127.0.0.1", 5000),
    **headers: str,
) -> Answer:
    """One request and the whole of what came back."""
    given = {"host": "127.0.0.1:8501", **headers}
    scope = {
        "type": kind, "path": path, "raw_path": path.encode(), "method": method,
        "scheme": "http", "query_string": b"", "client": client, "server": ("127.0.0.1", 8501),
        "root_path": "", "http_version": "1.1", "subprotocols": [],
        "headers": [(name.replace("_", "-").encode(), v.encode()) for name, v in given.items()],
    }  # fmt: skip
    said: list[Any] = []

    asked: list[bool] = []

    async def receive() -> dict[str, Any]:
        if asked:
            # Nobody hangs up: the answer ends the request.
            await asyncio.Event().wait()
        asked.append(True)
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    asyncio.run(application(scope, receive, send))
    start: dict[str, Any] = next((one for one in said if one["type"] == "http.response.start"), {})
    got = b"".join(one.get("body", b"") for one in said if one["type"] == "http.response.body")
    found = {name.decode(): value.decode() for name, value in start.get("headers", [])}
    return Answer(start.get("status", 0), found, got, [one["type"] for one in said])
