"""What must hold before the server may start: nobody else can reach it or read its store."""

import ipaddress
import resource
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.store import Access, unready

LOOPBACK_NAMES = ("localhost",)
SIGN_IN_KEYS = (
    "redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url",
)  # fmt: skip
CALLBACK = "/oauth2callback"
OPEN_FILES = 65_536


def objection(
    address: str | None,
    home: Path,
    access: Access | None = None,
    sign_in: Mapping[str, Any] | None = None,
) -> str | None:
    """Why this server may not start, in one line; None if it may.

    Args:
        address: The address that the server binds to; None binds to all of them.
        home: The store's folder.
        access: Who comes in and how they are known; one local user by default.
        sign_in: What the secrets say of the provider that people sign in with.
    """
    access, sign_in = access or Access(), sign_in or {}
    if access.mode == "local" and not is_loopback(address):
        return (
            f"Verdict does not start on {address or 'all addresses'}: anyone who can reach this"
            " machine could read and change every study, since nobody has to sign in (VERDICT_AUTH"
            " is local). Use --server.address 127.0.0.1, or set VERDICT_AUTH to header or oidc."
        )
    open_door = _no_provider(sign_in) if access.mode == "oidc" else None
    open_door = open_door or unready(access, str(sign_in.get("cookie_secret", "")))
    if open_door is not None:
        return f"Verdict does not start with VERDICT_AUTH={access.mode}: {open_door}"
    if home.exists() and stat.S_IMODE(home.stat().st_mode) & 0o077:
        return (
            f"Verdict does not start: other users of this machine can read its store {home}."
            f" Run: chmod 700 {home}"
        )
    return None


def _no_provider(sign_in: Mapping[str, Any]) -> str | None:
    """Why nobody could sign in, in one line; None if they can."""
    missing = [key for key in SIGN_IN_KEYS if not sign_in.get(key)]
    if missing:
        return f"[auth] in .streamlit/secrets.toml does not say {', '.join(missing)}."
    if not str(sign_in["redirect_uri"]).endswith(CALLBACK):
        return (
            f"the redirect_uri of [auth] in .streamlit/secrets.toml must end with {CALLBACK}, such"
            f" as https://verdict.example.com{CALLBACK}."
        )
    return None


def greeting(address: str | None, port: int) -> str:
    """Where to look, for who has just started Verdict for themselves; nothing for a service.

    Streamlit's own would ask a server on the internet for this machine's address.
    """
    name = f"[{address}]" if address and ":" in address else address
    return f"Verdict: http://{name}:{port}\n" if is_loopback(address) else ""


def raise_open_files() -> None:
    """Let this process have as many files open as it may: a tab is one, and 1,024 are usual.

    Where that was too few, nobody would come in any more, not even to be told why.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def is_loopback(address: str | None) -> bool:
    """Whether nobody but this machine's own programs reaches a server at this address."""
    if address is None:
        return False
    if address in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
