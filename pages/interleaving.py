"""Interleaving: which ranker people choose, why the raw count misleads, and the evidence."""

import streamlit as st

from pages.ui import (
    badges,
    changed,
    charts,
    frame,
    html,
    list_badges,
    list_details,
    list_rows,
    list_tabs,
    notices,
    open_readout,
    rows,
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
counts = [words.counted(int(found["lists"]), "list")] if found.get("lists") else []
if found.get("users"):
    counts.append(words.counted(int(found["users"]), "user"))
dates = words.days(found.get("first_day"), found.get("last_day"))
st.caption(open_readout.line(row, dates, counts, names))

word = words.VERDICTS[verdict["decision"]]
named = f" {verdict['winner']}" if verdict["decision"] == "ship" and verdict.get("winner") else ""
html.verdict(
    word.word + named,
    word.tone,
    word.icon,
    verdict["headline"],
    notices.unsaid(notices.of_level(content["notices"], "stop"), verdict["headline"]),
    open_readout.why(verdict),
)

changed.show(row, content)

with st.container(horizontal=True, gap="xsmall", key="health_badges"):
    for badge in list_badges.badges(content):
        st.button(
            badge.text,
            icon=badges.ICONS[badge.state],
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
if list_rows.truth_line(truth):
    st.caption(list_rows.truth_line(truth))

charts.show("preference", readout_id, content, list_tabs.choice())
struck = list_rows.struck(content)
if struck:
    st.markdown(struck)
charts.show("waterfall", readout_id, content, list_tabs.choice())

numbers = st.expander("All numbers", key="all_numbers", on_change="rerun")
if numbers.open:
    with numbers:
        html.facts(list_details.numbers(content))

list_tabs.show(row, readout_id, content, verdict)
