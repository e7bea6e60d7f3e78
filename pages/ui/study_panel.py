"""Steps 2, 3 and 5 of a new study of a panel: columns, metrics, and what the log gives."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from analysis.core import VerdictError, wording
from analysis.figures import Choice
from analysis.logs import PanelLog
from analysis.report.reasons import reason
from analysis.store import OWNER, Store, StudyRow, study_of, study_place, study_work
from analysis.study import Study
from pages.ui import charts, html, memory, notices, words
from pages.ui.failure import show_error
from pages.ui.study_check import log_key
from pages.ui.study_metrics import Wording
from pages.ui.words import plain

BY_NAME = "found by its name, if at all"
ROLES = {
    "region": ("Unit of the panel", "What was treated as a whole: a region, product, workspace."),
    "time": ("Time", "When it happened, or the period of the row."),
    "event": ("Event", "What happened. Leave it out if a row is a unit and a period."),
    "value": ("Value", "A number that belongs to the event, such as an amount."),
    "id": ("Event id", "Makes a repeated row recognisable, so that it counts once."),
    "unit": ("User", "Whose share is counted, if a metric is a share of users."),
    "treated_from": ("Treated from", "The unit's own start, blank for never; if the log has it."),
}
METRICS = Wording(
    by_event={
        "count": "Number of events",
        "sum": "Total of values",
        "mean": "Mean value",
        "ratio": "Ratio",
        "proportion": "Share of users",
    },
    by_column={None: "As it stands", "sum": "Total", "mean": "Mean", "ratio": "Ratio"},
    against="the counterfactual",
)
# What of the section decides how the log is read.
READING = ("frequency", "end", "gaps", "partial_periods", "method", "predictors")
SHOWN_DONORS = 200


@dataclass(frozen=True)
class Looked:
    """What the log gives for a study of a panel as it stands.

    Attributes:
        error: Why it cannot be analysed; what is known of the panel is there all the same.
        log: The panel; None if the log cannot be read as one.
        study: The study with which it was read.
        content: The lens's own check.
        notices: What the reader must know, as plain data.
        power: Of the periods before the start.
        values: Metric -> who -> value as text.
    """

    error: VerdictError | None = None
    log: PanelLog | None = None
    study: Study | None = None
    content: Mapping[str, Any] | None = None
    notices: tuple[dict[str, Any], ...] = ()
    power: Mapping[str, Any] | None = None
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def units(self) -> list[str]:
        """Units of the panel."""
        return list(self.log.units) if self.log is not None else []

    @property
    def labels(self) -> list[str]:
        """Its periods."""
        return list(self.log.axis.labels) if self.log is not None else []

    @property
    def on_calendar(self) -> bool:
        """Whether its periods are days, weeks or months."""
        return self.log is None or self.log.axis.frequency != "label"

    @property
    def is_wide(self) -> bool:
        """Whether the columns of the file are its units."""
        return self.log is not None and not (
            {"region", "unit"} & self.log.accounting.columns.keys()
        )


def is_of_panel(row: StudyRow) -> bool:
    """Whether the study has the synthetic control lens and no other."""
    return "synthetic_control" in row.definition and not (
        {"ab", "interleaving"} & row.definition.keys()
    )


def look(store: Store, row: StudyRow) -> Looked:
    """What the log gives for the saved study; remembered while nothing that counts changes."""
    lens = row.definition["synthetic_control"]
    bare = {key: lens[key] for key in READING if key in lens}
    if bare.get("method") != "predictors":
        bare.pop("method", None)
        bare.pop("predictors", None)
    try:
        reading = Study.parse({**row.definition, "synthetic_control": bare})
    except VerdictError as error:
        return Looked(error=error)
    key = log_key(store, row)
    with st.spinner("Looking at the panel…"):
        log = _read(str(store.home), key, _key(reading), row, reading)
        if isinstance(log, VerdictError):
            return Looked(error=log)
        try:
            study = study_of(row)
        except VerdictError as error:
            return Looked(error, log, reading, values=_values(log, None))
        return _check(key, _key(study), log, study)


def _key(study: Study) -> str:
    # Its name and story change nothing of what is found.
    return replace(study, name="", hypothesis=None, owner=None).key()


@memory.kept(16)
def _read(
    home: str,
    log: str,  # noqa: ARG001 - with study_key, what tells one answer from another
    study_key: str,  # noqa: ARG001
    _row: StudyRow,
    _study: Study,
) -> PanelLog | VerdictError:
    from analysis import logs

    store = Store(Path(home), OWNER)
    try:
        return logs.read_panel(_study, base=study_place(store, _row), work=study_work(store, _row))
    except VerdictError as error:
        return error


@memory.kept(64)
def _check(
    log: str,  # noqa: ARG001 - with study_key, what tells one answer from another
    study_key: str,  # noqa: ARG001
    _log: PanelLog,
    _study: Study,
) -> Looked:
    from analysis import synthetic_control

    try:
        study = synthetic_control.resolve(_study, _log)
        content, said = synthetic_control.check(_log, study)
        power = synthetic_control.detectable(_log, study)
    except VerdictError as error:
        return Looked(error, _log, _study, notices=_plain(_log.notices), values=_values(_log, None))
    return Looked(
        log=_log,
        study=study,
        content=content,
        notices=_plain((*_log.notices, *said)),
        power=power,
        values=_values(_log, content),
    )


def _plain(said: Sequence[Any]) -> tuple[dict[str, Any], ...]:
    return tuple(asdict(one) for one in said)


def _values(log: PanelLog, content: Mapping[str, Any] | None) -> dict[str, dict[str, str]]:
    """Each metric's mean before the start, of the treated units and of the donors."""
    who: dict[str, list[int]] = {"all units": list(range(len(log.units)))}
    before = len(log.axis.labels)
    if content is not None:
        kept = {one["unit"] for one in content["donors"] if one["status"] == "kept"}
        who = {
            "treated before the start": [log.units.index(one) for one in content["treated"]],
            "donors": [i for i, one in enumerate(log.units) if one in kept],
        }
        before = next(
            (i for i, one in enumerate(log.axis.labels) if one == content["start"]), before
        )
    found = {}
    for panel in log.panels:
        means = {}
        for name, columns in who.items():
            cells = panel.values[:before, columns]
            known = cells[~np.isnan(cells)]
            if known.size:
                means[name] = words.level_value(float(known.mean()), panel.kind)
        found[panel.metric] = means
    return found


def found(looked: Looked) -> list[str]:
    """Units, periods and dates of the panel, as Markdown."""
    log = looked.log
    if log is None:
        return []
    name = log.axis.frequency if looked.on_calendar else "period"
    first, last = log.axis.range
    return [
        words.counted(len(log.units), "unit"),
        words.counted(len(log.axis.labels), name),
        words.days(first, last) if looked.on_calendar else plain(f"{first} to {last}"),
    ]


def columns(row: StudyRow, definition: dict[str, Any], looked: Looked) -> dict[str, Any]:
    """Show the roles of a panel; the definition with what is chosen now."""
    names = [name for name, _kind in (row.facts or {}).get("columns", [])]
    account = looked.log.accounting if looked.log is not None else None
    guessed = dict(account.columns) if account is not None else {}
    why = dict(account.guessed) if account is not None else {}
    chosen = dict(definition.get("columns", {}))
    if "unit" in guessed and "region" not in guessed and "region" not in chosen:
        # The role `unit` serves as the panel's unit where a study says no other.
        chosen["region"] = chosen.pop("unit", guessed["unit"])
    grid = [*st.columns(4), *st.columns(4)]
    for place, (role, (label, about)) in enumerate(ROLES.items()):
        now = chosen.get(role)
        options = [None, *names] if now is None or now in names else [None, now, *names]
        with grid[place]:
            picked = st.selectbox(
                label, options, index=options.index(now), key=f"{row.id}_panel_{role}",
                format_func=lambda name: BY_NAME if name is None else name, help=about,
            )  # fmt: skip
            if picked is None and role in guessed:
                reasons = plain(why.get(role, ""))
                st.caption(f"Read from **{plain(guessed[role])}**. {reasons}")
        put(chosen, role, picked)
    if looked.is_wide:
        st.caption("A wide file: every column of numbers is a unit of the panel.")
    return {**definition, "columns": chosen}


def sources(row: StudyRow, looked: Looked) -> list[str]:
    """Events that metrics may count, or columns of numbers; none in a wide file."""
    log = looked.log
    facts = row.facts or {}
    said = row.definition.get("columns", {})
    if "event" in said:
        events = log.accounting.event_names if log is not None else {}
        named = {one["event"] for one in row.definition.get("metrics", []) if one.get("event")}
        return sorted(events, key=lambda name: -events[name]) or sorted(named)
    if looked.is_wide:
        return []
    taken = set(
        said.values() if log is None else (*said.values(), *log.accounting.columns.values())
    )
    return [name for name in facts.get("numbers", []) if name not in taken]


def put(section: dict[str, Any], key: str, value: object) -> None:
    """Set a key, or remove it where there is no value."""
    if value is None:
        section.pop(key, None)
    else:
        section[key] = value


def show(row: StudyRow, looked: Looked) -> None:
    """What would be used: periods, donors with reasons, the picture, what could be seen."""
    if looked.error is not None and looked.error.code != "no_untreated_unit":
        show_error(looked.error)
    content, log = looked.content, looked.log
    if content is None or log is None:
        notices.show(looked.notices)
        return
    donors = content["donors"]
    dropped = [one for one in donors if one["status"] == "dropped" and one["reason"] != "treated"]
    account = log.accounting
    with st.container(horizontal=True):
        st.metric("Periods before", words.count(content["n_pre"]), border=True)
        if content["n_transition"]:
            st.metric("In transition", words.count(content["n_transition"]), border=True)
        st.metric("Periods after", words.count(content["n_post"]), border=True)
        st.metric("Donors kept", words.count(content["n_donors"]), border=True)
        st.metric("Donors left out", words.count(len(dropped)), border=True)
        st.metric("Rows used", words.share(account.used / max(account.rows, 1)), border=True)
    st.caption(_detectable(looked))
    if account.left_out:
        said = [f"{reason(one.reason).label.lower()} ({one.rows:,})" for one in account.left_out]
        st.caption(f"Rows left out: {plain(', '.join(said))}.")
    notices.show(looked.notices)
    for key in ("panel_before", "panel"):
        if charts.known(key):
            made = {"synthetic_control": content, "study": row.definition}
            mark = f"{row.id}_{_key(looked.study)}" if looked.study is not None else row.id
            charts.show(key, mark, made, Choice(dark=st.context.theme.type == "dark"))
            break
    with st.expander(
        f"Donors: {content['n_donors']} kept, {len(dropped)} left out", icon=":material/groups:"
    ):
        order = sorted(donors, key=lambda one: (one["status"] == "kept", one["unit"]))
        html.table(
            [
                {
                    "unit": one["unit"],
                    "use": _use(one),
                    "why": one["detail"] or "",
                }
                for one in order[:SHOWN_DONORS]
            ]
        )
        if len(order) > SHOWN_DONORS:
            st.caption(f"The first {SHOWN_DONORS} of {words.count(len(order))} units.")


def _use(one: Mapping[str, Any]) -> str:
    if one["reason"] == "treated":
        return "treated"
    return "donor" if one["status"] == "kept" else "left out"


def _detectable(looked: Looked) -> str:
    """What a test like this would have seen before the start, before its result is looked at."""
    content, power = looked.content, looked.power
    assert content is not None
    n = int(content["n_donors"])
    floor = f"With {words.counted(n, 'donor')} the least possible p is {1 / (n + 1):.2g}."
    if power is None:
        return floor
    per = content["frequency"] if looked.on_calendar else "period"
    length = words.counted(int(power["horizon"]), per)
    if power["mde"] is None:
        most = wording.signed_percent(power["power_by_lift"][-1]["lift"]).lstrip("+")
        return f"{floor} Over {length} no lift up to {most} would be found four times in five."
    lift = wording.signed_percent(power["mde"]).lstrip("+")
    return (
        f"{floor} Tried on {words.counted(len(power['windows']), 'earlier window')}, a lift of "
        f"{lift} over {length} would be found four times in five."
    )
