"""Planning: before a launch, what a test would show; one tab a lens that can be planned."""

import streamlit as st

from pages.ui import frame, html, plan_panel

store = frame.open_store()
html.stylesheet()

st.title("Planning", anchor=False)
st.caption("What a launch would show is decided before it: by who gets it, for how long.")
(panels,) = st.tabs(["Synthetic control"])
with panels:
    plan_panel.show(store)
