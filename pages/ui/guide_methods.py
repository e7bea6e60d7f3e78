"""The methods in use, each with its published source, as the statistics name them."""

import streamlit as st

from analysis import interleaving
from analysis.ab.methods import METHODS
from pages.ui import html


def show() -> None:
    """Every method with the work that it comes from."""
    st.markdown("Each number of a readout is made by one of these methods, and names it.")
    for title, methods in (("A/B", METHODS), ("Interleaving", interleaving.METHODS)):
        st.subheader(title, anchor=False)
        html.table([{"Method": one.label, "Source": one.source} for one in methods])
