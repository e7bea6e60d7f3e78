"""What a reader must know about how an event log was read."""

from typing import Any

from analysis.core import Notice
from analysis.logs.accounting import Accounting
from analysis.logs.event_columns import EXTREME, stored_rows
from analysis.logs.event_log import EventTables
from analysis.logs.plan import Plan
from analysis.logs.sql.times import DAY


def event_notices(
    facts: dict[str, Any],
    account: Accounting,
    plan: Plan,
    tables: EventTables,
    incomplete: int,
    kept: int,
) -> tuple[Notice, ...]:
    """Every notice of the reading, in the order of the rules."""
    counts = facts["units"]
    found = [
        *row_notices(facts, account, plan.timezone),
        *_units(counts, plan, incomplete, kept),
        *_values(counts, account, plan, tables),
    ]
    before = tables.pre_events() if plan.pre and tables.has_time else 0
    if before:
        found.append(
            Notice(
                "events_before_exposure",
                "note",
                "ab",
                f"{before:,} events precede their unit's first exposure: they are used for the "
                "pre-period only.",
            )
        )
    return tuple(found)


def _first(account: Accounting, reason: str) -> str:
    """Where the first example of a reason stands."""
    examples = next((one.examples for one in account.left_out if one.reason == reason), ())
    if not examples:
        return ""
    row, value = examples[0]["row"], examples[0]["value"]
    return f' (such as row {row}: "{value}")' if value else f" (such as row {row})"


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
                f"{facts['naive']:,} times without an offset were read as {timezone}.",
                "State [log] timezone in the study if that is wrong.",
            )
        )
    if counts["rows_without_unit"]:
        found.append(
            Notice(
                "rows_without_unit",
                "warn",
                "log",
                f"{counts['rows_without_unit']:,} rows without a unit id were left out.",
                "Log the id on every row.",
            )
        )
    if counts["bad_times"]:
        found.append(
            Notice(
                "bad_times",
                "warn",
                "log",
                f"{counts['bad_times']:,} rows whose time is no time were left out"
                f"{_first(account, 'bad_time')}.",
                "Write times as ISO 8601, like 2026-03-23T09:30:00Z.",
            )
        )
    repeats = counts["duplicate_event_ids"] or counts["exact_repeats"]
    if repeats:
        what = "repeated event ids" if counts["duplicate_event_ids"] else "exact repeats of a row"
        found.append(
            Notice("duplicate_events", "note", "log", f"{repeats:,} {what} were counted once.")
        )
    if facts["differing_ids"]:
        found.append(
            Notice(
                "duplicate_ids_differ",
                "warn",
                "log",
                f"{facts['differing_ids']:,} event ids repeat with other content; the first row "
                "of each stays.",
                "Check the pipeline that writes the ids.",
            )
        )
    if facts["repeats_kept"]:
        found.append(
            Notice(
                "repeats_kept",
                "note",
                "log",
                f"{facts['repeats_kept']:,} rows repeat exactly but have neither an id nor a "
                "time, so all of them count.",
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
                f"{counts['blank_arms']:,} rows without an arm were left out.",
                "Write the arm on every row that exposes a unit.",
            )
        )
    if counts["mixed_units"]:
        found.append(
            Notice(
                "mixed_units",
                "warn",
                "ab",
                f"{counts['mixed_units']:,} units saw several arms and were left out of all arms.",
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
                f"{counts['never_exposed_units']:,} units have events but no exposure and are "
                "left out.",
            )
        )
    if incomplete:
        days = (plan.window or 0) / DAY
        found.append(
            Notice(
                "incomplete_windows",
                "warn",
                "ab",
                f"{incomplete:,} of {kept:,} units have not finished their {days:g}-day window: "
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
                f'Event "{event}": {n:,} rows carry no number where the others do{where}; '
                "they were left out of every metric of the event.",
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
