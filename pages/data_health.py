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

left, repaired, events, columns, personal = st.tabs(
    ["Rows left out", "Repairs", "Events by day", "Columns", "Personal data"]
)
with left:
    health.show_left_out(row, log)
with repaired:
    health.show_repairs(log)
with events:
    health.show_events(log)
with columns:
    health.show_columns(log)
with personal:
    health.show_personal(row)

with st.container(horizontal=True):
    frame.page_link("ab", "Read the verdict", study_id=row.id, icon="compare_arrows")
    frame.page_link("new_study", "Change columns or metrics", study_id=row.id, icon="edit")
