"""How numbers, dates and verdicts are said: one place for screens and reports, so they agree."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from analysis.core import wording
from analysis.core.wording import MINUS

__all__ = [
    "GUARDRAILS",
    "NONE",
    "READINGS",
    "STATUSES",
    "VERDICTS",
    "Number",
    "VerdictWord",
    "cell",
    "count",
    "counted",
    "day",
    "days",
    "difference",
    "difference_interval",
    "heading",
    "is_rate",
    "isolated",
    "level",
    "level_value",
    "lift",
    "lift_interval",
    "number",
    "p_exact",
    "p_value",
    "percent_tick",
    "several",
    "share",
]

NONE = "–"  # stands where a number cannot be given; the words beside it say why

Number = float | int | None


@dataclass(frozen=True)
class VerdictWord:
    """What a decision is called, how it is coloured, and the icon beside it.

    Attributes:
        word: The word people read.
        tone: ``better``, ``worse``, ``neutral`` or ``stop``; the stylesheet has the colours.
        icon: Name of a Material symbol.
    """

    word: str
    tone: str
    icon: str


VERDICTS: dict[str, VerdictWord] = {
    "ship": VerdictWord("Ship", "better", "check_circle"),
    "roll_back": VerdictWord("Roll back", "worse", "undo"),
    "keep_running": VerdictWord("Keep running", "neutral", "hourglass_top"),
    "iterate": VerdictWord("Iterate", "neutral", "cached"),
    "do_not_use": VerdictWord("Do not use", "stop", "block"),
}

READINGS: dict[str, str] = {
    "better": "Better",
    "worse": "Worse",
    "no_clear_change": "No clear change",
}

GUARDRAILS: dict[str, str] = {
    "safe": "Safe",
    "breached": "Breached",
    "unproven": "Not shown safe",
}

STATUSES: dict[str, str] = {
    "empty_arm": "one arm has no units",
    "too_few_units": "one arm has a single unit",
    "one_arm_only": "recorded in one arm only",
    "no_events": "no unit converted in either arm",
    "all_events": "every unit converted in both arms",
    "no_variance": "all units have the same value",
    "zero_denominator": "the denominator is 0 in one arm",
    "not_finite": "the values are too large to compute with",
    "zero_baseline": "no lift: control is 0",
    "unbounded": "no lift: control is too close to 0",
}


def lift(value: Number) -> str:
    """A relative change, such as ``+6.7%``.

    >>> lift(0.067), lift(-0.009), lift(0), lift(None)
    ('+6.7%', '−0.9%', '0.0%', '–')
    """
    return NONE if value is None else wording.signed_percent(value)


def percent_tick(value: float) -> str:
    """A tick of a lift scale, such as ``+15%`` or ``−2.5%``."""
    sign = MINUS if value < 0 else "+" if value > 0 else ""
    return f"{sign}{abs(value) * 100:.10g}%"


def lift_interval(low: Number, high: Number) -> str:
    """Both ends of a lift's interval, such as ``+2.6% to +10.8%``."""
    return NONE if low is None or high is None else wording.lift_interval(low, high)


def number(value: Number) -> str:
    """A plain value with three significant digits and thousands separators.

    >>> number(15.123), number(0.4631), number(1234567.8), number(0), number(-2.5)
    ('15.1', '0.463', '1,234,568', '0', '−2.50')
    """
    return NONE if value is None else wording.number(value)


def count(value: Number) -> str:
    """A whole number with thousands separators."""
    return NONE if value is None else wording.count(round(value)).replace("-", MINUS)


def share(value: Number, decimals: int = 1) -> str:
    """A part of a whole without a sign, such as ``50.1%``."""
    return NONE if value is None else f"{value * 100:.{decimals}f}%"


def is_rate(kind: str) -> bool:
    """Whether a metric of this kind is a share of units, shown in per cent and points."""
    return kind in {"proportion", "retention"}


def level_value(value: Number, kind: str) -> str:
    """An arm's own value: per cent for rates, else three significant digits."""
    if value is None or not is_rate(kind):
        return number(value)
    return "0%" if value == 0 else f"{number(value * 100)}%"


def difference(value: Number, kind: str) -> str:
    """An absolute change with its sign: points for rates, else in the metric's own unit.

    >>> difference(-0.0125, "proportion"), difference(3.2, "mean")
    ('−1.25 points', '+3.20')
    """
    if value is None:
        return NONE
    if is_rate(kind):
        return f"{wording.signed_number(value * 100)} points"
    return wording.signed_number(value)


def difference_interval(low: Number, high: Number, kind: str) -> str:
    """Both ends of a difference's interval, such as ``−1.20 to +3.40 points``."""
    if low is None or high is None:
        return NONE
    return f"{difference(low, kind).removesuffix(' points')} to {difference(high, kind)}"


def p_value(p: Number, p_log10: Number = None, *, alpha: float = 0.05) -> str:
    """A p-value as people quote it; one beside ``alpha`` is never rounded onto it.

    >>> p_value(0.0312), p_value(0.04961), p_value(0.00003), p_value(5e-324, -783.6)
    ('p = 0.03', 'p = 0.0496', 'p < 0.0001', 'p < 1e-300')
    """
    if p is None:
        return NONE
    if p_log10 is not None and p_log10 < -300:
        return wording.p_value(0.0)
    if p != alpha and round(p, 2) == alpha:
        return f"p = {p:.3g}" if float(f"{p:.3g}") != alpha else f"p = {p:.6g}"
    return "p > 0.99" if 0.995 <= p < 1 else wording.p_value(p)


def p_exact(p: Number, p_log10: Number = None) -> str:
    """A p-value with its size, for tables of details: ``1.52e-23``; below 1e-300 a bound."""
    if p is None:
        return NONE
    if p < 1e-300 or (p_log10 is not None and p_log10 < -300):
        return "< 1e-300"
    return f"{p:.3g}"


def level(alpha: float) -> str:
    """The interval's level, such as ``95%``."""
    return wording.level(alpha)


def day(iso: str | None) -> str:
    """A day as ``14 Sep 2026``, from an ISO date or time stamp; other text stays as it is."""
    parsed = _parse_day(iso)
    if parsed is None:
        return iso or NONE
    return f"{parsed.day} {parsed:%b %Y}"


def days(first: str | None, last: str | None) -> str:
    """A range of days that says month and year once where it can: ``1–14 Sep 2026``."""
    start, end = _parse_day(first), _parse_day(last)
    if start is None or end is None:
        return NONE if not (first or last) else f"{day(first)} to {day(last)}"
    if start == end:
        return day(first)
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day}–{end.day} {end:%b %Y}"
    if start.year == end.year:
        return f"{start.day} {start:%b} – {end.day} {end:%b %Y}"
    return f"{day(first)} – {day(last)}"


def _parse_day(iso: str | None) -> date | None:
    try:
        return datetime.fromisoformat(iso).date() if iso else None
    except ValueError:
        return None


_HEADINGS = {
    "n_control": "Control units", "n_treatment": "Treatment units", "p_fixed": "p-value",
}  # fmt: skip


def heading(name: str) -> str:
    """A field's name as a table's heading: ``lift_low`` is ``Lift low``."""
    said = _HEADINGS.get(name) or name.replace("_", " ")
    return said if said.startswith("p-") else said[:1].upper() + said[1:]


def cell(name: str, value: object) -> str:
    """A value as a table's cell; lifts and shares, known by their field's name, in per cent."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return count(value)
    if isinstance(value, float):
        if name.startswith("p_"):
            return p_exact(value)
        if name.startswith("lift"):
            return lift(value)
        return share(value) if re.search(r"(?i)\b(share|expected)\b", name) else number(value)
    text = str(value)
    return day(text) if name == "day" else READINGS.get(text, text)


def several(things: Sequence[str]) -> str:
    """Things in a row: ``a, b and c``."""
    return wording.joined(list(things))


def counted(n: int, one: str, many: str | None = None) -> str:
    """A number and its noun: ``1 note``, ``2 notes``."""
    return f"{count(n)} {one if n == 1 else many or one + 's'}"


_MARKS = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


def isolated(text: str) -> str:
    """The text without invisible direction marks; letters that run right to left stay shut in."""
    bare = _MARKS.sub("", text)
    return f"\u2068{bare}\u2069" if _RIGHT_TO_LEFT.search(bare) else bare
