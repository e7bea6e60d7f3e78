"""Share links: one frozen readout for who has the token, until the link ends."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from analysis.core import StoreError
from analysis.readout import Readout
from analysis.store import (
    Store,
    forget,
    frozen_text,
    links_of,
    note_opened,
    opened,
    purge,
    share,
    turn_off,
    works,
)
from tests.pages.conftest import keep
from tests.store.conftest import STUDY


def everything_said(store: Store) -> str:
    """Every cell of every table, as text."""
    with store.catalogue.reading() as connection:
        tables = ("logs", "studies", "readouts", "samples", "frozen", "links", "audit")
        return str([connection.execute(text(f"SELECT * FROM {one}")).all() for one in tables])


def test_a_token_is_long_random_and_kept_by_nobody(store: Store) -> None:
    study_id = keep(store, "ship")
    tokens = [share(store, study_id)[0] for _ in range(20)]
    assert len(set(tokens)) == 20
    assert {len(token) for token in tokens} == {43}
    said = everything_said(store)
    for token in tokens:
        assert token not in said
        assert hashlib.sha256(token.encode()).hexdigest() in said
    assert tokens[0].encode() not in b"".join(
        file.read_bytes() for file in store.home.rglob("*") if file.is_file()
    )


def test_a_link_lasts_90_days_or_as_chosen(store: Store) -> None:
    study_id = keep(store, "ship")
    for days in (90, 1, 3_650):
        _, link = share(store, study_id, days=days)
        left = datetime.fromisoformat(link.expires) - datetime.now(UTC)
        assert abs(left - timedelta(days=days)) < timedelta(minutes=5)
    for days in (0, -1, 3_651):
        with pytest.raises(StoreError) as refused:
            share(store, study_id, days=days)
        assert refused.value.code == "bad_days"


def test_a_link_shows_what_was_there_when_it_was_made(store: Store) -> None:
    study_id = keep(store, "ship")
    before = store.readout(study_id)
    token, _ = share(store, study_id)
    content = json.loads(before or "")
    content["made_by"]["methods"] = "2"
    store.save_readout(study_id, Readout(content))
    store.rename(study_id, "Another name")
    shared = opened(store, token)
    assert shared is not None
    assert frozen_text(store, shared.frozen) == before


def test_a_link_outlives_study_and_log(store: Store) -> None:
    study_id = keep(store, "ship")
    before = store.readout(study_id)
    token, link = share(store, study_id)
    forget(store, study_id)
    purge(store, older_than=timedelta(seconds=-1))
    shared = opened(Store.open(store.home), token)
    assert shared is not None
    assert frozen_text(store, shared.frozen) == before
    assert [one.id for one in links_of(store)] == [link.id]


def test_unknown_ended_and_turned_off_links_are_alike(store: Store) -> None:
    study_id = keep(store, "ship")
    (off, gone), (old, late), (good, _) = (share(store, study_id) for _ in range(3))
    turn_off(store, gone.id)
    with store.catalogue.writing() as connection:
        connection.execute(
            text("UPDATE links SET expires = '2026-01-01T00:00:00' WHERE id = :id"), {"id": late.id}
        )
    assert opened(store, off) is opened(store, old) is opened(store, "A" * 43) is None
    assert opened(store, good) is not None
    state = {one.id: works(one) for one in links_of(store)}
    assert (state[gone.id], state[late.id], sum(state.values())) == (False, False, 1)


@pytest.mark.parametrize("token", ("", "a", "A" * 42, "A" * 44, "é" * 43, "%" * 43, "' OR 1=1 --"))
def test_what_is_no_token_opens_nothing(store: Store, token: str) -> None:
    share(store, keep(store, "ship"))
    assert opened(store, token) is None


def test_a_changed_letter_opens_nothing(store: Store) -> None:
    token, _ = share(store, keep(store, "ship"))
    for at in range(0, 43, 6):
        other = "A" if token[at] != "A" else "B"
        assert opened(store, token[:at] + other + token[at + 1 :]) is None


def test_the_day_of_the_last_opening_is_noted(store: Store) -> None:
    token, link = share(store, keep(store, "ship"))
    shared = opened(store, token)
    assert shared is not None
    assert not shared.opened_today
    note_opened(store, link.id)
    again = opened(store, token)
    assert again is not None
    assert again.opened_today
    assert links_of(store)[0].opened_day == datetime.now(UTC).date().isoformat()


def test_two_links_to_the_same_readout_keep_it_once(store: Store) -> None:
    study_id = keep(store, "ship")
    share(store, study_id)
    share(store, study_id)
    with store.catalogue.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM frozen")) == 1


def test_without_a_readout_there_is_nothing_to_share(store: Store) -> None:
    with pytest.raises(StoreError) as refused:
        share(store, store.save_study(STUDY, ready=True))
    assert refused.value.code == "no_readout"


def test_turning_off_twice_keeps_the_first_time(store: Store) -> None:
    _, link = share(store, keep(store, "ship"))
    turn_off(store, link.id)
    first = links_of(store)[0].turned_off
    turn_off(store, link.id)
    assert links_of(store)[0].turned_off == first
    with pytest.raises(StoreError) as refused:
        turn_off(store, "nope")
    assert refused.value.code == "unknown_link"
