"""The clean rows of a log as batches of arrays: names as codes, units by keys."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.logs.arrow import numbers
from analysis.logs.engines import Engine
from analysis.logs.events.coded.names import Names
from analysis.logs.sql import coded_rows as sql

Array = NDArray[Any]


@dataclass(frozen=True)
class Batch:
    """Some clean rows, in no particular order.

    Attributes:
        unit: Ids, as an Arrow column.
        key: 64-bit hashes of the ids.
        t: UTC microseconds.
        event: Places among the events' names; 0 for none.
        arm: Places among the arms' names as written; 0 for none.
        v: Values; NaN where blank.
        row: Numbers of the rows in the log.
    """

    unit: Any
    key: NDArray[np.uint64]
    t: NDArray[np.int64]
    event: Array
    arm: Array
    v: NDArray[np.float64]
    row: Array

    @classmethod
    def of(cls, found: Any) -> "Batch":
        """An Arrow batch of the engine."""
        return cls(
            unit=found.column("unit"),
            key=numbers(found.column("unit_key")).view(np.uint64),
            t=numbers(found.column("t")),
            event=numbers(found.column("event_place")),
            arm=numbers(found.column("arm_place")),
            v=numbers(found.column("v"), np.nan),
            row=numbers(found.column("row_no")),
        )


def batches(engine: Engine, events: Names, arms: Names, where: str) -> Iterator[Any]:
    """The rows of the view ``clean`` as Arrow batches; `Batch.of` reads one.

    Args:
        engine: Has the view.
        events: Names of events.
        arms: Names of arms.
        where: Which rows count.
    """
    dialect = engine.dialect
    for name, column in (("event", events), ("arm", arms)):
        if len(column.texts) > sql.FEW_NAMES:
            engine.table(f"{name}_places", sql.places_table(column.texts, dialect))
    query = sql.coded_rows("clean", where, events.texts, arms.texts, dialect)
    yield from engine.stream(query)
