"""How things are said on screen: as in reports, and a user's own text for Markdown."""

import re

from analysis.report import words as _shared
from analysis.report.words import *  # noqa: F403 - one vocabulary for screens and reports
from analysis.report.words import isolated

__all__ = ["plain"]
__all__ += _shared.__all__

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_BREAKS = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_JOINER = "\u2060"


def plain(text: str) -> str:
    """A user's text for a Markdown sink: every mark of Markdown, HTML and LaTeX shown as typed.

    Links and emoji codes are found by Streamlit in the finished text, where a backslash no
    longer helps: an invisible word joiner breaks them. Text of other direction is isolated, so
    that it cannot turn its neighbours round.
    """
    line = _BREAKS.sub(" ", text)
    line = re.sub(r"(?i)\b(www)\.", rf"\1{_JOINER}.", line)
    escaped = _PUNCTUATION.sub(r"\\\1", line)
    escaped = re.sub(r"\\([:@])(?=\S)", rf"\\\1{_JOINER}", escaped)
    return isolated(escaped)
