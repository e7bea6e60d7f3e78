"""What a version did in the units where it was switched on: their days, with and without it."""

import numpy as np

from analysis.core import Floats
from analysis.simulate.panel import Days, draw_days, untreated
from analysis.simulate.panel_plan import PanelPlan
from analysis.simulate.truth import Truth
from analysis.study import Metric, Study


def panel_truth(plan: PanelPlan, seed: int, study: Study) -> dict[str, Truth]:
    """Metric -> its mean over the treated units' days after the switch, without and with it.

    This is the truth of these very days, not an expectation: the same days are drawn twice, so
    that nothing but the version differs.
    """
    treated = [at for at, name in enumerate(plan.units) if plan.reached.get(name) == 1.0]
    without, with_it = draw_days(untreated(plan), seed), draw_days(plan, seed)
    return {
        metric.name: Truth(
            *(
                float(_cells(metric, one)[plan.pre :, treated].mean(axis=1).mean())
                for one in (without, with_it)
            )
        )
        for metric in study.metrics
    }


def _cells(metric: Metric, days: Days) -> Floats:
    """(days, units) of the metric."""
    columns = {"tasks": days.tasks, "cost_usd": days.cost, "complaints": days.complaints}
    if metric.numerator is not None and metric.denominator is not None:
        found: Floats = np.divide(
            columns[str(metric.numerator.column)], columns[str(metric.denominator.column)]
        )
        return found
    return columns[str(metric.column)]
