"""Each further method's own numbers, beside its row in the table of methods."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis.core import Floats
from analysis.study_panel import SyntheticControl
from analysis.synthetic_control.estimators import bsts, penalised, ridge, sdid
from analysis.synthetic_control.panel import Panel
from analysis.synthetic_control.placebos import Fitted, largest, last_rank
from analysis.synthetic_control.weights import SMALLEST_WEIGHT
from analysis.synthetic_control.working import demeaned

Block = dict[str, Any]


def _named(names: tuple[str, ...], weights: Floats) -> Block:
    return {
        name: float(one)
        for name, one in zip(names, weights, strict=True)
        if abs(one) > SMALLEST_WEIGHT
    }


def method_block(
    key: str,
    panel: Panel,
    own: Fitted,
    others: Sequence[Fitted],
    unit: float,
    weights: Floats,
    names: tuple[str, ...],
    labels: Sequence[str],
    lens: SyntheticControl,
) -> Block | None:
    """The method's own numbers beside the table; None where it has none.

    Args:
        key: The method.
        panel: The panel.
        own: Its fit.
        others: Its placebos.
        unit: Metric units in a working unit.
        weights: (donors,) its weights.
        names: Donors.
        labels: Periods.
        lens: The study's section, whose settings hold for its own method alone.
    """
    lambda_ = lens.lambda_ if lens.method == key else None
    demean = lens.demean if lens.method == key else False
    before, after = panel.values[: panel.pre], panel.values[panel.post :]
    pool = np.arange(1, panel.donors + 1)
    if key == "ridge":
        series = demeaned(panel).series[: panel.pre] if demean else before
        one = ridge.ridge(series, 0, pool, lambda_)
        return {
            "lambda": one.lambda_,
            "lambda_grid": one.lambda_grid.tolist(),
            "cv_error": one.cv_error.tolist(),
            "att": own.att * unit,
            "rmspe_pre": own.rmspe_pre * unit,
            "l2_imbalance": one.l2_imbalance * unit,
            "weights": _named(names, one.weights),
            "min_weight": one.min_weight,
            "sum_weights": one.sum_weights,
            "negative_weight_sum": one.negative_weight_sum,
            "demeaned": demean,
        }
    if key == "penalised":
        found = penalised.penalised(before, after, 0, pool, lambda_)
        return {
            "lambda": found.lambda_,
            "att": own.att * unit,
            "objective": found.objective,
            "weights": _named(names, weights),
            "nearest_donor": names[found.nearest_donor],
        }
    if key == "sdid":
        return _sdid(panel, others, names, labels, unit)
    return None


def _sdid(
    panel: Panel,
    others: Sequence[Fitted],
    names: tuple[str, ...],
    labels: Sequence[str],
    unit: float,
) -> Block:
    before, after = panel.values[: panel.pre], panel.values[panel.post :]
    pool = np.arange(1, panel.donors + 1)
    atts = np.array([other.att for other in others])
    one = sdid.sdid(before, after, 0, pool, panel.n_treated, placebo_atts=atts)
    intervals = []
    sizes = [abs(float(att)) for att in one.placebo_atts]
    for alpha in (0.10, 0.05):
        half = largest(sizes, last_rank(alpha, len(sizes) + 1))
        intervals.append(
            {
                "alpha": alpha,
                "low": None if half is None else (one.att - half) * unit,
                "high": None if half is None else (one.att + half) * unit,
                "status": "unbounded" if half is None else "ok",
            }
        )
    return {
        "att": one.att * unit,
        "did": one.did * unit,
        "zeta_omega": one.zeta_omega,
        "zeta_lambda": one.zeta_lambda,
        "sigma": one.sigma,
        "omega": _named(names, one.omega),
        "lambda": {
            label: float(share)
            for label, share in zip(labels, one.lambda_, strict=False)
            if share > SMALLEST_WEIGHT
        },
        "se_placebo": None if one.se_placebo is None else one.se_placebo * unit,
        "placebo_atts": [att * unit for att in one.placebo_atts.tolist()],
        "p_rank": one.p_rank,
        "rank": one.rank,
        "intervals": intervals,
    }


def forecast(panel: Panel, lens: SyntheticControl, factor: float) -> Block:
    """The structural time series' block.

    Raises:
        LogError: The treated unit does not vary before the start.
    """
    one = bsts.bsts(
        panel.values[:, 0], panel.values[:, 1:], panel.pre, panel.n_post, lens.alpha, lens.season
    )
    return {
        "effect": one.effect * factor,
        "low": one.low * factor,
        "high": one.high * factor,
        "p_value": one.p_value,
        "tail_probability": one.tail_probability,
        "n_covariates": one.n_covariates,
        "season": lens.season,
        "prediction": [
            {"h": h, "mean": p.mean * factor, "low": p.low * factor, "high": p.high * factor}
            for h, p in enumerate(one.prediction)
        ],
    }
