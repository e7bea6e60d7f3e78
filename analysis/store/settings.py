"""Settings of an installation: `verdict.toml` in the store's folder, and the environment over it.

Secrets come from the environment alone, so that no file has to be kept from readers.
"""

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast, get_args

from analysis.core import StoreError
from analysis.store.access import Access, Mode, Role

FILE = "verdict.toml"
ROLES: tuple[Role, ...] = get_args(Role)
KNOWN = {
    "access": {"mode", "header", "secret_header", "proxies", "viewers", "editors", "admins"},
    "retention": {"log_days"},
    "links": {"days"},
    "limits": {"requests", "sessions", "memory_mb"},
}
LONGEST_DAYS = 3_650
LARGEST_COUNT = 10_000_000
SECRET_LENGTH = 32


@dataclass(frozen=True)
class Limits:
    """How much is served before people are asked to wait.

    Attributes:
        requests: Requests a second from one address, for long; twice as many at once.
        sessions: Open tabs of everybody together.
        memory_mb: Memory that Verdict may use, MB; None is what the machine, or the control
            group around it, gives.
    """

    requests: int = 600
    sessions: int = 1_000
    memory_mb: int | None = None


@dataclass(frozen=True)
class Settings:
    """What an installation decides.

    Attributes:
        access: Who comes in and what they may do.
        log_days: Days after which logs are dropped, readouts staying; None keeps them.
        link_days: Days that a new link lasts unless its maker chooses others.
        limits: How much is served before people are asked to wait.
    """

    access: Access = field(default_factory=Access)
    log_days: int | None = None
    link_days: int = 90
    limits: Limits = field(default_factory=Limits)


def read_settings(home: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the store in `home`.

    Raises:
        StoreError: ``bad_setting`` that names the setting, what it says and what it may say.
    """
    file = Path(environment.get("VERDICT_SETTINGS") or home / FILE)
    found = _file(file, asked=bool(environment.get("VERDICT_SETTINGS")))

    def given(section: str, key: str, variable: str) -> Any:
        said = environment.get(variable)
        return said if said is not None else found.get(section, {}).get(key)

    mode = given("access", "mode", "VERDICT_AUTH") or "local"
    if mode not in get_args(Mode):
        raise _bad("access.mode (VERDICT_AUTH)", mode, "Write local, header or oidc.")
    proxies = _list(given("access", "proxies", "VERDICT_PROXIES"), "access.proxies")
    for one in proxies:
        try:
            ipaddress.ip_network(one, strict=False)
        except ValueError:
            raise _bad(
                "access.proxies (VERDICT_PROXIES)", one, "Write addresses or networks."
            ) from None
    access = Access(
        mode=cast("Mode", mode),
        header=str(given("access", "header", "VERDICT_AUTH_HEADER") or Access.header),
        secret_header=str(
            given("access", "secret_header", "VERDICT_SECRET_HEADER") or Access.secret_header
        ),
        secret=environment.get("VERDICT_PROXY_SECRET", ""),
        proxies=proxies,
        people=tuple(
            (role, _list(given("access", f"{role}s", f"VERDICT_{role.upper()}S"), f"{role}s"))
            for role in ROLES
        ),
    )
    log_days = _days(given("retention", "log_days", "VERDICT_LOG_DAYS"), "retention.log_days")
    link_days = _days(given("links", "days", "VERDICT_LINK_DAYS"), "links.days")
    requests = _count(given("limits", "requests", "VERDICT_REQUESTS"), "limits.requests")
    sessions = _count(given("limits", "sessions", "VERDICT_SESSIONS"), "limits.sessions")
    limits = Limits(
        requests or Limits.requests,
        sessions or Limits.sessions,
        _count(given("limits", "memory_mb", "VERDICT_MEMORY_MB"), "limits.memory_mb"),
    )
    return Settings(access, log_days, link_days or Settings.link_days, limits)


def unready(access: Access, cookie_secret: str) -> str | None:
    """Why these settings keep nobody out, in one line; None if they do.

    Args:
        access: The settings.
        cookie_secret: What signs the cookies of `st.login`.
    """
    if access.mode == "local":
        return None
    if not any(names for _role, names in access.people):
        return "nobody has a role: name them in VERDICT_VIEWERS, VERDICT_EDITORS, VERDICT_ADMINS."
    if access.mode == "header":
        if len(access.secret) < SECRET_LENGTH:
            return (
                f"VERDICT_PROXY_SECRET has {len(access.secret)} characters and needs"
                f" {SECRET_LENGTH} or more, the same in the proxy's {access.secret_header} header."
            )
        if not access.proxies:
            return "VERDICT_PROXIES names no address that the proxy may come from."
    if access.mode == "oidc" and len(cookie_secret) < SECRET_LENGTH:
        return (
            f"the cookie_secret of [auth] in .streamlit/secrets.toml has {len(cookie_secret)}"
            f" characters and needs {SECRET_LENGTH} or more."
        )
    return None


def _file(file: Path, *, asked: bool) -> dict[str, Any]:
    if not file.exists() and not asked:
        return {}
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise StoreError(
            "bad_setting",
            f"The settings cannot be read ({type(error).__name__}: {error}).",
            where=str(file),
            fix="Mend the file, or unset VERDICT_SETTINGS.",
        ) from None
    for section, values in found.items():
        unknown = (
            {section}
            if section not in KNOWN or not isinstance(values, dict)
            else {f"{section}.{key}" for key in values.keys() - KNOWN[section]}
        )
        for name in sorted(unknown):
            there = ", ".join(f"{one}.{key}" for one in KNOWN for key in sorted(KNOWN[one]))
            raise _bad(name, "", f"There are: {there}.")
    return found


def _list(said: object, name: str) -> tuple[str, ...]:
    """Names from a list, or from text with commas between them."""
    if said is None:
        return ()
    parts = said.split(",") if isinstance(said, str) else said
    if not isinstance(parts, list) or not all(isinstance(one, str) for one in parts):
        raise _bad(name, said, "Write a list of texts.")
    return tuple(one.strip() for one in parts if one.strip())


def _days(said: object, name: str) -> int | None:
    fix = f"Write a whole number of days, 1 to {LONGEST_DAYS:,}."
    return _whole(said, name, LONGEST_DAYS, fix)


def _count(said: object, name: str) -> int | None:
    return _whole(said, name, LARGEST_COUNT, f"Write a whole number, 1 to {LARGEST_COUNT:,}.")


def _whole(said: object, name: str, largest: int, fix: str) -> int | None:
    if said is None or said == "":
        return None
    try:
        number = int(str(said))
    except ValueError:
        number = 0
    if not 1 <= number <= largest:
        raise _bad(name, said, fix)
    return number


def _bad(name: str, said: object, fix: str) -> StoreError:
    found = f' is "{said}"' if said != "" else ""
    what = f"The setting {name}{found}, which is not known."
    return StoreError("bad_setting", what, where=name, fix=fix)
