"""Further metrics on the same donors: each measured, guardrails held against their margin."""

from dataclasses import dataclass, replace
from typing import Any

from analysis.core.corrections import adjust_p_values
from analysis.study import Metric
from analysis.synthetic_control.block import Measured
from analysis.synthetic_control.inference import ranks
from analysis.synthetic_control.panel import rms

Block = dict[str, Any]

# Fields of a metric's row, beside those of its margin.
SHOWN = (
    "att", "att_low", "att_high", "att_status", "lift", "lift_low", "lift_high", "cumulative",
    "cumulative_low", "cumulative_high", "actual_mean", "counterfactual_mean", "rmspe_pre",
    "rmspe_pre_over_sd", "rmspe_ratio", "t", "p_value", "rank", "n_units", "k", "detectable_att",
    "gaps",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One metric of the study beside the headline's.

    Attributes:
        metric: The metric.
        found: Its fit; None where it cannot be made.
        status: Why not.
        estimator: The method used.
        stops: Codes of stop flags of its fit, which forbid to call it safe.
    """

    metric: Metric
    found: Measured | None
    status: str
    estimator: str
    stops: tuple[str, ...] = ()


def rows_of(rows: list[Row], alpha: float) -> list[Block]:
    """The readout's rows, guardrails corrected together.

    Source:
        Holm (1979), Scandinavian Journal of Statistics 6, 65-70.
    """
    guards = [one for one in rows if one.metric.role == "guardrail"]
    harmed = [_p_of_harm(one) for one in guards]
    adjusted = dict(
        zip([one.metric.name for one in guards], adjust_p_values(harmed, "holm"), strict=True)
    )
    return [_row(one, adjusted.get(one.metric.name), alpha) for one in rows]


def _row(row: Row, p_harm: float | None, alpha: float) -> Block:
    metric, found = row.metric, row.found
    content: Block = {
        "name": metric.name,
        "role": metric.role,
        "kind": metric.kind,
        "better": metric.better,
        "estimator": row.estimator,
        "status": row.status,
        "stops": list(row.stops),
    }
    content |= {name: found.content[name] if found else None for name in SHOWN}
    content["significant"] = bool(found and found.significant and not row.stops)
    content["reading"] = _reading(row)
    if metric.role == "guardrail":
        content |= {
            "margin": metric.margin,
            "margin_scale": metric.margin_scale,
            "p_harm": p_harm,
            "guardrail": _guardrail(row, p_harm, alpha),
        }
    return content


def _reading(row: Row) -> str:
    if row.found is None or row.stops or not row.found.significant:
        return "no_clear_change"
    up = row.found.own.att * row.found.unit > 0
    return "better" if up == (row.metric.better == "higher") else "worse"


def _guardrail(row: Row, p_harm: float | None, alpha: float) -> str | None:
    """What is shown of a guardrail; None without a fit or a margin.

    ``safe`` when the interval's harmful end is inside the margin, ``breached`` when harm beyond
    the margin is shown, else ``unproven``.
    """
    metric, found = row.metric, row.found
    if found is None or metric.margin is None:
        return None
    if row.stops:
        return "unproven"
    if p_harm is not None and p_harm <= alpha:
        return "breached"
    end = _harm_end(row)
    return "safe" if end is not None and end < metric.margin else "unproven"


def _harm_end(row: Row) -> float | None:
    """The harmful end of the interval, as harm above 0 on the margin's scale."""
    assert row.found is not None
    scale = "lift" if row.metric.margin_scale == "relative" else "att"
    lower = row.metric.better == "higher"
    end = row.found.content[f"{scale}_{'low' if lower else 'high'}"]
    return None if end is None else -end if lower else end


def _p_of_harm(row: Row) -> float | None:
    """The rank test of "worse by just the margin", where the effect is beyond it; else 1."""
    metric, found = row.metric, row.found
    if found is None or metric.margin is None or row.stops or found.own.perfect:
        return None
    sign = -1.0 if metric.better == "higher" else 1.0
    if metric.margin_scale == "absolute":
        theta = sign * metric.margin / found.unit
    else:
        # A relative margin is a share of the counterfactual.
        theta = sign * metric.margin * found.content["counterfactual_mean"] / found.unit
    left = found.own.att - theta
    if left * sign <= 0:
        return 1.0
    after = found.own.gaps[found.panel.post :] - theta
    shifted = replace(found.own, att=left, rmspe_post=rms(after))
    places = ranks(shifted, found.others)
    place = {"t": places.t, "ratio": places.ratio, "att": places.att}[found.content["statistic"]]
    return None if place is None else place / places.n
