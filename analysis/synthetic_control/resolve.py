"""The study with what a log decided written out: columns, treated units, starts, frequency."""

from dataclasses import fields, replace
from typing import Any

from analysis.logs.panel_log import PanelLog
from analysis.study import Study
from analysis.study_panel import SyntheticControl
from analysis.synthetic_control.treated import starts_of


def resolve(study: Study, log: PanelLog) -> Study:
    """The study with its columns, treated units and starts filled in.

    Raises:
        StudyError: It names no treated unit, or one that the panel does not have.
    """
    lens = study.synthetic_control or SyntheticControl()
    roles = {one.name for one in fields(study.columns)}
    chosen: dict[str, Any] = {
        role: tuple(column) if role == "segments" else column
        for role, column in log.accounting.columns.items()
        if role in roles and column
    }
    starts = starts_of(log, lens)
    frequency = log.axis.frequency if log.axis.frequency != "label" else None
    filled = replace(lens, treated=tuple(sorted(starts)), frequency=frequency)
    if len(set(starts.values())) == 1:
        filled = replace(filled, start=next(iter(starts.values())), starts=None)
    else:
        filled = replace(filled, start=None, starts=dict(sorted(starts.items())))
    if filled.evaluate_from is None and filled.start is not None:
        filled = replace(filled, evaluate_from=filled.start)
    return replace(study, columns=replace(study.columns, **chosen), synthetic_control=filled)
