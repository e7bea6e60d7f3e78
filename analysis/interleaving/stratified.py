"""Who wins at the same position? Rates of both rankers compared within strata."""

import math
from collections.abc import Sequence

import numpy as np

from analysis.core import Floats
from analysis.core.tails import normal_quantile
from analysis.interleaving.inference import (
    Block,
    around_ratio,
    intervals,
    two_sided,
)
from analysis.interleaving.slots import Cells
from analysis.logs.list_log import Bool, Int


def stratified(cells: Cells, labels: Sequence[str], alpha: float) -> Block:
    """The candidate's lift over strata that hold both rankers, with two errors.

    At one position both rankers face the same examination and the same turn of the draft,
    so neither a theta nor a click model is needed.

    Args:
        cells: Labelled slots by unit and stratum.
        labels: Names of the strata.
        alpha: Level of the second interval.

    Source:
        Mantel, Haenszel (1959), J. Natl. Cancer Inst. 22; Greenland, Robins (1985),
        Biometrics 41, 55-68; the jackknife: Efron, Stein (1981), Ann. Stat. 9, 586-596.
    """
    n, c = cells.by_stratum(cells.slots), cells.by_stratum(cells.clicks)
    both = (n[0] > 0) & (n[1] > 0)
    shown = n[0] + n[1]
    if not both.any():
        return {"identified": False, "overlap_share": 0.0}
    found: Block = {
        "identified": True,
        "overlap_share": float(shown[both].sum() / shown.sum()),
        "strata_without_overlap": [labels[k] for k in np.flatnonzero((shown > 0) & ~both).tolist()],
    }
    weight = np.where(both, n[0] * n[1] / np.maximum(shown, 1), 0.0)
    weight /= weight.sum()
    ctr = c / np.maximum(n, 1)
    rate_a, rate_b = (float(one) for one in ctr @ weight)
    found |= {
        "rate_control": rate_a,
        "rate_candidate": rate_b,
        "lift": rate_b / rate_a - 1 if rate_a > 0 else None,
        "share": rate_b / (rate_a + rate_b) if rate_a + rate_b > 0 else None,
    }
    inside = both[cells.stratum]
    left_out = _without_each(cells, n, c, inside) if min(rate_a, rate_b) > 0 else None
    if left_out is None or not np.isfinite(left_out).all():
        return found | _no_logarithm(int(np.unique(cells.unit[inside]).size), alpha)
    log_ratio = math.log(rate_b / rate_a)
    se = _linearised(cells, weight, n, ctr, np.array([rate_a, rate_b]))
    return found | {
        "log_ratio": log_ratio,
        "se": se,
        "p": two_sided(log_ratio, se, None),
        **intervals("lift_ci95", lambda tail: around_ratio(log_ratio, se, None, tail), alpha),
        "jackknife": _jackknife(log_ratio, left_out, alpha),
    }


def _no_logarithm(users: int, alpha: float) -> Block:
    """The fields that need a logarithm, where it does not exist."""
    nothing: Block = {"log_ratio": None, "se": None, "p": None}
    inner: Block = {"se": None, "n_users": users, "p": None}
    ends = intervals("lift_ci95", lambda _: None, alpha)
    return nothing | ends | {"jackknife": inner | ends}


def _linearised(cells: Cells, weight: Floats, n: Int, ctr: Floats, rates: Floats) -> float | None:
    """The error of the log ratio from each unit's first-order part in it."""
    if cells.units < 2:
        return None
    per_slot = weight / np.maximum(n, 1) / rates[:, None]
    k = cells.stratum
    control, candidate = (
        per_slot[m][k] * (cells.clicks[m] - cells.slots[m] * ctr[m][k]) for m in (0, 1)
    )
    g = np.bincount(cells.unit, weights=candidate - control, minlength=cells.units)
    return math.sqrt(cells.units / (cells.units - 1) * float(g @ g))


def _without_each(cells: Cells, n: Int, c: Int, inside: Bool) -> Floats:
    """The log ratio without each unit that has a slot in a stratum with both rankers.

    Weights are made anew without the unit; a stratum that then lacks a ranker adds nothing.
    """
    terms = _terms(n, c)
    total = terms.sum(axis=1)
    k, unit = cells.stratum[inside], cells.unit[inside]
    change = _terms(n[:, k] - cells.slots[:, inside], c[:, k] - cells.clicks[:, inside])
    change -= terms[:, k]
    # Cells come unit by unit.
    starts = np.flatnonzero(np.diff(unit, prepend=-1))
    rates = total[:, None] + np.add.reduceat(change, starts, axis=1)
    # What is left after all of a ranker's clicks are taken out is rounding, not a rate.
    gone = [rate <= 1e-12 * whole for rate, whole in zip(rates, total, strict=True)]
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = [np.where(out, -np.inf, np.log(r)) for out, r in zip(gone, rates, strict=True)]
        result: Floats = logs[1] - logs[0]
    return result


def _terms(n: Int, c: Int) -> Floats:
    """Each stratum's part of the rates of control and candidate, before scaling."""
    shown = np.maximum(n[0] + n[1], 1)
    return np.stack([n[1] * c[0] / shown, n[0] * c[1] / shown])


def _jackknife(log_ratio: float, left_out: Floats, alpha: float) -> Block:
    """The error to show: how far the log ratio moves as each unit is left out."""
    n = int(left_out.size)
    away = left_out - left_out.mean()
    se = math.sqrt((n - 1) / n * float(away @ away)) if n >= 2 else None
    return {
        "se": se,
        "n_users": n,
        **intervals("lift_ci95", lambda tail: around_ratio(log_ratio, se, n - 1, tail), alpha),
        "p": two_sided(log_ratio, se, n - 1),
    }


def mantel_haenszel(n: Int, c: Int, alpha: float) -> Block:
    """The risk ratio over strata and its interval as if slots were independent.

    Args:
        n: (2, strata) slots of control and candidate.
        c: (2, strata) clicks on them.
        alpha: Level of the second interval.
    """
    keep = n[0] + n[1] > 0
    n, c = n[:, keep].astype(float), c[:, keep].astype(float)
    shown = n[0] + n[1]
    top, bottom = float((c[1] * n[0] / shown).sum()), float((c[0] * n[1] / shown).sum())
    if top <= 0 or bottom <= 0:
        rr = 0.0 if bottom > 0 else None
        return {"rr": rr} | intervals("ci95", lambda _: None, alpha)
    parts = (n[0] * n[1] * (c[0] + c[1]) - c[0] * c[1] * shown) / shown**2
    se = math.sqrt(max(float(parts.sum()) / top / bottom, 0.0))
    rr = top / bottom

    def ends(tail: float) -> tuple[float, float]:
        half = normal_quantile(tail) * se
        return rr * math.exp(-half), rr * math.exp(half)

    return {"rr": rr, "var_ln_rr": se * se} | intervals("ci95", ends, alpha)


def pooled(n: Int, c: Int, rankers: tuple[str, str]) -> Block:
    """Clicks a slot of each ranker, position not taken out; shown only as a contrast."""
    slots, clicks = n.sum(axis=1), c.sum(axis=1)
    ctr = [float(clicks[m] / slots[m]) if slots[m] else None for m in (0, 1)]
    ratio = ctr[1] / ctr[0] if ctr[0] and ctr[1] is not None else None
    return {"pooled_ctr": dict(zip(rankers, ctr, strict=True)), "pooled_ratio": ratio}
