"""Who gets through on which path: every path, every role, every way to come in."""

import json
import logging
from typing import Any

import pytest
from starlette.datastructures import MutableHeaders

from analysis.store import Access, Store
from pages.ui import identity, json_log
from tests.pages.asking import app, ask
from tests.pages.conftest import keep

SECRET = "a secret that only the proxy knows, 40 ch"
HEADER = Access(
    mode="header",
    secret=SECRET,
    proxies=("10.0.0.5", "127.0.0.1"),
    people=(
        ("viewer", ("viewer@example.com",)),
        ("editor", ("editor@example.com",)),
        ("admin", ("admin@example.com",)),
    ),
)
OIDC = Access(mode="oidc", people=HEADER.people)
PATHS = (
    "/", "/ab", "/static/js/index.js", "/media/abc.csv", "/_stcore/health", "/_stcore/host-config",
    "/_stcore/stream", "/_stcore/upload_file/s/f", "/api/uploads/a.csv", "/api/studies/x.zip",
    "/component/x/y", "/auth/login", "/oauth2callback", "/anything/else",
)  # fmt: skip
FILES = {"/_stcore/upload_file/s/f", "/api/uploads/a.csv"}


async def _inner(scope: Any, receive: Any, send: Any) -> None:
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    body = json.dumps([scope[identity.PERSON].name, headers.get("x-verdict-person")]).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def passes(access: Access, path: str, **headers: Any) -> bool:
    return ask(identity.Identify(_inner, access), path, **headers).status == 200


def as_person(who: str | None, **changed: Any) -> dict[str, Any]:
    """The headers and address with which the proxy sends somebody on."""
    said: dict[str, Any] = {"x_verdict_secret": SECRET, "client": ("10.0.0.5", 4000)}
    if who:
        said["x_forwarded_email"] = f"{who}@example.com"
    return {key: value for key, value in {**said, **changed}.items() if value is not None}


@pytest.mark.parametrize("path", PATHS)
def test_locally_everybody_is_the_one_user(path: str) -> None:
    assert passes(Access(), path)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("who", (None, "stranger", "viewer", "editor", "admin"))
def test_behind_a_proxy_each_path_asks_for_a_role(path: str, who: str | None) -> None:
    may = who in {"editor", "admin"} or (who == "viewer" and path not in FILES)
    assert passes(HEADER, path, **as_person(who)) == may


@pytest.mark.parametrize(
    "changed",
    (
        {"client": ("10.0.0.6", 4000)},
        {"x_verdict_secret": None},
        {"x_verdict_secret": SECRET[:-1]},
        {"x_verdict_secret": ""},
        {"client": ("203.0.113.9", 0), "x_verdict_secret": "no"},
    ),
)
def test_who_is_not_the_proxy_is_nobody(changed: dict[str, Any]) -> None:
    for path in PATHS:
        assert not passes(HEADER, path, **as_person("admin", **changed))


def test_a_proxy_on_this_machine_is_known_behind_its_forwarded_address() -> None:
    """uvicorn puts the visitor's address in the place of the proxy's, with port 0."""
    said = as_person("admin", client=("203.0.113.9", 0), x_forwarded_for="203.0.113.9")
    assert passes(HEADER, "/", **said)


def test_what_a_visitor_says_of_themselves_is_dropped() -> None:
    said = as_person("viewer", x_verdict_person="admin@example.com")
    got = ask(identity.Identify(_inner, HEADER), "/", **said)
    assert json.loads(got.body) == ["viewer@example.com"] * 2
    local = ask(identity.Identify(_inner, Access()), "/", x_verdict_person="admin@example.com")
    assert json.loads(local.body) == ["local", None]


def test_a_header_that_comes_twice_names_nobody() -> None:
    """The proxy left in what the visitor sent."""
    layer = identity.Identify(_inner, HEADER)
    headers = MutableHeaders({"x-verdict-secret": SECRET})
    headers.append("x-forwarded-email", "admin@example.com")
    headers.append("x-forwarded-email", "viewer@example.com")
    scope = {"client": ("10.0.0.5", 4000), "path": "/", "type": "http", "method": "GET"}
    assert layer._person(scope, headers).role is None


def cookie(email: str, **more: object) -> str:
    """The cookie that `st.login` sets."""
    from streamlit.web.server.server_util import AUTH_COOKIE_NAME, get_cookie_secret
    from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

    user = {"is_logged_in": True, "email": email, "origin": "http://127.0.0.1:8501", **more}
    signed = create_signed_value(get_cookie_secret(), AUTH_COOKIE_NAME, json.dumps(user))
    return f"{AUTH_COOKIE_NAME}={signed.decode()}"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("who", ("stranger", "viewer", "editor", "admin"))
def test_with_oidc_each_path_asks_for_the_signed_cookie(path: str, who: str) -> None:
    may = who in {"editor", "admin"} or (who == "viewer" and path not in FILES)
    signing_in = path in {
        "/", "/ab", "/static/js/index.js", "/_stcore/health", "/_stcore/host-config",
        "/_stcore/stream", "/auth/login", "/oauth2callback",
    }  # fmt: skip
    assert passes(OIDC, path, cookie=cookie(f"{who}@example.com")) == (may or signing_in)
    assert passes(OIDC, path) == signing_in


@pytest.mark.parametrize(
    "changed",
    (
        cookie("admin@example.com")[:-2] + "xx",
        cookie("admin@example.com", is_logged_in=False),
        cookie("admin@example.com", email_verified=False),
        "_streamlit_user=admin@example.com",
        '_streamlit_user={"is_logged_in":true,"email":"admin@example.com"}',
        ";;;=;",
    ),
)
def test_a_cookie_that_nobody_signed_is_nobodys(changed: str) -> None:
    assert not passes(OIDC, "/media/abc.csv", cookie=changed)
    assert not passes(OIDC, "/api/studies/x.zip", cookie=changed)


def test_a_sign_in_page_takes_no_request_that_changes_something() -> None:
    for path in ("/", "/auth/login", "/_stcore/health"):
        assert not passes(OIDC, path, method="POST")


def test_a_websocket_of_nobody_is_closed() -> None:
    layer = identity.Identify(_inner, HEADER)
    assert ask(layer, "/_stcore/stream", kind="websocket").types == ["websocket.close"]


def test_uploads_and_exports_know_their_person(store: Store) -> None:
    study_id = keep(store, "ship")
    served = app(HEADER)
    put: dict[str, Any] = {"method": "PUT", "body": b"user,arm\n1,a\n"}
    got = ask(served, "/api/uploads/a.csv", **put, **as_person("viewer"))
    assert got.status == 403
    got = ask(served, "/api/uploads/a.csv", **put, **as_person("editor"))
    assert got.status == 201
    row = store.study(json.loads(got.body)["study"])
    assert (row.owner, row.level) == ("editor@example.com", "private")
    zipped = f"/api/studies/{study_id}.zip"
    got = ask(served, zipped, **as_person("viewer"))
    assert got.status == 403
    got = ask(served, zipped, **as_person("editor"))
    assert (got.status, got.body[:2]) == (200, b"PK")
    assert "attachment" in got.headers["content-disposition"]
    assert list(store.work.glob("export-*")) == []
    got = ask(served, "/api/studies/nope.zip", **as_person("editor"))
    assert got.status == 404
    other = f"/api/studies/{row.id}.zip"
    people = (*HEADER.people, ("editor", ("eve@example.com",)))
    both = Access("header", secret=SECRET, proxies=HEADER.proxies, people=people)
    got = ask(app(both), other, **as_person("eve"))
    assert got.status == 404


def test_health_tells_nothing_and_asks_nobody(store: Store) -> None:
    served = app(HEADER)
    for host in ("127.0.0.1:8501", "10.0.0.77:8501"):
        assert ask(served, "/healthz", host=host).body == b"ok"
        assert json.loads(ask(served, "/readyz", host=host).body) == {"ready": True}
    assert ask(served, "/", host="10.0.0.77:8501").status == 403


def test_a_store_that_cannot_be_read_is_not_ready(store: Store) -> None:
    served = app()
    ask(served, "/readyz")
    store.catalogue.file.unlink()
    store.catalogue.file.mkdir()
    from analysis.store import database

    database._engines.cache_clear()
    got = ask(served, "/readyz")
    assert (got.status, json.loads(got.body)["ready"]) == (503, False)


def test_the_log_holds_no_token_name_or_address(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger("verdict")
    before = (root.handlers, root.propagate, root.level)
    try:
        json_log.start()
        served = app(HEADER)
        token = "T" * 43
        ask(served, "/media/abcdef.csv", **as_person("stranger", client=("198.51.100.7", 1)))
        ask(served, "/api/uploads/ana-private.csv", method="PUT", **as_person("viewer"))
        ask(served, f"/{token}/x")
        root.error("failed", exc_info=ValueError("cell ana@example.com"))
    finally:
        root.handlers, root.propagate = before[0], before[1]
        root.setLevel(before[2])
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert {one["event"] for one in lines} == {"served", "refused", "failed"}
    assert {one.get("path") for one in lines} >= {"/media/*", "/api/uploads/*", "/*"}
    said = json.dumps(lines)
    for word in (token, "example.com", "abcdef", "ana", "198.51", "10.0.0.5", SECRET):
        assert word not in said
    assert lines[-1]["error"] == "ValueError"


@pytest.mark.parametrize(
    ("path", "shown"),
    (
        ("/r/abc", "/r/*"),
        ("/r/abc/result.json", "/r/*/result.json"),
        ("/r/abc/secret", "/r/*/*"),
        ("/ab", "/ab"),
        ("/Ana@example.com", "/*"),
        ("/_stcore/upload_file/s/f", "/_stcore/upload_file/*/*"),
    ),
)
def test_paths_are_cut_to_what_they_are_for(path: str, shown: str) -> None:
    assert json_log.masked(path) == shown
