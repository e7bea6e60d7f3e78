"""Who is in front of the screen: the middleware has looked, this only reads what it found."""

from functools import lru_cache
from pathlib import Path

import streamlit as st

from analysis.store import Access, Person, default_home, read_settings

# Set by the middleware, which drops what a visitor may have put there.
PERSON_HEADER = "X-Verdict-Person"


@lru_cache(maxsize=8)
def _access(home: str) -> Access:
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


def may(action: str) -> bool:
    """Whether this visitor may do that: what they may not is not offered."""
    return person().may(action)


def let_in() -> None:
    """Show the page to who has a role; to anybody else, the way to get one, and no page."""
    somebody = person()
    if somebody.role is not None:
        return
    st.title("Verdict", anchor=False)
    if access().mode == "oidc" and not getattr(st.user, "is_logged_in", False):
        st.markdown("Sign in to see the studies of your company.")
        st.button("Sign in", type="primary", icon=":material/login:", on_click=st.login)
    else:
        st.markdown("You are signed in, but your address has no role in this Verdict.")
        st.markdown("Ask one of its admins to name you, or your domain, among the viewers.")
        if access().mode == "oidc":
            st.button("Sign out", icon=":material/logout:", on_click=st.logout)
    st.stop()


def sign_out() -> None:
    """Say who is signed in, in the menu, with the way out."""
    if access().mode == "local":
        return
    somebody = person()
    with st.sidebar:
        st.caption(f"{somebody.name}, {somebody.role}".replace("@", "\\@"))
        if access().mode == "oidc":
            st.button("Sign out", icon=":material/logout:", type="tertiary", on_click=st.logout)
