"""Text in charts: a user's words shown as typed, and the numbers of titles and labels."""

import re

MINUS = "−"
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
_UNSEEN = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
# Plotly reads tags and entities as markup, $...$ as LaTeX and %{...} as a template.
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;", "%": "&#37;"})


def shown(text: str, *, longest: int = 40) -> str:
    """A user's text for any plotly text: no tag, entity, LaTeX, template or line break in it.

    >>> shown("<b>50%{y}</b> $x$")
    '&lt;b&gt;50&#37;{y}&lt;/b&gt; &#36;x&#36;'
    """
    line = _UNSEEN.sub(" ", text)
    if len(line) > longest:
        line = line[: longest - 1] + "…"
    return line.translate(_MARKUP)


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
