"""New study: log, columns, metrics, check and run on one page; saved from the first step on."""

import streamlit as st

from pages.ui import (
    frame,
    html,
    study_check,
    study_columns,
    study_launch,
    study_lists,
    study_log,
    study_metrics,
    study_panel,
    study_rollout,
)
from pages.ui.failure import show_error
from pages.ui.words import plain

store = frame.open_store()
html.stylesheet()

if "study" not in st.query_params:
    st.title("New study", anchor=False)
    study_log.choose(store)
    st.stop()

row = frame.open_study()
assert row is not None

if row.status == "running":
    st.title(plain(row.name), anchor=False)
    frame.show_progress(row, then=frame.readout_page(row))
    st.stop()

if row.facts is None:
    study_log.understand(store, row)

st.title(plain(row.name), anchor=False)
top = st.container(horizontal=True, vertical_alignment="bottom")
name = top.text_input("Study name", row.name, max_chars=120, key=f"{row.id}_name", width="stretch")
if row.error is not None:
    show_error(row.error)

definition = {**row.definition, "name": name.strip() or row.name}
if study_lists.is_of_lists(row):
    lists = study_lists.look(store, row)
    error = lists.error
    study_log.show(row, study_lists.found(lists))
    study_columns.head(store, row, "interleaving")
    definition = study_lists.columns(row, definition)
    definition = study_lists.rankers(row, definition, lists)
    st.header("4. Check and run", anchor=False)
    study_lists.show(lists)
elif study_panel.is_of_panel(row):
    panel = study_panel.look(store, row)
    error = panel.error
    study_log.show(row, study_panel.found(panel))
    study_columns.head(store, row, "synthetic_control")
    definition = study_panel.columns(row, definition, panel)
    sources = study_panel.sources(row, panel)
    definition = study_metrics.show(row, definition, sources, panel.values, study_panel.METRICS)
    definition = study_launch.show(row, definition, panel)
    st.header("5. Check and run", anchor=False)
    study_panel.show(row, panel)
    study_rollout.show(store, row, panel)
else:
    looked = study_check.look(store, row)
    error = looked.error
    study_log.show(row, study_check.found(looked))
    study_columns.head(store, row, "ab")
    definition = study_columns.show(row, definition)
    sources = study_check.sources(row, looked)
    definition = study_metrics.show(row, definition, sources, looked.values)
    st.header("4. Check and run", anchor=False)
    definition = study_check.show_plan(row, definition, looked)
    study_check.show(looked)
with st.container(horizontal=True):
    study_check.run_button(store, row, error, "run_below")
    if row.readout_id:
        frame.page_link(
            frame.readout_page(row), "Open the saved readout", study_id=row.id, icon="science"
        )
with top:
    study_check.run_button(store, row, error, "run_above")

if definition != row.definition:
    # Saved at once: a closed tab loses nothing, and the page is drawn from what is saved.
    store.edit(row.id, definition, ready=True)
    st.rerun()
