"""Share links: who has the token sees one frozen readout, and nothing else, until the link ends.

The token is shown once, when the link is made; the store has only its hash.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, insert, or_, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from analysis.core import StoreError
from analysis.store.clock import as_text, now
from analysis.store.database import new_id
from analysis.store.rows import LinkRow, link_row
from analysis.store.store import Store
from analysis.store.tables import frozen, links, studies

TOKEN_BYTES = 32
TOKEN_LENGTH = 43
LONGEST_DAYS = 3_650
_BY_TOKEN = select(
    links.c.id, links.c.token_sha256, links.c.frozen_sha256, links.c.turned_off,
    links.c.expires, links.c.opened_day, links.c.study_id,
).where(links.c.token_sha256 == bindparam("asked"))  # fmt: skip


@dataclass(frozen=True)
class Shared:
    """What a working link shows.

    Attributes:
        link: Key of the link.
        frozen: Hash of the readout's text: two links that show the same have the same.
        study_id: The study that it was made from, which may be gone.
        day: Today.
        opened_today: Whether today's opening is noted already.
    """

    link: str
    frozen: str
    study_id: str
    day: str
    opened_today: bool


def share(store: Store, study_id: str, *, days: int = 90) -> tuple[str, LinkRow]:
    """Make a link to the study's newest readout as it is now.

    Args:
        store: The store.
        study_id: The study.
        days: Days until the link ends, 1 to 3,650.

    Returns:
        The token, which nobody can read again, and the link.

    Raises:
        StoreError: ``no_readout``, ``bad_days``.
    """
    store.person.require("share")
    if not 1 <= days <= LONGEST_DAYS:
        raise StoreError(
            "bad_days",
            f"A link cannot last {days:,} days.",
            fix=f"Choose 1 to {LONGEST_DAYS:,} days.",
        )
    row = store.study(study_id)
    text = store.readout(study_id)
    if text is None:
        raise StoreError(
            "no_readout",
            "The study has no readout yet, so there is nothing to share.",
            fix="Run the study first.",
        )
    token = secrets.token_urlsafe(TOKEN_BYTES)
    content_sha256 = hashlib.sha256(text.encode()).hexdigest()
    link_id = new_id()
    kind = sqlite.insert if store.catalogue.embedded else postgresql.insert
    with store.catalogue.writing() as connection:
        connection.execute(
            kind(frozen).values(sha256=content_sha256, content=text).on_conflict_do_nothing()
        )
        connection.execute(
            insert(links).values(
                id=link_id,
                token_sha256=_hash(token),
                frozen_sha256=content_sha256,
                study_id=study_id,
                name=row.name,
                made_by=store.person.name,
                created=now(),
                expires=as_text(datetime.now(UTC) + timedelta(days=days)),
            )
        )
        store._note(connection, "link made", link_id)  # noqa: SLF001 - same package
    made = next(one for one in links_of(store, study_id) if one.id == link_id)
    return token, made


def links_of(store: Store, study_id: str | None = None) -> list[LinkRow]:
    """The links of one study, or all that this person may see; the newest first."""
    store.person.require("share")
    wanted = links.c.study_id == study_id if study_id else true()
    person = store.person
    # A link of a study that is gone belongs to who made it.
    seen = (
        true()
        if person.role == "admin"
        else or_(
            links.c.made_by == person.name,
            studies.c.level == "company",
            studies.c.owner == person.name,
        )
    )
    asked = (
        select(links)
        .join_from(links, studies, links.c.study_id == studies.c.id, isouter=True)
        .where(wanted, seen)
        .order_by(links.c.created.desc())
    )
    with store.catalogue.reading() as connection:
        rows = connection.execute(asked).mappings().all()
    return [link_row(row) for row in rows]


def turn_off(store: Store, link_id: str) -> None:
    """End a link now, for everybody who has it.

    Raises:
        StoreError: ``unknown_link``.
    """
    if link_id not in {one.id for one in links_of(store)}:
        raise StoreError("unknown_link", "There is no such link.", fix="Look at Links.")
    with store.catalogue.writing() as connection:
        connection.execute(
            update(links)
            .where(links.c.id == link_id, links.c.turned_off.is_(None))
            .values(turned_off=now())
        )
        store._note(connection, "link turned off", link_id)  # noqa: SLF001


def works(link: LinkRow) -> bool:
    """Whether the link still opens."""
    return link.turned_off is None and link.expires > now()


# What follows asks nobody who they are: the token is the right to see.


def opened(store: Store, token: str) -> Shared | None:
    """What a token shows; None alike for an unknown, an ended and a turned-off one."""
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    asked = _hash(token)
    with store.catalogue.reading() as connection:
        row = connection.execute(_BY_TOKEN, {"asked": asked}).one_or_none()
    if row is None or not hmac.compare_digest(row.token_sha256, asked):
        return None
    at = now()
    if row.turned_off is not None or row.expires <= at:
        return None
    day = at[:10]
    return Shared(row.id, row.frozen_sha256, row.study_id, day, row.opened_day == day)


def frozen_text(store: Store, sha256: str) -> str:
    """The readout's text that a link shows."""
    with store.catalogue.reading() as connection:
        text = connection.scalar(select(frozen.c.content).where(frozen.c.sha256 == sha256))
    if text is None:
        raise StoreError("unknown_readout", "This readout is not in the store.")
    return str(text)


def note_opened(store: Store, link_id: str) -> None:
    """Note that a link was opened today; the day only, and by nobody."""
    with store.catalogue.writing() as connection:
        connection.execute(update(links).where(links.c.id == link_id).values(opened_day=now()[:10]))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
