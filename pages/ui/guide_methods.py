"""The methods in use, each with its published source, as the statistics name them."""

import streamlit as st

from analysis.methods import METHODS
from analysis.report.heading import LENSES
from pages.ui import html


def show() -> None:
    """Every method with the work that it comes from."""
    st.markdown("Each number of a readout is made by one of these methods, and names it.")
    for lens, methods in METHODS.items():
        st.subheader(LENSES[lens], anchor=False)
        html.table([{"Method": one.label, "Source": one.source} for one in methods])
