"""Who may do what to which thing: the whole matrix, and nothing that is not in it."""

import inspect
import io
import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import exc, text

from analysis.core import StoreError
from analysis.store import (
    NOBODY,
    Access,
    Person,
    Store,
    forget,
    links_of,
    purge,
    share,
    stop,
    turn_off,
)
from analysis.store.access import ACTIONS
from analysis.store.transfer import export_study, import_study
from analysis.store.verify import verify
from tests.pages.conftest import keep
from tests.store.conftest import STUDY, made_readout

ROLES = ("viewer", "editor", "admin")
EMAIL = "ana@example.com"


def person(role: str | None, name: str = EMAIL) -> Person:
    return Person(name, role, signed_in=True)  # type: ignore[arg-type]


@dataclass
class Things:
    """One study that the person made, one of somebody else's, one that all may see."""

    own: str
    private: str
    company: str
    log: str
    links: dict[str, str]
    packed: bytes


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Things]:
    """A store's folder with the things in it, made once and copied for each case."""
    home = tmp_path_factory.mktemp("matrix") / "home"
    store = Store.open(home)
    own = keep(store.acting(person("editor")), "ship")
    private = keep(store.acting(person("editor", "bob@example.com")), "ship")
    company = keep(store, "ship")
    log = store.save_log(io.BytesIO(b"a\n1\n"), "a.csv").sha256
    links = {one: share(store, one)[1].id for one in (own, private, company)}
    file = home.parent / "a.zip"
    export_study(store, company, file)
    return home, Things(own, private, company, log, links, file.read_bytes())


@pytest.fixture
def embedded(made: tuple[Path, Things], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.delenv("VERDICT_DATABASE_URL", raising=False)
    shutil.copytree(made[0], tmp_path / "home")
    return Store.open(tmp_path / "home")


@pytest.fixture
def things(made: tuple[Path, Things]) -> Things:
    return made[1]


# Action -> (least role, what it does to a study; None where it is not about one).
ON_STUDY: dict[str, tuple[str, Callable[[Store, str, Things, Path], object]]] = {
    "study": ("viewer", lambda s, i, t, p: s.study(i)),
    "readout": ("viewer", lambda s, i, t, p: s.readout(i)),
    "readout_ids": ("viewer", lambda s, i, t, p: s.readout_ids(i)),
    "edit": ("editor", lambda s, i, t, p: s.edit(i, STUDY, ready=True)),
    "keep_facts": ("editor", lambda s, i, t, p: s.keep_facts(i, {})),
    "rename": ("editor", lambda s, i, t, p: s.rename(i, "New")),
    "tag": ("editor", lambda s, i, t, p: s.tag(i, ["a"])),
    "archive": ("editor", lambda s, i, t, p: s.archive(i)),
    "show_to": ("editor", lambda s, i, t, p: s.show_to(i, "company")),
    "delete": ("editor", lambda s, i, t, p: s.delete(i)),
    "restore": ("editor", lambda s, i, t, p: s.restore(i)),
    "begin": ("editor", lambda s, i, t, p: s.begin(i)),
    "progress": ("editor", lambda s, i, t, p: s.progress(i, "x", 0.1)),
    "fail": ("editor", lambda s, i, t, p: s.fail(i, StoreError("x", "x"))),
    "stop": ("editor", lambda s, i, t, p: stop(s, i)),
    "save_readout": ("editor", lambda s, i, t, p: s.save_readout(i, made_readout())),
    "share": ("editor", lambda s, i, t, p: share(s, i)),
    "turn_off": ("editor", lambda s, i, t, p: turn_off(s, t.links[i])),
    "export": ("editor", lambda s, i, t, p: export_study(s, i, p / "out.zip")),
}
ON_STORE: dict[str, tuple[str, Callable[[Store, Things], object]]] = {
    "studies": ("viewer", lambda s, t: s.studies()),
    "log": ("editor", lambda s, t: s.log(t.log)),
    "left_out_file": ("editor", lambda s, t: s.left_out_file("none.parquet")),
    "save_log": ("editor", lambda s, t: s.save_log(io.BytesIO(b"b\n"), "b.csv")),
    "save_study": ("editor", lambda s, t: s.save_study(STUDY)),
    "import": ("editor", lambda s, t: import_study(s, io.BytesIO(t.packed))),
    "links": ("editor", lambda s, t: links_of(s)),
    "trail": ("admin", lambda s, t: s.trail()),
    "purge": ("admin", lambda s, t: purge(s, older_than=timedelta(days=9))),
    "verify": ("admin", lambda s, t: verify(s)),
    "save_sample": ("admin", lambda s, t: s.save_sample("x", STUDY, t.log)),
}


def refusal(act: Callable[[], object]) -> str | None:
    """The code of a refusal to do with rights; None if it was done, or failed otherwise."""
    try:
        act()
    except StoreError as error:
        if error.code in {"not_allowed", "unknown_study", "unknown_link"}:
            return error.code
    return None


def may(role: str | None, least: str) -> bool:
    return role is not None and ROLES.index(role) >= ROLES.index(least)


def cases() -> Iterator[tuple[str, str | None, str]]:
    yield from itertools.product(ON_STUDY, (None, *ROLES), ("own", "private", "company"))


@pytest.mark.parametrize(("action", "role", "which"), cases())
def test_who_may_do_what_to_a_study(
    embedded: Store, things: Things, tmp_path: Path, action: str, role: str | None, which: str
) -> None:
    least, act = ON_STUDY[action]
    study_id = getattr(things, which)
    # What is not this person's looks as if it were not there.
    hidden = which == "private" and role != "admin"
    expected = (
        {"not_allowed"}
        if not may(role, least)
        else ({"unknown_study", "unknown_link"} if hidden else {None})
    )
    acting = embedded.acting(person(role))
    assert refusal(lambda: act(acting, study_id, things, tmp_path)) in expected


@pytest.mark.parametrize(("action", "role"), itertools.product(ON_STORE, (None, *ROLES)))
def test_who_may_do_what_to_the_store(
    embedded: Store, things: Things, action: str, role: str | None
) -> None:
    least, act = ON_STORE[action]
    expected = None if may(role, least) else "not_allowed"
    assert refusal(lambda: act(embedded.acting(person(role)), things)) == expected


@pytest.mark.parametrize("role", (None, *ROLES))
@pytest.mark.parametrize("which", ("own", "private", "company"))
def test_who_may_remove_a_study_for_good(
    embedded: Store, things: Things, role: str | None, which: str
) -> None:
    acting = embedded.acting(person(role))
    done = refusal(lambda: forget(acting, getattr(things, which))) is None
    assert done == (role == "admin" or (role == "editor" and which == "own"))


def test_every_public_method_is_in_the_matrix() -> None:
    """So that a new method cannot come without its row."""
    public = {
        name
        for name, _ in inspect.getmembers(Store, inspect.isfunction)
        if not name.startswith("_")
    }
    apart = {"acting", "sample_names", "silence", "beat", "incoming", "keep_log"}
    assert public - apart == (set(ON_STUDY) | set(ON_STORE)) & public


def test_nobody_may_do_anything() -> None:
    for action in ACTIONS:
        assert not NOBODY.may(action)
    for role in ROLES:
        assert not person(role).may("anything else")


def test_lists_show_only_what_one_may_see(embedded: Store, things: Things) -> None:
    seen = {row.id for row in embedded.acting(person("viewer")).studies()}
    assert seen == {things.own, things.company}
    editor = embedded.acting(person("editor"))
    assert {one.study_id for one in links_of(editor)} == {things.own, things.company}
    assert {row.id for row in embedded.studies()} == {things.own, things.private, things.company}


def test_signed_in_people_start_private_and_a_lone_user_does_not(embedded: Store) -> None:
    assert embedded.study(keep(embedded, "ship")).level == "company"
    acting = embedded.acting(person("editor"))
    row = acting.study(keep(acting, "ship"))
    assert (row.level, row.owner) == ("private", EMAIL)


ACCESS = Access(
    mode="header",
    secret="s" * 40,
    proxies=("10.0.0.5", "10.1.0.0/24", "::1"),
    people=(
        ("viewer", ("@example.com",)),
        ("editor", ("ana@example.com", "@team.example.com")),
        ("admin", ("root@example.com",)),
    ),
)


@pytest.mark.parametrize(
    ("email", "role"),
    (
        ("bob@example.com", "viewer"),
        ("ANA@Example.com ", "editor"),
        ("x@team.example.com", "editor"),
        ("root@example.com", "admin"),
        ("x@evil-example.com", None),
        ("x@sub.example.com", None),
        ("x@example.com.evil.org", None),
        ("x@evil.org@example.com", None),
        ("a@b.org,root@example.com", None),
        ("@example.com", None),
        ("", None),
        (None, None),
        ("root@example.com\n", "admin"),
        ("ro\not@example.com", None),
    ),
)
def test_a_role_comes_from_address_or_domain(email: str | None, role: str | None) -> None:
    assert ACCESS.person(email).role == role


@pytest.mark.parametrize(
    ("address", "said", "trusted"),
    (
        ("10.0.0.5", "s" * 40, True),
        ("10.1.0.77", "s" * 40, True),
        ("::ffff:10.0.0.5", "s" * 40, True),
        ("10.0.0.6", "s" * 40, False),
        ("10.0.0.5", "s" * 39, False),
        ("10.0.0.5", "", False),
        ("10.0.0.5", None, False),
        (None, "s" * 40, False),
        ("not an address", "s" * 40, False),
    ),
)
def test_only_the_named_proxy_with_its_secret_is_trusted(
    address: str | None, said: str | None, trusted: bool
) -> None:
    assert ACCESS.trusts(address, said) is trusted


def test_without_a_secret_nobody_is_trusted() -> None:
    assert not Access(mode="header", proxies=("10.0.0.5",)).trusts("10.0.0.5", "")


def test_the_audit_says_who_did_what_and_cannot_be_changed(store: Store) -> None:
    ana = store.acting(person("editor"))
    study_id = keep(ana, "ship", name="Secret name")
    _, link = share(ana, study_id)
    turn_off(ana, link.id)
    ana.delete(study_id)
    said = [(one.who, one.what, one.object) for one in reversed(store.trail())]
    assert said == [
        (EMAIL, "study made", study_id),
        (EMAIL, "study renamed", study_id),
        (EMAIL, "link made", link.id),
        (EMAIL, "link turned off", link.id),
        (EMAIL, "study deleted", study_id),
    ]
    assert "Secret name" not in str(store.trail())
    for statement in ("UPDATE audit SET who = 'x'", "DELETE FROM audit"):
        with pytest.raises(exc.DBAPIError), store.catalogue.writing() as connection:
            connection.execute(text(statement))
    assert len(store.trail()) == 5
