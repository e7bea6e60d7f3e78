"""The units of a log from its rows, one after the other: first exposure, arms and marks."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.core.cores import on_all_cores
from analysis.logs.arrow import column_of
from analysis.logs.coder import Coder
from analysis.logs.engines import Engine
from analysis.logs.events.coded.batches import Batch, batches
from analysis.logs.events.coded.names import Names, mark_of
from analysis.logs.events.coded.spool import Spool
from analysis.logs.events.coded.whole import row_marks, whole_value
from analysis.logs.events.rows import Profile
from analysis.logs.sql.event_units import MARKS
from analysis.logs.texts import ROWS, all_alike, in_order, signed

Array = NDArray[Any]

NEVER = np.iinfo(np.int64).max
NO_ARM_LOW = 127


@dataclass(frozen=True)
class CodedUnits:
    """Every unit of the clean rows in the order of its id, and the rows.

    Attributes:
        ids: Their ids, as an Arrow column.
        n: Clean rows of each.
        t0: First exposure, UTC microseconds; the largest number for none.
        low: Smallest place of an arm among its exposures; 127 for none.
        high: Largest; -1 for none.
        mark: Of its rows.
        place: Number of a unit on the rows -> place in this order.
        events: Names that the rows' event places stand for.
        rows: The clean rows: ``unit``, ``row``, ``event``.
        counted: Rows of events that some metric counts: ``unit``, ``event``, ``t``, ``v``.
    """

    ids: Any
    n: Array
    t0: Array
    low: Array
    high: Array
    mark: Array
    place: Array
    events: Names
    rows: Spool
    counted: Spool


class _Sums:
    """What is known of each unit so far, by its number."""

    KINDS = (
        ("signed", np.uint64, 0),
        ("t0", np.int64, NEVER),
        ("low", np.int8, NO_ARM_LOW),
        ("high", np.int8, -1),
        ("mark", np.uint64, 0),
    )

    def __init__(self) -> None:
        self.columns: dict[str, Array] = {
            name: np.zeros(0, dtype=kind) for name, kind, _ in self.KINDS
        }

    def make_room(self, size: int) -> None:
        """Let there be so many units."""
        for name, kind, start in self.KINDS:
            column = self.columns[name]
            if column.size < size:
                grown = np.full(max(size, column.size + column.size // 4), start, dtype=kind)
                grown[: column.size] = column
                self.columns[name] = grown

    def take(self, name: str, order: Array) -> Array:
        """A column in another order; it is forgotten here."""
        taken: Array = self.columns.pop(name).take(order)
        return taken


@dataclass(frozen=True)
class _Prepared:
    """Some rows, with everything that does not depend on other rows.

    Attributes:
        unit: Ids, as an Arrow column.
        key: 64-bit hashes of the ids.
        signed: What each row adds to its unit: 1, and above that the sign of the id.
        mark: Of each row.
        exposed: Places of the rows that expose their unit.
        arm: Places of the arms on those.
        t0: Times of those.
        row: Numbers of the rows in the log.
        event: Places among the events' names.
        at: Places of the rows that some metric counts.
        counted: Columns of those.
    """

    unit: Any
    key: Array
    signed: Array
    mark: Array
    exposed: Array
    arm: Array
    t0: Array
    row: Array
    event: Array
    at: Array
    counted: dict[str, Array]


class _Pass:
    """One pass over the rows."""

    def __init__(
        self,
        profile: Profile,
        codes: dict[str, int],
        exposing: list[str] | None,
        counting: frozenset[str],
        scratch: Path,
    ) -> None:
        self.events, self.arms = Names.of(profile, "event"), Names.of(profile, "arm")
        self._largest, self._places = profile.largest, profile.places
        self._event_marks = self.events.table(mark_of, np.int64)
        self._arm_marks = self.arms.table(mark_of, np.int64)
        self._arm_codes = self.arms.table(lambda arm: codes.get(arm or "", -1), np.int8)
        self._exposes = self.events.table(
            lambda event: exposing is None or event in exposing, np.bool_
        )
        self._kind = np.uint8 if len(self.events.texts) < 256 else np.int32
        self._counts = self.events.table(lambda event: event in counting, np.bool_)
        self.rows, self.counted = Spool(scratch), Spool(scratch)
        self.coder, self.sums = Coder(), _Sums()
        self.texts: list[Any] = []

    def prepare(self, found: Any) -> _Prepared:
        """What can be said of rows without knowing the units; several batches at once."""
        batch = Batch.of(found)
        whole = whole_value(batch.v, self._largest, self._places)
        marks = row_marks(
            batch.t, whole, self._event_marks.take(batch.event), self._arm_marks.take(batch.arm)
        )
        code = self._arm_codes.take(batch.arm)
        exposed = np.flatnonzero(self._exposes.take(batch.event) & (code >= 0))
        at = np.flatnonzero(self._counts.take(batch.event))
        event = batch.event.astype(self._kind)
        return _Prepared(
            unit=batch.unit,
            key=batch.key,
            signed=signed(batch.unit),
            mark=marks.view(np.uint64),
            exposed=exposed,
            arm=code.take(exposed),
            t0=batch.t.take(exposed),
            row=_small(batch.row),
            event=event,
            at=at,
            counted={"event": event.take(at), "t": batch.t.take(at), "v": batch.v.take(at)},
        )

    def add(self, rows: _Prepared) -> None:
        """More rows, one batch after the other."""
        unit, new = self.coder.codes(rows.key)
        self.sums.make_room(self.coder.size)
        if new.size:
            self.texts.append(rows.unit.take(column_of(new)))
        sums = self.sums.columns
        np.add.at(sums["signed"], unit, rows.signed)
        np.add.at(sums["mark"], unit, rows.mark)
        ours = unit.take(rows.exposed)
        np.minimum.at(sums["t0"], ours, rows.t0)
        np.minimum.at(sums["low"], ours, rows.arm)
        np.maximum.at(sums["high"], ours, rows.arm)
        number = unit.astype(np.int32)
        self.rows.add({"unit": number, "row": rows.row, "event": rows.event})
        self.counted.add({"unit": number.take(rows.at), **rows.counted})

    def finish(self) -> CodedUnits | None:
        """The units; None if two ids share a key."""
        ids = pa.concat_arrays(self.texts) if self.texts else pa.array([], pa.string())
        self.texts.clear()
        # The largest table makes room first.
        del self.coder
        sums, size = self.sums, len(ids)
        found = sums.columns.pop("signed")[:size]
        n = (found & ROWS).astype(np.int32)
        if not all_alike(found, ids):
            return None
        del found
        pa.default_memory_pool().release_unused()
        order = in_order(ids)
        place = np.empty(size, dtype=np.int32)
        place[order] = np.arange(size, dtype=np.int32)
        return CodedUnits(
            ids=ids.take(column_of(order)),
            n=n.take(order),
            t0=sums.take("t0", order),
            low=sums.take("low", order),
            high=sums.take("high", order),
            mark=(sums.take("mark", order) % np.uint64(MARKS)).astype(np.int64),
            place=place,
            events=self.events,
            rows=self.rows,
            counted=self.counted,
        )


def code_units(
    engine: Engine,
    profile: Profile,
    codes: dict[str, int],
    exposing: list[str] | None,
    where: str,
    counting: frozenset[str],
) -> CodedUnits | None:
    """The units of the view ``clean``, from one pass over its rows.

    Args:
        engine: Hands the rows over.
        profile: What the rows hold.
        codes: Arm as written -> its place.
        exposing: Names of the exposure event; None if every row with an arm exposes.
        where: Which rows count.
        counting: Names of events whose times and values are kept.

    Returns:
        The units; None in the rare case that two ids share a hash.
    """
    work = _Pass(profile, codes, exposing, counting, engine.scratch)
    for rows in on_all_cores(work.prepare, batches(engine, work.events, work.arms, where)):
        work.add(rows)
    return work.finish()


def _small(rows: Array) -> Array:
    """Row numbers in half the room, where they fit."""
    return rows.astype(np.int32) if rows.size and rows.max() < 2**31 else rows
