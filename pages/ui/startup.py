"""What must hold before the server may start: nobody else can reach it or read its store."""

import ipaddress
import stat
from pathlib import Path

LOOPBACK_NAMES = ("localhost",)


def objection(address: str | None, home: Path) -> str | None:
    """Why this server may not start, in one line; None if it may.

    Args:
        address: The address that the server binds to; None binds to all of them.
        home: The store's folder.
    """
    if not _is_loopback(address):
        return (
            f"Verdict does not start on {address or 'all addresses'}: anyone who can reach this"
            " machine could read and change every study, since this version has no sign-in."
            " Use --server.address 127.0.0.1, and a proxy that asks who is there."
        )
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
