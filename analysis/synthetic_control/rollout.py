"""Everybody got it: what could still stand in for the units that were left out of nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.core import VerdictError
from analysis.core.wording import agreeing, counted
from analysis.logs.panel_log import PanelLog
from analysis.logs.panels.calendar import instant
from analysis.study_panel import Moment, SyntheticControl
from analysis.synthetic_control.cohorts import HOURS, Cohorts, plan_cohorts
from analysis.synthetic_control.treated import starts_of

Definition = dict[str, Any]

# Periods of a year, in which the same weeks come again.
SEASONS = {"day": 364, "week": 52, "month": 12}
# A unit of the panel needs a few others beside it.
LEAST_UNITS = 3
MOST_CUTS = 3
MOST_COLUMNS = 4
# Kinds of metrics that can be divided by the people of a cohort.
COHORT_KINDS = ("count", "sum", "proportion")
# What of the section goes with any change of unit or donors.
OF_THE_LAUNCH = ("frequency", "alpha", "statistic", "other_changes", "gaps", "missing")


@dataclass(frozen=True)
class Offer:
    """One way on after a global rollout.

    Attributes:
        key: Stable name of the way; several offers may share one.
        title: What would be compared.
        about: What it rests on, and what it cannot tell.
        action: What the click does, as a button says it; empty if it cannot be done.
        study: The new study; None if this log cannot serve it.
        why_not: Why not, and what would be needed.
        cohorts: The new study is of a file of these cohorts, to be made from the log.
    """

    key: str
    title: str
    about: str
    action: str = ""
    study: Definition | None = None
    why_not: str = ""
    cohorts: Cohorts | None = None


@dataclass(frozen=True)
class OtherColumn:
    """A column of names that could be the panel's unit.

    Attributes:
        name: Its name.
        distinct: Different names in it.
    """

    name: str
    distinct: int


def offers(
    log: PanelLog,
    lens: SyntheticControl,
    definition: Mapping[str, Any],
    columns: Sequence[OtherColumn],
) -> tuple[Offer, ...]:
    """Every way on, the most convincing first; those that this log cannot serve say why.

    Args:
        log: The panel in which nobody was left untreated.
        lens: The study's section.
        definition: The study as its file says it.
        columns: The log's other columns of names.
    """
    starts = _starts(log, lens)
    return (
        *_later_units(log, definition, starts),
        *_other_units(log, definition, starts, columns),
        _other_events(log, definition, starts),
        _older_cohorts(log, definition, starts),
        _last_year(log, definition, starts),
        _forecast(log, definition, starts),
    )


def _starts(log: PanelLog, lens: SyntheticControl) -> dict[str, Moment]:
    """Unit = its start, as far as it is known; later ones of the log's own column too."""
    try:
        said = starts_of(log, lens)
    except VerdictError:
        said = {}
    return dict(log.treated_from) | said


def _first(starts: Mapping[str, Moment], log: PanelLog) -> tuple[Moment | None, int]:
    """The earliest start and the number of periods before it."""
    placed = [(_place(log, one), one) for one in starts.values()]
    if not placed:
        return None, len(log.axis.labels)
    before, moment = min(placed, key=lambda one: (one[0], str(one[1])))
    return moment, before


def _place(log: PanelLog, moment: Moment) -> int:
    return log.axis.place(moment, "synthetic_control.start")[1]


def _launch(definition: Mapping[str, Any], start: Moment | None) -> Definition:
    """The section without units and donors: what stays whatever is compared."""
    lens = definition.get("synthetic_control", {})
    kept = {key: lens[key] for key in OF_THE_LAUNCH if key in lens}
    return kept | ({"start": start} if start is not None else {})


def _named(moment: Moment) -> str:
    return f"{moment:g}" if isinstance(moment, float) else moment


def _later_units(
    log: PanelLog, definition: Mapping[str, Any], starts: Mapping[str, Moment]
) -> list[Offer]:
    key = "later_units"
    title = "Units that got it later, or opted out"
    about = (
        "A unit of the same kind with another date is a donor until its own start. This is the "
        "strongest comparison that is left."
    )
    start, before = _first(starts, log)
    cuts = []
    for cut in sorted({_place(log, one) for one in starts.values()}):
        donors = [unit for unit, one in starts.items() if _place(log, one) >= cut]
        if cut > before and len(donors) >= LEAST_UNITS - 1:
            cuts.append((cut, donors))
    if start is None or not cuts:
        return [
            Offer(
                key, title, about,
                why_not="All units have the same start here. If some got it later or opted out, "
                "give each unit its own start in step 4.",
            )
        ]  # fmt: skip
    # The cuts with the most to compare: donors times periods.
    cuts.sort(key=lambda one: -(one[0] - before) * min(len(one[1]), 20))
    return [
        _until(log, definition, starts, start, before, cut, donors)
        for cut, donors in sorted(cuts[:MOST_CUTS])
    ]


def _until(
    log: PanelLog,
    definition: Mapping[str, Any],
    starts: Mapping[str, Moment],
    start: Moment,
    before: int,
    cut: int,
    donors: Sequence[str],
) -> Offer:
    """The first units against those that were still without it, up to a date."""
    treated = sorted(unit for unit, one in starts.items() if _place(log, one) == before)
    ends = min((starts[unit] for unit in donors), key=lambda one: (_place(log, one), str(one)))
    between = {
        unit: f"got it on {_named(one)}"
        for unit, one in sorted(starts.items())
        if before < _place(log, one) < cut
    }
    section = _launch(definition, start) | {
        "treated": treated,
        "end": ends,
        "not_yet_treated": True,
    }
    if between:
        section["exclude"] = between
    periods = counted(cut - before, "period")
    return Offer(
        "later_units",
        f"{counted(len(donors), 'unit')} that got it later, until {_named(ends)}",
        f"{counted(len(treated), 'unit')} from {_named(start)} against "
        f"{counted(len(donors), 'unit')} still without it: {periods} to compare.",
        "Compare with later units",
        {**definition, "synthetic_control": section},
    )


def _is_of_events(log: PanelLog) -> bool:
    """Rows are events, so that they can be counted by any of their columns."""
    return "event" in log.accounting.columns or any(one.zero_filled for one in log.panels)


def _other_units(
    log: PanelLog,
    definition: Mapping[str, Any],
    starts: Mapping[str, Moment],
    columns: Sequence[OtherColumn],
) -> list[Offer]:
    key = "other_unit"
    title = "Surfaces, products or markets that the launch did not touch"
    about = (
        "Rows are counted by another column. Name what changed, and what the launch also "
        "reached: a touched donor hides part of the effect."
    )
    if not _is_of_events(log):
        return [
            Offer(
                key, title, about,
                why_not="This file has one row a unit and period. Bring a log, or a file with one "
                "row a surface and period.",
            )
        ]  # fmt: skip
    fitting = [one for one in columns if one.distinct >= LEAST_UNITS][:MOST_COLUMNS]
    if not fitting:
        return [
            Offer(
                key, title, about,
                why_not="The log has no other column of names with at least three of them, such "
                "as surface, product or market.",
            )
        ]  # fmt: skip
    start, _ = _first(starts, log)
    return [
        Offer(
            key,
            f"Compare by {one.name}",
            f"{counted(one.distinct, 'unit')} instead of {len(log.units):,}. {about}",
            f"Compare by {one.name}",
            {
                **definition,
                "columns": {**_roles(log, definition), "region": one.name},
                "synthetic_control": _launch(definition, start),
            },
        )
        for one in fitting
    ]


def _roles(log: PanelLog, definition: Mapping[str, Any]) -> Definition:
    """The columns as read, without those that say who is treated."""
    found = {**log.accounting.columns, **definition.get("columns", {})}
    return {role: found[role] for role in found if role not in ("region", "treated_from")}


def _other_events(
    log: PanelLog, definition: Mapping[str, Any], starts: Mapping[str, Moment]
) -> Offer:
    key = "other_metrics"
    title = "Other things that the same people do"
    about = (
        "Each kind of event becomes a series, as an index. People's time is shared: if the launch "
        "drew them away from the others, the effect looks larger than it is."
    )
    column = log.accounting.columns.get("event")
    primary = primary_of(definition)
    event = primary.get("event")
    events = [name for name, rows in log.accounting.event_names.items() if rows]
    if column is None or len(events) < LEAST_UNITS:
        return Offer(
            key, title, about,
            why_not="The log does not name at least three kinds of events. Bring a wide file: a "
            "time, and one column a metric.",
        )  # fmt: skip
    if event is None:
        return Offer(
            key, title, about,
            why_not="The primary metric is a ratio of events. Choose one that counts or adds up "
            "an event.",
        )  # fmt: skip
    start, _ = _first(starts, log)
    kind = primary.get("kind") if primary.get("kind") in ("sum", "mean") else "count"
    roles = {role: name for role, name in _roles(log, definition).items() if role != "event"}
    roles.pop("unit", None)
    return Offer(
        key,
        f"{event} against {counted(len(events) - 1, 'other kind')} of events",
        about,
        "Compare with other events",
        {
            **definition,
            "columns": {**roles, "region": column},
            "metrics": [
                {
                    "name": f"{event}, as an index",
                    "role": "primary",
                    "kind": kind,
                    "better": primary.get("better", "higher"),
                }
            ],
            "synthetic_control": _launch(definition, start)
            | {"treated": [event], "method": "indexed"},
        },
    )


def _older_cohorts(
    log: PanelLog, definition: Mapping[str, Any], starts: Mapping[str, Moment]
) -> Offer:
    title = "Older cohorts, aligned by age"
    about = (
        "People who were through with the same ages before the launch. What else the calendar "
        "brought is not matched, and who was there before the log began is new in it."
    )
    found = _cohorts(log, definition, starts)
    if isinstance(found, str):
        return Offer("older_cohorts", title, about, why_not=found)
    primary = primary_of(definition)
    name = primary["name"]
    changes = str(definition.get("synthetic_control", {}).get("other_changes") or "").rstrip(". ")
    said = "Older cohorts stand in, aligned by age: what the calendar brought is not matched."
    metric = {
        "name": f"{name} a person", "column": "value", "role": "primary",
        "better": primary.get("better", "higher"),
    }  # fmt: skip
    section = _launch(definition, None) | {
        "treated": [found.name(found.treated)],
        "start": found.before - 1,
        "evaluate_from": found.before,
        "other_changes": f"{changes}. {said}" if changes else said,
    }
    section.pop("frequency", None)
    section.pop("gaps", None)
    return Offer(
        "older_cohorts",
        f"{counted(found.donors, 'older cohort')}, aligned by age",
        f"Who was {found.name(found.treated)} met the launch at an age of {found.before - 1} "
        f"{found.period}s. {about}",
        "Compare with older cohorts",
        {
            "version": 1,
            "columns": {"region": "cohort", "time": "age"},
            "metrics": [metric],
            "synthetic_control": section,
        },
        cohorts=found,
    )


def _cohorts(
    log: PanelLog, definition: Mapping[str, Any], starts: Mapping[str, Moment]
) -> Cohorts | str:
    """The cohorts that a log has; else why it has none."""
    roles = log.accounting.columns
    if not _is_of_events(log):
        return (
            "A file of periods does not say who did what. Bring a log of events with a column of "
            "users, or a file with the columns cohort, age (a number) and the value."
        )
    said = definition.get("columns", {})
    if "region" not in roles or not ("unit" in roles or said.get("unit")):
        return "The log names no users beside the units. Name their column in step 2."
    primary = primary_of(definition)
    if primary.get("kind", "count") not in COHORT_KINDS or "event" not in primary:
        return (
            "The primary metric is a ratio or a mean. Choose one that counts or adds up an event."
        )
    start, before = _first(starts, log)
    if log.axis.frequency not in HOURS or start is None or isinstance(start, float):
        return "It takes the date of the launch, and days or weeks as the period."
    zone = str(definition.get("log", {}).get("timezone", "UTC"))
    launch = instant(start, zone, "synthetic_control.start")
    return plan_cohorts(log.axis.frequency, launch, zone, before, len(log.axis.labels) - before)


def primary_of(definition: Mapping[str, Any]) -> Definition:
    """A study's first primary metric, or its first one; empty if it has none."""
    metrics = list(definition.get("metrics", []))
    named = next((one for one in metrics if one.get("role") == "primary"), None)
    return dict(named or (metrics[0] if metrics else {}))


def _last_year(log: PanelLog, definition: Mapping[str, Any], starts: Mapping[str, Moment]) -> Offer:
    key = "last_year"
    title = "The same weeks of last year"
    about = "A forecast that knows the season. It is not causal: whatever else changed is in it."
    start, before = _first(starts, log)
    season = SEASONS.get(log.axis.frequency)
    if season is None:
        return Offer(key, title, about, why_not="These periods have no calendar, so no season.")
    if start is None or before < season:
        have = counted(before, log.axis.frequency)
        return Offer(
            key, title, about,
            why_not=f"It takes {season} {log.axis.frequency}s before the start; there "
            f"{agreeing(before, 'is', 'are')} {have}.",
        )  # fmt: skip
    return Offer(
        key, title, about, "Forecast with last year's season",
        _forecasting(log, definition, starts, season),
    )  # fmt: skip


def _forecast(log: PanelLog, definition: Mapping[str, Any], starts: Mapping[str, Moment]) -> Offer:
    key = "forecast"
    title = "Nothing: before and after"
    about = "A forecast from the units' own past. Forecast, not causal: it is never a claim alone."
    start, before = _first(starts, log)
    if start is None or before < LEAST_UNITS:
        return Offer(
            key, title, about,
            why_not="Give the date of the launch, with at least three periods before it.",
        )  # fmt: skip
    made = _forecasting(log, definition, starts, None)
    return Offer(key, title, about, "Forecast from before", made)


def _forecasting(
    log: PanelLog,
    definition: Mapping[str, Any],
    starts: Mapping[str, Moment],
    season: int | None,
) -> Definition:
    """The first units together, up to the second start if there is one, with no donor."""
    start, before = _first(starts, log)
    treated = sorted(unit for unit, one in starts.items() if _place(log, one) == before)
    section = _launch(definition, start) | {"treated": treated, "method": "bsts", "donors": []}
    if season is not None:
        section["season"] = season
    return {**definition, "synthetic_control": section}
