"""Data health: what came in, what was left out of the open study, and why."""

import streamlit as st

from pages.ui import frame, health, html
from pages.ui.words import plain

row = frame.open_study()
assert row is not None
content = frame.readout(row)

html.stylesheet()
st.title("Data health", anchor=False)
st.caption(f"{plain(row.name)} · {health.file_line(row, content)}")

if content is None:
    with st.container(border=True):
        st.markdown("This study has not been run yet, so no row has been accounted for.")
        with st.container(horizontal=True):
            if st.button("Open study", type="primary", icon=":material/edit:"):
                frame.go("new_study", row.id)
    st.stop()

log = content["log"]
health.show_account(log)

left, repaired, days, columns, personal = st.tabs(
    ["Rows left out", "Repairs", "Rows by day", "Columns", "Personal data"], on_change="rerun"
)
if left.open:
    with left:
        health.show_left_out(row, log)
if repaired.open:
    with repaired:
        health.show_repairs(log)
if days.open:
    with days:
        health.show_events(row, content)
if columns.open:
    with columns:
        health.show_columns(log)
if personal.open:
    with personal:
        health.show_personal(row)

with st.container(horizontal=True):
    frame.page_link(frame.readout_page(row), "Read the verdict", study_id=row.id, icon="science")
    frame.page_link("new_study", "Change columns or metrics", study_id=row.id, icon="edit")
