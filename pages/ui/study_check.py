"""Step 4 of a new study: the plan, what the log gives, and the run."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from glob import glob
from pathlib import Path
from typing import Any

import streamlit as st

from analysis.core import VerdictError, wording
from analysis.logs import ABLog
from analysis.report.reasons import reason
from analysis.store import (
    OWNER,
    Store,
    StudyRow,
    run_in_background,
    study_of,
    study_place,
    study_work,
)
from analysis.study import Metric, Study
from pages.ui import memory, notices, words
from pages.ui.failure import show_error
from pages.ui.words import plain

LOOK_AT_ONCE_ROWS = 3_000_000
NO_EVENT = "first event that names an arm"
WINDOW = "Count only what happens this long after exposure. Empty: up to the end."
WORTH = "If no change this large can hide in the interval, the test is over."


@dataclass(frozen=True)
class Looked:
    """What the log gives for the study as it stands.

    Attributes:
        error: Why the study cannot be read with this log; then the rest is empty.
        arms: Arms, control first.
        ab: The lens's own check; None if nothing was looked at.
        rows: Rows in the log.
        used: Rows used.
        left_out: Reason and rows.
        repairs: What was read as what.
        events: Events of the log, the most frequent first.
        notices: What the reader must know, as plain data.
        values: Metric -> arm -> value as text, or why there is none.
    """

    error: VerdictError | None = None
    arms: tuple[str, ...] = ()
    ab: dict[str, Any] | None = None
    rows: int = 0
    used: int = 0
    left_out: tuple[tuple[str, int], ...] = ()
    repairs: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    notices: tuple[dict[str, Any], ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)


def look(store: Store, row: StudyRow) -> Looked:
    """What the log gives for the saved study; remembered while nothing that counts changes."""
    rows = int((row.facts or {}).get("rows", 0))
    asked = f"{row.id}_look"
    if rows > LOOK_AT_ONCE_ROWS and not st.session_state.get(asked):
        st.markdown(f"The log has {rows:,} rows; looking at its arms takes some seconds.")
        if not st.button("Look at the log", icon=":material/search:"):
            return Looked()
        st.session_state[asked] = True
    try:
        study = study_of(row)
    except VerdictError as error:
        return Looked(error=error)
    # Its name and story change nothing of what is found.
    key = replace(study, name="", hypothesis=None, owner=None).key()
    with st.spinner("Looking at the log…"):
        return _look(str(store.home), log_key(store, row), key, row, study)


def log_key(store: Store, row: StudyRow) -> str:
    """What tells one log from another: its hash, or its files with their sizes and times."""
    if row.log_sha256:
        return row.log_sha256
    paths = row.definition["log"]["path"]
    files = [
        file
        for path in ([paths] if isinstance(paths, str) else paths)
        for file in sorted(glob(str(study_place(store, row) / path)))  # noqa: PTH207 - absolute patterns
    ]
    stats = [(file, Path(file).stat()) for file in files]
    return str([(file, stat.st_size, stat.st_mtime_ns) for file, stat in stats])


@memory.kept(64)
def _look(
    home: str,
    log_key: str,  # noqa: ARG001 - with study_key, what tells one answer from another
    study_key: str,  # noqa: ARG001
    _row: StudyRow,
    _study: Study,
) -> Looked:
    from analysis import ab, logs

    store = Store(Path(home), OWNER)
    try:
        log = logs.read_ab(_study, base=study_place(store, _row), work=study_work(store, _row))
        found, said = ab.check(log, ab.resolve(_study, log))
    except VerdictError as error:
        return Looked(error=error)
    account = log.accounting
    return Looked(
        arms=tuple(arm["name"] for arm in found["arms"]),
        ab=found,
        rows=account.rows,
        used=account.used,
        left_out=tuple((one.reason, one.rows) for one in account.left_out),
        repairs=tuple(one.text for one in account.repairs),
        events=tuple(sorted(account.event_names, key=lambda name: -account.event_names[name])),
        notices=tuple(asdict(one) for one in (*log.notices, *said)),
        values={metric.name: _values(log, metric) for metric in _study.metrics},
    )


def _values(log: ABLog, metric: Metric) -> dict[str, str] | str:
    """Each arm's value of a metric as text, or why it has none."""
    try:
        table = log.metric(metric)
    except VerdictError as error:
        return error.what
    kind = metric.kind or ("proportion" if table.proportion else "mean")
    shown = {}
    for arm, cell in table.arms.items():
        moments = cell.observed.keeping(("y", "d") if table.ratio else ("y",))
        if cell.unobserved is not None:
            moments = moments + cell.unobserved.keeping(moments.columns)
        below = moments.sum("d") if table.ratio else float(moments.n)
        value = moments.sum("y") / below if below else None
        shown[arm] = words.level_value(value and value * table.scale, kind)
    return shown


def found(looked: Looked) -> list[str]:
    """Units, arms and dates of the log, as Markdown."""
    if looked.ab is None:
        return []
    units = sum(arm["n"] for arm in looked.ab["arms"])
    dates = words.days(looked.ab.get("first_time"), looked.ab.get("last_time"))
    return [
        words.counted(units, "unit"),
        f"arms {plain(words.several(list(looked.arms)))}",
        "" if dates == words.NONE else dates,
    ]


def sources(row: StudyRow, looked: Looked) -> list[str]:
    """Events that metrics may count, or columns they may read."""
    columns = row.definition.get("columns", {})
    if "event" in columns:
        return [*looked.events] or sorted(_events_named(row.definition))
    taken = {columns.get(role) for role in ("unit", "arm", "time", "id", "cluster")}
    return [name for name, _ in (row.facts or {}).get("columns", []) if name not in taken]


def _events_named(definition: dict[str, Any]) -> set[str]:
    return {
        thing["event"]
        for metric in definition.get("metrics", [])
        for thing in (metric, metric.get("numerator") or {}, metric.get("denominator") or {})
        if thing.get("event")
    }


def show_plan(row: StudyRow, definition: dict[str, Any], looked: Looked) -> dict[str, Any]:
    """Show who is compared and what was planned; the definition as it is now."""
    ab = dict(definition.get("ab", {}))
    first, second, third = st.columns(3)
    arms = [*looked.arms] or [arm for arm in [ab.get("control")] if arm]
    control = ab.get("control")
    options = [*arms] if control is None or control in arms else [control, *arms]
    chosen = first.selectbox(
        "Control arm", options, index=options.index(control) if control else 0,
        key=f"{row.id}_control", help="The version that the others are compared with.",
    )  # fmt: skip
    if chosen is not None:
        ab["control"] = chosen
    if "event" in definition.get("columns", {}):
        events = [None, *sources(row, looked)]
        now = ab.get("exposure")
        if now not in events:
            events.append(now)
        exposure = second.selectbox(
            "Exposure event", events, index=events.index(now), key=f"{row.id}_exposure",
            format_func=lambda name: NO_EVENT if name is None else name,
            help="Its first occurrence is when a unit meets its arm.",
        )  # fmt: skip
        _put(ab, "exposure", exposure)
    with third:
        _put(ab, "window_days", _number(row, "Window, days", ab.get("window_days"), WINDOW, 0.5))
    units = first.number_input(
        "Planned units", min_value=1, value=ab.get("horizon_units"), key=f"{row.id}_units",
        help="The sample that was planned. Before it is reached, the readout is not a decision.",
    )  # fmt: skip
    _put(ab, "horizon_units", units)
    with second:
        mde = ab.get("mde")
        lift = _number(
            row, "Smallest lift worth having, %", mde and round(mde * 100, 6), WORTH, 0.01
        )
        _put(ab, "mde", lift and lift / 100)
    with third:
        _allocation(row, ab, looked)
    return {**definition, "ab": ab}


def _allocation(row: StudyRow, ab: dict[str, Any], looked: Looked) -> None:
    """The planned split, as the shares of the arms in their order."""
    given = ab.get("allocation") or {}
    shares = [given.get(arm, 1.0) for arm in looked.arms]
    total = sum(shares) or 1.0
    now = " : ".join(f"{100 * share / total:.6g}" for share in shares) if given else ""
    text = st.text_input(
        "Planned split", now, key=f"{row.id}_split",
        placeholder=" : ".join(f"{100 / len(looked.arms):.3g}" for _ in looked.arms),
        help=f"Shares of {words.several(list(looked.arms)) or 'the arms'}, in this order. Equal"
        " if left empty.",
    )  # fmt: skip
    if not text.strip():
        ab.pop("allocation", None)
        return
    parts = [part.strip().removesuffix("%") for part in text.replace("/", ":").split(":")]
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if text == now or len(numbers) != len(looked.arms) or min(numbers, default=0) <= 0:
        if text != now:
            st.caption(f":orange[Write {len(looked.arms)} numbers above 0, such as 50 : 50.]")
        return
    ab["allocation"] = dict(zip(looked.arms, numbers, strict=True))


def _number(row: StudyRow, label: str, value: float | None, about: str, low: float) -> float | None:
    """A number that may be left empty."""
    return st.number_input(
        label, min_value=low, value=None if value is None else float(value), step=1.0,
        key=f"{row.id}_{label}", help=about, format="%g",
    )  # fmt: skip


def _put(section: dict[str, Any], key: str, value: object) -> None:
    if value is None:
        section.pop(key, None)
    else:
        section[key] = value


def show(looked: Looked) -> None:
    """What would be used: units by arm, the split, rows left out, notices."""
    if looked.error is not None:
        show_error(looked.error)
    if looked.ab is None:
        return
    arms = looked.ab["arms"]
    total = sum(arm["n"] for arm in arms)
    mixed = int(looked.ab["units"].get("mixed_units", 0))
    with st.container(horizontal=True):
        for arm in arms[:6]:
            part = words.share(arm["n"] / total) if total else words.NONE
            st.metric(
                f"Units in {plain(arm['name'])}", words.count(arm["n"]), border=True,
                help=f"{part} of the units; planned {words.share(arm['weight'])}.",
            )  # fmt: skip
        st.metric("Units in several arms", words.count(mixed), border=True)
        st.metric("Rows used", f"{words.share(looked.used / max(looked.rows, 1))}", border=True)
    p = (looked.ab.get("srm") or {}).get("p")
    if p is not None:
        st.caption(f"Does the split fit the plan? {words.p_value(p)} (below 0.001 it does not).")
    for row in looked.ab.get("power", []):
        st.caption(_power(row))
    if looked.left_out:
        said = [f"{reason(code).label.lower()} ({n:,})" for code, n in looked.left_out]
        st.caption(f"Rows left out: {plain(', '.join(said))}.")
    for text in looked.repairs:
        st.caption(f"Repaired: {plain(text)}.")
    notices.show(looked.notices)


def _power(row: Mapping[str, Any]) -> str:
    """What the log could show of a primary metric, before its result is looked at."""
    about = f"{plain(row['metric'])}, {plain(row['treatment'])}"
    if row["mde_lift"] is None:
        return f"{about}: what this log could show cannot be said yet."
    least = wording.signed_percent(row["mde_lift"]).lstrip("+")
    said = f"{about}: this log would show a change of {least} or more four times in five."
    if row["units_needed"] is not None:
        said += f" The smallest lift worth having takes {row['units_needed']:,} units."
    return said


def run_button(store: Store, row: StudyRow, error: VerdictError | None, key: str) -> None:
    """The button that starts the run; an error in step 4 holds it back."""
    again = row.readout_id is not None
    if st.button(
        "Run study again" if again else "Run study", type="primary", key=key,
        icon=":material/play_arrow:", disabled=error is not None,
        help="Mend what step 4 says first." if error else None,
    ):  # fmt: skip
        run_in_background(store, [row.id])
        st.rerun()
