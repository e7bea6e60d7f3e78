"""The pieces of Data health: the account of rows, left-out rows, repairs, days and columns."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from analysis.figures import Choice
from analysis.report import tables
from analysis.report.reasons import reason
from analysis.store import StudyRow
from pages.ui import charts, frame, html, notices, visitor, words
from pages.ui.words import plain

MOST_ROWS = 200_000
ROLES = {
    "unit": "Unit",
    "time": "Time",
    "arm": "Arm",
    "event": "Event",
    "value": "Value",
    "id": "Event id",
    "cluster": "Cluster",
    "weight": "Weight",
    "segments": "Segments",
    "user_id": "User",
    "impression_id": "List",
    "timestamp": "Time",
    "position": "Position",
    "item_id": "Item",
    "model": "Ranker",
    "clicked": "Clicked",
    "converted": "Converted",
    "context": "Query",
}


def file_line(row: StudyRow, content: Mapping[str, Any] | None) -> str:
    """The log's name and what it is, for the line under the title."""
    facts = row.facts or {}
    path = (row.definition.get("log") or {}).get("path") or []
    names = [path] if isinstance(path, str) else list(path)
    parts = [plain(", ".join(str(name) for name in names))]
    kind = facts.get("format") or ((content or {}).get("log") or {}).get("format")
    if kind:
        parts.append(plain(str(kind)))
    return " · ".join(part for part in parts if part)


def show_account(log: Mapping[str, Any]) -> None:
    """Rows in = rows used + rows left out, as numbers and as a bar."""
    rows, used = int(log["rows"]), int(log["used"])
    left = rows - used
    repaired = sum(int(one["rows"]) for one in log.get("repairs", []))
    with st.container(horizontal=True):
        st.metric("Rows in the log", words.count(rows), border=True)
        st.metric("Rows used", words.count(used), border=True)
        st.metric("Rows left out", words.count(left), border=True)
        st.metric("Rows repaired", words.count(repaired), border=True)
    part = used / rows if rows else 0.0
    st.progress(
        part, text=f"{words.share(part)} of the rows are used, {words.share(1 - part)} left out"
    )


def show_left_out(row: StudyRow, log: Mapping[str, Any]) -> None:
    """Each reason with its rows, share and examples, and the rows themselves to take away."""
    reasons = log.get("left_out", [])
    if not reasons:
        st.markdown("Every row of the log is used.")
        return
    st.markdown("Each row is counted once, under the first reason that holds.")
    html.table(
        [
            {
                "Reason": reason(one["reason"]).label,
                "What it means": reason(one["reason"]).about,
                "Rows": int(one["rows"]),
                "Share": one["rows"] / max(int(log["rows"]), 1),
                "Examples": _examples(one.get("examples", [])),
            }
            for one in sorted(reasons, key=lambda one: -int(one["rows"]))
        ]
    )
    if row.left_out and visitor.may("read_log"):
        file = frame.open_store().left_out_file(row.left_out)
        st.download_button(
            "Download rows left out (CSV)",
            lambda: left_out_csv(file),
            file_name=f"verdict-{(row.readout_id or '')[:12]}-rows-left-out.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
        )


def left_out_csv(rows: Path) -> bytes:
    """The rows left out, with their reasons; no cell can act as a formula in a spreadsheet."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(rows)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([tables.safe_cell(name) for name in file.schema_arrow.names])
    written = 0
    for batch in file.iter_batches(batch_size=20_000):
        columns = [column.to_pylist() for column in batch.columns]
        for cells in zip(*columns, strict=True):
            writer.writerow(["" if cell is None else tables.safe_cell(cell) for cell in cells])
        written += batch.num_rows
        if written >= MOST_ROWS:
            break
    return out.getvalue().encode()


def show_repairs(log: Mapping[str, Any]) -> None:
    """What was read as something else than what is written."""
    repairs = log.get("repairs", [])
    if not repairs:
        st.markdown("Nothing had to be repaired: every used cell was read as it is written.")
        return
    html.table(
        [{"What was read as what": one["text"], "Rows": int(one["rows"])} for one in repairs]
    )


def show_events(row: StudyRow, content: Mapping[str, Any]) -> None:
    """Rows of each day by arm, and rows of each event."""
    dark = st.context.theme.type == "dark"
    drawn = charts.show("rows_by_day", str(row.readout_id), content, Choice(dark=dark))
    names = content["log"].get("event_names") or {}
    if names:
        st.markdown("**Rows of each event**")
        ordered = sorted(names.items(), key=lambda pair: -pair[1])
        html.table([{"Event": name, "Rows": rows} for name, rows in ordered[:50]])
    if not names and not drawn:
        st.markdown("This log has neither events nor times, so there are no days to show.")


def show_columns(log: Mapping[str, Any]) -> None:
    """Which column plays which role, and why where that was guessed."""
    guessed = log.get("guessed") or {}
    rows = []
    for role, column in (log.get("columns") or {}).items():
        shown = ", ".join(column) if isinstance(column, list | tuple) else str(column)
        why = guessed.get(role)
        rows.append(
            {
                "Role": ROLES.get(role, role),
                "Column": shown,
                "How it was chosen": f"guessed: {why}" if why else "named in the study",
            }
        )
    html.table(rows)


def show_personal(row: StudyRow) -> None:
    """Columns whose content looks like personal data."""
    personal = (row.facts or {}).get("personal")
    if personal is None:
        st.markdown("The columns were not looked at: this study was saved from the command line.")
    elif not personal:
        st.markdown(
            "No column looks like e-mail addresses, phone numbers, IP addresses or card numbers."
        )
    else:
        st.markdown(
            "Columns without a role are dropped when the log is read, so they are in no readout."
        )
        notices.show(personal)


def _examples(examples: list[dict[str, Any]]) -> str:
    """Where a few of the rows stand, with the value that gave them away if there is one."""
    said = []
    for one in examples[:3]:
        value = str(one.get("value") or "")
        said.append(f"{one.get('row')}" + (f" ({value[:24]})" if value else ""))
    return f"row {', '.join(said)}" if said else ""
