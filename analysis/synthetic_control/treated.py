"""Who was treated from when: the study's words and the log's column, placed on the periods."""

from collections.abc import Mapping, Sequence

from analysis.core import Notice, StudyError
from analysis.core.wording import counted, joined
from analysis.logs.panel_log import PanelLog
from analysis.study_panel import Moment, SyntheticControl
from analysis.synthetic_control.notices import notice

SHOWN = 8


def starts_of(log: PanelLog, lens: SyntheticControl) -> dict[str, Moment]:
    """Treated unit of the panel = its start."""
    said: dict[str, Moment] = {}
    if lens.starts is not None:
        said = dict(lens.starts)
        for unit in lens.treated or ():
            if unit not in said:
                raise StudyError(
                    "missing_start",
                    f'"{unit}" is treated, but starts gives it no date.',
                    where="synthetic_control.starts",
                    fix=f"Add its start, or remove it from treated: {joined(list(said))}.",
                )
    elif lens.treated is not None and lens.start is not None:
        said = dict.fromkeys(lens.treated, lens.start)
    elif lens.treated is not None:
        said = _of_column(log, lens)
    elif log.treated_from:
        if lens.start is not None:
            said = dict.fromkeys(log.treated_from, lens.start)
        else:
            said = dict(log.treated_from)
    else:
        raise StudyError(
            "no_treated_unit",
            "The study names no treated unit, and the log has no column treated_from.",
            where="synthetic_control.treated",
            fix=f'Add treated = ["{log.units[0]}"] and start = "...". '
            f"The panel has {_some(log.units)}.",
        )
    return {unit_of(log, unit, "treated"): start for unit, start in said.items()}


def _of_column(log: PanelLog, lens: SyntheticControl) -> dict[str, Moment]:
    missing = [unit for unit in lens.treated or () if log.unit(unit) not in log.treated_from]
    if missing:
        raise StudyError(
            "missing_start",
            f"The study says no start, and the log has none for {joined(missing)}.",
            where="synthetic_control.start",
            fix='Add start = "2026-02-10", the first treated period.',
        )
    return {unit: log.treated_from[log.unit(unit) or unit] for unit in lens.treated or ()}


def unit_of(log: PanelLog, name: str, role: str) -> str:
    """The panel's own spelling of a unit that the study names.

    Raises:
        StudyError: ``unknown_unit``.
    """
    found = log.unit(name)
    if found is None:
        raise StudyError(
            "unknown_unit",
            f'The panel has no unit "{name}".',
            where=f"synthetic_control.{role}",
            fix=f"It has {_some(log.units)}.",
        )
    return found


def _some(units: Sequence[str]) -> str:
    shown = [f'"{unit}"' for unit in units[:SHOWN]]
    more = f" and {len(units) - SHOWN} more" if len(units) > SHOWN else ""
    return f"{len(units)} units: {', '.join(shown)}{more}"


def forecast_alone(lens: SyntheticControl) -> bool:
    """Whether the study asks for a forecast from the treated series' own past, with no donor."""
    return lens.method == "bsts" and lens.donors == ()


def refuse_global_rollout(
    log: PanelLog, lens: SyntheticControl, starts: Mapping[str, Moment]
) -> None:
    """Refuse a launch that left nobody untreated, unless a forecast without donors is asked for.

    Raises:
        StudyError: ``no_untreated_unit``, with what could serve instead.
    """
    if forecast_alone(lens):
        return
    if len(starts) == len(log.units) or lens.global_rollout:
        where = "synthetic_control.start"
        last = _said(max(starts.values(), key=lambda one: log.axis.place(one, where)[1]))
        raise StudyError(
            "no_untreated_unit",
            f"Every unit ({counted(len(log.units), 'unit')}) was treated by {last}; nobody is "
            "left to compare with.",
            where="synthetic_control.treated",
            fix="Look for units with a later date (staged, delayed, opted out), surfaces or "
            'metrics that the launch did not touch, or forecast with method = "bsts" and '
            "donors = [] (not causal); next time hold back 5-10 %.",
        )


def placed(
    log: PanelLog, starts: Mapping[str, Moment], notices: list[Notice]
) -> tuple[dict[str, int], dict[str, str]]:
    """Each treated unit's number of pre-periods and the label of its start."""
    places: dict[str, int] = {}
    labels: dict[str, str] = {}
    told: set[str] = set()
    for unit, start in starts.items():
        label, before, inside = log.axis.place(start, "synthetic_control.start")
        places[unit], labels[unit] = before, label
        if inside and label not in told:
            told.add(label)
            notices.append(notice("start_inside_period", start=_said(start), period=label))
    first, last = log.axis.range
    count = len(log.axis.labels)
    for unit, before in places.items():
        if before in (0, count):
            raise StudyError(
                "start_outside_log",
                f"The start of {unit}, {labels[unit]}, leaves no period "
                f"{'before' if before == 0 else 'from'} it.",
                where="synthetic_control.start",
                fix=f"The log runs from {first} to {last}; give a start within it.",
            )
    return places, labels


def _said(start: Moment) -> str:
    return f"{start:g}" if isinstance(start, float) else start


def evaluated(
    log: PanelLog,
    lens: SyntheticControl,
    places: Mapping[str, int],
    labels: Mapping[str, str],
) -> tuple[str, int]:
    """Label of the first evaluated period and the number of kept periods before it.

    Raises:
        StudyError: ``evaluated_before_start``.
    """
    first = min(places, key=lambda unit: places[unit])
    if lens.evaluate_from is None:
        return labels[first], places[first]
    label, before, _ = log.axis.place(lens.evaluate_from, "synthetic_control.evaluate_from")
    if before < places[first]:
        raise StudyError(
            "evaluated_before_start",
            f"evaluate_from is {label}, before the start {labels[first]}.",
            where="synthetic_control.evaluate_from",
            fix="Give the start itself, or a later period.",
        )
    return label, before


def log_windows(log: PanelLog, lens: SyntheticControl, unit: str) -> tuple[int, int]:
    """Periods of the log, before any is cut, before the start and before the post window."""
    starts = starts_of(log, lens)
    places, labels = placed(log, {unit: starts[unit]}, [])
    return places[unit], evaluated(log, lens, places, labels)[1]
