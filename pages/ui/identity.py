"""Who asks, on every path: the script, uploads, media and the websocket alike.

`st.login` guards the script alone, and a proxy's header proves nothing unless the proxy is known;
so this looks at each request before anything else sees it, and lets nobody through by default.
"""

import json
import logging
import re
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from analysis.store import LOCAL, NOBODY, Access, Person
from pages.ui.visitor import PERSON_HEADER

log = logging.getLogger("verdict")

PERSON = "verdict.person"
# Open to everybody: share links have their own right, and these two tell nothing.
OPEN = re.compile(r"/r(/.*)?|/healthz|/readyz")
# What a browser needs to show the button for signing in: the app's own files, and the way to the
# provider and back. The script behind the websocket shows no more than that button.
SIGN_IN = re.compile(
    r"/[a-z_]*|/static/.*|/favicon\.png|/manifest\.json|/auth/(login|logout)|/oauth2callback"
    r"|/_stcore/(health|host-config|stream|script-health-check)"
)
BRINGS_FILES = re.compile(r"(/[a-z_]*)?/_stcore/upload_file/.*|/api/uploads/.*")
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Identify:
    """Finds the person of each request and refuses who may not make it.

    Args:
        app: What comes next; it finds the person in the scope, under ``PERSON``.
        access: Who comes in and how they are known.
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self.app = app
        self.access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what this person may ask."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        scope = {**scope, "headers": list(scope["headers"])}
        headers = MutableHeaders(scope=scope)
        person = self._person(scope, headers)
        # Nobody but this middleware says who somebody is.
        del headers[PERSON_HEADER]
        if self.access.mode == "header":
            headers[PERSON_HEADER] = person.name
        scope[PERSON] = person
        if self._passes(scope, person):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "not signed in"})
        else:
            log.warning("refused", extra={"role": person.role or "none"})
            status, said = (403, "Your role does not allow this.") if person.role else (
                401, "Sign in first: this Verdict shows itself to people it knows."
            )  # fmt: skip
            await PlainTextResponse(said, status)(scope, receive, send)

    def _person(self, scope: Scope, headers: Headers) -> Person:
        if self.access.mode == "local":
            return LOCAL
        if self.access.mode == "oidc":
            return self.access.person(signed_in_as(headers.get("cookie", "")))
        if not self.access.trusts(peer(scope, headers), headers.get(self.access.secret_header)):
            return NOBODY
        named = headers.getlist(self.access.header)
        # Two of them: the proxy did not drop what the visitor sent.
        return self.access.person(named[0]) if len(named) == 1 else NOBODY

    def _passes(self, scope: Scope, person: Person) -> bool:
        path = scope["path"]
        if self.access.mode == "local" or OPEN.fullmatch(path):
            return True
        if self.access.mode == "oidc" and not person.may("read"):
            reads = scope["type"] == "websocket" or scope["method"] in SAFE
            return reads and SIGN_IN.fullmatch(path) is not None
        return person.may("write" if BRINGS_FILES.fullmatch(path) else "read")


def signed_in_as(cookies: str) -> str | None:
    """The e-mail address in the cookie that `st.login` signed; None if there is none."""
    from streamlit.web.server.server_util import AUTH_COOKIE_NAME
    from streamlit.web.server.starlette import starlette_websocket as theirs

    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(cookies)
    except CookieError:
        return None
    values = {name: one.value for name, one in jar.items()}
    signed: bytes | None = theirs._get_signed_cookie_with_chunks(  # noqa: SLF001 - no public way
        values, AUTH_COOKIE_NAME
    )
    if signed is None:
        return None
    try:
        user: dict[str, Any] = json.loads(signed)
    except ValueError:
        return None
    # An address that its provider has not verified could be anybody's.
    if not user.get("is_logged_in") or user.get("email_verified", True) is False:
        return None
    return str(user.get("email") or "")


def peer(scope: Scope, headers: Headers) -> str | None:
    """The address that the connection comes from.

    uvicorn puts what a proxy on this machine says (X-Forwarded-For) in its place, with port 0.
    """
    host, port = (scope.get("client") or (None, None))[:2]
    if port == 0 and "x-forwarded-for" in headers:
        return "127.0.0.1"
    return host
