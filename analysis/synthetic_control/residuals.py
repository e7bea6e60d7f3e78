"""Residuals on all periods, as if none were treated: what conformal tests shift."""

import numpy as np

from analysis.core import Floats
from analysis.synthetic_control.many import Solver
from analysis.synthetic_control.panel import Panel
from analysis.synthetic_control.working import OnSimplex, Working


def plain(panel: Panel, working: Working) -> Floats:  # noqa: ARG001 - methods share one form
    """Of the classic fit."""
    return _missed(panel.values, 0.0)


def centred(panel: Panel, working: Working) -> Floats:  # noqa: ARG001
    """Of the demeaned fit: centred over all periods, the null's effect already taken off."""
    return _missed(panel.values - panel.values.mean(axis=0), 0.0)


def on_indices(panel: Panel, working: Working) -> Floats:
    """Of the indexed fit: its scale and its penalty a period stay as they were fitted."""
    assert isinstance(working, OnSimplex)
    series = panel.values / panel.values[: panel.pre].mean(axis=0)
    return _missed(series - series.mean(axis=0), working.zeta**2 * panel.periods)


def _missed(series: Floats, ridge: float) -> Floats:
    donors = np.arange(1, series.shape[1])
    weights = Solver(series, ridge).solve(0, donors).weights
    found: Floats = series[:, 0] - series[:, donors] @ weights
    return found


def equal_weights(panel: Panel, working: Working) -> Floats:  # noqa: ARG001
    """Of difference in differences: every donor alike, centred over all periods."""
    series = panel.values - panel.values.mean(axis=0)
    found: Floats = series[:, 0] - series[:, 1:].mean(axis=1)
    return found
