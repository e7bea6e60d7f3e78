"""Everybody got it: the ways on that this log can serve, each as one click to a new study."""

from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from typing import Any, NoReturn

import streamlit as st

from analysis.core import VerdictError, wording
from analysis.logs import PanelLog
from analysis.store import Store, StudyRow, study_place, study_work
from analysis.study import Study
from analysis.study_panel import SyntheticControl
from pages.ui import frame, html, intake, memory, study_log, uploads, words
from pages.ui.study_check import log_key
from pages.ui.study_panel import Looked
from pages.ui.words import plain

CODE = "no_untreated_unit"


def show(store: Store, row: StudyRow, looked: Looked) -> None:
    """Say that nobody is left to compare with, and offer what could serve instead."""
    if looked.error is None or looked.error.code != CODE or looked.log is None:
        return
    assert looked.study is not None
    lens = looked.study.synthetic_control or SyntheticControl()
    st.error(
        f"**Nobody was left untreated.** {plain(looked.error.what)} A plain before and after"
        " sees an effect in 37 of 100 simulated launches that had none, so it is not a verdict"
        f" here.  \n:gray[Code: {CODE}]",
        icon=":material/group_off:",
    )
    st.subheader("What could stand in, the most convincing first", anchor=False)
    taken = {*looked.log.accounting.columns.values(), *row.definition.get("columns", {}).values()}
    facts = row.facts or {}
    with st.container(gap="small"):
        for place, offer in enumerate(_offers(looked.log, lens, row.definition, facts, taken)):
            _offer(store, row, place, offer)
    _next_time(store, row, looked)


def _offers(
    log: PanelLog,
    lens: SyntheticControl,
    definition: Mapping[str, Any],
    facts: Mapping[str, Any],
    taken: set[Any],
) -> Any:
    from analysis import synthetic_control

    others = [
        synthetic_control.OtherColumn(name, distinct)
        for name, distinct in (facts.get("names") or {}).items()
        if name not in taken
    ]
    return synthetic_control.offers(log, lens, definition, others)


def _offer(store: Store, row: StudyRow, place: int, offer: Any) -> None:
    """One way on: a button if this log can serve it, else why it cannot."""
    with st.container(border=True, key=f"offer_{place}"):
        said, done = st.columns([3, 1], vertical_alignment="center")
        with said:
            st.markdown(f"**{plain(offer.title)}**  \n:small[{plain(offer.about)}]")
            if offer.study is None:
                st.caption(f":material/block: Not with this log: {plain(offer.why_not)}")
        if offer.study is None:
            return
        log = "the same log" if offer.cohorts is None else "a file made from this log"
        if done.button(
            plain(offer.action), key=f"{row.id}_offer_{place}", width="stretch",
            help=f"Makes a new draft study on {log}; this one stays as it is.",
        ):  # fmt: skip
            _begin(store, row, offer)


def _begin(store: Store, row: StudyRow, offer: Any) -> None:
    """A new draft study on the same log, or on a file made from it."""
    name = f"{row.name}: {offer.title[:1].lower()}{offer.title[1:]}"[:120]
    if offer.cohorts is not None:
        _begin_with_cohorts(store, row, offer, name)
    study_id = store.save_study({**offer.study, "name": name}, row.log_sha256)
    if row.facts is not None:
        store.keep_facts(study_id, row.facts)
    store.edit(study_id, {**offer.study, "name": name}, ready=True)
    frame.go("new_study", study_id)


def _begin_with_cohorts(store: Store, row: StudyRow, offer: Any, name: str) -> NoReturn:
    """A new draft study on a file of cohorts and ages, made from the study's log."""
    from analysis import logs, synthetic_control

    found = offer.cohorts
    primary = synthetic_control.primary_of(row.definition)
    with study_log.reading("Finding cohorts") as progress:
        text = logs.cohort_file(
            Study.parse({**row.definition, "metrics": [primary]}),
            base=study_place(store, row), work=study_work(store, row), progress=progress,
            oldest=found.base, launch=found.launch, size=found.size, ages=found.ages,
            names={place: found.name(place) for place in (*range(found.donors), found.treated)},
        )  # fmt: skip
        record = store.save_log(BytesIO(text.encode()), f"{uploads.title_of(row.name)} cohorts.csv")
        study_id = intake.new_study(store, [record.name], progress, record=record)
    log = store.study(study_id).definition["log"]
    store.edit(study_id, {**offer.study, "name": name, "log": log}, ready=True)
    frame.go("new_study", study_id)


def _next_time(store: Store, row: StudyRow, looked: Looked) -> None:
    """What holding some units back would have shown."""
    assert looked.log is not None
    assert looked.study is not None
    st.subheader("Next time: hold some back", anchor=False)
    # Its name and story change nothing of what is found.
    key = replace(looked.study, name="", hypothesis=None, owner=None).key()
    with st.spinner("Trying what holding units back would have shown…"):
        rows = _held_back(log_key(store, row), key, looked.log, looked.study)
    if isinstance(rows, VerdictError):
        st.caption(f"What it would have shown cannot be said: {plain(rows.what)}")
    elif rows:
        html.table(rows)
    st.caption(
        "5-10 % of users held back at random is an A/B test, and the strongest plan. Where only"
        " whole units can be held back, this is what the periods before the launch say."
    )
    frame.page_link("planning", "Plan the next launch", study_id=row.id, icon="event_upcoming")


@memory.kept(16)
def _held_back(
    log: str,  # noqa: ARG001 - with study_key, what tells one answer from another
    study_key: str,  # noqa: ARG001
    _log: PanelLog,
    _study: Study,
) -> list[dict[str, Any]] | VerdictError:
    from analysis import synthetic_control

    lens = _study.synthetic_control or SyntheticControl()
    if lens.method in ("bsts", "predictors", "ridge", "penalised"):
        _study = replace(_study, synthetic_control=replace(lens, method="auto", predictors=()))
    try:
        found = synthetic_control.next_time(_log, _study)
    except VerdictError as error:
        return error
    return [
        {
            "held back": words.counted(one["n"], "unit"),
            "share of units": words.share(one["share"], 0),
            "what it would show": _said(one),
        }
        for one in found
    ]


def _said(one: Mapping[str, Any]) -> str:
    if not one["enough"]:
        return "nothing: too few for a test at this level"
    if one["mde"] is None:
        return "no lift tried would be found four times in five"
    return f"a lift of {wording.signed_percent(one['mde']).lstrip('+')}, four times in five"
