"""Segments: is the effect the same everywhere, and does the pooled one mislead?"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from analysis.ab.compare import read
from analysis.ab.proportions import Counts
from analysis.ab.reading import Pair, Reading
from analysis.ab.results import Rules, family
from analysis.ab.split import allocation
from analysis.core import Moments
from analysis.core.plain import plain
from analysis.core.tails import chi_square_upper, f_upper, normal_quantile
from analysis.logs.ab_log import Cell
from analysis.study import Metric


def read_segments(
    metric: Metric,
    pairs: Sequence[Pair],
    pooled: Mapping[str, Reading],
    exposed: Mapping[str, Mapping[str, Mapping[str, int]]],
    rules: Rules,
) -> list[dict[str, Any]]:
    """One entry a segment column and treatment: its levels and the tests across them.

    Args:
        metric: The metric.
        pairs: One a treatment.
        pooled: Treatment -> the reading over all levels.
        exposed: Column -> level -> arm -> units, for the split.
        rules: Level and correction; a family is the levels x treatments of one column.
    """
    if not pairs:
        return []
    entries = []
    for column, levels in pairs[0].table.segments.items():
        kept = {pair.treatment: _levels(pair, levels) for pair in pairs}
        readings = [
            (pair, level, read(pair, *cells))
            for pair in pairs
            for level, cells in kept[pair.treatment].items()
        ]
        results = family([one[2] for one in readings], [metric] * len(readings), rules)
        for pair in pairs:
            mine = [
                (level, reading, result)
                for (one, level, reading), result in zip(readings, results, strict=True)
                if one is pair
            ]
            entry = {
                "column": column,
                "metric": metric.name,
                "treatment": pair.treatment,
                "control": pair.control,
                "levels": [
                    {"level": level, "se": _se(reading), **result}
                    for level, reading, result in mine
                ],
                "levels_left_out": len(levels) - len(mine),
            }
            cells = kept[pair.treatment]
            entry |= _across(pair, [one[1] for one in mine], list(cells.values()))
            entry |= _allocation(exposed.get(column, {}), pair)
            entry |= _reversal(pooled.get(pair.treatment), entry)
            entries.append(plain(entry))
    return entries


def _levels(pair: Pair, levels: Mapping[str, Mapping[str, Cell]]) -> dict[str, tuple[Cell, Cell]]:
    """Levels with at least 2 units in both arms: treatment and control cells."""
    kept = {}
    for level, cells in levels.items():
        one, nil = cells.get(pair.treatment), cells.get(pair.control)
        if one is not None and nil is not None and min(_size(one), _size(nil)) >= 2:
            kept[level] = (one, nil)
    return kept


def _size(cell: Cell) -> int:
    return cell.observed.n + (cell.unobserved.n if cell.unobserved else 0)


def _variance(reading: Reading) -> float | None:
    if reading.effect is not None:
        return reading.effect.var_difference
    return 0.0 if reading.status in ("no_events", "all_events", "no_variance") else None


def _se(reading: Reading) -> float | None:
    return None if reading.effect is None else reading.effect.se * reading.scale


def _across(pair: Pair, readings: list[Reading], cells: list[tuple[Cell, Cell]]) -> dict[str, Any]:
    """Tests and totals across the levels of one column."""
    known = [
        (reading.difference, variance, reading.n1 + reading.n0)
        for reading in readings
        if reading.difference is not None and (variance := _variance(reading)) is not None
    ]
    # A level in which nothing varies has its weight, but no place among the variances.
    varying = [(d, v) for d, v, _ in known if v > 0]
    found: dict[str, Any] = {
        "cochran_q": None,
        "cochran_p": None,
        "interaction_f": None,
        "interaction_p": None,
        "post_stratified": None,
    }
    if len(varying) >= 2:
        q, p = cochran([d for d, _ in varying], [v for _, v in varying])
        found |= {"cochran_q": q, "cochran_p": p}
    if varying:
        found["post_stratified"] = post_stratified(known, pair.alpha, pair.table.scale)
    if not pair.table.ratio and len(cells) >= 2:
        tested = interaction([(_y(one), _y(nil)) for one, nil in cells])
        if tested:
            found |= {"interaction_f": tested[0], "interaction_p": tested[1]}
    if pair.table.proportion and not pair.table.ratio and cells:
        found["mantel_haenszel"] = mantel_haenszel(
            [_counts(_y(one), _y(nil)) for one, nil in cells]
        )
    return found


def _y(cell: Cell) -> Moments:
    """The metric's own moments of a cell, with or without its covariate."""
    y = cell.observed.keeping(("y",))
    return y + cell.unobserved.keeping(("y",)) if cell.unobserved else y


def _counts(one: Moments, nil: Moments) -> Counts:
    return Counts(round(one.sum("y")), one.n, round(nil.sum("y")), nil.n)


def cochran(differences: Sequence[float], variances: Sequence[float]) -> tuple[float, float]:
    """Cochran's Q of differences that should be equal, and its p (1954, Biometrics 10)."""
    d, w = np.array(differences), 1 / np.array(variances)
    middle = float((w * d).sum() / w.sum())
    q = float((w * (d - middle) ** 2).sum())
    return q, chi_square_upper(q, d.size - 1)


def interaction(cells: Sequence[tuple[Moments, Moments]]) -> tuple[float, float] | None:
    """F and p of arm x level over arm + level, by least squares with equal variances.

    Args:
        cells: For each level: moments of "y" of treatment and control.
    """
    flat = [moments for pair in cells for moments in pair]
    n = np.array([m.n for m in flat], dtype=float)
    centre = flat[0].mean("y")
    means = np.array([m.mean("y") - centre for m in flat])
    within = sum(float(m.centred()[0, 0]) for m in flat)
    levels = len(cells)
    freedom = n.sum() - 2 * levels
    if within <= 0 or freedom <= 0:
        return None
    design = np.zeros((2 * levels, levels + 1))
    for i in range(levels):
        design[2 * i : 2 * i + 2, i] = 1
        design[2 * i, levels] = 1
    root = np.sqrt(n)
    fitted, *_ = np.linalg.lstsq(design * root[:, None], means * root, rcond=None)
    lack = float((n * (means - design @ fitted) ** 2).sum())
    f = (lack / (levels - 1)) / (within / freedom)
    return f, f_upper(f, levels - 1, float(freedom))


def post_stratified(
    known: Sequence[tuple[float, float, int]], alpha: float, scale: float = 1.0
) -> dict[str, float]:
    """The effect with every level weighted by its units, and its z interval.

    Args:
        known: For each level: difference, its variance, units of both arms.
        alpha: Level of the interval.
        scale: Power of two that values were divided by.
    """
    total = sum(n for _, _, n in known)
    difference = sum(n / total * d for d, _, n in known)
    se = math.sqrt(sum((n / total) ** 2 * v for _, v, n in known))
    half = normal_quantile(alpha / 2) * se
    return {
        "difference": difference * scale,
        "se": se * scale,
        "low": (difference - half) * scale,
        "high": (difference + half) * scale,
    }


def mantel_haenszel(strata: Sequence[Counts]) -> dict[str, float | None]:
    """Common odds ratio over strata, and its chi-square without continuity correction.

    Source:
        Mantel, Haenszel (1959), J. Natl. Cancer Inst. 22, 719-748.
    """
    top = bottom = gap = spread = 0.0
    for one in strata:
        a, b = one.x1, one.n1 - one.x1
        c, e = one.x0, one.n0 - one.x0
        n = one.n1 + one.n0
        top += a * e / n
        bottom += b * c / n
        gap += a - (a + b) * (a + c) / n
        if n > 1:
            spread += (a + b) * (c + e) * (a + c) * (b + e) / (n * n * (n - 1))
    if spread <= 0:
        return {"odds_ratio": top / bottom if bottom else None, "chi2": None, "p": None}
    chi2 = gap * gap / spread
    return {
        "odds_ratio": top / bottom if bottom else None,
        "chi2": chi2,
        "p": chi_square_upper(chi2, 1),
    }


def _allocation(levels: Mapping[str, Mapping[str, int]], pair: Pair) -> dict[str, Any]:
    tested = allocation(
        {
            level: (by_arm.get(pair.control, 0), by_arm.get(pair.treatment, 0))
            for level, by_arm in levels.items()
        }
    )
    return {
        "allocation_chi2": tested[0] if tested else None,
        "allocation_p": tested[1] if tested else None,
    }


def _reversal(pooled: Reading | None, entry: Mapping[str, Any]) -> dict[str, bool]:
    stratified = entry["post_stratified"]
    if pooled is None or pooled.difference is None or stratified is None:
        return {"sign_reversal": False}
    return {"sign_reversal": pooled.difference * stratified["difference"] < 0}
