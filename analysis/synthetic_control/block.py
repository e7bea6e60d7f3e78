"""Everything that is said of one target by one method: effect, test, and its checks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.core import Floats
from analysis.synthetic_control.conformal import Conformal, conformal
from analysis.synthetic_control.in_time import Pretended, in_time
from analysis.synthetic_control.inference import (
    Interval,
    Ranks,
    alphas,
    half_width,
    interval,
    ranks,
)
from analysis.synthetic_control.leave_one_out import LeftOut, leave_one_out, sign_kept
from analysis.synthetic_control.lifts import lift_of
from analysis.synthetic_control.panel import Panel
from analysis.synthetic_control.placebos import (
    Fitted,
    fitted,
    half_widths,
    last_rank,
    placebos,
)
from analysis.synthetic_control.weights import SMALLEST_WEIGHT, Weights, unique
from analysis.synthetic_control.working import OnSimplex, Working, headline

Block = dict[str, Any]

# Ranks of pre-period fits, which double weighting does not aim at.
NOT_OF_SDID = (
    "t", "p_t", "rank_t", "rmspe_ratio", "p_ratio", "rank_ratio", "p_t_with_treated",
    "p_ratio_with_treated",
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What is asked of one target.

    Attributes:
        names: Donors, in the panel's order.
        labels: Periods.
        alpha: The study's level.
        estimator: The method by its key.
        statistic: What ranks decide by.
        with_treated: Whether the headline's placebos may use the treated unit.
        factor: What the metric's unit is multiplied by: the treated units where their sum is
            told, else 1.
        n_treated: Treated units whose mean the target is.
        pretended: Pretended starts, as numbers of periods.
        thetas: Constant effects to test, in the metric's own unit.
        residuals: The method's residuals on all periods; None where conformal tests have no
            meaning for it.
    """

    names: Sequence[str]
    labels: Sequence[str]
    alpha: float
    estimator: str = ""
    statistic: str = "t"
    with_treated: bool = False
    factor: float = 1.0
    n_treated: int = 1
    pretended: Sequence[int] = ()
    thetas: tuple[float, ...] = ()
    residuals: Callable[[Panel, Working], Floats] | None = None


@dataclass(frozen=True)
class Measured:
    """One target measured by one method.

    Attributes:
        panel, working: What was fitted, and how.
        own: The target's fit, in working units.
        weights: (donors,) with their certificate.
        others: The placebos of the headline test.
        ranks: Where the target stands among them.
        interval: At the study's level.
        left_out, pretended, conformal: The checks.
        unit: Metric units in a working unit, the factor included.
        names: Donors, in the order of `others`.
        content: The fields of the readout.
    """

    panel: Panel
    working: Working
    own: Fitted
    weights: Weights
    others: list[Fitted]
    ranks: Ranks
    interval: Interval
    left_out: list[LeftOut]
    pretended: list[Pretended]
    conformal: Conformal | None
    unit: float
    names: Sequence[str]
    content: Block

    @property
    def place(self) -> int | None:
        """The rank that decides."""
        return deciding(self.ranks, str(self.content["statistic"]))

    @property
    def k(self) -> int:
        """The last rank that rejects."""
        return int(self.content["k"])

    @property
    def significant(self) -> bool:
        """Whether the rank test rejects at the study's level."""
        return self.place is not None and self.place <= self.k


def deciding(found: Ranks, statistic: str) -> int | None:
    """The rank by the chosen statistic."""
    return {"t": found.t, "ratio": found.ratio, "att": found.att}[statistic]


def measure(panel: Panel, method: Callable[[Panel], Working], asked: Asked) -> Measured:
    """Fit, test and check one target.

    Args:
        panel: The target and its donors.
        method: The method, which may look at pre-periods only.
        asked: What is asked.
    """
    working = method(panel)
    problem = headline(panel)
    weights = working.solve_all([problem])[0]
    own = fitted(panel, working, problem, weights.weights)
    without = placebos(panel, working)
    with_it = placebos(panel, working, with_treated=True)
    others = with_it if asked.with_treated else without
    found = ranks(own, others)
    unit = working.unit * asked.factor
    left_out = leave_one_out(panel, working, own, weights.weights)

    def fit(earlier: Panel) -> Fitted:
        """The headline's fit of an earlier panel, told in this panel's working units."""
        then = method(earlier)
        solved = then.solve_all([problem])[0]
        found = fitted(earlier, then, problem, solved.weights)
        return _in_units(found, then.unit / working.unit)

    pretended = in_time(panel, fit, own, asked.pretended)
    residuals = asked.residuals
    joint = (
        conformal(
            panel,
            lambda one: residuals(one, working),
            tuple(theta / asked.factor for theta in asked.thetas),
        )
        if residuals is not None and not own.perfect
        else None
    )
    bounds = interval(own, others, asked.alpha, asked.statistic)
    content: Block = {
        "estimator": asked.estimator,
        **_windows(panel, asked),
        **_weights(panel, working, weights, asked),
        **_fit(panel, own, unit),
        **_effect(panel, own, bounds, unit, asked),
        **_test(own, found, ranks(own, without), ranks(own, with_it), others, unit, asked),
        "gaps": _gaps(panel, own, others, unit, asked),
        "placebos": [
            _placebo(name, one, unit) for name, one in zip(asked.names, others, strict=False)
        ],
        "leave_one_out": [_left_out(one, unit, asked) for one in left_out],
        "loo_sign_kept": sign_kept(own, left_out),
        "in_time_placebo": [_pretended(one, unit, asked) for one in pretended],
        "conformal": _conformal(joint, panel, asked),
        "pre_fit": pre_fit(panel, own),
    }
    if isinstance(working, OnSimplex) and working.zeta:
        content |= {"att_index": own.att, "zeta": working.zeta, "sigma": working.sigma}
    if asked.estimator == "sdid":
        # Its own rank is by |att|: p_rank of the paper's placebos.
        content |= dict.fromkeys(NOT_OF_SDID)
    return Measured(
        panel, working, own, weights, others, found, bounds, left_out, pretended, joint, unit,
        asked.names, content,
    )  # fmt: skip


def _in_units(one: Fitted, factor: float) -> Fitted:
    return Fitted(
        one.gaps * factor, one.att * factor, one.rmspe_pre * factor, one.rmspe_post * factor,
        one.perfect,
    )  # fmt: skip


def _windows(panel: Panel, asked: Asked) -> Block:
    return {
        "n_pre": panel.pre,
        "n_post": panel.n_post,
        "n_transition": panel.post - panel.pre,
        "n_donors": panel.donors,
        "n_treated": asked.n_treated,
        "first_period": asked.labels[0],
        "last_period": asked.labels[panel.periods - 1],
    }


def _weights(panel: Panel, working: Working, weights: Weights, asked: Asked) -> Block:
    found = weights.weights
    before = working.series[: panel.pre]
    ridge = float(getattr(working, "ridge", 0.0))
    return {
        "weights": {
            name: float(one)
            for name, one in zip(asked.names, found, strict=True)
            if abs(one) > SMALLEST_WEIGHT
        },
        "weights_unique": ridge > 0 or unique(before[:, 1:] - before[:, :1], found),
        "effective_donors": float(1 / np.sum(np.square(found))),
        "max_weight": float(found.max()),
        "min_weight": float(found.min()),
        "sum_weights": float(found.sum()),
        "negative_weight_sum": float(found[found < 0].sum()),
        "duality_gap": weights.duality_gap,
    }


def _fit(panel: Panel, own: Fitted, unit: float) -> Block:
    squares = float(np.sum(np.square(own.gaps[: panel.pre])))
    spread = float(panel.values[: panel.pre, 0].std())
    # The factor of a sum cancels: the target's own spread is multiplied by it too.
    scale = unit / spread if spread > 0 else None
    return {
        "sse_pre": squares * unit**2,
        "rmspe_pre": own.rmspe_pre * unit,
        "rmspe_post": own.rmspe_post * unit,
        "rmspe_pre_over_sd": None if scale is None else own.rmspe_pre * scale,
        "l2_imbalance": squares**0.5 * unit,
    }


def _effect(panel: Panel, own: Fitted, bounds: Interval, unit: float, asked: Asked) -> Block:
    actual = float(panel.values[panel.post :, 0].mean()) * asked.factor
    low = None if bounds.low is None else bounds.low * unit
    high = None if bounds.high is None else bounds.high * unit
    att = own.att * unit
    sums = panel.n_post
    each = 1.0 if asked.factor != 1.0 else float(asked.n_treated)
    return {
        "att": att,
        "att_low": low,
        "att_high": high,
        "att_status": bounds.status,
        "cumulative": att * sums,
        "cumulative_low": None if low is None else low * sums,
        "cumulative_high": None if high is None else high * sums,
        "incremental_total": att * sums * each,
        "lift": lift_of(att, actual),
        "lift_low": lift_of(low, actual),
        "lift_high": lift_of(high, actual),
        "actual_mean": actual,
        "counterfactual_mean": actual - att,
    }


def _test(
    own: Fitted,
    found: Ranks,
    without: Ranks,
    with_it: Ranks,
    others: list[Fitted],
    unit: float,
    asked: Asked,
) -> Block:
    least = half_width(own, others, asked.alpha, asked.statistic)
    seen = asked.statistic == "ratio" or least is None
    n = found.n
    return {
        "statistic": asked.statistic,
        "rmspe_ratio": None if own.perfect else own.ratio,
        "t": None if own.perfect else own.t,
        "fit_status": "perfect_fit" if own.perfect else "ok",
        "p_value": found.p(deciding(found, asked.statistic)),
        "p_t": found.p(found.t),
        "rank_t": found.t,
        "p_ratio": found.p(found.ratio),
        "rank_ratio": found.ratio,
        "p_att": found.p(found.att),
        "rank_att": found.att,
        "p_t_without_treated": without.p(without.t),
        "p_ratio_without_treated": without.p(without.ratio),
        "p_t_with_treated": with_it.p(with_it.t),
        "p_ratio_with_treated": with_it.p(with_it.ratio),
        "rank": deciding(found, asked.statistic),
        "n_units": n,
        "p_floor": 1 / n,
        "k": last_rank(asked.alpha, n),
        "intervals": [
            _interval(interval(own, others, alpha, asked.statistic), unit)
            for alpha in alphas(asked.alpha)
        ],
        "detectable_att": None if seen or least is None else least * unit,
    }


def _interval(one: Interval, unit: float) -> Block:
    return {
        "alpha": one.alpha,
        "low": None if one.low is None else one.low * unit,
        "high": None if one.high is None else one.high * unit,
        "status": one.status,
    }


def _gaps(
    panel: Panel, own: Fitted, others: list[Fitted], unit: float, asked: Asked
) -> list[Block]:
    bands = half_widths(panel, own, others, asked.alpha) if asked.statistic == "t" else None
    gaps = own.gaps * unit
    running = np.cumsum(gaps[panel.post :])
    rows = []
    for t in range(panel.periods):
        actual = float(panel.values[t, 0]) * asked.factor
        gap = float(gaps[t])
        row: Block = {
            "period": asked.labels[t],
            "actual": actual,
            "counterfactual": actual - gap,
            "gap": gap,
            "low": None,
            "high": None,
            "lift": lift_of(gap, actual),
            "lift_low": None,
            "lift_high": None,
            "cumulative": None,
            "cumulative_low": None,
            "cumulative_high": None,
            "phase": "pre" if t < panel.pre else "post" if t >= panel.post else "transition",
        }
        if t >= panel.post:
            h = t - panel.post
            row["cumulative"] = float(running[h])
            if bands is not None:
                half, wide = float(bands[0, h]) * unit, float(bands[1, h]) * unit
                low, high = gap - half, gap + half
                row |= {"low": low, "high": high}
                row |= {"lift_low": lift_of(low, actual), "lift_high": lift_of(high, actual)}
                row |= {
                    "cumulative_low": row["cumulative"] - wide,
                    "cumulative_high": row["cumulative"] + wide,
                }
        rows.append(row)
    return rows


def _placebo(name: str, one: Fitted, unit: float) -> Block:
    return {
        "unit": name,
        "att": one.att * unit,
        "rmspe_pre": one.rmspe_pre * unit,
        "rmspe_post": one.rmspe_post * unit,
        "rmspe_ratio": None if one.perfect else one.ratio,
        "t": None if one.perfect else one.t,
        "status": "perfect_fit" if one.perfect else "ok",
        "gaps": [float(gap) for gap in one.gaps * unit],
    }


def _left_out(one: LeftOut, unit: float, asked: Asked) -> Block:
    return {
        "unit": asked.names[one.donor - 1],
        "att": one.fit.att * unit,
        "change_share": one.change_share,
        "change_rmspe": one.change_rmspe,
        "decisive": one.decisive,
        "gaps": [float(gap) for gap in one.fit.gaps * unit],
    }


def _pretended(one: Pretended, unit: float, asked: Asked) -> Block:
    perfect = one.fit.perfect
    return {
        "start": asked.labels[one.start],
        "lead": one.lead,
        "att": one.fit.att * unit,
        "rmspe_ratio": None if perfect else one.fit.ratio,
        "t": None if perfect else one.fit.t,
        "share_of_att": one.share,
        "flagged": one.flagged,
        "gaps": [float(gap) for gap in one.fit.gaps * unit],
    }


def _conformal(found: Conformal | None, panel: Panel, asked: Asked) -> Block:
    if found is None:
        return {
            "p_zero_effect": None,
            "n_permutations": None,
            "p_min": None,
            "grid": [],
            "pointwise": [],
            "status": "not_applicable",
        }
    return {
        "p_zero_effect": found.p_zero_effect,
        "n_permutations": found.n_permutations,
        "p_min": 1 / found.n_permutations,
        "grid": [{"theta": theta * asked.factor, "p": p} for theta, p in found.grid],
        "pointwise": [
            {"period": asked.labels[panel.post + h], "theta": 0.0, "p": p}
            for h, p in enumerate(found.pointwise)
        ],
        "status": "ok",
    }


def pre_fit(panel: Panel, own: Fitted) -> Block:
    """How the fit misses before the start: outside the donors, in one direction, in runs."""
    before = panel.values[: panel.pre]
    lowest, highest = before[:, 1:].min(axis=1), before[:, 1:].max(axis=1)
    outside = (before[:, 0] > highest) | (before[:, 0] < lowest)
    gaps = own.gaps[: panel.pre]
    spread = float(gaps.std())
    return {
        "outside_share": float(outside.mean()),
        "lag1": lag_one(gaps),
        "mean_gap_over_sd": float(gaps.mean()) / spread if spread > 0 else None,
    }


def lag_one(gaps: Floats) -> float | None:
    """Correlation of neighbouring gaps; None where nothing varies."""
    if gaps.size < 3:
        return None
    first, second = gaps[:-1] - gaps[:-1].mean(), gaps[1:] - gaps[1:].mean()
    size = float(np.sqrt(np.sum(first**2) * np.sum(second**2)))
    return float(first @ second) / size if size > 0 else None
