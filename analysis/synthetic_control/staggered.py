"""Treated units that start at different times: separate fits, and one test of their mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.synthetic_control.block import Measured
from analysis.synthetic_control.inference import alphas
from analysis.synthetic_control.lifts import lift_of
from analysis.synthetic_control.placebos import TIE, largest, last_rank

Block = dict[str, Any]


@dataclass(frozen=True)
class Together:
    """Several units' effects as one.

    Attributes:
        att: Plain mean of the units' effects.
        error: Root of the mean of their squared pre-period RMSPEs.
        statistic: |att| / error; None where a unit's fit is perfect.
        rank, n, k: Its place among the donors, each of which plays all the starts.
        half: Half-width of the interval at alpha; None where it is unbounded.
        content: The fields of the readout.
    """

    att: float
    error: float
    statistic: float | None
    rank: int | None
    n: int
    k: int
    half: float | None
    content: Block


def together(found: Sequence[Measured], donors: Sequence[str], alpha: float) -> Together:
    """One effect and one test of units with different starts.

    Args:
        found: One fit a treated unit.
        donors: Those that are donors of every unit: each plays all the starts.
        alpha: The study's level.

    Source:
        Ben-Michael, Feller & Rothstein (2022), JRSS-B 84, 351-381 (separate fits); the test is
        this product's own: the placebo of a donor is its mean over all the starts.
    """
    atts = [one.own.att * one.unit for one in found]
    att = float(np.mean(atts))
    error = _error([one.own.rmspe_pre * one.unit for one in found])
    perfect = any(one.own.perfect for one in found)
    others = [_of_donor(found, name) for name in donors] if len(donors) > 1 else []
    statistic = None if perfect else abs(att) / error
    n = len(others) + 1
    k = last_rank(alpha, n)
    rank = None if statistic is None else 1 + sum(one >= statistic * TIE for one in others)
    q = largest(others, k)
    half = None if q is None or perfect else q * error
    actual = float(np.mean([one.content["actual_mean"] for one in found]))
    low, high = (None, None) if half is None else (att - half, att + half)
    cells = np.concatenate([one.own.gaps[one.panel.post :] * one.unit for one in found])
    p_value = None if rank is None else rank / n
    intervals = [
        _interval(att, largest(others, last_rank(a, n)), error, a, perfect=perfect)
        for a in alphas(alpha)
    ]
    block: Block = {
        "att_unit_mean": att,
        "att_cell_weighted": float(cells.mean()),
        "event_time": _event_time(found),
        "statistic": statistic,
        "rank": rank,
        "n_units": n,
        "p_value": p_value,
        "intervals": intervals,
    }
    content: Block = {
        "att": att,
        "att_low": low,
        "att_high": high,
        "att_status": intervals[0]["status"],
        "cumulative": float(cells.sum()),
        "cumulative_low": None,
        "cumulative_high": None,
        "incremental_total": float(cells.sum()),
        "lift": lift_of(att, actual),
        "lift_low": lift_of(low, actual),
        "lift_high": lift_of(high, actual),
        "actual_mean": actual,
        "counterfactual_mean": actual - att,
        "rmspe_pre": error,
        "t": statistic,
        "p_value": p_value,
        "p_t": p_value,
        "rank_t": rank,
        "rank": rank,
        "n_units": n,
        "p_floor": 1 / n,
        "k": k,
        "intervals": intervals,
        "detectable_att": half,
        "staggered": block,
    }
    return Together(att, error, statistic, rank, n, k, half, content)


def _error(rmspes: Sequence[float]) -> float:
    return float(np.sqrt(np.mean(np.square(rmspes))))


def _of_donor(found: Sequence[Measured], name: str) -> float:
    """A donor's statistic: it plays every start, told on the scale of the unit it plays."""
    played = [one.others[list(one.names).index(name)] for one in found]
    if any(one.perfect for one in played):
        return np.inf
    att = np.mean([one.att * by.unit for one, by in zip(played, found, strict=True)])
    return abs(float(att)) / _error(
        [one.rmspe_pre * by.unit for one, by in zip(played, found, strict=True)]
    )


def _interval(att: float, q: float | None, error: float, alpha: float, *, perfect: bool) -> Block:
    status = "perfect_fit" if perfect else "unbounded" if q is None else "ok"
    known = q is not None and not perfect
    return {
        "alpha": alpha,
        "low": att - q * error if known and q is not None else None,
        "high": att + q * error if known and q is not None else None,
        "status": status,
    }


def _event_time(found: Sequence[Measured]) -> list[Block]:
    """The mean gap by periods since the own start, while every unit is in it."""
    shortest = min(one.panel.n_post for one in found)
    after = np.array(
        [(one.own.gaps * one.unit)[one.panel.post : one.panel.post + shortest] for one in found]
    )
    return [
        {"h": h, "att": float(after[:, h].mean()), "n_units": len(found)} for h in range(shortest)
    ]
