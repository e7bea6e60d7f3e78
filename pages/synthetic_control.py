"""Synthetic control: what would have happened without the launch, and how sure that is."""

from functools import partial

import streamlit as st

from analysis.report import panel_badges, panel_details, panel_rows, rows
from pages.ui import (
    charts,
    frame,
    html,
    open_readout,
    panel_lines,
    panel_tabs,
    readout_head,
    words,
)

row = frame.open_study()
if row is None:
    st.stop()
html.stylesheet()
content = open_readout.content_or_way_on(row, "synthetic_control")

truth = open_readout.truth_of(row)
readout_id = str(row.readout_id)

readout_head.show(
    row, content, "synthetic_control", panel_badges.badges(content), panel_tabs.open_tab
)

scale = panel_tabs.scale(content)
first, *further = panel_rows.rows_of(content, "primary", truth, scale)
tables = [("Primary", [first], scale), ("Further primary metrics", further, "percent")]
for role, caption in rows.ROLES[1:]:
    tables.append((caption, panel_rows.rows_of(content, role, truth), "percent"))
shown = [table for table in tables if table[1]]
panel_tables = st.container(key="panel_rows")
legend = rows.key_text([line for _, lines, _ in shown for line in lines])
for place, (caption, lines, told) in enumerate(shown):
    with panel_tables:
        html.metric_rows(
            caption,
            lines,
            control="Counterfactual",
            treatment="Actual",
            level=words.level(panel_rows.alpha_of(content)),
            key=legend if place == len(shown) - 1 else "",
            tick=partial(panel_rows.tick, content, told),
        )
with st.container(
    horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"
):
    head = st.container(width="content")
    choice = panel_tabs.ask(content)
if charts.show("counterfactual", readout_id, content, choice, head):
    st.caption(panel_lines.marks(content))
for line in (panel_lines.other_changes(content), panel_lines.truth_line(content, truth)):
    if line:
        st.caption(line)

numbers = st.expander("All numbers", key="all_numbers", on_change="rerun")
if numbers.open:
    with numbers:
        html.facts(panel_details.numbers(content, panel_tabs.block(content, choice)))

panel_tabs.show(row, readout_id, content, choice)
