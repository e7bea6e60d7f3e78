"""What a reader must know about how an event log was read."""

from collections.abc import Container
from typing import Any

from analysis.core import Notice
from analysis.core.wording import agreeing, counted
from analysis.logs.accounting import Accounting
from analysis.logs.events.build import MOST_LEVELS
from analysis.logs.events.columns import EXTREME, stored_rows
from analysis.logs.events.seen import Seen
from analysis.logs.events.tables import EventTables
from analysis.logs.plan import Plan
from analysis.logs.sql.times import DAY


def event_notices(
    facts: dict[str, Any],
    account: Accounting,
    plan: Plan,
    tables: EventTables,
    seen: Seen,
) -> tuple[Notice, ...]:
    """Every notice of the reading, in the order of the rules."""
    counts = facts["units"]
    found = [
        *row_notices(facts, account, plan.timezone),
        *_units(counts, plan, seen.incomplete, sum(seen.units.values())),
        *_values(counts, account, plan, tables),
        *levels_notices(tables.segments, seen.by_segment),
    ]
    before = tables.pre_events() if plan.pre and tables.has_time else 0
    if before:
        found.append(
            Notice(
                "events_before_exposure",
                "note",
                "ab",
                f"{counted(before, 'event')} {agreeing(before, 'precedes', 'precede')} the first "
                f"exposure of {agreeing(before, 'its unit', 'their units')} and "
                f"{agreeing(before, 'is', 'are')} used for the pre-period only.",
            )
        )
    return tuple(found)


def _left(n: int, which: str) -> str:
    """How many rows of some kind left."""
    return f"{counted(n, 'row')} {which} {agreeing(n, 'was', 'were')} left out"


def _first(account: Accounting, reason: str) -> str:
    """Where the first example of a reason stands."""
    examples = next((one.examples for one in account.left_out if one.reason == reason), ())
    if not examples:
        return ""
    row, value = examples[0]["row"], examples[0]["value"]
    return f' (such as row {row}: "{value}")' if value else f" (such as row {row})"


def levels_notices(columns: tuple[str, ...], splitting: Container[str]) -> list[Notice]:
    """Segment columns that were asked for and split the units into too many parts."""
    return [
        Notice(
            "too_many_levels",
            "warn",
            "ab",
            f'The segment column "{column}" has more than {MOST_LEVELS:,} different values, so '
            "no figures are split by it.",
            "Take a column with fewer values, or write coarser ones into the log.",
        )
        for column in columns
        if column not in splitting
    ]


def row_notices(facts: dict[str, Any], account: Accounting, timezone: str) -> list[Notice]:
    """What happened to single rows, to arms, and to units in several arms."""
    counts = facts["units"]
    return [
        *_rows(facts, counts, account, timezone),
        *(Notice(**notice) for notice in facts["arm_notices"]),
        *_mixed(counts),
    ]


def _rows(
    facts: dict[str, Any], counts: dict[str, Any], account: Accounting, timezone: str
) -> list[Notice]:
    found = []
    if facts["naive"]:
        found.append(
            Notice(
                "naive_times",
                "note",
                "log",
                f"{counted(facts['naive'], 'time')} without an offset "
                f"{agreeing(facts['naive'], 'was', 'were')} read as {timezone}.",
                "State [log] timezone in the study if that is wrong.",
            )
        )
    if counts["rows_without_unit"]:
        found.append(
            Notice(
                "rows_without_unit",
                "warn",
                "log",
                f"{_left(counts['rows_without_unit'], 'without a unit id')}.",
                "Log the id on every row.",
            )
        )
    if counts["bad_times"]:
        found.append(
            Notice(
                "bad_times",
                "warn",
                "log",
                f"{_left(counts['bad_times'], 'whose time is no time')}"
                f"{_first(account, 'bad_time')}.",
                "Write times as ISO 8601, like 2026-03-23T09:30:00Z.",
            )
        )
    repeats = counts["duplicate_event_ids"] or counts["exact_repeats"]
    if repeats:
        ids = f"{counted(repeats, 'repeated event id')}"
        rows = f"{counted(repeats, 'exact repeat')} of a row"
        what = ids if counts["duplicate_event_ids"] else rows
        verb = agreeing(repeats, "was", "were")
        found.append(Notice("duplicate_events", "note", "log", f"{what} {verb} counted once."))
    if facts["differing_ids"]:
        found.append(
            Notice(
                "duplicate_ids_differ",
                "warn",
                "log",
                f"{counted(facts['differing_ids'], 'event id')} "
                f"{agreeing(facts['differing_ids'], 'repeats', 'repeat')} with other content; "
                "the first row of each stays.",
                "Check the pipeline that writes the ids.",
            )
        )
    if facts["repeats_kept"]:
        found.append(
            Notice(
                "repeats_kept",
                "note",
                "log",
                f"{counted(facts['repeats_kept'], 'row')} "
                f"{agreeing(facts['repeats_kept'], 'repeats another', 'repeat others')} exactly, "
                "and without an id or a time all of them count.",
                "Add an event id.",
            )
        )
    return found


def _mixed(counts: dict[str, Any]) -> list[Notice]:
    found = []
    if counts["blank_arms"]:
        found.append(
            Notice(
                "blank_arms",
                "warn",
                "log",
                f"{_left(counts['blank_arms'], 'without an arm')}.",
                "Write the arm on every row that exposes a unit.",
            )
        )
    if counts["mixed_units"]:
        found.append(
            Notice(
                "mixed_units",
                "warn",
                "ab",
                f"{counted(counts['mixed_units'], 'unit')} saw several arms and "
                f"{agreeing(counts['mixed_units'], 'was', 'were')} left out of all arms.",
                "Check how identities are merged.",
            )
        )
    return found


def _units(counts: dict[str, Any], plan: Plan, incomplete: int, kept: int) -> list[Notice]:
    found = []
    if counts["never_exposed_units"]:
        found.append(
            Notice(
                "never_exposed",
                "note",
                "ab",
                f"{counted(counts['never_exposed_units'], 'unit')} "
                f"{agreeing(counts['never_exposed_units'], 'has', 'have')} events but no exposure "
                f"and {agreeing(counts['never_exposed_units'], 'is', 'are')} left out.",
            )
        )
    if incomplete:
        days = (plan.window or 0) / DAY
        found.append(
            Notice(
                "incomplete_windows",
                "warn",
                "ab",
                f"{incomplete:,} of {counted(kept, 'unit')} "
                f"{agreeing(incomplete, 'has', 'have')} not finished the {days:g}-day window: "
                "lifts lean to early behaviour.",
                'Compare with analysis_units = "complete", or wait.',
            )
        )
    return found


def _values(
    counts: dict[str, Any], account: Accounting, plan: Plan, tables: EventTables
) -> list[Notice]:
    found = []
    bad = counts["bad_values"]
    for event, n in bad.items():
        where = _first(account, "bad_value") if len(bad) == 1 else ""
        found.append(
            Notice(
                "bad_values",
                "warn",
                "ab",
                f'Event "{event}": {counted(n, "row")} {agreeing(n, "carries", "carry")} no number '
                f"where the others do{where}; {agreeing(n, 'it was', 'they were')} left out of "
                "every metric of the event.",
                "Mend the export.",
            )
        )
    extreme = [
        event
        for event in sorted(plan.sums())
        if stored_rows(tables.events, event, sums=True).unit.largest > EXTREME
    ]
    found += [
        Notice(
            "extreme_values",
            "warn",
            "ab",
            f'Event "{event}" has values above 1e150; sums were made after rescaling.',
            "Check the unit of the values.",
        )
        for event in extreme
    ]
    return found
