"""Bring in a study that another Verdict wrote, with its log and readouts."""

import streamlit as st

from analysis.core import VerdictError
from analysis.store.transfer import import_study
from pages.ui import frame, uploads, visitor
from pages.ui.failure import show_error

LARGEST_MB = 200


def offer() -> None:
    """A place for the file, at the end of the list."""
    if not visitor.may("write"):
        return
    with st.expander("Import a study", icon=":material/upload:"):
        st.caption(
            "A file from **More, Download study with its log**. Larger than"
            f" {LARGEST_MB} MB: `python -m analysis store import FILE`."
        )
        uploaded = uploads.offered(
            "Study file", key="import_file", largest_mb=LARGEST_MB, kind="zip"
        )
        if uploaded is None:
            return
        try:
            study_id = import_study(frame.open_store(), uploaded)
        except VerdictError as error:
            show_error(error)
            return
        finally:
            uploads.let_go(uploaded)
        row = frame.open_store().study(study_id)
        frame.go(frame.readout_page(row) if row.readout_id else "new_study", study_id)
