"""From when each unit was treated, as a column of the log says."""

from collections.abc import Iterable

from analysis.core import LogError, StudyError
from analysis.study_panel import Moment, moment

# Ways to write that a unit was never treated, beside a blank cell.
NEVER = frozenset({"never", "none", "na", "n/a", "nan", "null", "nat", "inf"})


def read_starts(pairs: Iterable[tuple[str, str]], column: str) -> dict[str, Moment]:
    """Unit -> its start, for the units that have one.

    Args:
        pairs: (unit, cell), every pair that occurs, in order.
        column: The column's name.

    Raises:
        LogError: ``treated_from_unreadable`` or ``treated_from_conflict``.
    """
    found: dict[str, Moment] = {}
    for unit, cell in pairs:
        if cell.strip().casefold() in NEVER:
            continue
        try:
            start = moment(_trimmed(cell), column)
        except StudyError:
            raise LogError(
                "treated_from_unreadable",
                f'The column "{column}" says "{cell[:80]}" of {unit}, which is no date or number.',
                where="columns.treated_from",
                fix='Write a date like "2026-03-23", a number, or leave the cell blank for never.',
            ) from None
        if found.setdefault(unit, start) != start:
            raise LogError(
                "treated_from_conflict",
                f'The column "{column}" gives {unit} two starts, {found[unit]} and {start}.',
                where="columns.treated_from",
                fix="Write one start on all rows of a unit.",
            )
    return found


def _trimmed(cell: str) -> str:
    """A midnight as its date: databases write dates as time stamps."""
    text = cell.strip()
    for midnight in (" 00:00:00", "T00:00:00"):
        if text.endswith(midnight):
            return text.removesuffix(midnight)
    return text
