"""The first rows of some units, from coded rows."""

from collections.abc import Mapping

import numpy as np

from analysis.logs.events.coded.units import CodedUnits
from analysis.logs.sql.dialect import BLANKS


def first_rows(
    coded: CodedUnits, status_of: Mapping[int, int], most: int
) -> dict[int, list[tuple[int, str]]]:
    """The first rows of some units by status: by their event, then by their place in the log.

    Args:
        coded: Units and rows.
        status_of: Place of a unit in the order of ids -> number of its status.
        most: Rows of each status.

    Returns:
        Status -> number of a row and its event without blanks at its ends.
    """
    status = np.full(coded.n.size, -1, dtype=np.int8)
    status[list(status_of)] = list(status_of.values())
    of_unit = status[coded.place]
    shown = ["", *((name or "").strip(BLANKS) for name in coded.events.texts)]
    # Orders of events as they are shown; equal ones are one.
    ordered = sorted(set(shown))
    rank = np.array([ordered.index(name) for name in shown])
    found: dict[int, list[tuple[int, int]]] = {one: [] for one in set(status_of.values())}
    for unit, row, event in coded.rows.chunks("unit", "row", "event"):
        which = of_unit[unit]
        for place in np.flatnonzero(which >= 0):
            found[int(which[place])].append((int(rank[event[place]]), int(row[place])))
        for one, rows in found.items():
            if len(rows) > most:
                found[one] = sorted(rows)[:most]
    return {
        one: [(row, ordered[shown_at]) for shown_at, row in sorted(rows)[:most]]
        for one, rows in found.items()
    }
