"""Who may do what: people, their roles, and the one table of what each role may do."""

import hmac
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from analysis.core import StoreError

Role = Literal["viewer", "editor", "admin"]
Level = Literal["private", "company"]
Mode = Literal["local", "header", "oidc"]
RANKS: dict[str | None, int] = {"viewer": 1, "editor": 2, "admin": 3}

# What is not named here, nobody may do.
ACTIONS: dict[str, Role] = {
    "read": "viewer",  # studies, readouts, and who may see them
    "read_log": "editor",  # logs and the rows that were left out: what is in a cell
    "write": "editor",  # bring logs in; make, edit, run, put away and bring back studies
    "share": "editor",  # make links, list them, turn them off
    "audit": "admin",  # read who did what
    "tend": "admin",  # remove for good, verify, vacuum
}
# In messages: "Your role (viewer) may not ...".
IN_WORDS = {
    "read": "see studies",
    "read_log": "see the rows of a log",
    "write": "change studies",
    "share": "share readouts",
    "audit": "see the audit",
    "tend": "tend the store",
}


@dataclass(frozen=True)
class Person:
    """Who asks.

    Attributes:
        name: E-mail address in lower case, or ``local`` and the like where nobody signs in.
        role: What they may do; None may do nothing.
        signed_in: Whether somebody else vouched for the name: then studies start as private.
    """

    name: str
    role: Role | None
    signed_in: bool = False

    def may(self, action: str) -> bool:
        """Whether the role allows the action; an unknown action is nobody's."""
        needed = ACTIONS.get(action)
        return needed is not None and RANKS.get(self.role, 0) >= RANKS[needed]

    def require(self, action: str) -> None:
        """Refuse what the role does not allow.

        Raises:
            StoreError: ``not_allowed``.
        """
        if not self.may(action):
            raise StoreError(
                "not_allowed",
                f"Your role ({self.role or 'none'}) may not {IN_WORDS.get(action, 'do this')}.",
                fix="Ask an admin of this Verdict for the role that may.",
            )

    def sees(self, owner: str, level: str) -> bool:
        """Whether a study of this owner and level is there for this person."""
        return self.role == "admin" or level == "company" or owner == self.name


# The program itself, and who has the store's folder: the command line, and the app on loopback.
OWNER = Person("system", "admin")
LOCAL = Person("local", "admin")
NOBODY = Person("", None, signed_in=True)


@dataclass(frozen=True)
class Access:
    """Who comes in, how they are known, and which role they have.

    Attributes:
        mode: ``local`` (one user, loopback), ``header`` (a proxy names them), ``oidc``.
        header: The header in which the proxy puts the e-mail address.
        secret_header: The header in which the proxy proves itself.
        secret: What it has to say there.
        proxies: Addresses, or networks, that the proxy may come from.
        people: Role -> e-mail addresses, ``@domain`` or ``*``.
    """

    mode: Mode = "local"
    header: str = "X-Forwarded-Email"
    secret_header: str = "X-Verdict-Secret"  # noqa: S105 - a name
    secret: str = ""
    proxies: tuple[str, ...] = ()
    people: tuple[tuple[Role, tuple[str, ...]], ...] = ()

    def person(self, email: str | None) -> Person:
        """Who that is; nobody if the address is not one, or no list names it."""
        name = (email or "").strip().casefold()
        if self.mode == "local":
            return LOCAL
        if not _is_address(name):
            return NOBODY
        held = [role for role, names in self.people if _named(name, names)]
        role = max(held, key=lambda one: RANKS[one], default=None)
        return Person(name, role, signed_in=True)

    def trusts(self, address: str | None, said: str | None) -> bool:
        """Whether a request comes from the proxy: from its address, with its secret."""
        proved = hmac.compare_digest((said or "").encode(), self.secret.encode())
        return bool(self.secret) and proved and self.is_proxy(address)

    def is_proxy(self, address: str | None) -> bool:
        """Whether a proxy may be there: its word counts about where a visitor comes from."""
        return _within(address, self.proxies)


def _is_address(name: str) -> bool:
    user, _, domain = name.partition("@")
    plain = name.isprintable() and not set(name) & set(" ,;*<>\"'\\")
    return bool(user and domain) and "@" not in domain and plain and len(name) <= 254


def _named(name: str, names: Iterable[str]) -> bool:
    """Whether a list names this address, its domain (exactly), or everybody."""
    domain = "@" + name.partition("@")[2]
    return any(one == "*" or one.casefold() in {name, domain} for one in names)


def _within(address: str | None, networks: Iterable[str]) -> bool:
    try:
        asked = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    if isinstance(asked, ipaddress.IPv6Address) and asked.ipv4_mapped is not None:
        asked = asked.ipv4_mapped
    return any(asked in ipaddress.ip_network(one, strict=False) for one in networks)
