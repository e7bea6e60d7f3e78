"""What the server says of itself: one JSON object a line on standard error, about no person.

No address, no name, no e-mail, no query, no token, no cell of a file: a path is cut to what it
is for, and of an error there is its kind and the lines of code, not its words.
"""

import json
import logging
import re
import sys
import time
import traceback
from datetime import UTC, datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("verdict")

PLAIN = frozenset({"code", "method", "path", "status", "ms", "role", "mark"})
# Asked again and again by what watches the server.
QUIET = ("/healthz", "/readyz", "/static/", "/_stcore/health", "/_stcore/host-config")


class AsJson(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level and event, and what else is known to be harmless."""
        own = record.name.partition(".")[0] == "verdict"
        said: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            # The words of others may quote what they met.
            "event": record.msg if own else f"{record.module}:{record.lineno}",
        }
        said |= {key: value for key, value in vars(record).items() if key in PLAIN}
        if record.exc_info and record.exc_info[1] is not None:
            said["error"] = type(record.exc_info[1]).__name__
            said["at_lines"] = [
                f"{one.filename.rsplit('/', 1)[-1]}:{one.lineno} {one.name}"
                for one in traceback.extract_tb(record.exc_info[2])[-12:]
            ]
        return json.dumps(said, ensure_ascii=False, default=str)


def start() -> None:
    """Send what Verdict, Streamlit and uvicorn say to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(AsJson())
    log.handlers = [handler]
    log.propagate = False
    log.setLevel(logging.INFO)
    # Streamlit gives each of its loggers a handler of its own; those that it makes later speak
    # as logger.messageFormat in .streamlit/config.toml says.
    for name, logger in logging.root.manager.loggerDict.items():
        theirs = name.partition(".")[0] in {"streamlit", "uvicorn", "websockets"}
        if theirs and isinstance(logger, logging.Logger) and logger.handlers:
            logger.handlers = [handler]
    # Between Streamlit's settings and uvicorn's own, this one is left without any.
    server = logging.getLogger("uvicorn.error")
    server.handlers = [handler]
    server.setLevel(logging.WARNING)


def masked(path: str) -> str:
    """A path without tokens, ids and names: ``/r/*/result.json``.

    >>> masked("/r/AbCdEf/result.json"), masked("/api/uploads/ana.csv"), masked("/ab")
    ('/r/*/result.json', '/api/uploads/*', '/ab')
    """
    parts = path.split("/")
    if parts[1:2] == ["r"] and len(parts) > 2:
        known = ("result.json", "metrics.csv", "preview.png")
        return "/".join(["/r/*", *(one if one in known else "*" for one in parts[3:])])
    if path.startswith(("/api/", "/media/", "/_stcore/")):
        shown = 2 if parts[1] == "media" else 3
        return "/".join([*parts[:shown], *("*" for _ in parts[shown:])])
    return path if re.fullmatch(r"/[a-z_]*", path) else "/*"


class SaysWhatItServed:
    """One line for each answer: what was asked for, the status and the time it took."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on and say what came of it."""
        if scope["type"] != "http" or scope["path"].startswith(QUIET):
            await self.app(scope, receive, send)
            return
        begin, status = time.perf_counter(), [500]

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            taken = round(1000 * (time.perf_counter() - begin), 1)
            log.info(
                "served",
                extra={
                    "method": scope["method"], "path": masked(scope["path"]),
                    "status": status[0], "ms": taken,
                },
            )  # fmt: skip
