"""Step 1 of a new study: the log - uploaded, named by path, or taken from a sample."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from analysis.core import VerdictError
from analysis.report.reasons import reason
from analysis.store import Store, StudyRow, forget
from pages.ui import frame, html, intake, notices, uploads, words
from pages.ui.failure import show_error
from pages.ui.words import plain

UPLOAD_MB = 200
UPLOAD, PATH, SAMPLE = "Upload a file", "Path on this machine", "Sample log"


def choose(store: Store) -> None:
    """Show the ways to bring a log in; ends on the new draft study once it is read."""
    st.header("1. Log", anchor=False)
    way = st.segmented_control(
        "Where is the log?", [UPLOAD, PATH, SAMPLE], default=UPLOAD, required=True
    )
    if way == UPLOAD:
        _upload(store)
    elif way == PATH:
        _path(store)
    else:
        _sample(store)


def _upload(store: Store) -> None:
    uploaded = uploads.offered("Log file", key="log_file", largest_mb=UPLOAD_MB)
    st.markdown(
        ":small[CSV, TSV, CSV with semicolons, JSON lines or Parquet, also `.gz` or `.zst`."
        f" At most {UPLOAD_MB} MB here, 1,000 columns, 1 GiB unpacked. Larger logs: give a path, or"
        f" send them with `curl -T events.parquet {_here()}/api/uploads/`.]"
    )
    frame.page_link("guide", "See the log formats", icon="menu_book")
    if uploaded is not None:
        with reading(f"Reading {uploaded.name}") as progress:
            record = uploads.take(uploaded)
            study_id = intake.new_study(store, [record.name], progress, record=record)
        frame.go("new_study", study_id)


def _here() -> str:
    """This server's address, as the visitor's browser has it."""
    here = urlsplit(st.context.url or "http://127.0.0.1:8501")
    return f"{here.scheme}://{here.netloc}"


def _path(store: Store) -> None:
    with st.form("path", border=False):
        path = st.text_input(
            "Path", placeholder="/srv/logs/checkout/*.parquet",
            help="A file or a pattern on the machine that runs Verdict. The log stays where it is.",
        )  # fmt: skip
        asked = st.form_submit_button("Read log", type="primary")
    if asked and path.strip():
        with reading("Reading the log") as progress:
            where = str(Path(path.strip()).expanduser().absolute())
            study_id = intake.new_study(store, [where], progress)
        frame.go("new_study", study_id)


def _sample(store: Store) -> None:
    samples = [row for row in store.studies() if row.sample and row.log_sha256]
    if not samples:
        st.markdown("This store has no samples any more: they were deleted.")
        return
    chosen = st.selectbox("Sample", samples, format_func=lambda row: row.name)
    if st.button("Use sample log", type="primary") and chosen.log_sha256:
        record = store.log(chosen.log_sha256)
        with reading("Reading the log") as progress:
            study_id = intake.new_study(store, [record.name], progress, record=record)
        frame.go("new_study", study_id)


@contextmanager
def reading(doing: str) -> Iterator[intake.Progress]:
    """Shows the progress of reading; an error stands where the progress was, and ends the page."""
    place = st.empty()

    def progress(doing: str, share: float) -> None:
        place.progress(min(max(share, 0.0), 1.0), text=f"{plain(doing)}…")

    progress(doing, 0.0)
    try:
        yield progress
    except VerdictError as error:
        with place.container():
            show_error(error)
            st.caption("Nothing was saved.")
        st.stop()
    place.empty()


def understand(store: Store, row: StudyRow) -> None:
    """Look at a log that came without this page, by PUT or from the command line."""
    st.title(plain(row.name), anchor=False)
    offer = st.container()
    with reading("Reading the log") as progress:
        with offer:
            remove = st.empty()
            if remove.button("Remove this study", icon=":material/delete:", type="tertiary"):
                forget(store, row.id)
                st.session_state.pop(frame.REMEMBERED, None)
                frame.go("new_study")
        intake.understand(store, row, progress)
    st.rerun()


def show(row: StudyRow, found: Sequence[str]) -> None:
    """What the log is: file, format, rows, what was found in it, problems, personal data.

    Args:
        row: The study.
        found: What its lens finds in the log, such as units, arms and dates; Markdown.
    """
    facts: dict[str, Any] = row.facts or {}
    path = row.definition["log"]["path"]
    name = path if isinstance(path, str) else ", ".join(path)
    rejected = sum(facts.get("rejected", {}).values())
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header("1. Log", anchor=False, width="stretch")
        if st.button("Use another log", icon=":material/swap_horiz:", type="tertiary"):
            frame.go("new_study")
    parts = [
        f"**{plain(Path(name).name if len(name) > 60 else name)}**",
        plain(str(facts.get("format", ""))),
        words.counted(int(facts.get("rows", 0)), "row"),
        words.counted(len(facts.get("columns", [])), "column"),
    ]
    st.markdown(" · ".join(part for part in (*parts, *found) if part))
    if rejected:
        examples = "; ".join(
            f"row {number}: {text[:60]}" for _reason, number, text in facts.get("examples", [])[:3]
        )
        reasons = words.several(
            [f"{reason(code).label.lower()} ({n:,})" for code, n in facts["rejected"].items()]
        )
        st.warning(
            f"{words.counted(rejected, 'line')} cannot be read as rows: {plain(reasons)}."
            f" {plain(examples)}",
            icon=":material/rule:",
        )
    notices.show([*facts.get("personal", []), *facts.get("notices", [])])
    preview = facts.get("preview")
    if preview:
        with st.expander("First 20 rows", icon=":material/table_rows:"):
            html.table(
                [
                    dict(
                        zip(preview["columns"], ["" if c is None else c for c in one], strict=True)
                    )
                    for one in preview["rows"]
                ]
            )
