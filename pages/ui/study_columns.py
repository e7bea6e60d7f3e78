"""Step 2 of a new study: which column plays which role."""

from typing import Any

import streamlit as st

from analysis.store import Store, StudyRow
from pages.ui import intake
from pages.ui.words import plain

LENSES = {
    "ab": "Split at random",
    "interleaving": "Two rankers in one list",
    "synthetic_control": "Everyone at once",
}
NOT_HERE = "not in this log"
ROLES = {
    "unit": ("Unit", "Who was assigned: a user, a device, an account."),
    "arm": ("Arm", "The version that the unit met, such as control or treatment."),
    "time": ("Time", "When it happened. Without it there are no windows and no days."),
    "event": ("Event", "What happened. Leave it out if each row is a unit."),
    "value": ("Value", "A number that belongs to the event, such as an amount."),
    "id": ("Event id", "Makes a repeated row recognisable, so that it counts once."),
    "cluster": ("Cluster", "What was assigned, if units are nested in it, such as a company."),
}


def head(store: Store, row: StudyRow, lens: str) -> None:
    """The step's heading, and the choice of the kind of launch, which decides the lens."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header("2. Columns", anchor=False, width="stretch")
        chosen = st.segmented_control(
            "What kind of launch was it?", list(LENSES), default=lens, required=True,
            format_func=LENSES.__getitem__, key=f"{row.id}_lens_{lens}",
            help="Split at random: each unit met one version (A/B). Two rankers in one list: both"
            " filled it and people chose (interleaving). Everyone at once: a whole region,"
            " product or workspace got it, so what it would have done without is built from"
            " those that did not (synthetic control).",
        )  # fmt: skip
    if chosen != lens:
        intake.read_as(store, row, str(chosen))
        st.rerun()


def show(row: StudyRow, definition: dict[str, Any]) -> dict[str, Any]:
    """Show the roles, guessed or chosen; the definition with what is chosen now."""
    facts = row.facts or {}
    names = [name for name, _kind in facts.get("columns", [])]
    why: dict[str, str] = facts.get("why", {})
    columns = dict(definition.get("columns", {}))
    grid = [*st.columns(4), *st.columns(4)]
    for place, (role, (label, about)) in enumerate(ROLES.items()):
        with grid[place]:
            now = columns.get(role)
            options = [None, *names] if now is None or now in names else [None, now, *names]
            chosen = st.selectbox(
                label, options, index=options.index(now), key=f"{row.id}_column_{role}",
                format_func=lambda name: NOT_HERE if name is None else name, help=about,
            )  # fmt: skip
            if chosen is None:
                columns.pop(role, None)
            else:
                columns[role] = chosen
            if chosen and chosen == now and role in why:
                st.caption(f"Guessed: {plain(why[role])}")
    taken = {name for role, name in columns.items() if role != "segments"}
    with grid[len(ROLES)]:
        free = [name for name in names if name not in taken]
        segments = st.multiselect(
            "Segments",
            free,
            default=[name for name in columns.get("segments", []) if name in free],
            key=f"{row.id}_column_segments",
            help="Traits of units to look at one by one, such as country or device.",
        )
        columns["segments"] = segments
    if not segments:
        columns.pop("segments", None)
    ab = dict(definition.get("ab", {}))
    if ab.get("segments"):
        ab["segments"] = [name for name in ab["segments"] if name in segments] or segments
        if not ab["segments"]:
            ab.pop("segments")
    return {**definition, "columns": columns, "ab": ab}
