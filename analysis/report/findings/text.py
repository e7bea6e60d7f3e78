"""The numbers of titles and labels."""

import re

MINUS = "−"
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"


def lift(value: float) -> str:
    """A lift as text, such as ``+6.7%``."""
    if round(value * 100, 1) == 0:
        return "0.0%"
    return f"{MINUS if value < 0 else '+'}{abs(value) * 100:,.1f}%"


def lift_range(low: float | None, high: float | None) -> str:
    """An interval of lifts as text."""
    return "no interval" if low is None or high is None else f"{lift(low)} to {lift(high)}"


def p_value(p: float) -> str:
    """A p-value as text, never 0."""
    if p < 1e-300:
        return "p < 1e-300"
    return "p < 0.0001" if p < 1e-4 else f"p = {p:.2g}"


def day_and_month(iso: str) -> str:
    """``2026-09-14`` as ``14 Sep``; other text stays as it is."""
    found = re.match(r"\d{4}-(\d\d)-(\d\d)", iso)
    return f"{int(found[2])} {_MONTHS[3 * int(found[1]) - 3 :][:3]}" if found else iso
