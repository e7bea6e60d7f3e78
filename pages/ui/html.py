"""The only module with st.html: it shows what ``markup`` has escaped and built."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import streamlit as st

from analysis.report import markup, words

_STYLE = Path(__file__).with_name("style.css")


def stylesheet() -> None:
    """Send the style sheet; once a run, before any other piece."""
    st.html(f"<style>{markup.stylesheet()}{_STYLE.read_text(encoding='utf-8')}</style>")


def verdict(
    word: str,
    tone: str,
    icon: str,
    headline: str,
    points: Sequence[str],
    why: Sequence[str],
) -> None:
    """Show the verdict: the word, a sentence, what to mend, and the rule one click away."""
    st.html(markup.verdict(word, tone, markup.symbol(icon), headline, points, why))


def notice(kind: str, tone: str, text: str, fix: str) -> None:
    """Show one notice: what kind it is, what happened, what to do."""
    st.html(markup.notice(kind, tone, text, fix))


def metric_rows(
    caption: str,
    rows: Sequence[markup.Row],
    *,
    control: str,
    treatment: str,
    level: str,
    key: str,
    tick: Callable[[float], str] = words.percent_tick,
) -> None:
    """Show a table of metrics with their intervals on one symmetric scale."""
    st.html(
        markup.metric_rows(
            caption, rows, control=control, treatment=treatment, level=level, key=key, tick=tick
        )
    )


def facts(sections: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> None:
    """Show lists of facts, each a title and pairs of a name and a text."""
    st.html(markup.facts(sections))


def table(rows: Sequence[Mapping[str, object]]) -> None:
    """Show rows of numbers as a plain table that can be read aloud, copied and printed."""
    st.html(markup.table(rows))
