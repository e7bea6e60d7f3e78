"""Spellings of one unit become one: trimmed, Unicode's composed form, without regard to case."""

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.core import LogError
from analysis.logs.labels import key, plain

MOST_UNITS = 2_000


@dataclass(frozen=True)
class Spellings:
    """The units of a log.

    Attributes:
        unit_of: Name as written -> unit; None for a name that is blank.
        merged: Unit -> its spellings, where there are several.
        rows_merged: Rows under another spelling than the unit's own.
    """

    unit_of: dict[str, str | None]
    merged: dict[str, tuple[str, ...]]
    rows_merged: int

    @property
    def changed(self) -> dict[str, str | None]:
        """Names as written that are not the unit's own."""
        return {written: unit for written, unit in self.unit_of.items() if written != unit}


def merge_spellings(counts: Mapping[str, int]) -> Spellings:
    """Units under their most frequent spelling, of equally frequent ones the first by text.

    Args:
        counts: Name as written -> rows.
    """
    spellings: dict[str, dict[str, int]] = {}
    written_as: dict[str, list[str]] = {}
    for written, rows in counts.items():
        shown = plain(written)
        if shown:
            of_unit = spellings.setdefault(key(shown), {})
            of_unit[shown] = of_unit.get(shown, 0) + rows
            written_as.setdefault(key(shown), []).append(written)
    best = {
        folded: min(found, key=lambda spelling: (-found[spelling], spelling))
        for folded, found in spellings.items()
    }
    several = {folded: names for folded, names in sorted(written_as.items()) if len(names) > 1}
    return Spellings(
        unit_of={written: best.get(key(written)) for written in counts},
        merged={best[folded]: tuple(sorted(names)) for folded, names in several.items()},
        rows_merged=sum(
            counts[written]
            for folded, names in several.items()
            for written in names
            if written != best[folded]
        ),
    )


def too_many_units(found: str, most: int, column: str) -> LogError:
    """The refusal of more units than a panel may have."""
    return LogError(
        "too_many_units",
        f'The column "{column}" names {found} units; a panel may have {most:,}.',
        where="columns.region",
        fix="Name the column of regions, markets or workspaces: "
        '[columns] region = "...", or raise the limit.',
    )
