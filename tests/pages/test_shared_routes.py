"""Share links over HTTP: what is served, to whom, under which headers, and what is not."""

import json
import sys
import time
import types
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from analysis.store import Access, Store, forget, links_of, share, turn_off
from pages.ui import shared_readout
from tests.pages.asking import Answer, app, ask
from tests.pages.conftest import keep


@dataclass(frozen=True)
class FakeLinks:
    json: str | None = None
    csv: str | None = None
    app: str | None = None
    image: str | None = None


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A report that says what it was given; the names of what was made, in order."""
    names: list[str] = []

    def page(content: dict[str, Any], *, links: FakeLinks | None = None) -> str:
        names.append("page")
        return f"<h1>{content['study']['name']}</h1>{links}"

    def picture(content: dict[str, Any]) -> bytes:
        names.append("picture")
        return b"\x89PNG"

    fake = types.ModuleType("analysis.report")
    fake.__dict__.update(
        page=page, preview_png=picture, Links=FakeLinks,
        gone_page=lambda: "<h1>gone</h1>",
        csv_text=lambda content: "name,lift\n",
        aggregates=lambda content: {**content, "aggregated": True},
    )  # fmt: skip
    import analysis

    monkeypatch.setitem(sys.modules, "analysis.report", fake)
    monkeypatch.setattr(analysis, "report", fake, raising=False)
    return names


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        shared_readout, "_rendered", shared_readout.Rendered(shared_readout.KEPT_BYTES)
    )
    monkeypatch.setattr(shared_readout, "_noted", set())
    monkeypatch.setattr(shared_readout, "_lookups", shared_readout.Lookups())


@pytest.fixture
def token(store: Store, made: list[str]) -> str:
    return share(store, keep(store, "ship"))[0]


WHATS = ("", "/result.json", "/metrics.csv", "/preview.png")


def test_a_link_serves_its_page_and_the_files_beside_it(token: str) -> None:
    served = app()
    kinds = [ask(served, f"/r/{token}{what}") for what in WHATS]
    assert [one.status for one in kinds] == [200] * 4
    assert [one.headers["content-type"].partition(";")[0] for one in kinds] == [
        "text/html", "application/json", "text/csv", "image/png",
    ]  # fmt: skip
    page = kinds[0].body.decode()
    assert f"http://127.0.0.1:8501/r/{token}/preview.png" in page
    assert f"'{token}/result.json'" in page
    assert json.loads(kinds[1].body)["aggregated"] is True


@pytest.mark.parametrize("what", WHATS)
def test_every_answer_is_closed_private_and_not_indexed(token: str, what: str) -> None:
    for path in (f"/r/{token}{what}", f"/r/{'A' * 43}{what}", f"/r/{token}/else"):
        headers = ask(app(), path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'unsafe-inline';")
        assert "script-src" not in policy
        assert "unsafe-eval" not in policy
        assert headers["x-robots-tag"].startswith("noindex")
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "private, no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in headers


def alike(answers: list[Answer]) -> bool:
    first = answers[0]
    return all(
        (one.status, one.headers, one.body) == (first.status, first.headers, first.body)
        for one in answers
    )


def test_unknown_ended_turned_off_and_odd_links_answer_the_same_bytes(
    store: Store, made: list[str]
) -> None:
    study_id = keep(store, "ship")
    (off, gone), (old, late) = share(store, study_id), share(store, study_id)
    turn_off(store, gone.id)
    with store.catalogue.writing() as connection:
        connection.execute(
            text("UPDATE links SET expires = '2026-01-01T00:00:00' WHERE id = :id"), {"id": late.id}
        )
    served = app()
    paths = [f"/r/{one}{what}" for one in (off, old, "A" * 43, "x") for what in WHATS]
    answers = [ask(served, one) for one in (*paths, "/r/", "/r/a/b/c", f"/r/{off}/else")]
    assert answers[0].status == 404
    assert alike(answers)
    assert made == []


def test_a_link_that_is_turned_off_ends_within_a_second(store: Store, made: list[str]) -> None:
    token, link = share(store, keep(store, "ship"))
    served = app()
    assert ask(served, f"/r/{token}").status == 200
    turn_off(store, link.id)
    time.sleep(shared_readout.BELIEVED_SECONDS)
    assert ask(served, f"/r/{token}").status == 404
    assert shared_readout.BELIEVED_SECONDS <= 1


def test_no_parameter_changes_anything(token: str) -> None:
    served = app()
    plain = ask(served, f"/r/{token}")
    for method in ("POST", "PUT", "DELETE"):
        assert ask(served, f"/r/{token}", method=method).status in {404, 405}
    assert ask(served, f"/r/{token}").body == plain.body


def test_it_is_rendered_once_and_the_same_after_a_restart(
    token: str, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    served = app()
    bodies = {ask(served, f"/r/{token}").body for _ in range(5)}
    assert made == ["page"]
    monkeypatch.setattr(shared_readout, "_rendered", shared_readout.Rendered(1 << 20))
    bodies.add(ask(app(), f"/r/{token}").body)
    assert made == ["page", "page"]
    assert len(bodies) == 1


def test_it_opens_after_study_and_log_are_gone(store: Store, made: list[str]) -> None:
    study_id = keep(store, "ship")
    token, _ = share(store, study_id)
    before = ask(app(), f"/r/{token}").body
    forget(store, study_id)
    assert ask(app(), f"/r/{token}").body == before


def test_the_day_it_was_opened_is_noted_and_nothing_else(store: Store, token: str) -> None:
    served = app()
    ask(served, f"/r/{token}")
    ask(served, f"/r/{token}")
    (link,) = links_of(store)
    assert link.opened_day == datetime.now(UTC).date().isoformat()


def test_links_stay_outside_the_login(token: str) -> None:
    closed = Access(mode="header", secret="s" * 40, proxies=("10.0.0.5",))
    assert ask(app(closed), f"/r/{token}").status == 200
    assert ask(app(closed), f"/r/{token}", origin="http://evil.example").status == 200


def test_what_is_kept_stays_under_its_limit(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = shared_readout.Rendered(10)
    monkeypatch.setattr(shared_readout, "_rendered", kept)
    served = app()
    for what in WHATS:
        assert ask(served, f"/r/{token}{what}").status == 200
    assert len(kept._kept) == 1
