"""The head of every readout page: name, verdict, what changed since the last run, and badges."""

from collections.abc import Callable, Iterable
from typing import Any

import streamlit as st

from analysis.report import heading, notices
from analysis.report.badges import Badge
from analysis.store import StudyRow
from pages.ui import changed, html, open_readout, share, words


def show(
    row: StudyRow,
    content: dict[str, Any],
    lens: str,
    badges: Iterable[Badge],
    open_tab: Callable[[str], None],
) -> None:
    """Show the head.

    Args:
        row: The open study.
        content: Its readout.
        lens: Section of the readout that the page is about.
        badges: Its health.
        open_tab: Goes to the tab that a badge names.
    """
    verdict = content[lens].get("verdict") or content["verdict"]
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"
    ):
        st.title(words.plain(row.name), anchor=False, width="content")
        with st.container(horizontal=True, width="content", gap="xsmall"):
            share.popover(row)
            open_readout.more(row, str(row.readout_id), content)
    st.caption(open_readout.caption(row, content, lens))
    word = words.VERDICTS[verdict["decision"]]
    html.verdict(
        heading.word(content, verdict),
        word.tone,
        word.icon,
        verdict["headline"],
        notices.unsaid(notices.of_level(content["notices"], "stop"), verdict["headline"]),
        heading.why(verdict),
    )
    changed.show(row, content)
    with st.container(horizontal=True, gap="xsmall", key="health_badges"):
        for badge in badges:
            st.button(
                badge.text,
                icon=open_readout.BADGE_ICONS[badge.state],
                type="tertiary",
                key=f"badge-{badge.state}-{badge.name}",
                help=f"Opens {badge.tab}",
                on_click=open_tab,
                args=(badge.tab,),
            )
