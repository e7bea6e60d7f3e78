"""What a reader must know about how a log became a panel."""

from collections.abc import Sequence

from analysis.core import Notice
from analysis.core.wording import agreeing, count, counted, joined
from analysis.logs.panels.spellings import Spellings
from analysis.logs.panels.window import Window

MOST_NAMED = 10


def panel_notice(code: str, level: str, text: str, fix: str = "") -> Notice:
    """A notice of the synthetic control lens."""
    assert level in ("warn", "note")
    return Notice(code, "warn" if level == "warn" else "note", "synthetic_control", text, fix)


def some(names: Sequence[str], most: int = MOST_NAMED) -> str:
    """Names in a sentence, the first few of many."""
    if len(names) <= most:
        return joined(list(names))
    return f"{', '.join(names[:most])} and {count(len(names) - most)} more"


def share(part: float) -> str:
    """A share in percent; never 0 for something, never 100 for less than all."""
    percent = 100 * part
    if 0 < percent < 0.1:
        return "less than 0.1%"
    if 99.9 < percent < 100:
        return "99.9%"
    return f"{percent:.1f}".removesuffix(".0") + "%"


def row_notices(lost: dict[str, int], rows: int, region: str) -> list[Notice]:
    """Rows that were left out of the log as a whole.

    Args:
        lost: Reason -> rows.
        rows: Rows of the log.
        region: The column of the panel's units.
    """
    found = []

    def left(n: int, what: tuple[str, str]) -> str:
        return f"{counted(n, 'row')} {agreeing(n, *what)} and {agreeing(n, 'was', 'were')} left out"

    if n := lost.get("unparsable_time", 0):
        found.append(
            panel_notice(
                "unparsable_times",
                "warn",
                f"{left(n, ('has a time that cannot be read', 'have times that cannot be read'))}.",
                "Write times as ISO 8601, like 2026-03-23T09:30:00Z or 2026-03-23.",
            )
        )
    if n := lost.get("blank_unit", 0):
        found.append(
            panel_notice(
                "blank_units",
                "warn",
                f"{left(n, (f'has no {region}', f'have no {region}'))}.",
                f"Fill the column or accept the loss of {share(n / rows)}.",
            )
        )
    if n := lost.get("duplicate_event_id", 0):
        found.append(
            panel_notice(
                "duplicate_events",
                "warn",
                f"{left(n, ('repeats an event id', 'repeat an event id'))}.",
                "Check the export for retries.",
            )
        )
    if n := lost.get("blank_user", 0):
        found.append(
            panel_notice(
                "blank_users",
                "warn",
                f"{left(n, ('names no user', 'name no user'))}.",
                "Fill the column or accept the loss.",
            )
        )
    return found


def value_notices(metric: str, n: int) -> list[Notice]:
    """Rows without a readable value, of one metric."""
    if not n:
        return []
    return [
        panel_notice(
            "unparsable_values",
            "warn",
            f'{counted(n, "row")} of "{metric}" {agreeing(n, "carries", "carry")} no number and '
            f"{agreeing(n, 'was', 'were')} left out.",
            "Mend the export.",
        )
    ]


def spelling_notices(spellings: Spellings) -> list[Notice]:
    """Spellings that were read as one unit."""
    if not spellings.merged:
        return []
    told = [
        f"{joined([repr(one) for one in written])} as {unit!r}"
        for unit, written in spellings.merged.items()
    ]
    n = spellings.rows_merged
    return [
        panel_notice(
            "unit_names_merged",
            "note",
            f"{counted(n, 'row')} {agreeing(n, 'has', 'have')} another spelling of a unit's name: "
            f"read {some(told, 5)}.",
            "Write each unit in one way.",
        )
    ]


def unclear_time_notices(n: int, timezone: str) -> list[Notice]:
    """Local times that a change of the clock skipped or repeated."""
    if not n:
        return []
    return [
        panel_notice(
            "dst_local_times",
            "note",
            f"{counted(n, 'local time')} {agreeing(n, 'falls', 'fall')} into an hour that a "
            f"change of the clock in {timezone} skipped or repeated: skipped ones move forward "
            "by the gap, repeated ones take the first occurrence.",
            "Write times with their offset.",
        )
    ]


def identical_notices(n: int | None, rows: int) -> list[Notice]:
    """Identical rows of a log without event ids; None if nobody looked for them."""
    if n is None:
        return [
            panel_notice(
                "possible_duplicates",
                "note",
                f"The log has no event id; among {count(rows)} rows identical ones were not looked "
                "for, and all of them count.",
                "Name the column of event ids: [columns] id.",
            )
        ]
    if not n:
        return []
    return [
        panel_notice(
            "possible_duplicates",
            "note",
            f"{counted(n, 'row')} {agreeing(n, 'repeats another', 'repeat others')} exactly; "
            f"without an event id {agreeing(n, 'it counts', 'all of them count')}.",
            "Name the column of event ids: [columns] id.",
        )
    ]


def repeated_cell_notices(n: int) -> list[Notice]:
    """Rows of a panel file that say the same of one unit and period."""
    if not n:
        return []
    return [
        panel_notice(
            "repeated_cells",
            "note",
            f"{counted(n, 'row')} {agreeing(n, 'says', 'say')} again what another row says of the "
            f"same unit and period, and {agreeing(n, 'counts', 'count')} once.",
        )
    ]


def window_notices(window: Window) -> list[Notice]:
    """Periods that are not whole, and holes in logging."""
    label = window.calendar.label
    found = []
    for one in window.partial:
        name, covered = label(one.period), share(one.covered)
        if window.keep_partial:
            text = (
                f"{name} covers only {covered} of its time and was kept, as partial_periods says."
            )
            found.append(panel_notice(f"partial_{one.which}_period", "warn", text))
            continue
        fix = "Keep it by setting partial_periods."
        if one.which == "last":
            # `end` is the first instant that does not count: where the whole periods are over.
            fix = f"End the study at {name} or keep it by setting partial_periods."
        text = f"{name} covers only {covered} of its time and was left out."
        found.append(panel_notice(f"partial_{one.which}_period", "warn", text, fix))
    if window.holes:
        names = [label(period) for period in window.holes]
        found.append(
            panel_notice(
                "log_gap",
                "warn",
                f"No event of any kind on {some(names)}; left out.",
                "If logging was down, this is right.",
            )
        )
    return found
