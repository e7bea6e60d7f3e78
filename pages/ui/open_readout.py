"""The head of a readout page: what is open, what can be done with it, and the way on without it."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from analysis import report
from analysis import store as saved
from analysis.report import heading, tables
from analysis.store import SAMPLES, StudyRow
from pages.ui import downloads, frame, memory, visitor, words
from pages.ui.failure import show_error

Content = Mapping[str, Any]

BADGE_ICONS = {
    "fine": ":material/check:",
    "look": ":material/info:",
    "stop": ":material/block:",
    "plain": ":material/functions:",
}


def content_or_way_on(row: StudyRow, lens: str = "ab") -> dict[str, Any]:
    """The readout's content; without this lens in it, show what can be done and end the page."""
    if row.status == "running":
        if row.readout_id is None:
            st.title(words.plain(row.name), anchor=False)
        frame.show_progress(row)
    content = frame.readout(row)
    if content is None or not content.get(lens):
        if row.status != "running":
            _offer_next(row, lens, has_readout=content is not None)
        st.stop()
    if row.error is not None:
        show_error(row.error)
    return content


def _offer_next(row: StudyRow, lens: str, *, has_readout: bool) -> None:
    st.title(words.plain(row.name), anchor=False)
    if row.error is not None:
        show_error(row.error)
    if has_readout:
        st.markdown(
            f"This readout has no {frame.LENSES[lens]} lens. Add one to the study, then run it"
            " again."
        )
        other = frame.readout_page(row)
        if other != lens:
            frame.page_link(
                other, f"Open its {frame.LENSES[other]} readout", study_id=row.id, icon="science"
            )
    elif row.status == "draft":
        st.markdown("This study is not finished, so it has no readout yet.")
    elif row.error is None:
        st.markdown("This study has no readout yet.")
    if not visitor.may("write"):
        return
    with st.container(horizontal=True):
        label = "Finish study" if row.status == "draft" else "Edit study"
        if row.error is not None and row.error.code == "no_untreated_unit":
            label = "See what could stand in"
        if st.button(label, type="primary", icon=":material/edit:"):
            frame.go("new_study", row.id)
        if row.status != "draft" and st.button("Run study", icon=":material/play_arrow:"):
            _run(row)


def _sample(row: StudyRow) -> str:
    if not row.sample:
        return ""
    # Of real numbers only what was published about them is known.
    known = any("lift" in one for one in truth_of(row).values() if isinstance(one, dict))
    return "sample with known truth" if known or "better" in truth_of(row) else "sample"


def caption(row: StudyRow, content: Content, lens: str = "ab") -> str:
    """The line under a readout's title: when, how much, who against whom, saved when."""
    parts = [
        *heading.caption(content, lens, words.plain),
        f"saved {words.day(row.saved)}",
        _sample(row),
    ]
    return " · ".join(part for part in parts if part)


@memory.kept(32)
def _truth(sample: str) -> dict[str, Any]:
    file = SAMPLES / f"{sample}.truth.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return found


def truth_of(row: StudyRow) -> dict[str, Any]:
    """What a sample's maker knows: metric -> {"lift": ..., "difference": ...}; else nothing."""
    return _truth(row.sample) if row.sample else {}


def more(row: StudyRow, readout_id: str, content: Content) -> None:
    """Offer the downloads and what else can be done with the study."""
    with st.popover("More", icon=":material/more_horiz:", key="more", on_change="rerun") as menu:
        if not menu.open:
            return
        with st.container(gap=None):
            _menu(row, readout_id, content)


def _menu(row: StudyRow, readout_id: str, content: Content) -> None:
    _download(readout_id, content, "report", "html", "Download report (HTML)")
    _copy_summary(content)
    _download(readout_id, content, "readout", "json", "Download readout (JSON)")
    if content.get("ab"):
        _download(readout_id, content, "metrics", "csv", "Download metric table (CSV)")
    if content.get("interleaving") or content.get("synthetic_control"):
        _download(readout_id, content, "numbers", "csv", "Download all numbers (CSV)")
    if ((content.get("synthetic_control") or {}).get("panel") or {}).get("rows"):
        _download(readout_id, content, "panel", "csv", "Download panel (CSV)")
    _download(readout_id, _with_path(content, row), "study", "toml", "Download study (TOML)")
    if visitor.may("read_log"):
        _export(row)
    if not visitor.may("write"):
        return
    if _action("Edit study", "edit"):
        frame.go("new_study", row.id)
    if _action("Run study again", "refresh"):
        _run(row)
    if _action("Delete study", "delete"):
        _delete(row)


def _numbers(content: Content) -> list[dict[str, Any]]:
    """Every number of the lenses without a table of metrics, the panel's own cells aside."""
    lenses = [lens for lens in ("interleaving", "synthetic_control") if content.get(lens)]
    found = {lens: {**content[lens], "panel": None} for lens in lenses}
    return tables.flat(found if len(lenses) > 1 else found[lenses[0]])


_MAKERS: dict[str, tuple[Callable[[Content], str], str]] = {
    "report": (lambda content: report.page(dict(content)), "text/html"),
    "readout": (downloads.readout_json, "application/json"),
    "metrics": (
        lambda content: tables.csv_text(tables.metric_table(content)),
        "text/csv",
    ),
    "numbers": (lambda content: tables.csv_text(_numbers(content)), "text/csv"),
    "panel": (
        lambda content: tables.csv_text(content["synthetic_control"]["panel"]["rows"]),
        "text/csv",
    ),
    "study": (downloads.study_toml, "application/toml"),
}


def _with_path(content: Content, row: StudyRow) -> Content:
    """The readout with the path of its log, which the study file needs and the readout leaves."""
    study = content["study"]
    log = {**(row.definition.get("log") or {}), **study["log"]}
    return {**content, "study": {**study, "log": log}}


def _download(readout_id: str, content: Content, what: str, ending: str, label: str) -> None:
    make, mime = _MAKERS[what]
    st.download_button(
        label,
        lambda: make(content),
        file_name=downloads.file_name(readout_id, content, what, ending),
        mime=mime,
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
        key=f"download_{what}",
    )


def _export(row: StudyRow) -> None:
    """A plain link: the file goes from disk to disk, whatever its size."""
    st.link_button(
        "Download study with its log (ZIP)",
        f"/api/studies/{row.id}.zip",
        icon=":material/folder_zip:",
        type="tertiary",
    )


def _copy_summary(content: Content) -> None:
    """Offer the readout in a few lines of text, with the button that copies them."""
    if _action("Copy summary", "content_copy"):
        st.code(report.text_summary(dict(content)), language=None, wrap_lines=True)


def _action(label: str, icon: str) -> bool:
    return st.button(label, icon=f":material/{icon}:", type="tertiary")


def _run(row: StudyRow) -> None:
    saved.run_in_background(frame.open_store(), [row.id])
    st.rerun()


def _delete(row: StudyRow) -> None:
    """Delete the study and go home, where it can be brought back."""
    from pages.ui.studies_table import DELETED

    frame.open_store().delete(row.id)
    st.session_state[DELETED] = row.id
    st.session_state.pop(frame.REMEMBERED, None)
    frame.go("studies")
