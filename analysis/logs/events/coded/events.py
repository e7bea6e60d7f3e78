"""Events of kept units by day and window, from coded rows: as the SQL template counts them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.core.cores import on_all_cores
from analysis.logs.events.coded.spool import MOST_IN_MEMORY, Spool
from analysis.logs.events.coded.sums import exact_sums, wide_sums
from analysis.logs.events.coded.units import CodedUnits
from analysis.logs.events.coded.whole import away_from_zero
from analysis.logs.sql.event_units import Cells, Window
from analysis.logs.sql.times import local_days

Array = NDArray[Any]

ROWS_AT_ONCE = 1_000_000
# Far after any time of a log.
FAR = np.int64(2**62)


@dataclass(frozen=True)
class Wanted:
    """One event whose rows are counted.

    Attributes:
        names: As written in the log.
        filled: Rows without a number do not count.
        scale: Values are added up as whole numbers of 1 / scale; None if they are not added up.
        wide: The whole numbers do not fit into 64 bits.
    """

    names: frozenset[str]
    filled: bool
    scale: float | None
    wide: bool


def event_cells(
    coded: CodedUnits, kept: Array, wanted: Sequence[Wanted], window: Window, cells: Cells
) -> Iterator[tuple[int, dict[str, Array]]]:
    """The cells of some events, in the order of units, days and places.

    Args:
        coded: The units and their rows.
        kept: Which units are kept.
        wanted: The events.
        window: Which rows count, and the edges of places.
        cells: How the parts of a cell become one number; its units are the kept ones.

    Yields:
        Place of an event, and columns of some of its cells: ``ix`` among the kept units, ``day``,
        ``place``, ``n``, ``fixed`` or ``wide``.
    """
    found = _Found(coded, kept, wanted, window, cells)
    if not found.total:
        return

    def grouped(portion: tuple[Array, Array]) -> list[tuple[int, dict[str, Array]]]:
        return list(_grouped(*portion, wanted, cells))

    for some in on_all_cores(grouped, found.portions(), ahead=0):
        yield from some


class _Found:
    """The rows that lie in some window of a kept unit: their cells and values."""

    def __init__(
        self,
        coded: CodedUnits,
        kept: Array,
        wanted: Sequence[Wanted],
        window: Window,
        cells: Cells,
    ) -> None:
        self._cells = cells
        self._rows = Spool(coded.counted.folder)
        self.total = 0
        none = len(wanted)

        def code(name: str | None) -> int:
            return next((i for i, one in enumerate(wanted) if name in one.names), none)

        codes = coded.events.table(code, np.int64)
        filled = np.array([*(one.filled for one in wanted), False])
        scale = np.array([*(one.scale or 0.0 for one in wanted), 0.0])
        rank = (np.cumsum(kept, dtype=np.int32) - 1).take(coded.place)
        start = np.where(kept, coded.t0, FAR).take(coded.place)
        edges = window.offsets

        def cells_of(chunk: tuple[Array, ...]) -> dict[str, Array]:
            unit, event, t, v = chunk
            since = t - start.take(unit)
            within = since >= edges[0]
            if not window.open_end:
                within &= since < edges[-1]
            at = np.flatnonzero(within)
            whose = unit.take(at)
            which, ix = codes.take(event.take(at)), rank.take(whose)
            value, blank = v.take(at), np.isnan(v.take(at))
            counts = (start.take(whose) < FAR) & (which < none) & ~(blank & filled.take(which))
            if not counts.all():
                at, which, ix, value, blank = (
                    column[counts] for column in (at, which, ix, value, blank)
                )
            value[blank] = 0.0
            value *= scale.take(which)
            whole = away_from_zero(value) if any(one.wide for one in wanted) else np.rint(value)
            cell = _cell(which, ix, t.take(at), since.take(at), window, cells)
            return {"cell": cell, "value": whole}

        for columns in on_all_cores(cells_of, coded.counted.chunks("unit", "event", "t", "v")):
            self._rows.add(columns)
            self.total += columns["cell"].size

    def portions(self) -> Iterator[tuple[Array, Array]]:
        """All rows, by ranges of units."""
        parts = -(-self.total // ROWS_AT_ONCE)
        if parts == 1:
            yield _joined(self._rows.chunks("cell", "value"))
            self._rows.close()
            return
        by_event, limit = self._cells.units * self._by_unit, -(-self._cells.units // parts)
        piles = [Spool(self._rows.folder, MOST_IN_MEMORY // parts) for _ in range(parts)]
        for cell, value in _larger(self._rows.chunks("cell", "value")):
            part = ((cell % by_event) // self._by_unit // limit).astype(np.uint16)
            order = np.argsort(part, kind="stable")
            after = np.cumsum(np.bincount(part, minlength=parts))
            for pile, start, stop in zip(piles, [0, *after], after, strict=False):
                mine = order[start:stop]
                pile.add({"cell": cell.take(mine), "value": value.take(mine)})
        self._rows.close()
        for pile in piles:
            yield _joined(pile.chunks("cell", "value"))
            pile.close()

    @property
    def _by_unit(self) -> int:
        return (self._cells.days + 1) * self._cells.places


def _cell(which: Array, ix: Array, t: Array, since: Array, window: Window, cells: Cells) -> Array:
    """The number of each row's cell; see `sql.event_units.unit_events`."""
    place = np.zeros(t.size, dtype=np.int64)
    for edge in window.offsets:
        place += since >= edge
    if window.end is not None:
        place += (t >= window.end) * (len(window.offsets) + 1)
    day = local_days(t, cells.timezone) - (cells.first_day - 1)
    day[since < 0] = 0
    cell: Array = which * cells.units + ix
    cell *= cells.days + 1
    cell += day
    cell *= cells.places
    cell += place
    return cell


def _joined(chunks: Iterable[tuple[Array, ...]]) -> tuple[Array, Array]:
    """Chunks of cells and values as one."""
    cells, values = zip(*chunks, strict=True)
    return np.concatenate(cells), np.concatenate(values)


def _larger(chunks: Iterator[tuple[Array, ...]]) -> Iterator[tuple[Array, Array]]:
    """The same rows in fewer chunks."""
    waiting, size = [], 0
    for chunk in chunks:
        waiting.append(chunk)
        size += chunk[0].size
        if size >= ROWS_AT_ONCE:
            yield _joined(waiting)
            waiting, size = [], 0
    if waiting:
        yield _joined(waiting)


def _grouped(
    cell: Array, value: Array, wanted: Sequence[Wanted], cells: Cells
) -> Iterator[tuple[int, dict[str, Array]]]:
    """Rows added up by cell, event by event."""
    if not cell.size:
        return
    cell, order = in_order(cell)
    value = value[order]
    del order
    first = np.flatnonzero(np.concatenate([[True], cell[1:] != cell[:-1]]))
    last = np.append(first[1:], cell.size)
    event, ix, day, place = cells.parts(cell[first])
    for i, one in enumerate(wanted):
        start, stop = np.searchsorted(event, [i, i + 1])
        if start == stop:
            continue
        mine = slice(int(start), int(stop))
        columns = {
            "ix": ix[mine],
            "day": day[mine],
            "place": place[mine],
            "n": last[mine] - first[mine],
        }
        if one.scale is not None:
            begin = first[mine]
            rows = value[begin[0] : last[mine][-1]]
            name, add = ("wide", wide_sums) if one.wide else ("fixed", exact_sums)
            columns[name] = add(rows, begin - begin[0])
        yield i, columns


def in_order(numbers: Array) -> tuple[Array, Array]:
    """Numbers, none negative, in order, and where each of them stood.

    Sorting numbers that carry their places in their last bits is many times quicker than
    sorting places by numbers.
    """
    bits = int(numbers.size).bit_length()
    if int(numbers.max()).bit_length() + bits > 63:
        order = np.argsort(numbers, kind="stable")
        return numbers[order], order
    packed = (numbers << bits) | np.arange(numbers.size, dtype=np.int64)
    packed.sort()
    return packed >> bits, packed & ((1 << bits) - 1)
