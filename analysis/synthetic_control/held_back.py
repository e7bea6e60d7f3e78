"""Next time: what a launch would show if some units were held back."""

import math
from typing import Any

from analysis.synthetic_control.best_sets import Search, average

Block = dict[str, Any]

SHARES = (0.05, 0.10)
LEAST_DONORS = 2


def held_back(search: Search) -> list[Block]:
    """Power of a launch to all units but a few: 5 %, 10 %, and as many as the test needs.

    Which units are held back is drawn by no chance: evenly spread from the smallest to the
    largest, so that they are like the rest.

    Returns:
        One row a number of units: held_back (names), n, share, mde, power_by_lift, enough
        (whether a test at alpha can reject at all), rmspe_pre_over_mean.
    """
    count = len(search.names)
    need = math.ceil(1 / search.alpha - 1e-9) - 1
    sizes = {max(LEAST_DONORS, math.ceil(share * count)) for share in SHARES} | {need}
    rows = []
    for size in sorted(one for one in sizes if one < count):
        held = _spread(search, size)
        power = search.power(search.others(held), held, search.windows)
        if power is None:
            continue
        rows.append(
            {
                "held_back": sorted(search.names[i] for i in held),
                "n": size,
                "share": size / count,
                "enough": power["k"] >= 1,
                "mde": power["mde"],
                "power_by_lift": power["power_by_lift"],
                "rmspe_pre_over_mean": average(
                    [one["rmspe_pre_over_mean"] for one in power["windows"]]
                ),
            }
        )
    return rows


def _spread(search: Search, size: int) -> list[int]:
    """Units at the middles of equal parts of all, from the smallest mean to the largest."""
    means = search.values.mean(axis=0)
    order = sorted(range(len(search.names)), key=lambda i: (means[i], search.names[i]))
    return [order[int((part + 0.5) * len(order) / size)] for part in range(size)]
