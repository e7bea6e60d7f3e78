"""Studies: every saved study with its verdict; the home page."""

import streamlit as st

from analysis import store as saved
from analysis.store import StudyRow
from pages.ui import frame, html, import_study, studies_table, visitor
from pages.ui.words import VERDICTS, plain

PER_PAGE = 15

html.stylesheet()
store = frame.open_store()
every = [saved.refreshed(store, row) for row in store.studies()]
rows = [row for row in every if row.archived is None]
archived = [row for row in every if row.archived is not None]

with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    st.title("Studies", anchor=False, width="content")
    if visitor.may("write") and st.button("New study", type="primary", icon=":material/add:"):
        frame.go("new_study")

studies_table.offer_undo(store)

if not rows:
    with st.container(border=True):
        st.subheader("No study yet", anchor=False)
        st.markdown(
            "A study compares the arms of an experiment, or two rankers that filled one list. Start"
            " with a log: one row an event, a unit, or a shown slot."
        )
        with st.container(horizontal=True):
            if st.button("Choose a log", type="primary", icon=":material/upload_file:"):
                frame.go("new_study")
            if st.button("See the log formats", icon=":material/menu_book:"):
                frame.go("guide")
    studies_table.show_archived(store, archived)
    studies_table.show_deleted(store)
    import_study.offer()
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    query = st.text_input(
        "Search studies", placeholder="Search names and tags", type="search",
        label_visibility="collapsed", key="q", bind="query-params", live=True, width=300,
    )  # fmt: skip
    wanted = st.pills(
        "Verdicts", list(VERDICTS), selection_mode="multi", label_visibility="collapsed",
        format_func=lambda word: VERDICTS[word].word, key="verdict", bind="query-params",
    )  # fmt: skip
    lenses = [lens for lens in frame.LENSES if any(lens in frame.lenses(row) for row in rows)]
    lens = "All lenses"
    if len(lenses) > 1:
        lens = st.segmented_control(
            "Lens", ["All lenses", *lenses], default="All lenses", required=True,
            format_func=lambda name: frame.LENSES.get(name, name),
            label_visibility="collapsed",
        )  # fmt: skip


def passes(row: StudyRow) -> bool:
    """Whether the filters let a study through."""
    decision = (row.summary or {}).get("decision")
    return (
        (not query or query.casefold() in f"{row.name} {' '.join(row.tags)}".casefold())
        and (not wanted or decision in wanted)
        and (lens == "All lenses" or lens in frame.lenses(row))
    )


def clear_filters() -> None:
    """Empty every filter."""
    st.session_state["q"] = ""
    st.session_state["verdict"] = []


shown = [row for row in rows if passes(row)]
if not shown:
    with st.container(border=True):
        about = f" called “{plain(query)}”" if query else ""
        st.markdown(f"**No study{about} passes these filters.** {len(rows)} are saved.")
        st.button("Clear filters", on_click=clear_filters)
    st.stop()

pages = -(-len(shown) // PER_PAGE)
first = 0
table = st.container()
if pages > 1:
    first = (st.pagination(pages, key="page") - 1) * PER_PAGE
with table:
    studies_table.show(store, shown[first : first + PER_PAGE])
studies_table.show_archived(store, archived)
studies_table.show_deleted(store)
import_study.offer()
