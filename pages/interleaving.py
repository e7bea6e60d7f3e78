"""Interleaving: which ranker people choose, why the raw count misleads, and the evidence."""

import streamlit as st

from analysis.report import heading, list_badges, list_details, list_rows, notices, rows
from pages.ui import (
    changed,
    charts,
    frame,
    html,
    list_lines,
    list_tabs,
    open_readout,
    share,
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

with st.container(
    horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"
):
    st.title(words.plain(row.name), anchor=False, width="content")
    with st.container(horizontal=True, width="content", gap="xsmall"):
        share.popover(row)
        open_readout.more(row, readout_id, content)
st.caption(open_readout.caption(row, content, "interleaving"))

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
    for badge in list_badges.badges(content, words.plain):
        st.button(
            badge.text,
            icon=open_readout.BADGE_ICONS[badge.state],
            type="tertiary",
            key=f"badge-{badge.state}-{badge.name}",
            help=f"Opens {badge.tab}",
            on_click=list_tabs.open_tab,
            args=(badge.tab,),
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
