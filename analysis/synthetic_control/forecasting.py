"""The headline by a structural time series: a forecast beside what happened, without placebos."""

from typing import Any

from analysis.synthetic_control.design import Design
from analysis.synthetic_control.further import forecast
from analysis.synthetic_control.lifts import lift_of
from analysis.synthetic_control.panel import Panel

Block = dict[str, Any]

# What placebo tests would say; a forecast has none of it.
ABSENT = (
    "duality_gap", "weights_unique", "effective_donors", "max_weight", "min_weight",
    "sum_weights", "negative_weight_sum", "sse_pre", "rmspe_pre", "rmspe_post",
    "rmspe_pre_over_sd", "l2_imbalance", "rmspe_ratio", "t", "p_t", "rank_t", "p_ratio",
    "rank_ratio", "p_att", "rank_att", "p_t_with_treated", "p_ratio_with_treated", "rank",
    "n_units", "p_floor", "k", "detectable_att", "loo_sign_kept",
)  # fmt: skip

BY_PERIOD = (
    "counterfactual", "gap", "low", "high", "lift", "lift_low", "lift_high", "cumulative",
    "cumulative_low", "cumulative_high",
)  # fmt: skip


def forecast_content(made: Design, panel: Panel) -> Block:
    """The fields of the readout."""
    factor = float(len(made.treated)) if made.lens.aggregate == "sum" else 1.0
    block = forecast(panel, made.lens, factor)
    n = panel.n_post
    actual = float(panel.values[panel.post :, 0].mean()) * factor
    att, low, high = block["effect"], block["low"], block["high"]
    each = 1.0 if factor != 1.0 else float(len(made.treated))
    return dict.fromkeys(ABSENT) | {
        "weights": {},
        "att": att,
        "att_low": low,
        "att_high": high,
        "att_status": "ok",
        "cumulative": att * n,
        "cumulative_low": low * n,
        "cumulative_high": high * n,
        "incremental_total": att * n * each,
        "lift": lift_of(att, actual),
        "lift_low": lift_of(low, actual),
        "lift_high": lift_of(high, actual),
        "actual_mean": actual,
        "counterfactual_mean": actual - att,
        # Untested against placebos: `bsts` holds its tail, which is no test of its size.
        "p_value": None,
        "statistic": "forecast",
        "intervals": [{"alpha": made.lens.alpha, "low": low, "high": high, "status": "ok"}],
        "gaps": _gaps(made, panel, block, factor),
        "placebos": [],
        "leave_one_out": [],
        "in_time_placebo": [],
        "fit_equivalent": [],
        "bsts": block,
    }


def _gaps(made: Design, panel: Panel, block: Block, factor: float) -> list[Block]:
    rows: list[Block] = []
    running = 0.0
    for t in range(panel.periods):
        actual = float(panel.values[t, 0]) * factor
        row: Block = dict.fromkeys(BY_PERIOD)
        row |= {
            "period": made.labels[t],
            "actual": actual,
            "phase": "pre" if t < panel.pre else "post" if t >= panel.post else "transition",
        }
        if t >= panel.post:
            said = block["prediction"][t - panel.post]
            gap, low, high = (actual - said[end] for end in ("mean", "high", "low"))
            running += gap
            row |= {
                "counterfactual": said["mean"],
                "gap": gap,
                "low": low,
                "high": high,
                "lift": lift_of(gap, actual),
                "lift_low": lift_of(low, actual),
                "lift_high": lift_of(high, actual),
                "cumulative": running,
            }
        rows.append(row)
    return rows
