"""Text in charts: a user's words shown as typed, and the numbers of titles and labels."""

import re

from analysis.report.findings.text import MINUS, day_and_month, lift, lift_range, p_value

__all__ = ["MINUS", "day_and_month", "lift", "lift_range", "p_value", "shown"]

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
