"""Power before launch: pretended launches at the end of the quiet periods, for any lift at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analysis.synthetic_control.inference import half_width, ranks
from analysis.synthetic_control.panel import Panel, rms
from analysis.synthetic_control.placebos import fitted, last_rank, placebos
from analysis.synthetic_control.working import Working, headline

LEAST_PRE = 10
ENOUGH = 0.80


@dataclass(frozen=True)
class Window:
    """One pretended launch.

    Attributes:
        back: Periods left out at the end.
        pre: Periods before it.
        rmspe_pre: Of the treated series, in the metric's unit.
        over_mean: The same over its pre-period mean; None where that is not above 0.
        ranks: Rank at each lift, the lift of 0 first.
        n: Units in the ranking.
        detectable: Least effect that its interval would leave 0 out for; None if there is none.
    """

    back: int
    pre: int
    rmspe_pre: float
    over_mean: float | None
    ranks: tuple[int, ...]
    n: int
    detectable: float | None


def windows(
    panel: Panel,
    method: Callable[[Panel], Working],
    *,
    horizon: int,
    count: int,
    lifts: Sequence[float],
    alpha: float,
    statistic: str,
) -> list[Window]:
    """Pretended launches of `horizon` periods, each ending one period earlier than the last.

    Weights see pre-periods only, so a lift changes neither them nor any placebo: every lift is
    read off one fit.

    Args:
        panel: Periods without any launch; its own windows are not looked at.
        method: The study's method.
        horizon: Periods of the planned test.
        count: Launches to pretend; those with fewer than ten pre-periods are passed over.
        lifts: Shares to add to the treated values, without 0.
        alpha: Level of the detectable effect.
        statistic: What placebos are ranked by.
    """
    found = []
    for back in range(count):
        end = panel.periods - back
        pre = end - horizon
        if pre < LEAST_PRE:
            break
        then = replace(panel, values=panel.values[:end], pre=pre, post=pre)
        working = method(then)
        problem = headline(then)
        own = fitted(then, working, problem, working.solve_all([problem])[0].weights)
        others = placebos(then, working)
        # The treated series on the working scale; a lift multiplies its post values.
        level = then.values[pre:, 0] / working.unit
        places = []
        for lift in (0.0, *lifts):
            after = own.gaps[pre:] + lift * level
            lifted = replace(own, att=float(after.mean()), rmspe_post=rms(after))
            place = ranks(lifted, others)
            chosen = {"t": place.t, "ratio": place.ratio, "att": place.att}[statistic]
            places.append(place.n if chosen is None else chosen)
        half = None if statistic == "ratio" else half_width(own, others, alpha, statistic)
        mean = float(then.values[:pre, 0].mean())
        found.append(
            Window(
                back=back,
                pre=pre,
                rmspe_pre=own.rmspe_pre * working.unit,
                over_mean=own.rmspe_pre * working.unit / mean if mean > 0 else None,
                ranks=tuple(places),
                n=len(others) + 1,
                detectable=None if half is None else half * working.unit,
            )
        )
    return found


def power_block(
    found: Sequence[Window], lifts: Sequence[float], alpha: float, horizon: int
) -> dict[str, Any] | None:
    """Power by lift, the least lift found often enough, and each window."""
    if not found:
        return None
    n = found[0].n
    k = last_rank(alpha, n)
    every = (0.0, *lifts)
    power = [
        float(np.mean([one.ranks[place] <= k for one in found])) for place in range(len(every))
    ]
    found_often = (
        lift for lift, share in zip(every, power, strict=True) if lift > 0 and share >= ENOUGH
    )
    return {
        "alpha": alpha,
        "horizon": horizon,
        "n_units": n,
        "k": k,
        "power_by_lift": [
            {"lift": lift, "power": share} for lift, share in zip(every, power, strict=True)
        ],
        "mde": next(found_often, None),
        "windows": [
            {
                "window": one.back,
                "pre_periods": one.pre,
                "rmspe_pre": one.rmspe_pre,
                "rmspe_pre_over_mean": one.over_mean,
                "detectable_att": one.detectable,
                "p_by_lift": [
                    {"lift": lift, "p": place / one.n}
                    for lift, place in zip(every, one.ranks, strict=True)
                ],
            }
            for one in found
        ],
    }
