"""What must hold before the server may start: nobody else can reach it or read its store."""

import ipaddress
import stat
from pathlib import Path

from analysis.store import Access, unready

LOOPBACK_NAMES = ("localhost",)


def objection(
    address: str | None, home: Path, access: Access | None = None, cookie_secret: str = ""
) -> str | None:
    """Why this server may not start, in one line; None if it may.

    Args:
        address: The address that the server binds to; None binds to all of them.
        home: The store's folder.
        access: Who comes in and how they are known; one local user by default.
        cookie_secret: What signs the cookies of `st.login`.
    """
    access = access or Access()
    if access.mode == "local" and not _is_loopback(address):
        return (
            f"Verdict does not start on {address or 'all addresses'}: anyone who can reach this"
            " machine could read and change every study, since nobody has to sign in (VERDICT_AUTH"
            " is local). Use --server.address 127.0.0.1, or set VERDICT_AUTH to header or oidc."
        )
    open_door = unready(access, cookie_secret)
    if open_door is not None:
        return f"Verdict does not start with VERDICT_AUTH={access.mode}: {open_door}"
    if home.exists() and stat.S_IMODE(home.stat().st_mode) & 0o077:
        return (
            f"Verdict does not start: other users of this machine can read its store {home}."
            f" Run: chmod 700 {home}"
        )
    return None


def _is_loopback(address: str | None) -> bool:
    if address is None:
        return False
    if address in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
