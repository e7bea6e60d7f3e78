"""The tabs under an A/B readout; only the open one does any work."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from analysis.figures import Choice
from analysis.report import details, rows
from analysis.store import StudyRow
from pages.ui import charts, frame, html, notices, words

Content = Mapping[str, Any]
TAB = "tab"
OVER_TIME, SEGMENTS, CHECKS, METHOD = "Over time", "Segments", "Data checks", "Method"


def open_tab(name: str) -> None:
    """Open a tab from elsewhere on the page."""
    st.session_state[TAB] = name


def show(row: StudyRow, readout_id: str, content: Content, verdict: Content) -> None:
    """Show the tabs."""
    names = [OVER_TIME, CHECKS, METHOD]
    if content["ab"].get("segments"):
        names.insert(1, SEGMENTS)
    for name, tab in zip(names, st.tabs(names, key=TAB, bind="query-params"), strict=True):
        if not tab.open:
            continue
        with tab:
            if name == OVER_TIME:
                _over_time(readout_id, content)
            elif name == SEGMENTS:
                _segments(readout_id, content)
            elif name == CHECKS:
                _checks(row, content)
            else:
                _method(readout_id, content, verdict)


def choose_metric(content: Content, *, key: str) -> str:
    """Ask for a metric, the first primary one unless said otherwise."""
    names = [metric["name"] for metric in content["ab"]["metrics"]]
    first = next(
        (at for at, metric in enumerate(content["ab"]["metrics"]) if metric["role"] == "primary"),
        0,
    )
    return str(
        st.selectbox("Metric", names, index=first, key=key, format_func=words.isolated, width=320)
    )


def _choose(content: Content, key: str) -> Choice:
    """Ask for a metric and, where there are several, a treatment."""
    treatments = rows.treatments_of(content)
    metric = choose_metric(content, key=f"{key}_metric")
    treatment = treatments[0] if treatments else ""
    if len(treatments) > 1:
        treatment = st.selectbox(
            "Treatment", treatments, key=f"{key}_arm", format_func=words.isolated, width=240
        )
    return Choice(metric, treatment, dark=_dark())


def _dark() -> bool:
    return st.context.theme.type == "dark"


def _over_time(readout_id: str, content: Content) -> None:
    with st.container(horizontal=True):
        choice = _choose(content, "over_time")
    if not charts.show("over_time", readout_id, content, choice):
        st.caption(
            "This log has no times, or this metric no lift on any day, so nothing can be drawn"
            " over time."
        )
    charts.show("units_by_day", readout_id, content, Choice(dark=choice.dark))


def _segments(readout_id: str, content: Content) -> None:
    columns = list(dict.fromkeys(segment["column"] for segment in content["ab"]["segments"]))
    with st.container(horizontal=True):
        choice = _choose(content, "segments")
        column = columns[0]
        if len(columns) > 1:
            column = st.selectbox(
                "Segment column", columns, key="segments_column", format_func=words.isolated,
                width=240,
            )  # fmt: skip
    drawn = Choice(choice.metric, choice.treatment, column, choice.dark)
    if not charts.show("segments", readout_id, content, drawn):
        st.caption("This metric was not compared within the levels of this column.")
    st.caption(
        "Of ten segments without any difference, four in ten studies still show one with p < 0.05:"
        " read a level only where the interaction is clear."
    )


def _checks(row: StudyRow, content: Content) -> None:
    if content["notices"]:
        notices.show(content["notices"])
    else:
        st.markdown("No notice: nothing in this log or split calls for a second look.")
    html.facts([("Split", details.split(content)), ("Rows", details.rows_read(content))])
    frame.page_link("data_health", "Open data health", study_id=row.id, icon="fact_check")


def _method(readout_id: str, content: Content, verdict: Content) -> None:
    html.facts(
        [
            ("Verdict", [("Rule", _rule(verdict))]),
            ("Analysis", details.settings(content)),
            ("Methods by metric", details.methods(content)),
            ("This readout", details.provenance(content, readout_id)),
        ]
    )
    frame.page_link("guide", "Read how each method works", icon="menu_book")


def _rule(verdict: Content) -> str:
    return f"{verdict['rule']}: {verdict['rule_text']}"
