"""Steps 2 to 4 of a new study of lists: columns, rankers, and what the log gives."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import streamlit as st

from analysis.core import VerdictError
from analysis.report import list_badges
from analysis.report.reasons import reason
from analysis.store import OWNER, Store, StudyRow, study_of, study_place, study_work
from analysis.study import Study
from pages.ui import memory, notices, words
from pages.ui.failure import show_error
from pages.ui.study_check import log_key
from pages.ui.words import plain

BY_NAME = "found by its name, if at all"
ALL_OTHERS = "every other ranker"
ROLES = {
    "unit": ("User", "Who saw the list. Without it, lists are taken as independent."),
    "list": ("List", "One shown ranking: an impression, a request, a result page."),
    "position": ("Position", "The place in the list, from the top."),
    "item": ("Item", "What was shown there."),
    "model": ("Ranker", "Who put the item there. Blank: both would have, so nobody is credited."),
    "clicked": ("Clicked", "Whether the item was clicked: 1 or 0."),
    "time": ("Time", "When the list was shown."),
    "context": ("Query", "What the list answers. It helps to tell position from relevance."),
}
OUTCOMES = {
    "click": "Click",
    "conversion": "Conversion",
    "purchase_count": "Purchases",
    "purchase_value": "Purchase value",
}
LOOKS = {"fixed": "Once, at the planned end", "anytime": "At any time"}


@dataclass(frozen=True)
class Looked:
    """What the log gives for a study of lists as it stands.

    Attributes:
        error: Why it cannot be read; then the rest is empty.
        content: The lens's own check.
        rows: Rows in the log.
        used: Rows used.
        left_out: Reason and rows.
        notices: What the reader must know, as plain data.
    """

    error: VerdictError | None = None
    content: Mapping[str, Any] | None = None
    rows: int = 0
    used: int = 0
    left_out: tuple[tuple[str, int], ...] = ()
    notices: tuple[dict[str, Any], ...] = ()

    @property
    def rankers(self) -> list[str]:
        """The rankers that are compared, control first."""
        return [str(name) for name in (self.content or {}).get("rankers") or ()]


def is_of_lists(row: StudyRow) -> bool:
    """Whether the study has the interleaving lens and no other."""
    return "interleaving" in row.definition and "ab" not in row.definition


def look(store: Store, row: StudyRow) -> Looked:
    """What the log gives for the saved study; remembered while nothing that counts changes."""
    try:
        study = study_of(row)
    except VerdictError as error:
        return Looked(error=error)
    key = replace(study, name="", hypothesis=None, owner=None).key()
    with st.spinner("Looking at the lists…"):
        return _look(str(store.home), log_key(store, row), key, row, study)


@memory.kept(64)
def _look(
    home: str,
    log: str,  # noqa: ARG001 - with study_key, what tells one answer from another
    study_key: str,  # noqa: ARG001
    _row: StudyRow,
    _study: Study,
) -> Looked:
    from analysis import interleaving, logs

    store = Store(Path(home), OWNER)
    try:
        lists = logs.read_lists(_study, base=study_place(store, _row), work=study_work(store, _row))
        content, said = interleaving.check(lists, interleaving.resolve(_study, lists))
    except VerdictError as error:
        return Looked(error=error)
    account = lists.accounting
    return Looked(
        content=content,
        rows=account.rows,
        used=account.used,
        left_out=tuple((one.reason, one.rows) for one in account.left_out),
        notices=tuple(asdict(one) for one in (*lists.notices, *said)),
    )


def found(looked: Looked) -> list[str]:
    """Lists, users, rankers and dates of the log, as Markdown."""
    content = looked.content
    if content is None:
        return []
    dates = words.days(content.get("first_day"), content.get("last_day"))
    return [
        words.counted(int(content.get("lists") or 0), "list"),
        words.counted(int(content["users"]), "user") if content.get("users") else "",
        f"rankers {plain(words.several(looked.rankers))}" if looked.rankers else "",
        "" if dates == words.NONE else dates,
    ]


def columns(row: StudyRow, definition: dict[str, Any]) -> dict[str, Any]:
    """Show the roles of a list log; the definition with what is chosen now."""
    names = [name for name, _kind in (row.facts or {}).get("columns", [])]
    chosen = dict(definition.get("columns", {}))
    grid = [*st.columns(4), *st.columns(4)]
    for place, (role, (label, about)) in enumerate(ROLES.items()):
        now = chosen.get(role)
        options = [None, *names] if now is None or now in names else [None, now, *names]
        picked = grid[place].selectbox(
            label, options, index=options.index(now), key=f"{row.id}_list_{role}",
            format_func=lambda name: BY_NAME if name is None else name, help=about,
        )  # fmt: skip
        _put(chosen, role, picked)
    taken = {name for role, name in chosen.items() if role != "segments"}
    free = [name for name in names if name not in taken]
    segments = st.multiselect(
        "Segments",
        free,
        default=[name for name in chosen.get("segments", []) if name in free],
        key=f"{row.id}_list_segments",
        help="Traits to look at one by one, such as device or market. They change no verdict.",
    )
    _put(chosen, "segments", segments or None)
    return {**definition, "columns": chosen}


def rankers(row: StudyRow, definition: dict[str, Any], looked: Looked) -> dict[str, Any]:
    """Show who is compared and how; the definition as it is now."""
    st.header("3. Rankers", anchor=False)
    lens = dict(definition.get("interleaving", {}))
    known = looked.rankers
    control = lens.get("control")
    options = [*known] if control is None or control in known else [control, *known]
    first, second, third = st.columns(3)
    picked = first.selectbox(
        "Control", options, index=options.index(control) if control else 0 if options else None,
        key=f"{row.id}_ranker", help="The ranker in use. A lift is the candidate's against it.",
    )  # fmt: skip
    if picked is not None and picked != (known[0] if known else None):
        _put(lens, "control", picked)
        lens.pop("candidates", None)
    others = [name for name in known if name != picked]
    with second:
        st.markdown(":small[Compared with it]")
        st.markdown(plain(words.several(others)) if others else "no other ranker in this log")
    outcome = third.selectbox(
        "Outcome", list(OUTCOMES), index=list(OUTCOMES).index(lens.get("outcome", "click")),
        format_func=OUTCOMES.__getitem__, key=f"{row.id}_outcome",
        help="What credits a ranker: its item was clicked, converted, or bought.",
    )  # fmt: skip
    _said(lens, "outcome", outcome, "click")
    looks = first.selectbox(
        "When will you read the verdict?", list(LOOKS),
        index=list(LOOKS).index(lens.get("monitoring", "fixed")), format_func=LOOKS.__getitem__,
        key=f"{row.id}_looks", help="Reading it early and often needs a stricter bound.",
    )  # fmt: skip
    _said(lens, "monitoring", looks, "fixed")
    return {**definition, "interleaving": lens}


def show(looked: Looked) -> None:
    """What would be used: lists, users, who starts, rows left out, notices."""
    if looked.error is not None:
        show_error(looked.error)
    content = looked.content
    if content is None:
        return
    balance = content.get("balance") or {}
    with st.container(horizontal=True):
        st.metric("Lists", words.count(content.get("lists")), border=True)
        st.metric("Users", words.count(content.get("users") or None), border=True)
        effective = content.get("effective_users")
        st.metric(
            "Effective users", words.count(effective), border=True,
            help=f"Users, less what the busiest outweigh. {list_badges.ENOUGH} are needed.",
        )  # fmt: skip
        for name, share in zip(looked.rankers[:4], balance.get("first_share") or (), strict=False):
            st.metric(f"{plain(name)} starts", words.share(share), border=True)
        st.metric("Rows used", words.share(looked.used / max(looked.rows, 1)), border=True)
    p = balance.get("first_pick_user_clustered_p")
    if p is not None:
        st.caption(f"Was who starts drawn evenly? {words.p_value(p)} (below 0.001 it was not).")
    if looked.left_out:
        said = [f"{reason(code).label.lower()} ({n:,})" for code, n in looked.left_out]
        st.caption(f"Rows left out: {plain(', '.join(said))}.")
    notices.show(looked.notices)


def _put(section: dict[str, Any], key: str, value: object) -> None:
    if value is None:
        section.pop(key, None)
    else:
        section[key] = value


def _said(section: dict[str, Any], key: str, value: object, default: object) -> None:
    """Say it in the study unless it is the default and was not said before."""
    if key in section or value != default:
        section[key] = value
