"""Interleaving: which ranker people choose, why the raw count misleads, and the evidence."""

import streamlit as st

from analysis.report import list_badges, list_details, list_rows, rows
from pages.ui import (
    charts,
    frame,
    html,
    list_lines,
    list_tabs,
    open_readout,
    readout_head,
    words,
)

row = frame.open_study()
if row is None:
    st.stop()
html.stylesheet()
content = open_readout.content_or_way_on(row, "interleaving")

found = content["interleaving"]
verdict = found.get("verdict") or content["verdict"]
truth = open_readout.truth_of(row)
readout_id = str(row.readout_id)
names = [str(name) for name in found.get("rankers") or []]

readout_head.show(
    row, content, "interleaving", list_badges.badges(content, words.plain), list_tabs.open_tab
)

lines = list_rows.rows_of(content, truth)
if lines:
    html.metric_rows(
        "Clicks a slot",
        lines,
        control=names[0] if len(names) == 2 else "Control",
        treatment=names[1] if len(names) == 2 else "Candidate",
        level=words.level(list_rows.alpha_of(content)),
        key=rows.key_text(lines),
    )
if list_lines.truth_line(truth):
    st.caption(list_lines.truth_line(truth))

charts.show("preference", readout_id, content, list_tabs.choice())
struck = list_lines.struck(content)
if struck:
    st.markdown(struck)
charts.show("waterfall", readout_id, content, list_tabs.choice())

numbers = st.expander("All numbers", key="all_numbers", on_change="rerun")
if numbers.open:
    with numbers:
        html.facts(list_details.numbers(content))

list_tabs.show(row, readout_id, content, verdict)
