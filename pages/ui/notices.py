"""Notices on screen."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.report.notices import KINDS, of_level
from pages.ui import html


def show(notices: Sequence[Mapping[str, Any]]) -> None:
    """Show all notices, the gravest first, each with its stable code."""
    for level, (kind, tone) in KINDS.items():
        for notice in of_level(notices, level):
            html.notice(f"{kind} · {notice['code']}", tone, notice["text"], notice.get("fix", ""))
