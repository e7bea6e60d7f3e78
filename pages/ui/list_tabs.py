"""The tabs under an interleaving readout; only the open one does any work."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from analysis.figures import Choice
from analysis.report import details, list_details
from analysis.store import StudyRow
from pages.ui import charts, frame, html, notices, words

Content = Mapping[str, Any]
TAB = "view"
POSITION, BALANCE, OVER_TIME, SEGMENTS = "Position", "Balance", "Over time", "Segments"
RANKERS, CHECKS, METHOD = "Rankers", "Data checks", "Method"


def open_tab(name: str) -> None:
    """Open a tab from elsewhere on the page."""
    st.session_state[TAB] = name


def choice(column: str = "") -> Choice:
    """What to draw, on the page as it is."""
    return Choice(column=column, dark=st.context.theme.type == "dark")


def show(row: StudyRow, readout_id: str, content: Content, verdict: Content) -> None:
    """Show the tabs."""
    found = content["interleaving"]
    names = [POSITION, BALANCE, OVER_TIME, CHECKS, METHOD]
    if found.get("segments"):
        names.insert(3, SEGMENTS)
    if len(found.get("rankers") or []) > 2:
        names.insert(0, RANKERS)
    for name, tab in zip(names, st.tabs(names, key=TAB, bind="query-params"), strict=True):
        if not tab.open:
            continue
        with tab:
            if name == POSITION:
                _position(readout_id, content)
            elif name == BALANCE:
                _balance(readout_id, content)
            elif name == OVER_TIME:
                _over_time(readout_id, content)
            elif name == SEGMENTS:
                _segments(readout_id, content)
            elif name == RANKERS:
                _rankers(readout_id, content)
            elif name == CHECKS:
                _checks(row, content)
            else:
                _method(readout_id, content, verdict)


def _position(readout_id: str, content: Content) -> None:
    if not charts.show("clicks_by_position", readout_id, content, choice()):
        st.caption("This log has no positions, so clicks cannot be shown by position.")
        return
    st.caption(
        "Higher places are clicked more, whoever fills them: compare the rankers within a"
        " position, not across. Slots are taken as independent here, so the intervals are a guide."
    )
    if not charts.show("theta_curve", readout_id, content, choice()):
        st.caption(
            "How often each position is looked at is not known from this log. Show a few lists in"
            " random order, or let rankers place items at different positions, and it can be."
        )


def _balance(readout_id: str, content: Content) -> None:
    drawn = charts.show("who_starts", readout_id, content, choice())
    drawn = charts.show("position_share", readout_id, content, choice()) or drawn
    if drawn:
        st.caption("The grey band is where 95 of 100 fair draws end.")
    html.facts([("The draw", list_details.balance(content))])


def _over_time(readout_id: str, content: Content) -> None:
    if not charts.show("list_path", readout_id, content, choice()):
        many = len(content["interleaving"].get("rankers") or []) > 2
        why = (
            "Differences over time are drawn for two rankers"
            if many
            else ("This log has no times or no users, so nothing can be drawn over time")
        )
        st.caption(f"{why}.")
        return
    st.caption(
        "Only the wide band may be read before the planned end: it holds at every look. All slots"
        " count here, not only those where the rankers differ."
    )


def _segments(readout_id: str, content: Content) -> None:
    columns = [str(one["column"]) for one in content["interleaving"]["segments"]]
    column = columns[0]
    if len(columns) > 1:
        column = st.selectbox(
            "Segment column", columns, key="list_segments_column", format_func=words.isolated,
            width=240,
        )  # fmt: skip
    if not charts.show("list_segments", readout_id, content, choice(column)):
        st.caption("The levels of this column were not compared.")
    st.caption("Segments never change the verdict: they are explored, not decided on.")


def _rankers(readout_id: str, content: Content) -> None:
    if not charts.show("pair_matrix", readout_id, content, choice()):
        st.caption("These rankers were not compared in pairs.")
    st.caption(
        "Each cell: how the ranker of the row does against that of the column, and its share of"
        " the users who chose between the two. p-values are corrected for all pairs (Holm)."
    )


def _checks(row: StudyRow, content: Content) -> None:
    if content["notices"]:
        notices.show(content["notices"])
    else:
        st.markdown("No notice: nothing in this log or draw calls for a second look.")
    html.facts([("Lists", list_details.cleaning(content)), ("Rows", details.rows_read(content))])
    frame.page_link("data_health", "Open data health", study_id=row.id, icon="fact_check")


def _method(readout_id: str, content: Content, verdict: Content) -> None:
    html.facts(
        [
            ("Verdict", [("Rule", rule(verdict))]),
            ("Analysis", list_details.settings(content)),
            ("This readout", details.provenance(content, readout_id)),
        ]
    )
    frame.page_link("guide", "Read how each method works", icon="menu_book")


def rule(verdict: Content) -> str:
    """The rule that decided, with its words where the readout gives them."""
    said = verdict.get("rule_text")
    return f"{verdict['rule']}: {said}" if said else str(verdict["rule"])
