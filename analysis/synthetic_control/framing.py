"""What the readout says before any effect: who, when, the panel, and every donor."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from analysis.logs.panel_log import REASONS
from analysis.synthetic_control.design import Design

Block = dict[str, Any]

# Larger panels are summed up in the readout, not copied into it.
MOST_CELLS = 50_000


def frame(made: Design) -> Block:
    """Windows and names of the study."""
    first = min(made.treated, key=lambda unit: made.starts[unit])
    periods = len(made.labels)
    post = made.pre if made.staggered else max(made.pre, made.evaluate)
    return {
        "metric": made.series[0].metric.name,
        "better": made.series[0].metric.better,
        "kind": made.series[0].kind,
        "method": made.lens.method,
        "treated": list(made.treated),
        "start": made.start_labels[first],
        "starts": dict(made.start_labels),
        "evaluate_from": made.start_labels[first] if made.staggered else made.evaluate_label,
        "n_treated": len(made.treated),
        "aggregate": made.lens.aggregate,
        "frequency": made.log.axis.frequency,
        "alpha": made.lens.alpha,
        "n_pre": made.pre,
        "n_post": periods - post,
        "n_transition": post - made.pre,
        "n_periods_in_log": made.log.n_periods_in_log,
        "n_donors": len(made.donors),
        "first_period": made.labels[0],
        "last_period": made.labels[-1],
        "other_changes": made.lens.other_changes,
    }


def panel_block(made: Design) -> Block:
    """The headline metric's panel: every cell of it if it is not too large."""
    log = made.log
    metric = made.series[0].metric.name
    panel = next(one for one in log.panels if one.metric == metric)
    rows: list[Block] = []
    missing: list[Block] = []
    small = panel.values.size <= MOST_CELLS
    if small:
        for t, period in enumerate(log.axis.labels):
            for i, unit in enumerate(log.units):
                value = float(panel.values[t, i])
                rows.append(
                    {"unit": unit, "period": period, "value": None if np.isnan(value) else value}
                )
    for t, i in np.argwhere(panel.reasons != 0)[:MOST_CELLS]:
        reason = REASONS[int(panel.reasons[t, i])]
        missing.append(
            {"unit": log.units[int(i)], "period": log.axis.labels[int(t)], "reason": reason}
        )
    return {
        "rows": rows,
        "rows_status": "ok" if small else "too_large",
        "missing_cells": missing,
        "rows_in": panel.rows_in,
        "rows_used": panel.rows_used,
        "left_out": [{"reason": one.reason, "rows": one.rows} for one in panel.left_out],
        "partial_periods": list(log.partial_periods),
        "log_gaps": list(log.log_gaps),
    }


def donor_rows(made: Design, weights: Mapping[str, float]) -> list[Block]:
    """Every unit with what became of it, weights of 0 too."""
    return [
        {
            "unit": one.unit,
            "status": "kept" if one.kept else "dropped",
            "reason": one.reason or None,
            "detail": one.detail or None,
            "weight": weights.get(one.unit, 0.0) if one.kept else None,
        }
        for one in made.audited
    ]
