"""A chart with all that stands beside it: its finding, alt text, numbers and their CSV."""

from collections.abc import Mapping
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analysis.figures import Chart, Choice, figure
from analysis.report import tables
from pages.ui import downloads, html, memory, words

_CONFIG = {"displayModeBar": False, "responsive": True}
_MOST_ROWS = 60


def show(
    key: str,
    readout_id: str,
    content: Mapping[str, Any],
    choice: Choice,
    head: DeltaGenerator | None = None,
) -> bool:
    """Show a registered figure of the readout, its title in `head` if there is a place for it.

    Returns:
        False if the readout has no numbers for it; then nothing is shown.
    """
    chart = _drawn(key, readout_id, choice, content)
    if chart is None:
        return False
    (head or st).markdown(f"**{words.plain(chart.title)}**")
    st.plotly_chart(
        chart.figure, theme=None, config=_CONFIG, alt=chart.alt, key=f"{key}_{hash(choice)}"
    )
    _numbers(key, readout_id, content, chart)
    return True


def known(key: str) -> bool:
    """Whether a figure with this key is registered."""
    try:
        figure(key)
    except StopIteration:
        return False
    return True


@memory.kept(128)
def _drawn(key: str, readout_id: str, choice: Choice, _content: Mapping[str, Any]) -> Chart | None:
    """A figure is built once: the readout's id stands for its content, which never changes."""
    del readout_id  # it is the cache's key
    return figure(key).draw(_content, choice)


def _numbers(key: str, readout_id: str, content: Mapping[str, Any], chart: Chart) -> None:
    numbers = st.expander("Numbers of this chart", key=f"numbers_{key}", on_change="rerun")
    if not numbers.open:
        return
    with numbers:
        html.table(chart.table[:_MOST_ROWS])
        if len(chart.table) > _MOST_ROWS:
            st.caption(f"The first {_MOST_ROWS} of {words.count(len(chart.table))} rows.")
        st.download_button(
            "Download numbers (CSV)",
            tables.csv_text(chart.table),
            file_name=downloads.file_name(readout_id, content, key, "csv"),
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key=f"csv_{key}",
        )
