"""How much one address may ask, how many tabs may be open, and what goes on beyond that."""

import asyncio
import json
from typing import Any

import pytest

from analysis.core import StoreError
from analysis.store import Access, Limits, Store, share
from pages.ui import limits, memory
from pages.ui.limits import Buckets, Capacity, LimitRequests, address_of
from tests.pages.asking import app, ask
from tests.pages.conftest import keep

BROWSER: dict[str, Any] = {"accept": "text/html,application/xhtml+xml"}
PROXIED = Access(proxies=("10.0.0.0/24", "127.0.0.1"))


async def _inner(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"in"})


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time passes for the buckets."""
    monkeypatch.setattr(limits, "monotonic", lambda: 100.0)


async def _nothing() -> Any:
    await asyncio.Event().wait()


def test_a_bucket_gives_two_seconds_worth_at_once_then_its_rate() -> None:
    buckets = Buckets(10)
    assert [buckets.take("a", 5.0) for _ in range(20)] == [0.0] * 20
    assert buckets.take("a", 5.0) == pytest.approx(0.1)
    # To be refused costs nothing more.
    assert buckets.take("a", 5.0) == pytest.approx(0.1)
    assert buckets.take("b", 5.0) == 0.0
    assert buckets.take("a", 5.1) == 0.0
    assert buckets.take("a", 5.1) > 0
    # A minute later it is full, and no fuller.
    assert sum(not buckets.take("a", 65.0) for _ in range(50)) == 20


@pytest.mark.parametrize("rate", (1, 3, 7, 600))
def test_over_a_long_time_an_address_gets_its_rate(rate: int) -> None:
    buckets = Buckets(rate)
    asked = [k / (5 * rate) for k in range(5 * rate * 60)]
    given = sum(not buckets.take("a", at) for at in asked)
    assert given == pytest.approx(rate * 62, abs=1)


def test_steady_asking_under_the_rate_is_never_refused() -> None:
    """What `make load` asks: 500 a second, and after a pause of the server all that is due."""
    buckets = Buckets(Limits().requests)
    asked = [k / 500 for k in range(5_000)]
    stalled = [max(at, 6.0) if at > 4.0 else at for at in asked]
    assert all(not buckets.take("a", at) for at in asked)
    assert all(not buckets.take("b", at) for at in stalled)


def test_addresses_are_forgotten_the_longest_silent_first() -> None:
    buckets = Buckets(1, remembered=3)
    for one in "ababcac":
        buckets.take(one, 0.0)
    buckets.take("d", 0.0)
    assert len(buckets) == 3
    assert buckets.take("b", 0.0) == 0.0  # forgotten, so full again
    for k in range(1_000):
        buckets.take(str(k), 0.0)
    assert len(buckets) == 3


@pytest.mark.parametrize(
    ("client", "forwarded", "counted"),
    (
        # Nobody's word but the proxy's.
        (("203.0.113.9", 40_000), None, "203.0.113.9"),
        (("203.0.113.9", 40_000), "198.51.100.1", "203.0.113.9"),
        (("10.0.0.5", 40_000), "198.51.100.1", "198.51.100.1"),
        (("10.0.0.5", 40_000), None, "10.0.0.5"),
        # What the visitor wrote stands before what the proxy added.
        (("10.0.0.5", 40_000), "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        (("10.0.0.5", 40_000), "6.6.6.6, 198.51.100.1, 10.0.0.8", "198.51.100.1"),
        (("10.0.0.5", 40_000), "198.51.100.1:55", "198.51.100.1"),
        (("10.0.0.5", 40_000), "6.6.6.6, nonsense", "10.0.0.5"),
        (("10.0.0.5", 40_000), "", "10.0.0.5"),
        # uvicorn has put the word of a proxy on this machine in its place.
        (("6.6.6.6", 0), "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        # A household's IPv6 network is one.
        (("10.0.0.5", 40_000), "2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        (("10.0.0.5", 40_000), "[2001:db8:1:2:9::4]:55", "2001:db8:1:2::/64"),
        (("::ffff:10.0.0.5", 40_000), "198.51.100.1", "198.51.100.1"),
        (None, None, ""),
    ),
)
def test_whose_address_counts(client: Any, forwarded: str | None, counted: str) -> None:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded is not None else []
    scope = {"type": "http", "client": client, "headers": headers}
    assert address_of(scope, PROXIED) == counted


@pytest.mark.parametrize("forwarded", ("6.6.6.6", "6.6.6.7", "127.0.0.1"))
def test_without_a_trusted_proxy_the_header_says_nothing(forwarded: str) -> None:
    """uvicorn believes who connects from this machine; Verdict does not."""
    headers = [(b"x-forwarded-for", forwarded.encode())]
    scope = {"type": "http", "client": (forwarded, 0), "headers": headers}
    assert address_of(scope, Access()) == "127.0.0.1"


def test_who_asks_too_often_is_told_to_wait(store: Store, still: None) -> None:
    served = app(limits=Limits(requests=2))
    answers = [ask(served, "/r/x", client=("127.0.0.1", k)) for k in range(6)]
    assert [one.status for one in answers] == [404] * 4 + [429] * 2
    refused = answers[-1]
    assert 1 <= int(refused.headers["retry-after"]) <= 2
    assert refused.headers["content-type"].startswith("text/plain")
    assert refused.body.startswith(b"Too many requests.\n")
    assert "content-security-policy" in refused.headers
    page = ask(served, "/r/x", **BROWSER)
    assert page.status == 429
    assert page.headers["content-type"].startswith("text/html")
    assert b"<h1>Too many requests</h1>" in page.body
    assert page.headers["refresh"] == page.headers["retry-after"]
    # Another address, and what watches the server, go on.
    assert ask(served, "/r/x", client=("127.0.0.2", 1)).status == 404
    assert ask(served, "/healthz").status == 200
    assert ask(served, "/_stcore/stream", kind="websocket").types == ["websocket.close"]


def test_fifty_people_behind_one_address_may_open_a_page_at_once(still: None) -> None:
    limited = LimitRequests(_inner, Access(), Limits().requests)
    page = ["/", *("/static/js/x.js" for _ in range(90)), "/_stcore/health", "/_stcore/stream"]
    assert {ask(limited, path).status for _ in range(50) for path in page} == {200}


def test_files_of_the_application_are_limited_too(still: None) -> None:
    limited = LimitRequests(_inner, Access(), 1)
    said = [ask(limited, "/static/js/x.js").status for _ in range(25)]
    assert said == [200] * 20 + [429] * 5


def test_a_visitor_cannot_choose_another_address(store: Store, still: None) -> None:
    served = app(limits=Limits(requests=1))
    said = [ask(served, "/r/x", x_forwarded_for=f"6.6.6.{k}").status for k in range(4)]
    assert said == [404, 404, 429, 429]


class Tabs:
    """A server that carries two tabs, and tabs that are opened and closed."""

    def __init__(self) -> None:
        self.closing: list[asyncio.Event] = []
        self.server = Capacity(self._served, sessions=2)

    async def _served(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            self.closing.append(asyncio.Event())
            await send({"type": "websocket.accept"})
            await self.closing[-1].wait()
            return
        await _inner(scope, receive, send)

    async def open(self, *, answered: bool = True) -> tuple[asyncio.Task[None], list[Any]]:
        said: list[Any] = []

        async def send(message: Any) -> None:
            said.append(message)

        scope: dict[str, Any] = {"type": "websocket", "path": "/_stcore/stream", "headers": []}
        if answered:
            scope["extensions"] = {"websocket.http.response": {}}
        task = asyncio.create_task(self.server(scope, _nothing, send))
        await asyncio.sleep(0)
        return task, said

    async def get(self, path: str, method: str = "GET") -> int:
        said: list[Any] = []

        async def send(message: Any) -> None:
            said.append(message)

        scope = {"type": "http", "path": path, "method": method, "headers": []}
        await self.server(scope, _nothing, send)
        return int(said[0]["status"])


def test_beyond_its_capacity_a_server_is_busy_for_newcomers_alone() -> None:
    async def story() -> None:
        tabs = Tabs()
        opened = [await tabs.open() for _ in range(2)]
        assert all(said[0]["type"] == "websocket.accept" for _, said in opened)
        for page in ("/", "/ab", "/new_study"):
            assert await tabs.get(page) == 503
        for other in (
            "/r/token", "/r/token/result.json", "/healthz", "/readyz", "/static/js/index.js",
            "/media/x.csv", "/_stcore/health", "/api/studies/x.zip", "/oauth2callback",
        ):  # fmt: skip
            assert await tabs.get(other) == 200
        # Who got the page a moment ago, or whose network failed, still finds a place.
        late, said = await tabs.open()
        assert said[0]["type"] == "websocket.accept"
        for answered, kind in ((True, "websocket.http.response.start"), (False, "websocket.close")):
            task, said = await tabs.open(answered=answered)
            await task
            assert said[0]["type"] == kind
            assert said[0].get("status", 503) == 503
        for closing in tabs.closing[:2]:
            closing.set()
        await asyncio.gather(*(task for task, _ in opened))
        assert await tabs.get("/") == 200
        late.cancel()
        await asyncio.gather(late, return_exceptions=True)
        assert tabs.server.open == 0

    asyncio.run(story())


def test_the_busy_page_is_calm_and_comes_back_by_itself(store: Store) -> None:
    server = Capacity(_inner, sessions=1)
    server.open = 1
    page = ask(server, "/", **BROWSER)
    assert page.status == 503
    assert b"<h1>Verdict is busy</h1>" in page.body
    assert b"<script" not in page.body
    assert page.headers["retry-after"] == page.headers["refresh"] == str(limits.BUSY_SECONDS)
    assert page.headers["cache-control"] == "no-store"
    assert ask(server, "/").body.startswith(b"Verdict is busy.\n")


def test_share_links_open_while_the_server_is_full(store: Store) -> None:
    token, _ = share(store, keep(store, "ship"))
    full = Capacity(app(), sessions=1)
    full.open = 10
    assert ask(full, "/ab").status == 503
    assert ask(full, f"/r/{token}").status == 200
    assert ask(full, "/healthz").status == 200


@pytest.mark.parametrize(
    ("method", "path", "passes"),
    (
        ("PUT", "/api/uploads/a.csv", False),
        ("PUT", "/_stcore/upload_file/s/f", False),
        ("POST", "/new_study/_stcore/upload_file/s/f", False),
        ("DELETE", "/_stcore/upload_file/s/f", True),
        ("OPTIONS", "/_stcore/upload_file/s/f", True),
        ("GET", "/", True),
        ("GET", "/r/token", True),
    ),
)
def test_no_file_comes_in_while_memory_is_short(
    monkeypatch: pytest.MonkeyPatch, store: Store, method: str, path: str, passes: bool
) -> None:
    monkeypatch.setattr(memory, "used", lambda limit_mb=None: memory.NO_UPLOADS + 0.01)
    got = ask(Capacity(_inner, sessions=9), path, method=method)
    assert got.status == (200 if passes else 503)
    if not passes:
        said = json.loads(got.body)["error"]
        assert (said["code"], got.headers["retry-after"]) == ("memory_short", "60")
        assert "71%" in said["what"]
    monkeypatch.setattr(memory, "used", lambda limit_mb=None: memory.NO_UPLOADS)
    assert ask(Capacity(_inner, sessions=9), path, method=method).status == 200


def test_a_refused_upload_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    monkeypatch.setattr(memory, "used", lambda limit_mb=None: 0.9)
    got = ask(app(), "/api/uploads/a.csv", method="PUT", body=b"user,arm\n1,a\n")
    assert got.status == 503
    assert store.studies() == []
    assert list(store.logs.iterdir()) == []
    assert isinstance(memory.refusal(), StoreError)
