"""The frame that pages share: the store, the open study, and the way between pages."""

import json
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import streamlit as st

from analysis import store as saved
from analysis.core import StoreError
from analysis.report import heading
from analysis.store import OWNER, Store, StudyRow, default_home
from pages.ui import memory, visitor
from pages.ui.failure import show_error

ASSETS = Path(__file__).resolve().parent / "assets"
PAGES = Path(__file__).resolve().parents[1]
REMEMBERED = "open_study"
# Lens -> its name; each that can be read has a page of the same key.
LENSES = heading.LENSES
# The pages, by their addresses, that start from the open study.
OF_A_STUDY = (*LENSES, "data_health", "planning")


def open_store() -> Store:
    """The store as this visitor may use it.

    Its samples are brought in and run when the process first opens it.
    """
    return opened_store().acting(visitor.person())


def opened_store() -> Store:
    """The store for the program itself, such as its plain routes."""
    return _opened(str(default_home()))


@st.cache_resource(show_spinner=False)
def _opened(home: str) -> Store:
    store = Store.open(Path(home))
    saved.purge(store, log_days=saved.read_settings(store.home).log_days)
    saved.seed(store)
    saved.run_in_background(store, saved.unfinished(store))
    return store


def carry_study() -> None:
    """Name the remembered study in the address of a page that the menu opens.

    Called before `st.navigation`, which is what writes the page into the browser's history: the
    study is then a part of that one entry, and Back leaves the page.
    """
    page = urlsplit(st.context.url or "").path.rpartition("/")[2]
    remembered = st.session_state.get(REMEMBERED)
    if page in OF_A_STUDY and remembered and "study" not in st.query_params:
        st.query_params["study"] = remembered


def open_study(*, offer: bool = True) -> StudyRow | None:
    """The study that the address names, else the one this visitor opened last.

    Args:
        offer: Show the studies to choose from, and end the page, when there is none.
    """
    asked = st.query_params.get("study") or st.session_state.get(REMEMBERED)
    if asked is None:
        if offer:
            _offer_studies()
        return None
    try:
        row = saved.refreshed(open_store(), open_store().study(asked))
    except StoreError as error:
        st.session_state.pop(REMEMBERED, None)
        show_error(error)
        page_link("studies", "All studies", icon="lists")
        st.stop()
    st.session_state[REMEMBERED] = row.id
    if st.query_params.get("study") != row.id:
        st.query_params["study"] = row.id
    if row.deleted_at is not None:
        st.warning("This study was deleted.", icon=":material/delete:")
        if st.button("Restore study", type="primary"):
            open_store().restore(row.id)
            st.rerun()
        st.stop()
    return row


def readout(row: StudyRow) -> dict[str, Any] | None:
    """The content of the study's newest readout; None while it has none."""
    if row.readout_id is None:
        return None
    return _content(str(open_store().home), row.id, row.readout_id)


@memory.kept(64)
def _content(home: str, study_id: str, readout_id: str) -> dict[str, Any]:
    """A readout never changes, so its id is all that need be compared. Read it, don't edit it."""
    text = Store(Path(home), OWNER).readout(study_id, readout_id)
    if text is None:
        raise StoreError(
            "unknown_readout", "This readout is not in the store.", fix="Run the study again."
        )
    content: dict[str, Any] = json.loads(text)
    return content


def lenses(row: StudyRow) -> list[str]:
    """The lenses of a study: of its readout, else of its definition."""
    found = (row.summary or {}).get("lenses") or [lens for lens in LENSES if lens in row.definition]
    return found or ["ab"]


def readout_page(row: StudyRow) -> str:
    """The page on which a study's readout opens: that of its first lens."""
    return lenses(row)[0]


def show_progress(row: StudyRow, *, then: str | None = None) -> None:
    """Show how far a run is; then the page again, or the page `then` if it went well."""

    @st.fragment(run_every=0.5)
    def progress() -> None:
        store = open_store()
        now = saved.refreshed(store, store.study(row.id))
        if now.status == "done" and then is not None:
            go(then, row.id)
        if now.status != "running":
            st.rerun()
        st.progress(now.share, text=f"{now.doing or 'Working'}: {now.share:.0%}")
        st.caption(
            "You may leave this page: the readout is saved and will be found on Studies.",
        )
        if st.button("Stop run", icon=":material/stop_circle:"):
            saved.stop(store, row.id)

    progress()


def go(page: str, study_id: str | None = None) -> NoReturn:
    """Go to a page, with a study open."""
    params = {"study": study_id} if study_id else None
    if study_id:
        st.session_state[REMEMBERED] = study_id
    st.switch_page(PAGES / f"{page}.py", query_params=params)


def page_link(
    page: str, label: str, *, study_id: str | None = None, icon: str | None = None
) -> None:
    """A link to a page, with a study open."""
    st.page_link(
        PAGES / f"{page}.py",
        label=label,
        icon=f":material/{icon}:" if icon else None,
        query_params={"study": study_id} if study_id else None,
    )


def _offer_studies() -> NoReturn:
    """No study is open: offer the newest ones."""
    from pages.ui.words import plain

    st.title("No study is open")
    rows = open_store().studies()[:5]
    st.markdown("Open a saved study, or make a new one from a log.")
    for row in rows:
        if row.readout_id:
            page_link(readout_page(row), plain(row.name), study_id=row.id, icon="science")
    with st.container(horizontal=True):
        if st.button("New study", type="primary", icon=":material/add:"):
            go("new_study")
        if st.button("All studies", icon=":material/lists:"):
            go("studies")
    st.stop()
