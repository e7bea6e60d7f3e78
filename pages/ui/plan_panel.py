"""Planning a launch to whole units: its power, the windows behind it, and whom to treat."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from analysis.core import VerdictError, wording
from analysis.figures import Choice
from analysis.logs import PanelLog
from analysis.store import Store, StudyRow
from analysis.study import Study
from pages.ui import (
    charts,
    frame,
    html,
    intake,
    memory,
    notices,
    study_log,
    study_panel,
    uploads,
    words,
)
from pages.ui.failure import show_error
from pages.ui.study_check import log_key
from pages.ui.words import plain

LENS = "synthetic_control"
BROUGHT = "plan_files_brought"
SHOWN_SETS, SHOWN_UNITS = 15, 40
DEFAULT_LIFTS = "1, 2, 3, 5, 7.5, 10, 15, 20, 30"


@dataclass(frozen=True)
class Made:
    """A finished plan.

    Attributes:
        content: The lens's part.
        notices: What its reader must know, as plain data.
    """

    content: Mapping[str, Any]
    notices: tuple[dict[str, Any], ...]


def show(store: Store) -> None:
    """Ask for a log, the units and the length; show the plan."""
    row = _log(store)
    if row is None:
        return
    looked = study_panel.look(store, row)
    if looked.log is None:
        if looked.error is not None:
            show_error(looked.error)
        frame.page_link("new_study", "Mend its columns", study_id=row.id, icon="edit")
        return
    st.markdown(" · ".join(filter(None, study_panel.found(looked))))
    definition = _asked(row, looked.log)
    if definition is None:
        return
    try:
        study = Study.parse(definition)
    except VerdictError as error:
        show_error(error)
        return
    key = replace(study, name="").key()
    wanted = f"{row.id}_planned"
    if st.button("Plan launch", type="primary", icon=":material/event_upcoming:"):
        st.session_state[wanted] = key
    if st.session_state.get(wanted) == key:
        _plan(log_key(store, row), key, row, looked.log, study)
    _to_copy(study)


def _log(store: Store) -> StudyRow | None:
    """A saved panel, or a new one from a file; the address names it."""
    rows = [row for row in store.studies() if LENS in row.definition]
    asked = st.query_params.get("study") or st.session_state.get(frame.REMEMBERED)
    ids = [row.id for row in rows]
    first_shown = ids.index(asked) if asked in ids else 0
    first, second = st.columns([2, 1], vertical_alignment="center")
    # A file that came in turns the switch back: another key is another switch.
    brought = st.session_state.get(BROUGHT, 0)
    new = second.toggle(
        "From another file", value=not rows, disabled=not rows, key=f"plan_new_{brought}"
    )
    if new:
        with first:
            _upload(store)
        return None
    chosen = first.selectbox(
        "Log of the study", rows, index=first_shown,
        format_func=lambda row: row.name,
        help="Periods before its launch are planned on; all of them if there was none.",
    )  # fmt: skip
    if chosen.id != ids[first_shown]:
        st.query_params["study"] = chosen.id
    return chosen


def _upload(store: Store) -> None:
    uploaded = uploads.offered(
        "Panel file", largest_mb=study_log.UPLOAD_MB,
        key=f"plan_file_{st.session_state.get(BROUGHT, 0)}",
        explained="One row a unit and period, or an event log; no launch in it, or from before it.",
    )  # fmt: skip
    st.caption(f"CSV, JSON lines or Parquet, at most {study_log.UPLOAD_MB} MB.")
    if uploaded is None:
        return
    with study_log.reading(f"Reading {uploaded.name}") as progress:
        record = uploads.take(uploaded)
        study_id = intake.new_study(store, [record.name], progress, record=record)
        row = store.study(study_id)
        if not study_panel.is_of_panel(row):
            intake.read_as(store, row, LENS)
    st.session_state[BROUGHT] = st.session_state.get(BROUGHT, 0) + 1
    frame.go("planning", study_id)


def _asked(row: StudyRow, log: PanelLog) -> dict[str, Any] | None:
    """The plan as a study: its log and metrics, the units, length and level asked for."""
    lens = row.definition[LENS]
    first, second, third = st.columns([2, 1, 1])
    now = [one for one in lens.get("treated") or lens.get("starts") or () if one in log.units]
    treated = first.multiselect(
        "Units to treat", list(log.units), default=now if len(now) < len(log.units) else [],
        key=f"{row.id}_plan_units", placeholder="Nobody yet: find the best",
        help="Who would get the launch. Leave it empty to look for the best units alone.",
    )  # fmt: skip
    periods = len(log.axis.labels)
    horizon = second.number_input(
        "Length of the test, periods", 1, max(1, periods), min(max(1, periods // 5), 28),
        key=f"{row.id}_plan_horizon",
        help="Periods after the start. At least 10 periods must be left before it.",
    )  # fmt: skip
    alpha = third.number_input(
        "Alpha", 0.001, 0.5, float(lens.get("alpha", 0.05)), step=0.01, format="%g",
        key=f"{row.id}_plan_alpha", help="Two-sided level of the test.",
    )  # fmt: skip
    given = first.text_input(
        "Lifts to look for, %", DEFAULT_LIFTS, key=f"{row.id}_plan_lifts",
        help="The curve has a point at each.",
    )  # fmt: skip
    windows = second.number_input(
        "Pretended launches", 1, 50, int(lens.get("windows", 10)), key=f"{row.id}_plan_windows",
        help="Each ends one period earlier than the last.",
    )  # fmt: skip
    try:
        lifts = sorted({float(one) / 100 for one in given.replace(";", ",").split(",")})
    except ValueError:
        lifts = []
    if not lifts or min(lifts) <= 0:
        st.caption(":orange[Write lifts as numbers above 0 with commas, such as 2, 5, 10.]")
        return None
    kept = ("frequency", "gaps", "partial_periods", "missing", "statistic", "exclude", "start",
            "starts")  # fmt: skip
    section = {key: lens[key] for key in kept if key in lens}
    if lens.get("method") in ("classic", "demeaned", "indexed", "sdid", "did"):
        section["method"] = lens["method"]
    section |= {
        "horizon": int(horizon),
        "windows": int(windows),
        "lifts": [round(one, 9) for one in lifts],
        "alpha": round(alpha, 6),
    }
    section |= {"treated": treated} if treated else {}
    return _before_any_start(log, row.definition, section)


def _before_any_start(
    log: PanelLog, definition: Mapping[str, Any], section: dict[str, Any]
) -> dict[str, Any]:
    """The plan as a study; a past launch only says where the quiet periods end."""
    starts = section.pop("starts", None)
    if starts:
        section["start"] = min(
            starts.values(), key=lambda one: log.axis.place(one, "synthetic_control.start")[1]
        )
    excluded = section.get("exclude")
    if excluded and section.get("treated"):
        left = {unit: why for unit, why in dict(excluded).items() if unit not in section["treated"]}
        section["exclude"] = left
        if not left:
            section.pop("exclude")
    shown = ("version", "log", "columns", "metrics")
    return {key: definition[key] for key in shown if key in definition} | {
        "name": f"Plan: {definition['name']}"[:120],
        LENS: section,
    }


def _plan(log: str, key: str, row: StudyRow, panel: PanelLog, study: Study) -> None:
    with st.spinner("Pretending launches: of the units named, of each unit, and of sets…"):
        made = _made(log, key, panel, study)
    if isinstance(made, VerdictError):
        show_error(made)
        return
    notices.show(made.notices)
    _power(row, key, made.content)
    _sets(made.content)
    _held_back(made.content)


@memory.kept(16)
def _made(
    log: str,  # noqa: ARG001 - with key, what tells one plan from another
    key: str,  # noqa: ARG001
    _panel: PanelLog,
    _study: Study,
) -> Made | VerdictError:
    from dataclasses import asdict

    from analysis import synthetic_control

    try:
        made = synthetic_control.planned(_panel, _study)
    except VerdictError as error:
        return error
    return Made(made.content, tuple(asdict(one) for one in made.notices))


def _power(row: StudyRow, key: str, content: Mapping[str, Any]) -> None:
    """What treating the units named would show."""
    power = content["power"]
    if power is None:
        return
    names = words.several(content["treated"][:6])
    more = len(content["treated"]) - 6
    who = f"{names} and {more} more" if more > 0 else names
    st.subheader(f"If {plain(who)} got it", anchor=False)
    per = words.counted(int(power["horizon"]), _period(content))
    st.markdown(f"A test of {per} against {words.counted(content['n_donors'], 'donor')}.")
    if content["share_of_total"] is not None:
        st.caption(
            f"They hold {words.share(content['share_of_total'])} of {plain(content['metric'])}."
        )
    rows = [
        {"lift added": words.lift(one["lift"]), "found in": words.share(one["power"], 0)}
        for one in power["power_by_lift"]
    ]
    drawn = charts.known("power_curve") and charts.show(
        "power_curve", f"{row.id}_{key}", {LENS: content, "study": row.definition},
        Choice(dark=st.context.theme.type == "dark"),
    )  # fmt: skip
    if not drawn:
        st.markdown(f"**{_found(power)}**")
        html.table(rows)
    with st.expander("Pretended launches", icon=":material/history:"):
        html.table(
            [
                {
                    "periods left out at the end": one["window"],
                    "periods before": one["pre_periods"],
                    "misfit before": words.number(one["rmspe_pre"]),
                    "share of the mean": words.share(one["rmspe_pre_over_mean"]),
                    **{
                        f"p at {words.lift(p['lift'])}": f"{p['p']:.3g}"
                        for p in one["p_by_lift"][:6]
                    },
                }
                for one in power["windows"]
            ]
        )
        st.caption(
            "Each window pretends a launch where there was none. At a lift of 0.0% p should be"
            " small no more often than alpha says."
        )


def _period(content: Mapping[str, Any]) -> str:
    frequency = str(content["frequency"])
    return "period" if frequency == "label" else frequency


def _found(power: Mapping[str, Any]) -> str:
    if power["mde"] is None:
        return "No lift tried would be found four times in five"
    lift = wording.signed_percent(power["mde"]).lstrip("+")
    return f"A lift of {lift} would be found four times in five"


def _sets(content: Mapping[str, Any]) -> None:
    """The units, alone or together, on which a test would show the least effect."""
    st.subheader("Best units to treat", anchor=False)
    rows = content["best_sets"]
    if not rows:
        st.markdown("The panel has too few units, or too many, to try sets of them.")
        return
    html.table(
        [
            {
                "units": words.several(one["units"]),
                "lifts from about": words.share(one["detectable_lift"]),
                "misfit before": words.share(one["rmspe_pre_over_mean"]),
                "false alarms": words.share(one["false_alarms"], 0),
            }
            for one in rows[:SHOWN_SETS]
        ]
    )
    st.caption(plain(content["sets_rule"]))
    alone = [one for one in rows if one["size"] == 1]
    with st.expander(f"Each unit alone ({len(alone):,} tried)", icon=":material/list:"):
        html.table(
            [
                {
                    "unit": one["units"][0],
                    "lifts from about": words.share(one["detectable_lift"]),
                    "misfit before": words.share(one["rmspe_pre_over_mean"]),
                    "false alarms": words.share(one["false_alarms"], 0),
                }
                for one in alone[:SHOWN_UNITS]
            ]
        )
        if content["untried"]:
            st.caption(
                f"{words.counted(len(content['untried']), 'unit')} not tried: donors follow them"
                " less closely than those above."
            )


def _held_back(content: Mapping[str, Any]) -> None:
    """If all but a few got it."""
    rows = content["held_back"]
    if not rows:
        return
    st.subheader("If all but a few got it", anchor=False)
    html.table(
        [
            {
                "held back": words.counted(one["n"], "unit"),
                "share of units": words.share(one["share"], 0),
                "lift found four times in five": _least(one),
                "which": words.several(one["held_back"][:8])
                + (f" and {one['n'] - 8} more" if one["n"] > 8 else ""),
            }
            for one in rows
        ]
    )


def _least(one: Mapping[str, Any]) -> str:
    if not one["enough"]:
        return "none: too few donors for a test at this level"
    return words.NONE if one["mde"] is None else words.share(one["mde"])


def _to_copy(study: Study) -> None:
    """The plan as a file, for the command line."""
    with st.expander("Plan as a study file", icon=":material/code:"):
        st.caption("Save it as plan.toml and run `python -m analysis plan plan.toml`.")
        st.code(study.to_toml(), language="toml")
