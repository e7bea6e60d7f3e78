"""Checking a study's values: each check returns the value or says what is wrong with it."""

import difflib
import math
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from analysis.core import StudyError

Check = Callable[[Any, str], Any]
Section = TypeVar("Section")

MAX_TEXT = 4000


_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 80


def shown(value: Any) -> str:
    """A value as a message shows it: short, and printable whatever it holds."""
    try:
        text = _SHORT.repr(value)
    except ValueError:  # an integer of thousands of digits
        return "a very long number"
    return text.encode("utf-8", "backslashreplace").decode()


def refuse(code: str, what: str, where: str, *, fix: str = "") -> StudyError:
    """The error for a study that says something unusable at `where`."""
    return StudyError(code, f"{where} {what}.", where="", fix=fix)


def read_section(
    kind: type[Section],
    value: Any,
    where: str,
    *,
    later: tuple[str, ...] = (),
    what: str = "setting",
) -> Section:
    """A section of a study file as its dataclass, each value checked.

    Args:
        kind: Dataclass whose fields carry a ``check`` in their metadata.
        value: The mapping that was read.
        where: How messages name the section.
        later: Keys that belong to a later version and are refused as such.
        what: What such a key is.

    Raises:
        StudyError: ``wrong_type``, ``unknown_key``, ``not_available``, or what a check says.
    """
    if not isinstance(value, Mapping):
        raise refuse("wrong_type", f"is {shown(value)}, not a section of keys", where)
    # A key that is no Python name, such as `lambda`, stands in the metadata.
    known: dict[str, tuple[str, Check]] = {
        one.metadata.get("name", one.name): (one.name, one.metadata["check"])
        for one in fields(kind)  # type: ignore[arg-type]
        if one.metadata
    }
    read: dict[str, Any] = {}
    for key, given in value.items():
        place = key if where == "study" else f"{where}.{key}"
        if key in later:
            raise refuse(
                "not_available",
                f"is a {what} that this version of Verdict does not offer",
                place,
                fix=f"Remove {key}, or use a version that has it.",
            )
        if key not in known:
            raise _unknown(key, tuple(known), where)
        name, check = known[key]
        read[name] = check(given, place)
    return kind(**read)


def _unknown(key: Any, known: tuple[str, ...], where: str) -> StudyError:
    name = shown(key).strip("'\"")
    near = difflib.get_close_matches(name, known, n=1)
    hint = f'Did you mean "{near[0]}"?' if near else "Remove it."
    return StudyError(
        "unknown_key",
        f'{where} has no key "{name}"; it has {", ".join(known)}.',
        fix=hint,
    )


def text(value: Any, where: str) -> str:
    """A text that is not blank."""
    if not isinstance(value, str):
        raise refuse("wrong_type", f"is {shown(value)}, not a text", where, fix="Put it in quotes.")
    if not value.strip():
        raise refuse("blank_value", "is blank", where, fix="Fill it in or remove the key.")
    if "\x00" in value or not _encodable(value):
        raise refuse("broken_text", f"is {shown(value)}, which no file can hold", where)
    if len(value) > MAX_TEXT:
        raise refuse("too_long", f"has {len(value):,} characters; at most {MAX_TEXT:,}", where)
    return value


def _encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def texts(value: Any, where: str) -> tuple[str, ...]:
    """One text, or a list of different texts."""
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list | tuple):
        raise refuse("wrong_type", f"is {shown(value)}, not a list of texts", where)
    read = tuple(text(one, f"{where}[{i + 1}]") for i, one in enumerate(given))
    for one in read:
        if read.count(one) > 1:
            raise refuse("repeated_value", f'names "{one}" twice', where, fix="Remove one.")
    return read


def boolean(value: Any, where: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise refuse("wrong_type", f"is {shown(value)}, not true or false", where)
    return value


def choice(*options: str) -> Check:
    """One of some words."""

    def check(value: Any, where: str) -> str:
        if value not in options:
            raise refuse(
                "unknown_value", f"is {shown(value)}; it can be {', '.join(options)}", where
            )
        return str(value)

    return check


def later(now: tuple[str, ...], to_come: tuple[str, ...], what: str) -> Check:
    """One of some words; others are known to come in a later version."""

    def check(value: Any, where: str) -> str:
        if value in to_come:
            raise refuse(
                "not_available",
                f'is "{value}", a {what} that this version of Verdict does not offer',
                where,
                fix=f"Use {', '.join(now)}.",
            )
        return str(choice(*now)(value, where))

    return check


def number(*, low: float = -math.inf, high: float = math.inf, low_open: bool = False) -> Check:
    """A finite number within bounds."""

    def check(value: Any, where: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise refuse("wrong_type", f"is {shown(value)}, not a number", where)
        try:
            read = float(value)
        except OverflowError:
            read = math.inf
        below = read <= low if low_open else read < low
        if not math.isfinite(read) or below or read > high:
            opening = "above" if low_open else "at least"
            bounds = f"{opening} {low:g}" + (f" and at most {high:g}" if high < math.inf else "")
            raise refuse("out_of_range", f"is {shown(value)}; it must be {bounds}", where)
        return read

    return check


def integer(*, low: int) -> Check:
    """A whole number, at least `low`."""

    def check(value: Any, where: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise refuse("wrong_type", f"is {shown(value)}, not a whole number", where)
        if value < low:
            raise refuse("out_of_range", f"is {shown(value)}; it must be at least {low}", where)
        return value

    return check


def share_map(value: Any, where: str) -> dict[str, float]:
    """Arm = share; shares are above 0 and are used relative to their sum."""
    if not isinstance(value, Mapping) or not value:
        raise refuse(
            "wrong_type",
            f"is {shown(value)}, not a share for each arm",
            where,
            fix="Write allocation = { control = 0.5, treatment = 0.5 }.",
        )
    check = number(low=0, low_open=True)
    return {text(arm, where): check(share, f"{where}.{arm}") for arm, share in value.items()}


def name_map(*keys: str) -> Check:
    """A text for each of some keys."""

    def check(value: Any, where: str) -> dict[str, str]:
        if not isinstance(value, Mapping) or set(value) != set(keys):
            raise refuse("wrong_type", f"is {shown(value)}; it takes {' and '.join(keys)}", where)
        return {key: text(value[key], f"{where}.{key}") for key in keys}

    return check


def instant(value: Any, where: str) -> str:
    """An instant as ISO 8601: in UTC if it has an offset, else as it stands."""
    read: datetime | None = None
    if isinstance(value, datetime):
        read = value
    elif isinstance(value, date):
        read = datetime(value.year, value.month, value.day)  # noqa: DTZ001
    elif isinstance(value, str):
        try:
            read = datetime.fromisoformat(value.strip())
        except ValueError:
            read = None
    if read is None:
        raise _no_time(value, where)
    try:
        return utc(read) if read.tzinfo is not None else read.isoformat()
    except OverflowError:
        raise _no_time(value, where) from None


def _no_time(value: Any, where: str) -> StudyError:
    return refuse(
        "not_a_time",
        f"is {shown(value)}, not a time",
        where,
        fix='Write it like "2026-03-23T00:00:00Z".',
    )


def utc(time: datetime) -> str:
    """A time with an offset as ISO 8601 in UTC."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def in_zone(time: str | None, zone: str, where: str) -> str | None:
    """An instant in UTC; one without an offset is local time of the zone."""
    if time is None or datetime.fromisoformat(time).tzinfo is not None:
        return time
    try:
        return utc(datetime.fromisoformat(time).replace(tzinfo=ZoneInfo(zone)))
    except OverflowError:
        raise _no_time(time, where) from None


def timezone(value: Any, where: str) -> str:
    """An IANA time zone that this machine knows."""
    name = text(value, where)
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise refuse(
            "unknown_timezone",
            f'is "{name}", not a time zone',
            where,
            fix='Write an IANA name such as "UTC" or "Europe/Berlin".',
        ) from None
    return name
