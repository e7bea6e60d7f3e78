"""Who is in front of the screen: the middleware has looked, this only reads what it found."""

from functools import lru_cache

import streamlit as st

from analysis.store import Access, Person, default_home, read_settings

# Set by the middleware, which drops what a visitor may have put there.
PERSON_HEADER = "X-Verdict-Person"


@lru_cache(maxsize=8)
def _access(home: str) -> Access:
    from pathlib import Path

    return read_settings(Path(home)).access


def access() -> Access:
    """Who comes in, and as what; read once a process."""
    return _access(str(default_home()))


def person() -> Person:
    """The person whose script this is."""
    rules = access()
    if rules.mode == "local":
        return rules.person(None)
    if rules.mode == "oidc":
        signed_in = bool(getattr(st.user, "is_logged_in", False))
        # An address that its provider has not verified could be anybody's.
        verified = st.user.get("email_verified", True) is not False
        return rules.person(str(st.user.get("email") or "") if signed_in and verified else None)
    return rules.person(st.context.headers.get(PERSON_HEADER))
