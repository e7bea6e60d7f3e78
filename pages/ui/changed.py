"""Changed since the last run: what this readout says otherwise than the one before it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from analysis.store import OWNER, Store, StudyRow
from analysis.store.changes import Changes, Moved, changes
from pages.ui import frame, html, memory, words

CAUSES = {
    "log": "the log is another one",
    "study": "the study asks for something else",
    "methods": "the methods are newer",
}


def show(row: StudyRow, content: Mapping[str, Any]) -> None:
    """Show the difference to the readout before; nothing where there is none."""
    if row.previous_id is None or row.readout_id is None:
        return
    found = _changes(str(frame.open_store().home), row.id, row.previous_id, row.readout_id, content)
    if found is None:
        return
    with st.expander(f"Changed since the last run: {_title(found)}", icon=":material/difference:"):
        if found.causes:
            st.markdown(f"Because {words.several([CAUSES[one] for one in found.causes])}.")
        html.table(_rows(found))


@memory.kept(64)
def _changes(
    home: str,
    study_id: str,
    previous_id: str,
    readout_id: str,  # noqa: ARG001 - what tells one answer from another
    _content: Mapping[str, Any],
) -> Changes | None:
    """Both readouts never change, so their ids are all that need be compared."""
    text = Store(Path(home), OWNER).readout(study_id, previous_id)
    return None if text is None else changes(json.loads(text), _content)


def _title(found: Changes) -> str:
    before, now = (_word(one) for one in found.decision)
    if before != now:
        return f"{before} → {now}"
    if found.moved:
        return f"{words.counted(len(found.moved), 'primary number')} moved"
    return f"{words.count(found.units[0])} → {words.counted(found.units[1], 'unit')}"


def _word(decision: str | None) -> str:
    verdict = words.VERDICTS.get(decision or "")
    return verdict.word if verdict else words.NONE


def _rows(found: Changes) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [
        {"": "Verdict", "Last run": _word(found.decision[0]), "Now": _word(found.decision[1])},
        {"": "Units", "Last run": words.count(found.units[0]), "Now": words.count(found.units[1])},
    ]
    # Where the data may not be used, its numbers are not read either.
    was, now = found.decision
    rows += [
        {
            "": f"{one.metric}, {one.treatment}",
            "Last run": _number(one, one.before, was),
            "Now": _number(one, one.now, now),
        }
        for one in found.moved
    ]
    return rows


def _number(moved: Moved, said: Mapping[str, Any] | None, decision: str | None) -> str:
    if said is None:
        return "not compared"
    if decision == "do_not_use":
        return "not shown"
    if said.get("lift") is not None:
        bounds = words.lift_interval(said.get("lift_low"), said.get("lift_high"))
        return f"{words.lift(said['lift'])} ({bounds})"
    if said.get("difference") is not None:
        return words.difference(said["difference"], moved.kind)
    return words.NONE
