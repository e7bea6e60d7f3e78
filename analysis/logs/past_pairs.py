"""A table of past experiments that were run both as interleaving and as an A/B test."""

import math
from pathlib import Path

from analysis.core import LogError
from analysis.logs.intake import open_source
from analysis.logs.intake.preview import preview

COLUMNS = ("experiment", "interleaving_lift", "interleaving_se", "ab_lift", "ab_se")
MOST_PAIRS = 10_000


def read_past_pairs(
    path: tuple[str, ...], *, base: Path, work: Path
) -> tuple[tuple[str, float, float, float, float], ...]:
    """The rows of the table: name, lift and error of interleaving, lift and error of A/B.

    Raises:
        LogError: The file cannot be read, lacks a column, or holds a cell that is no number.
    """
    source = open_source(path, base=base, work=work)
    names, rows = preview(source, MOST_PAIRS)
    where = {name.strip().lower(): i for i, name in enumerate(names)}
    missing = [name for name in COLUMNS if name not in where]
    if missing:
        raise LogError(
            "unknown_column",
            f"The table of past pairs has no column {', '.join(missing)}; it has "
            f"{', '.join(names)}.",
            where="interleaving.past_pairs",
            fix=f"Give it the columns {', '.join(COLUMNS)}.",
        )
    return tuple(_pair(row, where, i) for i, row in enumerate(rows, start=1))


def _pair(
    row: tuple[str | None, ...], where: dict[str, int], number: int
) -> tuple[str, float, float, float, float]:
    lift, lift_se, ab, ab_se = (_cell(row[where[name]], name, number) for name in COLUMNS[1:])
    return (row[where["experiment"]] or f"row {number}", lift, lift_se, ab, ab_se)


def _cell(text: str | None, name: str, row: int) -> float:
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or (name.endswith("_se") and value < 0):
        raise LogError(
            "bad_value",
            f'Row {row} of the past pairs holds "{text or ""}" in {name}.',
            where="interleaving.past_pairs",
            fix="Write lifts as shares, such as 0.04, and errors as numbers from 0.",
        )
    return value
