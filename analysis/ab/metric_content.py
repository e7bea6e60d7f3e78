"""A metric of the readout: its arms alone, its comparisons, and all pairs if asked for."""

from dataclasses import replace
from itertools import combinations
from typing import Any

from analysis.ab.compare import read
from analysis.ab.plan import kind_of
from analysis.ab.proportions import pearson
from analysis.ab.ratios import ratio
from analysis.ab.reading import Measured, cell_of
from analysis.core import Moments
from analysis.core.corrections import adjust_p_values
from analysis.core.plain import plain
from analysis.logs.ab_log import Cell, MetricTable
from analysis.study import ABOptions


def metric_content(
    one: Measured, results: list[dict[str, Any]], options: ABOptions
) -> dict[str, Any]:
    """One metric of the readout."""
    metric, table = one.metric, one.table
    content: dict[str, Any] = {
        "name": metric.name,
        "role": metric.role,
        "kind": kind_of(metric, table),
        "better": metric.better,
        "covariate": table.covariate,
        "missing": table.missing,
        "arms": {arm: _alone(table, cell) for arm, cell in table.arms.items()},
        "comparisons": results,
    }
    if table.cap is not None:
        content["cap"] = {
            "value": table.cap.value,
            "capped_units": table.cap.capped_units,
            "base": table.cap.base,
        }
    if len(table.arms) > 2 and table.proportion and not table.ratio:
        tested = pearson(
            [round(_whole(cell).sum("y")) for cell in table.arms.values()],
            [_whole(cell).n for cell in table.arms.values()],
        )
        if tested:
            content["omnibus"] = {
                "chi_square": dict(zip(("statistic", "df", "p"), tested, strict=True))
            }
    if options.compare == "all_pairs" and one.pairs:
        content["pairs"] = _all_pairs(one)
    result: dict[str, Any] = plain(content)
    return result


def _whole(cell: Cell) -> Moments:
    """Moments of all units of a cell, covariates aside."""
    columns = tuple(name for name in cell.observed.columns if name in ("y", "d"))
    own = cell.observed.keeping(columns)
    return own + cell.unobserved.keeping(columns) if cell.unobserved else own


def _alone(table: MetricTable, cell: Cell) -> dict[str, Any]:
    """An arm by itself."""
    moments = _whole(cell)
    n = moments.n
    if n == 0:
        return {"n": 0}
    size = table.scale
    if table.ratio:
        found = ratio(moments) if n > 1 else None
        return {
            "n": n,
            "numerator": moments.sum("y") * size,
            "denominator": moments.sum("d"),
            "value": found.value * size if found else None,
            "se": found.se * size if found else None,
        }
    if table.proportion:
        successes = round(moments.sum("y"))
        return {"n": n, "successes": successes, "rate": successes / n}
    deviation = moments.variance("y") ** 0.5 * size if n > 1 else None
    return {
        "n": n,
        "sum": moments.sum("y") * size,
        "mean": moments.mean("y") * size,
        "sd": deviation,
    }


def _all_pairs(one: Measured) -> list[dict[str, Any]]:
    """Every pair of arms by the metric's own test, Holm over the pairs."""
    base = one.pairs[0]
    arms = [base.control, *(pair.treatment for pair in one.pairs)]
    rows = []
    for nil, treated in combinations(arms, 2):
        pair = replace(base, treatment=treated, control=nil, values=None)
        reading = read(pair, cell_of(one.table, treated), cell_of(one.table, nil))
        rows.append((treated, nil, reading))
    adjusted = adjust_p_values([reading.p for _, _, reading in rows], "holm")
    return [
        {
            "treatment": treated,
            "control": nil,
            "difference": None
            if reading.difference is None
            else reading.difference * reading.scale,
            "p": reading.p,
            "p_holm": p,
        }
        for (treated, nil, reading), p in zip(rows, adjusted, strict=True)
    ]
