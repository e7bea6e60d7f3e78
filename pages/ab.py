"""A/B: the open study's verdict, its health, its metrics, and the evidence under them."""

import streamlit as st

from analysis.report import badges, details, rows
from pages.ui import ab_tabs, frame, html, open_readout, readout_head

row = frame.open_study()
if row is None:
    st.stop()
html.stylesheet()
content = open_readout.content_or_way_on(row)

ab = content["ab"]
verdict = ab.get("verdict") or content["verdict"]
truth = open_readout.truth_of(row)
readout_id = str(row.readout_id)

names = [arm["name"] for arm in ab["arms"]]
readout_head.show(row, content, "ab", badges.badges(content), ab_tabs.open_tab)

tables = {role: rows.rows_of(content, role, truth) for role, _ in rows.ROLES}
shown = [(role, caption, tables[role]) for role, caption in rows.ROLES if tables[role]]
legend = rows.key_text([line for _, _, lines in shown for line in lines])
for place, (role, caption, lines) in enumerate(shown):
    html.metric_rows(
        caption,
        lines,
        control=names[0] if names else "Control",
        treatment=names[1] if len(names) == 2 else "Treatment",
        level=rows.level_of(content, role),
        key=legend if place == len(shown) - 1 else "",
    )

numbers = st.expander("All numbers of a metric", key="all_numbers", on_change="rerun")
if numbers.open:
    with numbers:
        metric = ab_tabs.choose_metric(content, key="numbers_metric")
        html.facts(details.of_metric(content, metric))

ab_tabs.show(row, readout_id, content, verdict)
