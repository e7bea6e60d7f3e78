"""Hashes that several rows share: the few rows among which repeats are looked for."""

import numpy as np
import pyarrow as pa

from analysis.logs.arrow import column_of, numbers
from analysis.logs.column_store import Array
from analysis.logs.engines import Engine
from analysis.logs.limits import HASHES_AT_ONCE
from analysis.logs.sql import suspects as sql


def find_suspects(engine: Engine, rows: str, hashed: str, count: int) -> bool:
    """Make the table ``suspects`` of the hashes ``h`` that more than one row has.

    Args:
        engine: Has the rows.
        rows: A view, with a condition if not all of its rows count.
        hashed: The hash of a row, in SQL.
        count: How many rows there are, about.

    Returns:
        Whether there are any.
    """
    query = sql.hashes(rows, hashed)
    if engine.at_hand:
        parts = max(1, -(-count // HASHES_AT_ONCE))
        found = np.concatenate([_shared(engine, query, i, parts) for i in range(parts)])
        engine.put("suspects", pa.table({"h": column_of(found)}))
        return found.size > 0
    engine.table("suspects", sql.shared(query))
    return bool(engine.run("SELECT count(*) AS n FROM suspects").column("n")[0].as_py())


def _shared(engine: Engine, query: str, part: int, parts: int) -> Array:
    """The hashes of one part that occur more than once; sorting them here is the quick way."""
    pieces = engine.stream(sql.part_of(query, part, parts))
    return repeated(
        np.concatenate([np.zeros(0, np.int64), *(numbers(one.column("h")) for one in pieces)])
    )


def repeated(hashes: Array) -> Array:
    """The hashes that occur more than once; they are put in order where they are."""
    hashes.sort()
    return np.unique(hashes[1:][hashes[1:] == hashes[:-1]])
