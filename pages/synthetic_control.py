"""Synthetic control: what would have happened without the launch, and how sure that is."""

from functools import partial

import streamlit as st

from analysis.report import heading, notices, panel_badges, panel_details, panel_rows, rows
from pages.ui import (
    changed,
    charts,
    frame,
    html,
    open_readout,
    panel_lines,
    panel_tabs,
    share,
    words,
)

row = frame.open_study()
if row is None:
    st.stop()
html.stylesheet()
content = open_readout.content_or_way_on(row, "synthetic_control")

found = content["synthetic_control"]
verdict = found.get("verdict") or content["verdict"]
truth = open_readout.truth_of(row)
readout_id = str(row.readout_id)

with st.container(
    horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"
):
    st.title(words.plain(row.name), anchor=False, width="content")
    with st.container(horizontal=True, width="content", gap="xsmall"):
        share.popover(row)
        open_readout.more(row, readout_id, content)
st.caption(open_readout.caption(row, content, "synthetic_control"))

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
    for badge in panel_badges.badges(content):
        st.button(
            badge.text,
            icon=open_readout.BADGE_ICONS[badge.state],
            type="tertiary",
            key=f"badge-{badge.state}-{badge.name}",
            help=f"Opens {badge.tab}",
            on_click=panel_tabs.open_tab,
            args=(badge.tab,),
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
