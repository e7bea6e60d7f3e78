"""Share: make a link that anybody may open, copy it, and turn links off."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import streamlit as st

from analysis import store as saved
from analysis.core import VerdictError
from analysis.store import LinkRow, StudyRow
from pages.ui import frame, visitor, words
from pages.ui.failure import show_error

DAYS = {7: "7 days", 30: "30 days", 90: "90 days", 365: "1 year"}


def popover(row: StudyRow) -> None:
    """Offer to share the open readout: by a link for anybody, or the address for colleagues."""
    with st.popover(
        "Share", icon=":material/share:", type="primary", key="share", on_change="rerun"
    ) as opened:
        if not opened.open:
            return
        if visitor.may("share"):
            _new(row)
            mine = [one for one in saved.links_of(frame.open_store(), row.id) if saved.works(one)]
            if mine:
                st.divider()
                st.markdown(f"**{words.counted(len(mine), 'link')} to this study**")
                show_links(mine, named=False)
            st.divider()
        _address(row)


def _new(row: StudyRow) -> None:
    st.markdown(
        "**Anyone with the link** sees this readout as it is now: no login, no log, nothing else."
    )
    usual = saved.read_settings(frame.open_store().home).link_days
    days = sorted({*DAYS, usual})
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Link ends after", days, index=days.index(usual), key="link_days",
            format_func=lambda one: DAYS.get(one, words.counted(one, "day")),
        )  # fmt: skip
        asked = st.button("Create link", icon=":material/add_link:", key="create_link")
    if asked:
        try:
            token, link = saved.share(frame.open_store(), row.id, days=int(chosen))
        except VerdictError as error:
            show_error(error)
            return
        st.code(f"{_here()}/r/{token}", language=None)
        st.caption(
            f"Copy it now: it is shown once and kept nowhere. It ends on {words.day(link.expires)}."
        )


def show_links(rows: Sequence[LinkRow], *, named: bool = True) -> None:
    """Links, one a line: when made, by whom, when they end, when they were last opened."""
    for row in rows:
        with st.container(horizontal=True, vertical_alignment="center", key=f"link_{row.id}"):
            st.markdown(_line(row, named=named), width="stretch")
            if saved.works(row):
                st.button(
                    "Turn link off", icon=":material/link_off:", type="tertiary",
                    key=f"off_{row.id}", on_click=_off, args=(row.id,),
                )  # fmt: skip


def _line(row: LinkRow, *, named: bool) -> str:
    name = f"**{words.plain(row.name)}**  \n" if named else ""
    by = f" by {words.plain(row.made_by)}" if row.made_by not in {"local", "system"} else ""
    if row.turned_off is not None:
        state = f"turned off {words.day(row.turned_off)}"
    elif saved.works(row):
        state = f"ends {words.day(row.expires)}"
    else:
        state = f"ended {words.day(row.expires)}"
    seen = f"last opened {words.day(row.opened_day)}" if row.opened_day else "not opened yet"
    return f"{name}:small[:gray[made {words.day(row.created)}{by} · {state} · {seen}]]"


def _off(link_id: str) -> None:
    saved.turn_off(frame.open_store(), link_id)


def _address(row: StudyRow) -> None:
    local = visitor.access().mode == "local"
    who = "who can reach this Verdict" if local else "who may sign in and see this study"
    st.markdown(f"**For those {who}:** the page itself, with everything on it.")
    here = urlsplit(st.context.url or "")
    st.code(f"{here.scheme}://{here.netloc}{here.path}?study={row.id}", language=None)
    if not local and visitor.may("write") and row.owner == visitor.person().name:
        _level(row)


def _level(row: StudyRow) -> None:
    """Let its maker show the study to colleagues."""
    company = st.toggle(
        "Everybody who may sign in sees this study", row.level == "company", key="level"
    )
    if company != (row.level == "company"):
        frame.open_store().show_to(row.id, "company" if company else "private")
        st.rerun()


def _here() -> str:
    here = urlsplit(st.context.url or "http://127.0.0.1:8501")
    return f"{here.scheme}://{here.netloc}"
