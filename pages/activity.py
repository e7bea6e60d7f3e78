"""Activity: who made, shared, revoked and deleted what; for admins."""

import streamlit as st

from analysis.report import tables
from pages.ui import frame, html, words

SHOWN = 200

html.stylesheet()
st.title("Activity", anchor=False)
st.caption("Rows are added and never changed. Nothing in them comes from a file.")

rows = frame.open_store().trail(limit=10_000)
if not rows:
    st.markdown("Nothing has happened yet.")
    st.stop()
st.download_button(
    "Download activity (CSV)",
    lambda: tables.csv_text(
        [{"at": one.at, "who": one.who, "what": one.what, "object": one.object} for one in rows]
    ),
    file_name="verdict-activity.csv",
    mime="text/csv",
    icon=":material/download:",
    on_click="ignore",
)
html.table(
    [
        {
            "When (UTC)": f"{words.day(one.at)}, {one.at[11:16]}",
            "Who": one.who,
            "What": one.what,
            "Object": one.object[:12],
        }
        for one in rows[:SHOWN]
    ]
)
if len(rows) > SHOWN:
    st.caption(f"The newest {SHOWN} of {words.count(len(rows))}; the download has them all.")
