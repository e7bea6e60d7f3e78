"""The method with predictors: from the study's windows to a method on a panel, and its block."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from analysis.study import Study
from analysis.synthetic_control.block import Measured
from analysis.synthetic_control.choose import Method, Weighed
from analysis.synthetic_control.design import Design
from analysis.synthetic_control.estimators.predictors import (
    Matched,
    Specification,
    predictors,
    weigher,
)
from analysis.synthetic_control.matching import Matching, fit_window, matching
from analysis.synthetic_control.panel import Panel
from analysis.synthetic_control.treated import log_windows

Block = dict[str, Any]

# The wide search says more than the local one when it lowers the loss and moves the effect so.
LOWER, MOVED = 0.10, 0.10


def matched_method(made: Design, study: Study, units: Sequence[str]) -> Method:
    """The method with the study's predictors, for the mean of some treated units."""

    def make(panel: Panel) -> Weighed:
        return Weighed(panel.values, weigher(specification(made, study, units, panel)))

    return Method("predictors", make, None, intercept=False, convex=False)


def specification(made: Design, study: Study, units: Sequence[str], panel: Panel) -> Specification:
    """What is matched on a panel, knowing nothing of what comes after its own start."""
    seen = _seen(made, study, units, panel)
    columns = [made.column(unit) for unit in units]
    donors = list(made.donors_of(units))

    def of(table: Any) -> Any:
        return np.column_stack([table[:, columns].mean(axis=1), table[:, donors]])

    start, _ = log_windows(made.log, made.lens, units[0])
    window = fit_window(made.log, made.lens.v_fit, start)
    # Periods of the log as periods of the panel.
    place = np.cumsum(made.kept) - 1
    rows = place[window[made.kept[window]]]
    rows = rows[rows < max(panel.pre, panel.post)]
    given = made.lens.v_custom
    return Specification(
        predictors=of(seen.values),
        outcome=panel.values[rows],
        search=search_of(made, seen),
        training=None if seen.training is None else of(seen.training),
        v=None if given is None else np.array(given),
    )


def _seen(made: Design, study: Study, units: Sequence[str], panel: Panel) -> Matching:
    start, evaluate = log_windows(made.log, made.lens, units[0])
    earlier = panel.pre < made.starts[units[0]]
    until = int(np.flatnonzero(made.kept)[panel.pre]) if earlier else None
    return matching(made.log, study, start, evaluate, until)


def search_of(made: Design, seen: Matching) -> Any:
    """The search for V: as the study says, else wide where V is cross-validated."""
    return made.lens.v_search or ("local" if seen.training is None else "wide")


def predictors_block(
    made: Design, study: Study, found: Measured
) -> tuple[Block, tuple[float, float] | None]:
    """The block of the method, and the effects by the wide search and by this one if they part.

    Beside a local search the wide one is always run: V chosen in sample has many optima.
    """
    panel, units = found.panel, made.treated
    asked = specification(made, study, units, panel)
    before, after = panel.values[: panel.pre], panel.values[panel.post :]
    pool = np.arange(1, panel.donors + 1)
    own = predictors(asked, before, after, 0, pool)
    names = _seen(made, study, units, panel).names
    block: Block = {
        "v": {name: float(share) for name, share in zip(names, own.v, strict=True)},
        "v_loss": own.v_loss,
        "v_search": "custom" if asked.v is not None else asked.search,
        "balance": _balance(names, own),
        "pre_mspe": own.pre_mspe,
        "post_mspe": own.post_mspe,
        "mspe_ratio": own.mspe_ratio,
        "rank_mspe": found.ranks.ratio,
        "n_units": found.ranks.n,
        "wide_loss": None,
        "wide_att": None,
    }
    apart = None
    if asked.v is None and asked.search == "local":
        wide = predictors(replace(asked, search="wide"), before, after, 0, pool)
        gaps = after[:, 0] - after[:, 1:] @ wide.weights
        att, own_att = float(gaps.mean()), found.own.att
        block |= {"wide_loss": wide.v_loss, "wide_att": att * found.unit}
        better = wide.v_loss < (1 - LOWER) * own.v_loss
        if better and abs(att - own_att) > MOVED * abs(own_att):
            apart = (att * found.unit, own_att * found.unit)
    return block, apart


def _balance(names: Sequence[str], own: Matched) -> list[Block]:
    return [
        {
            "predictor": name,
            "treated": float(row[0]),
            "synthetic": float(row[1]),
            "donor_mean": float(row[2]),
        }
        for name, row in zip(names, own.balance, strict=True)
    ]
