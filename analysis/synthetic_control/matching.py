"""Predictors as a study names them, made into one number a unit each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.core import Floats, Notice, StudyError
from analysis.core.wording import agreeing, joined
from analysis.logs.panel_log import PanelLog
from analysis.study import Study
from analysis.study_panel import Predictor, SyntheticControl, Window
from analysis.synthetic_control.donors import Audited
from analysis.synthetic_control.many import Places
from analysis.synthetic_control.notices import notice
from analysis.synthetic_control.treated import log_windows

SHOWN = 8


@dataclass(frozen=True)
class Matching:
    """What predictors say of every unit of the panel.

    Attributes:
        names: (predictors,) each in words.
        values: (predictors, units); NaN where a unit has no value in the window.
        training: (predictors, units) what stands in their place while V is sought; None without.
        reaching: Columns of predictors that reach past the start.
    """

    names: tuple[str, ...]
    values: Floats
    training: Floats | None
    reaching: tuple[str, ...]


def matching(
    log: PanelLog, study: Study, start: int, evaluate: int, until: int | None = None
) -> Matching:
    """The predictors of a study.

    Args:
        log: The log's panel, whose periods are not yet cut.
        study: The study.
        start: Periods of the log before the start.
        evaluate: Periods of the log before the post window.
        until: Look at no period from this one on; a predictor whose window lies wholly after it
            is left out.

    Raises:
        StudyError: A column is unknown, or a window is empty or reaches into the post window.
    """
    lens = study.synthetic_control or SyntheticControl()
    names, values, training, reaching = [], [], [], []
    last = start if until is None else min(start, until)
    for place, one in enumerate(lens.predictors):
        where = f"synthetic_control.predictors[{place + 1}]"
        series = _column(log, study, one.column, where)
        periods = _periods(log, one, start, where)
        if periods.size and int(periods.max()) >= evaluate:
            raise StudyError(
                "predictor_after_start",
                f'The predictor "{one.column}" looks at {log.axis.labels[int(periods.max())]}, '
                "which the launch may have moved.",
                where=where,
                fix="Keep predictors to periods before the start.",
            )
        if until is not None:
            periods = periods[periods < last]
            if periods.size == 0:
                continue
        elif periods.size and int(periods.max()) >= start:
            reaching.append(one.column)
        names.append(_named(one))
        values.append(_mean(series[periods]))
        trained = one.train or one
        if one.train is not None:
            series = _column(log, study, trained.column, f"{where}.train")
            periods = _periods(log, trained, start, f"{where}.train")
        training.append(_mean(series[periods]))
    cross = any(one.train is not None for one in lens.predictors)
    return Matching(
        tuple(names),
        np.array(values),
        np.array(training) if cross else None,
        tuple(dict.fromkeys(reaching)),
    )


def fit_window(log: PanelLog, window: Window | None, start: int) -> Places:
    """Periods of the log by whose outcome V is chosen: all before the start, or those named."""
    if window is None:
        return np.arange(start, dtype=np.intp)
    return _between(log, window.first, window.last, start, "synthetic_control.v_fit")


def _column(log: PanelLog, study: Study, name: str, where: str) -> Floats:
    for metric, panel in zip(study.metrics, log.panels, strict=True):
        if name == metric.name:
            return panel.values
    if name in log.columns:
        return log.columns[name]
    for metric, panel in zip(study.metrics, log.panels, strict=True):
        if name == metric.column:
            return panel.values
    known = [metric.name for metric in study.metrics] + sorted(log.columns)
    raise StudyError(
        "unknown_predictor",
        f'No metric and no column of numbers is called "{name}".',
        where=where,
        fix=f"There are {', '.join(known)}.",
    )


def _periods(log: PanelLog, one: Predictor, start: int, where: str) -> Places:
    if one.at is None:
        found = _between(log, one.first, one.last, start, where)
    else:
        found = np.array([_exactly(log, moment, where) for moment in one.at], dtype=np.intp)
    if found.size == 0:
        raise StudyError(
            "empty_window",
            f'The window of "{one.column}" holds no period of the panel.',
            where=where,
            fix=f"The panel runs from {log.axis.range[0]} to {log.axis.range[1]}.",
        )
    return found


def _exactly(log: PanelLog, moment: str | float, where: str) -> int:
    label, before, _ = log.axis.place(moment, where)
    if before >= len(log.axis.labels) or log.axis.labels[before] != label:
        raise StudyError(
            "unknown_period",
            f"The panel has no period {label}.",
            where=where,
            fix=f"It runs from {log.axis.range[0]} to {log.axis.range[1]}.",
        )
    return before


def _between(
    log: PanelLog, first: str | float | None, last: str | float | None, start: int, where: str
) -> Places:
    begin = 0 if first is None else log.axis.place(first, where)[1]
    if last is None:
        end = start
    else:
        label, before, _ = log.axis.place(last, where)
        inside = before < len(log.axis.labels) and log.axis.labels[before] == label
        end = before + (1 if inside else 0)
    return np.arange(begin, end, dtype=np.intp)


def _mean(values: Floats) -> Floats:
    """(units,) mean of the values present; NaN where there is none."""
    present = ~np.isnan(values)
    count = present.sum(axis=0)
    total = np.where(present, values, 0.0).sum(axis=0)
    found: Floats = np.divide(total, count, out=np.full(values.shape[1], np.nan), where=count > 0)
    return found


def _named(one: Predictor) -> str:
    if one.at is not None:
        return f"{one.column} at {', '.join(_said(moment) for moment in one.at)}"
    if one.first is None and one.last is None:
        return one.column
    ends: Sequence[str | float | None] = (one.first, one.last)
    said = [("" if end is None else _said(end)) for end in ends]
    return f"{one.column}, {said[0]} to {said[1]}"


def _said(moment: str | float) -> str:
    return f"{moment:g}" if isinstance(moment, float) else moment


def without_predictor(
    log: PanelLog,
    study: Study,
    candidates: Sequence[int],
    treated: Sequence[int],
    found: Mapping[str, Audited],
    notices: list[Notice],
) -> dict[str, Audited]:
    """Donors without a value of some predictor; a treated unit without one is refused."""
    lens = study.synthetic_control or SyntheticControl()
    start, evaluate = log_windows(log, lens, log.units[treated[0]])
    matched = matching(log, study, start, evaluate)
    if matched.reaching:
        notices.append(notice("v_starts_after", columns=joined(list(matched.reaching))))
    dropped: dict[str, Audited] = {}
    tables = [matched.values] + ([] if matched.training is None else [matched.training])
    for place, name in enumerate(matched.names):
        absent = np.any([np.isnan(table[place]) for table in tables], axis=0)
        if absent[list(treated)].any():
            raise StudyError(
                "predictor_missing",
                f"A treated unit has no value of {name}.",
                where="synthetic_control.predictors",
                fix="Choose another window, or another predictor.",
            )
        lost = [
            log.units[i]
            for i in candidates
            if absent[i] and log.units[i] not in dropped and found.get(log.units[i]) is None
        ]
        for unit in lost:
            dropped[unit] = Audited(
                unit, kept=False, reason="predictor_missing", detail=f"no value of {name}"
            )
        if lost:
            notices.append(
                notice(
                    "predictor_missing",
                    units=joined(lost[:SHOWN]),
                    have=agreeing(len(lost), "has", "have"),
                    were=agreeing(len(lost), "was", "were"),
                    column=name,
                )
            )
    return dropped
