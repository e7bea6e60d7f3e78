"""The tabs under a synthetic control readout; only the open one does any work."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from analysis.figures import Choice
from analysis.report import details, panel_details, panel_rows
from analysis.report.heading import why
from analysis.store import StudyRow
from pages.ui import charts, frame, html, notices, words

Content = Mapping[str, Any]
TAB, SCALE = "view", "scale"
PLACEBOS, DONORS, LEAVE_ONE_OUT = "Placebos", "Donors", "Leave-one-out"
SPECIFICATIONS, POWER, UNITS = "Specifications", "Power", "Treated units"
CHECKS, METHOD = "Data checks", "Method"
TOGETHER = "All together"


def open_tab(name: str) -> None:
    """Open a tab from elsewhere on the page."""
    st.session_state[TAB] = name


def scale(content: Content) -> str:
    """The scale in which the headline is told now: the rows stand above the control itself."""
    offered = {name: one for one, name in _scales(content).items()}
    asked = st.session_state.get(SCALE) or offered.get(st.query_params.get(SCALE, ""))
    return str(asked) if asked in offered.values() else next(iter(offered.values()))


def _scales(content: Content) -> dict[str, str]:
    """The scales of this readout by name, the first one to begin with."""
    names = {
        "percent": "In percent",
        "period": f"Per {panel_rows.per(content)}",
        "total": "In total",
    }
    return {one: names[one] for one in panel_rows.scales(content)}


def ask(content: Content) -> Choice:
    """Ask for the scale of the effect and, where there are several, the metric and the unit."""
    found = content["synthetic_control"]
    names = _scales(content)
    further = [str(one["name"]) for one in found.get("metrics") or () if one.get("gaps")]
    with st.container(horizontal=True, gap="small", vertical_alignment="center", width="content"):
        asked = st.segmented_control(
            "Effect", list(names), default=next(iter(names)), required=True,
            format_func=names.__getitem__, key=SCALE, bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
        metric = ""
        if further:
            metric = st.selectbox(
                "Metric drawn", [str(found["metric"]), *further], key="drawn_metric",
                format_func=words.isolated, label_visibility="collapsed", width=210,
            )  # fmt: skip
        unit = _unit(found) if metric in ("", found.get("metric")) else ""
    return Choice(metric, unit, str(asked), dark=_dark())


def _unit(found: Content) -> str:
    units = [str(one["unit"]) for one in found.get("per_unit") or ()]
    if not units:
        return ""
    offered = [TOGETHER, *units] if found.get("gaps") else units
    chosen = st.selectbox(
        "Treated unit drawn", offered, key="drawn_unit", format_func=words.isolated,
        label_visibility="collapsed", width=210,
    )  # fmt: skip
    return "" if chosen == TOGETHER else str(chosen)


def _dark() -> bool:
    return st.context.theme.type == "dark"


def block(content: Content, choice: Choice) -> Content:
    """What the numbers are about: the chosen treated unit, or the whole."""
    units = content["synthetic_control"].get("per_unit") or ()
    found: Content = next(
        (one for one in units if one["unit"] == choice.treatment), content["synthetic_control"]
    )
    return found


def show(row: StudyRow, readout_id: str, content: Content, choice: Choice) -> None:
    """Show the tabs; `choice` says which treated unit they are about."""
    found = content["synthetic_control"]
    about = Choice(treatment=choice.treatment, dark=choice.dark)
    names = [PLACEBOS, DONORS, LEAVE_ONE_OUT, SPECIFICATIONS, POWER, CHECKS, METHOD]
    if found.get("per_unit"):
        names.insert(0, UNITS)
    for name, tab in zip(names, st.tabs(names, key=TAB, bind="query-params"), strict=True):
        if not tab.open:
            continue
        with tab:
            if name == PLACEBOS:
                _placebos(readout_id, content, about)
            elif name == DONORS:
                _donors(readout_id, content, about)
            elif name == LEAVE_ONE_OUT:
                _left_out(readout_id, content, about)
            elif name == SPECIFICATIONS:
                _specifications(readout_id, content, about)
            elif name == POWER:
                _power(readout_id, content, about)
            elif name == UNITS:
                _units(readout_id, content, about)
            elif name == CHECKS:
                _checks(row, content)
            else:
                _method(readout_id, content)


def _placebos(readout_id: str, content: Content, choice: Choice) -> None:
    if not charts.show("placebo_ranks", readout_id, content, choice):
        st.caption(
            "A forecast has no placebos: nothing untreated was fitted in the treated unit's place."
        )
        return
    st.caption(
        "Every donor is treated as if the launch had been there. The share of units whose effect"
        " is at least as large, in units of their own misfit before the start, is the p-value."
    )
    charts.show("placebo_paths", readout_id, content, choice)
    st.caption(
        "Lighter lines: placebos that fit poorly before the start (RMSPE more than twice the"
        " treated unit's). None is left out. Paths far beyond the treated one run off the edge."
    )


def _donors(readout_id: str, content: Content, choice: Choice) -> None:
    found = content["synthetic_control"]
    dropped = panel_details.left_out(found)
    if not charts.show("donor_weights", readout_id, content, choice):
        st.caption("This method gives donors no weights: they are covariates of a forecast.")
    if dropped:
        st.markdown("**Left out before any effect was looked at**")
        html.table(dropped[:60])
        if len(dropped) > 60:
            st.caption(f"The first 60 of {words.count(len(dropped))}.")
    else:
        st.caption("No donor was left out: each one passed the audit.")
    kept = panel_details.kept_anyway(found)
    if kept:
        html.facts([("Kept as the study asks", kept)])
    charts.show("pre_fit", readout_id, content, choice)
    if not charts.show("donors", readout_id, content, choice):
        st.caption("This panel is too large to be copied into its readout, so no series are drawn.")


def _left_out(readout_id: str, content: Content, choice: Choice) -> None:
    if charts.show("leave_one_out", readout_id, content, choice):
        st.caption("Only donors with weight are left out in turn: the others change nothing.")
    else:
        st.caption("This method has no donor weights, so no donor can be left out.")
    if charts.show("in_time", readout_id, content, choice):
        st.caption(
            "The fit forgets everything from the pretended start on. An effect there would mean a"
            " wrong date, an early leak, or a misfit."
        )


def _specifications(readout_id: str, content: Content, choice: Choice) -> None:
    if not charts.show("specifications", readout_id, content, choice):
        st.caption("Methods are compared where all treated units start together.")
        return
    st.caption(
        "Same donors, same dates. Grey bars without a mark: where the effect may lie for all"
        " weights that fit about as well. A method that disagrees is a question, not a veto."
    )


def _power(readout_id: str, content: Content, choice: Choice) -> None:
    if not charts.show("power_curve", readout_id, content, choice):
        st.caption(
            "Power needs ten periods before the launch beside a window of the test's length, one"
            " start for all units, and a method that is refitted fast."
        )
        return
    st.caption(
        "Launches are pretended on the periods before the start, with the study's own method and"
        " donors. Without any lift, the share found is the rate of false alarms."
    )
    found = panel_details.windows(content["synthetic_control"])
    st.markdown("**Pretended launches**")
    html.table(found)


def _units(readout_id: str, content: Content, choice: Choice) -> None:
    charts.show("treated_units", readout_id, content, choice)
    if charts.show("event_time", readout_id, content, choice):
        st.caption("Drawn while every unit is in it, so that the mix of units never changes.")


def _checks(row: StudyRow, content: Content) -> None:
    if content["notices"]:
        notices.show(content["notices"])
    else:
        st.markdown("No notice: nothing in this log or design calls for a second look.")
    found = content["synthetic_control"]
    html.facts(
        [
            ("Design", panel_details.windows_of(content)),
            ("Rows of the headline's metric", panel_details.rows_read(found)),
            ("Rows of the log", details.rows_read(content)),
        ]
    )
    frame.page_link("data_health", "Open data health", study_id=row.id, icon="fact_check")


def _method(readout_id: str, content: Content) -> None:
    verdict = content["synthetic_control"].get("verdict") or content["verdict"]
    rule, *reasons = why(verdict)
    sections = [
        ("Verdict", [("Rule", rule.removeprefix("Rule ")), *(("Because", one) for one in reasons)]),
        ("Analysis", panel_details.settings(content)),
        ("Guardrails", panel_details.guardrails(content)),
        ("This readout", details.provenance(content, readout_id)),
    ]
    html.facts([(title, facts) for title, facts in sections if facts])
    frame.page_link("guide", "Read how each method works", icon="menu_book")
