"""One column of a panel file as units x times, and as units x periods."""

import math
from dataclasses import dataclass

import numpy as np

from analysis.core import Floats, LogError
from analysis.logs.panel_log import REASONS as CELL_REASONS
from analysis.logs.panels import outcomes as out
from analysis.logs.panels.axes import number_label
from analysis.logs.panels.calendar import Int
from analysis.logs.panels.file_rows import FileRows
from analysis.logs.panels.metrics import FileMetric

ABSENT, BLANK, ZERO_EXPOSURE = (
    CELL_REASONS.index(reason) for reason in ("absent", "blank", "zero_exposure")
)


@dataclass(frozen=True)
class Table:
    """A metric's columns by time and unit.

    Attributes:
        y: (times, units) value or numerator; NaN where there is none.
        d: (times, units) denominator; None without one.
        reasons: (times, units) why there is none.
        outcome: (rows, units) of a wide file, (rows, 1) of a long one: what becomes of each
            cell, its period aside.
        stamp: Shape of `outcome`: place of each cell's time; -1 for none.
        unit: Shape of `outcome`: place of each cell's unit; -1 for none.
    """

    y: Floats
    d: Floats | None
    reasons: Int
    outcome: Int
    stamp: Int
    unit: Int


def table_of(rows: FileRows, metric: FileMetric) -> Table:
    """A metric's cells, each said once.

    Raises:
        LogError: ``panel_cell_conflict`` or ``no_numbers``.
    """
    if rows.unit is None:
        own = [rows.units.index(rows.spellings.unit_of[name] or "") for name in rows.numbers]
        unit = np.tile(np.array(own, dtype=np.int64), (rows.rows, 1))
        y = np.column_stack(list(rows.numbers.values()))
    else:
        unit = rows.unit[:, None]
        y = rows.numbers[metric.y or ""][:, None]
    stamp = np.repeat(rows.stamp[:, None], unit.shape[1], axis=1)
    d = rows.numbers[metric.d][:, None] if metric.d is not None else None
    readable = np.isfinite(y) if d is None else np.isfinite(y) & np.isfinite(d)
    placed = (unit >= 0) & (stamp >= 0)
    outcome = np.where(readable, out.USED, out.NO_VALUE)
    outcome = np.where(unit < 0, out.NO_UNIT, outcome)
    outcome = np.where(stamp < 0, out.NO_TIME, outcome)

    shape = (len(rows.stamps.keys), len(rows.units))
    reasons = np.full(shape, ABSENT, dtype=np.int64)
    reasons[stamp[placed], unit[placed]] = BLANK
    at = np.flatnonzero((placed & readable).ravel())
    cell = (stamp * shape[1] + unit).ravel()[at]
    values = y.ravel()[at]
    below = d.ravel()[at] if d is not None else np.zeros(at.size)
    order = np.lexsort((at, below, values, cell))
    again = np.zeros(at.size, dtype=bool)
    again[1:] = cell[order][1:] == cell[order][:-1]
    same = (values[order][1:] == values[order][:-1]) & (below[order][1:] == below[order][:-1])
    conflicts = np.flatnonzero(again[1:] & ~same)
    if conflicts.size:
        first = order[conflicts[0]], order[conflicts[0] + 1]
        raise _conflict(rows, metric, int(cell[first[0]]), [values, below], first)
    outcome.ravel()[at[order[again]]] = out.SAME_CELL

    once = order[~again]
    whole = np.full(shape, np.nan)
    whole.ravel()[cell[once]] = values[once]
    reasons.ravel()[cell[once]] = 0
    under = None
    if d is not None:
        under = np.full(shape, np.nan)
        under.ravel()[cell[once]] = below[once]
    return Table(whole, under, reasons, outcome, stamp, unit)


def _conflict(
    rows: FileRows, metric: FileMetric, cell: int, values: list[Floats], at: tuple[int, int]
) -> LogError:
    stamp, unit = divmod(cell, len(rows.units))
    side = values[0] if values[0][at[0]] != values[0][at[1]] else values[1]
    one, other = (number_label(float(side[i])) for i in at)
    column = metric.y if metric.y is not None else rows.units[unit]
    return LogError(
        "panel_cell_conflict",
        f"{rows.units[unit]} has two values for {rows.stamps.names[stamp]}: {one} and {other}.",
        where=f'column "{column}"',
        fix="Keep one row for each unit and period, or say in the metrics what rows count.",
    )


def ratio(y: Floats, d: Floats | None, reasons: Int) -> tuple[Floats, Int]:
    """Values, and why there is none, after dividing by a denominator if there is one."""
    if d is None:
        return y, reasons
    nothing = (d == 0) & (reasons == 0)
    usable = (reasons == 0) & ~nothing
    values = np.divide(y, d, out=np.full(y.shape, np.nan), where=usable)
    return values, np.where(nothing, ZERO_EXPOSURE, reasons)


def aggregated(table: Table, period: Int, size: int, *, means: bool) -> Table:
    """The table by period: sums or means over a period's times; missing if one of them is.

    Args:
        table: By time.
        period: (times,) place of each time's period; -1 for a time that is left out.
        size: How many periods there are.
        means: Average instead of adding up.
    """
    shape = (size, table.y.shape[1])
    reasons = np.zeros(shape, dtype=np.int64)
    y = np.full(shape, np.nan)
    d = np.full(shape, np.nan) if table.d is not None else None
    for i in range(size):
        mine = np.flatnonzero(period == i)
        lacking = table.reasons[mine]
        # Where a day is blank, the period is; where it is absent only, absent.
        reasons[i] = lacking.max(axis=0, initial=0)
        whole = np.flatnonzero(reasons[i] == 0)
        y[i, whole] = _sums(table.y[mine][:, whole], means=means)
        if d is not None and table.d is not None:
            d[i, whole] = _sums(table.d[mine][:, whole], means=False)
    at = np.where(table.stamp >= 0, period[table.stamp], -1)
    lost = (at >= 0) & (table.unit >= 0) & (reasons[at, table.unit] != 0)
    outcome = np.where((table.outcome == out.USED) & lost, out.INCOMPLETE, table.outcome)
    return Table(y, d, reasons, outcome, table.stamp, table.unit)


def _sums(values: Floats, *, means: bool) -> list[float]:
    """Sums or means of columns, each rounded once."""
    totals = [math.fsum(column) for column in values.T.tolist()]
    return [total / values.shape[0] for total in totals] if means else totals
