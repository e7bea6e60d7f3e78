"""Signing in with a provider: who gets in, as what, who does not, and the way out."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from analysis.store import Person, Store, share
from tests.browser.conftest import Server, free_port, serious, settled
from tests.pages.conftest import keep
from tests.provider import CLIENT_ID, CLIENT_SECRET, Provider

pytestmark = pytest.mark.browser

# As docs/deploy/README.md says.
SECRETS = """\
[auth]
redirect_uri = "{redirect_uri}"
cookie_secret = "a cookie secret of more than 32 characters"
client_id = "{client_id}"
client_secret = "{client_secret}"
server_metadata_url = "{url}/.well-known/openid-configuration"
"""


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    one = Provider(f"http://127.0.0.1:{free_port()}/oauth2callback")
    yield one
    one.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[Server]:
    """It knows a domain of viewers, and one editor among them."""
    home = tmp_path_factory.mktemp("oidc") / "home"
    store = Store.open(home)
    kept = keep(store, "ship", name="For all")
    keep(store.acting(Person("eve@example.com", "editor", signed_in=True)), "ship", name="Eve's")
    file = home.parent / "secrets.toml"
    file.write_text(
        SECRETS.format(
            redirect_uri=provider.redirect_uri, url=provider.url, client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
        )
    )  # fmt: skip
    port = int(provider.redirect_uri.split(":")[2].split("/")[0])
    one = Server(home, port, kept, "", "", "")
    one.settings = {
        "VERDICT_AUTH": "oidc", "VERDICT_VIEWERS": "@example.com",
        "VERDICT_EDITORS": "eve@example.com", "STREAMLIT_SECRETS_FILES": str(file),
    }  # fmt: skip
    one.start()
    yield one
    one.kill()


@pytest.fixture(autouse=True)
def fresh(provider: Provider) -> Iterator[None]:
    """Each test begins with an honest provider and ends without a fault at it."""
    provider.claims, provider.forged, provider.faults = {}, False, []
    yield
    assert provider.faults == []


def signs_in(page: Page, provider: Provider, email: str, **claims: Any) -> None:
    provider.claims = {"email": email, "email_verified": True, **claims}
    page.get_by_role("button", name="Sign in").click()


def the_study(page: Page, name: str) -> Locator:
    return page.get_by_role("link", name=name)


def cookies(page: Page) -> str:
    kept: list[Any] = list(page.context.cookies())
    return "; ".join(f"{one['name']}={one['value']}" for one in kept)


def status(server: Server, path: str, cookie: str = "", method: str = "GET") -> int:
    asked = urllib.request.Request(
        server.url + path, method=method, headers={"Cookie": cookie},
        data=b"user,arm\n1,a\n" if method == "PUT" else None,
    )  # fmt: skip
    try:
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def expect_the_door(page: Page) -> None:
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(page.get_by_text("Sign in to see the studies")).to_be_visible()
    expect(page.get_by_text("For all")).to_have_count(0)
    expect(page.get_by_test_id("stSidebarNav")).to_have_count(0)


def test_who_is_not_signed_in_sees_the_door_alone(visit: Any, server: Server) -> None:
    for path in (f"/ab?study={server.study}", "/new_study", "/links", "/"):
        visitor = visit(path)
        expect_the_door(visitor.page)
        settled(visitor.page)
        assert visitor.faults == []
        # Streamlit's page looks for its server's root below its own address first.
        assert [one for one in visitor.refused if "/_stcore/" not in one] == []
        assert visitor.elsewhere == []
        assert serious(visitor.page) == []
    for path in ("/media/x", f"/api/studies/{server.study}.zip"):
        assert status(server, path) == 401
    assert status(server, "/api/uploads/a.csv", method="PUT") == 401


def test_a_viewer_reads_and_no_more(visit: Any, server: Server, provider: Provider) -> None:
    page = visit("/").page
    signs_in(page, provider, "Bob@Example.com")
    expect(the_study(page, "For all")).to_be_visible()
    expect(page.get_by_text("bob@example.com, viewer")).to_be_visible()
    expect(page.get_by_text("Eve's")).to_have_count(0)
    menu = page.get_by_test_id("stSidebarNav")
    expect(menu.get_by_role("link", name="Guide")).to_be_visible()
    for name in ("New study", "Planning", "Links", "Activity"):
        expect(menu.get_by_role("link", name=name)).to_have_count(0)
    page.goto(f"{server.url}/new_study")
    settled(page)
    expect(page.get_by_test_id("stFileUploader")).to_have_count(0)
    page.goto(f"{server.url}/ab?study={server.study}")
    expect(page.get_by_role("heading", name="Ship")).to_be_visible()
    assert status(server, "/api/uploads/a.csv", cookies(page), "PUT") == 403
    assert status(server, f"/api/studies/{server.study}.zip", cookies(page)) == 403
    assert Store.open(server.home).studies()[0].name != "A"


def test_an_editor_brings_a_log_in(visit: Any, server: Server, provider: Provider) -> None:
    page = visit("/").page
    signs_in(page, provider, "eve@example.com")
    expect(the_study(page, "Eve's")).to_be_visible()
    page.get_by_role("link", name="New study").first.click()
    expect(page.get_by_role("heading", name="New study")).to_be_visible()
    settled(page)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        {
            "name": "buys.csv", "mimeType": "text/csv",
            "buffer": b"user_id,variant,bought\n"
            + b"".join(b"u%d,%s,%d\n" % (k, b"ab"[k % 2 :][:1], k % 3 == 0) for k in range(200)),
        }
    )  # fmt: skip
    expect(page.get_by_role("heading", name="2. Columns")).to_be_visible(timeout=60_000)
    row = next(one for one in Store.open(server.home).studies() if one.name == "Buys")
    assert (row.owner, row.level) == ("eve@example.com", "private")
    assert status(server, "/api/uploads/b.csv", cookies(page), "PUT") == 201


@pytest.mark.parametrize(
    ("email", "claims"),
    (
        ("mallory@evil.example", {}),
        ("mallory@example.com.evil.example", {}),
        ("mallory@sub.example.com", {}),
        ("eve@example.com", {"email_verified": False}),
        ("", {}),
    ),
)
def test_a_stranger_is_told_so_and_may_leave(
    visit: Any, server: Server, provider: Provider, email: str, claims: dict[str, Any]
) -> None:
    page = visit("/").page
    signs_in(page, provider, email, **claims)
    expect(page.get_by_text("your address has no role in this Verdict")).to_be_visible()
    expect(page.get_by_text("For all")).to_have_count(0)
    expect(page.get_by_test_id("stSidebarNav")).to_have_count(0)
    assert status(server, "/api/uploads/a.csv", cookies(page), "PUT") == 401
    page.get_by_role("button", name="Sign out").click()
    expect_the_door(page)


def test_who_signs_out_is_out_here_and_at_the_provider(
    visit: Any, server: Server, provider: Provider
) -> None:
    page = visit("/").page
    signs_in(page, provider, "bob@example.com")
    expect(the_study(page, "For all")).to_be_visible()
    assert status(server, "/media/x", cookies(page)) == 404
    before = provider.signed_out
    page.get_by_role("button", name="Sign out").click()
    expect_the_door(page)
    assert provider.signed_out == before + 1
    assert "_streamlit_user" not in cookies(page)
    assert status(server, "/media/x", cookies(page)) == 401
    page.goto(f"{server.url}/ab?study={server.study}")
    expect_the_door(page)


def test_a_token_that_the_provider_did_not_sign_lets_nobody_in(
    visit: Any, server: Server, provider: Provider
) -> None:
    page = visit("/").page
    provider.forged = True
    signs_in(page, provider, "eve@example.com")
    expect(page).to_have_url(f"{server.url}/")
    expect_the_door(page)
    assert "_streamlit_user" not in cookies(page)


def test_a_share_link_asks_nobody(visit: Any, server: Server) -> None:
    token, _ = share(Store.open(server.home), server.study)
    shared = visit(f"/r/{token}")
    expect(shared.page.get_by_role("heading", level=1)).to_have_text("Checkout: one-page form")
    assert shared.elsewhere == []
