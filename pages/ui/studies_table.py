"""The list of studies: one line a study, which opens it, and what can be done with it."""

from datetime import UTC, datetime, timedelta
from typing import Literal

import streamlit as st

from analysis.core import VerdictError
from analysis.store import UNDO, Store, StudyRow, refreshed
from pages.ui import frame, visitor, words
from pages.ui.failure import show_error

WIDTHS = (3.4, 1.9, 2.7, 2.1, 1.2, 1.3, 0.7)
FAULTS = ("run_failed", "run_stopped")
HEADINGS = ("Study", "Verdict", "Primary lift", "Guardrails", "Units", "Saved", "")
Colour = Literal["blue", "orange", "gray"]
TONES: dict[str, Colour] = {
    "better": "blue",
    "worse": "orange",
    "neutral": "gray",
    "stop": "orange",
}
DELETED = "deleted_study"


def show(store: Store, rows: list[StudyRow]) -> None:
    """Show these studies and, while one of them is being run, keep looking."""
    running = any(row.status == "running" for row in rows)

    @st.fragment(run_every=1.0 if running else None)
    def table() -> None:
        now = [_latest(store, row) for row in rows] if running else rows
        if running and not any(row.status == "running" for row in now):
            st.rerun()
        with st.container(key="studies_table", gap=None):
            _headings()
            for row in now:
                _line(store, row)

    table()


def offer_undo(store: Store) -> None:
    """After a deletion: say so and offer to take it back."""
    study_id = st.session_state.get(DELETED)
    if study_id is None:
        return
    row = store.study(study_id)
    if row.deleted_at is None:
        st.session_state.pop(DELETED)
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="undo_delete"):
        st.markdown(f"**{words.plain(row.name)}** was deleted.", width="stretch")
        if st.button("Undo delete", icon=":material/undo:", type="tertiary"):
            store.restore(study_id)
            st.session_state.pop(DELETED)
            st.rerun()
        if st.button("Dismiss", icon=":material/close:", type="tertiary"):
            st.session_state.pop(DELETED)
            st.rerun()


def show_deleted(store: Store) -> None:
    """Studies that were deleted in the last days and can still come back."""
    rows = store.studies(deleted=True)
    if not rows or not visitor.may("write"):
        return
    with st.expander(f"Recently deleted ({len(rows)})", icon=":material/delete:"):
        st.caption(f"Kept for {UNDO.days} days, then removed for good with their logs.")
        for row in rows[:50]:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(words.plain(row.name), width="stretch")
                if st.button(
                    "Restore study", icon=":material/undo:", type="tertiary",
                    key=f"restore_{row.id}",
                ):  # fmt: skip
                    store.restore(row.id)
                    st.rerun()


def show_archived(store: Store, rows: list[StudyRow]) -> None:
    """Studies that were taken out of the list: they open, and can be put back."""
    if not rows:
        return
    with st.expander(f"Archived ({len(rows)})", icon=":material/archive:"):
        for row in rows[:100]:
            _line(store, row)


def _latest(store: Store, row: StudyRow) -> StudyRow:
    return refreshed(store, store.study(row.id))


def _headings() -> None:
    with st.container(key="studies_head"):
        for column, heading in zip(st.columns(WIDTHS, gap="small"), HEADINGS, strict=True):
            if heading:
                column.caption(f"**{heading}**")


def _line(store: Store, row: StudyRow) -> None:
    with st.container(key=f"study_{row.id}"):
        name, verdict, primary, guardrails, units, saved, more = st.columns(
            WIDTHS, gap="small", vertical_alignment="center"
        )
        summary = row.summary or {}
        with name:
            _name(row)
        with verdict:
            _verdict(row)
        with primary:
            _primary(summary)
        with guardrails:
            _guardrails(summary)
        with units:
            if summary.get("units"):
                st.markdown(f":small[{_units(summary)}]")
        with saved:
            st.markdown(f":small[:gray[{_when(row.saved)}]]")
        with more:
            _more(store, row)


def _name(row: StudyRow) -> None:
    shown = row.readout_id or row.status in {"running", "failed"}
    page = frame.readout_page(row) if shown else "new_study"
    marks = [frame.LENSES[lens] for lens in frame.lenses(row)] + (["sample"] if row.sample else [])
    marks += ["private"] if row.level == "private" else []
    marks += [f"#{words.plain(tag)}" for tag in row.tags]
    label = f"**{words.plain(row.name)}** :small[:gray[{' · '.join(marks)}]]"
    frame.page_link(page, label, study_id=row.id)


def _verdict(row: StudyRow) -> None:
    if row.status == "running":
        st.badge(f"Running {row.share:.0%}", icon=":material/progress_activity:", color="gray")
    elif row.status == "failed" and row.readout_id is None:
        # A study that its log cannot answer is refused; only a fault of ours is a failure.
        fault = row.error is None or row.error.code in FAULTS
        said, icon = ("Run failed", "error") if fault else ("Refused", "block")
        st.badge(said, icon=f":material/{icon}:", color="orange")
    elif row.readout_id is None:
        word = "Draft" if row.status == "draft" else "Not run yet"
        st.badge(word, icon=":material/edit:", color="gray")
    else:
        verdict = words.VERDICTS.get((row.summary or {}).get("decision", ""))
        if verdict is not None:
            colour = TONES.get(verdict.tone, "gray")
            st.badge(verdict.word, icon=f":material/{verdict.icon}:", color=colour)


def _primary(summary: dict[str, object]) -> None:
    primary = summary.get("primary")
    if not isinstance(primary, dict):
        return
    if summary.get("decision") == "do_not_use":
        st.markdown(":small[:gray[not shown]]")
        return
    st.markdown(f"**{words.lift(primary.get('lift'))}** :small[:gray[{_interval(primary)}]]")


def _interval(primary: dict[str, object]) -> str:
    """The lift's interval; nothing where it has none, as with too few donors."""
    ends = [primary.get(end) for end in ("lift_low", "lift_high")]
    if ends == [None, None]:
        return ""
    said = [words.lift(end) if isinstance(end, int | float) else "no bound" for end in ends]
    return " to ".join(said)


def _units(summary: dict[str, object]) -> str:
    """How many were compared: units, or the donors of a panel."""
    units = summary["units"]
    n = units if isinstance(units, int) else 0
    lenses = summary.get("lenses")
    panel = isinstance(lenses, list) and lenses[:1] == ["synthetic_control"]
    return words.counted(n, "donor") if panel else words.count(n)


def _guardrails(summary: dict[str, object]) -> None:
    counts = summary.get("guardrails")
    if not isinstance(counts, dict) or not counts:
        return
    said = [
        f"{counts[word]} {words.GUARDRAILS[word].lower()}"
        for word in ("breached", "unproven", "safe")
        if counts.get(word)
    ]
    st.markdown(f":small[{', '.join(said)}]")


def _when(saved: str) -> str:
    """A time stamp as people say it: minutes today, then days, then the date."""
    ago = datetime.now(UTC) - datetime.fromisoformat(saved)
    if ago < timedelta(minutes=1):
        return "just now"
    if ago < timedelta(hours=1):
        return f"{int(ago.total_seconds() // 60)} min ago"
    if ago < timedelta(days=1):
        return words.counted(int(ago.total_seconds() // 3600), "hour") + " ago"
    if ago < timedelta(days=7):
        return words.counted(ago.days, "day") + " ago"
    return words.day(saved)


def _more(store: Store, row: StudyRow) -> None:
    archive = "Unarchive study" if row.archived else "Archive study"
    changing = ["Edit study", "Rename study", "Edit tags", archive, "Delete study"]
    chosen = st.menu_button(
        f"More about {words.plain(row.name)}",
        ["Data health", *(changing if visitor.may("write") else [])],
        icon=":material/more_horiz:",
        type="tertiary",
        key=f"more_{row.id}",
    )
    if chosen == "Edit study":
        frame.go("new_study", row.id)
    elif chosen == "Data health":
        frame.go("data_health", row.id)
    elif chosen == "Rename study":
        _rename(row)
    elif chosen == "Edit tags":
        _tags(row)
    elif chosen == archive:
        store.archive(row.id, archived=row.archived is None)
        st.rerun()
    elif chosen == "Delete study":
        store.delete(row.id)
        st.session_state[DELETED] = row.id
        if st.session_state.get(frame.REMEMBERED) == row.id:
            st.session_state.pop(frame.REMEMBERED)
        st.rerun()


@st.dialog("Rename study")
def _rename(row: StudyRow) -> None:
    with st.form("rename", border=False):
        name = st.text_input("Name", value=row.name, max_chars=120)
        if st.form_submit_button("Save name", type="primary"):
            try:
                frame.open_store().rename(row.id, name)
            except VerdictError as error:
                show_error(error)
            else:
                st.rerun()


@st.dialog("Edit tags")
def _tags(row: StudyRow) -> None:
    with st.form("tags", border=False):
        text = st.text_input(
            "Tags", value=", ".join(row.tags), max_chars=500,
            help="Words with commas between them. The search on Studies finds them.",
        )  # fmt: skip
        if st.form_submit_button("Save tags", type="primary"):
            try:
                frame.open_store().tag(row.id, text.split(","))
            except VerdictError as error:
                show_error(error)
            else:
                st.rerun()
