"""Guide: how to read a readout, the log formats, the methods, and what we do not claim."""

import streamlit as st

from pages.ui import guide_methods, guide_texts, html

html.stylesheet()
st.title("Guide", anchor=False)

read, logs, methods, limits = st.tabs(
    ["Read a readout", "Log formats", "Methods and sources", "Claims and limits"]
)
with read:
    guide_texts.show_reading()
with logs:
    guide_texts.show_logs()
with methods:
    guide_methods.show()
with limits:
    guide_texts.show_limits()
