"""Measuring a design: the method of each metric, its windows, and what surrounds the effect."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis.core import Notice, StudyError
from analysis.core.wording import joined
from analysis.study import Study
from analysis.study_panel import SyntheticControl
from analysis.synthetic_control.block import Asked, Measured, measure
from analysis.synthetic_control.choose import Method, automatic, in_logs, placebo_method
from analysis.synthetic_control.design import Design, Series
from analysis.synthetic_control.fit_range import fit_range
from analysis.synthetic_control.flags import flags
from analysis.synthetic_control.guardrails import Row
from analysis.synthetic_control.in_time import default_starts
from analysis.synthetic_control.matched import matched_method
from analysis.synthetic_control.notices import notice
from analysis.synthetic_control.panel import Panel
from analysis.synthetic_control.power import power_block, windows
from analysis.synthetic_control.working import OnSimplex

Block = dict[str, Any]


def estimator(made: Design, series: Series, notices: list[Notice] | None = None) -> str:
    """The method that is used, where the study leaves it open.

    Raises:
        StudyError: ``indexed`` is asked of a series that is not above 0.
    """
    key = made.lens.method
    before = made.panel(series).values[: made.pre]
    metric = series.metric
    name = metric.column or metric.name
    if key == "auto":
        if in_logs(name) and notices is not None:
            notices.append(notice("log_index", metric=metric.name))
        return automatic(series.kind, name, before)
    if key == "indexed" and not (before > 0).all():
        raise StudyError(
            "indexed_needs_positive",
            f'"{metric.name}" is not above 0 in every pre-period of every unit.',
            where="synthetic_control.method",
            fix='Use method = "demeaned", or "auto".',
        )
    return key


def surroundings(made: Design, units: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Frequency and donors of some treated units, as flags need them."""
    return made.log.axis.frequency, made.names_of(units)


def factor_of(made: Design) -> float:
    """What the metric's unit is multiplied by: the treated units where their sum is told."""
    return float(len(made.treated)) if made.lens.aggregate == "sum" else 1.0


def method_of(made: Design, study: Study, key: str, units: Sequence[str], panel: Panel) -> Method:
    """The method with this key for the mean of some treated units."""
    if key == "predictors":
        return matched_method(made, study, units)
    return placebo_method(key, panel, made.lens.lambda_, demean=made.lens.demean)


def measured_together(made: Design, study: Study, key: str) -> Measured:
    """The headline: the treated units as one."""
    return _measure(made, study, key, made.series[0], made.treated, factor_of(made))


def measured_alone(made: Design, study: Study, key: str, unit: str) -> Measured:
    """One treated unit against the same donors."""
    return _measure(made, study, key, made.series[0], [unit], 1.0)


def _measure(
    made: Design, study: Study, key: str, series: Series, units: Sequence[str], factor: float
) -> Measured:
    panel = made.panel(series, units)
    method = method_of(made, study, key, units, panel)
    lens = made.lens
    asked = Asked(
        names=made.names_of(units),
        labels=made.labels,
        alpha=lens.alpha,
        estimator=key,
        statistic="att" if key == "sdid" else lens.statistic,
        with_treated=lens.placebo_pool == "with_treated",
        factor=factor,
        n_treated=len(units),
        pretended=_pretended(made, panel),
        thetas=lens.thetas,
        residuals=method.residuals,
    )
    return measure(panel, method.make, asked)


def _pretended(made: Design, panel: Panel) -> list[int]:
    """Pretended starts as periods of the panel."""
    if made.lens.placebo_starts is None:
        return default_starts(panel.pre, panel.n_post)
    places = []
    for start in made.lens.placebo_starts:
        where = "synthetic_control.placebo_starts"
        label, before, _ = made.log.axis.place(start, where)
        place = int(made.kept[:before].sum())
        if not 2 <= place < panel.pre:
            raise StudyError(
                "placebo_start_outside",
                f"The pretended start {label} leaves no window between it and the start.",
                where=where,
                fix="Give a period before the start, with at least two before it.",
            )
        places.append(place)
    return places


def fit_equivalent(head: Measured, method: Method, lens: SyntheticControl) -> list[Block]:
    """Effects of all weights that fit about as well; none where the method is no simplex fit."""
    working, panel = head.working, head.panel
    if not method.convex or not isinstance(working, OnSimplex):
        return []
    misses = working.series[: panel.pre, 1:] - working.series[: panel.pre, :1]
    if working.ridge:
        misses = np.vstack([misses, np.sqrt(working.ridge) * np.eye(panel.donors)])
    ends = working.series[panel.post :, 1:].mean(axis=0)
    actual = float(working.series[panel.post :, 0].mean())
    rows = []
    for slack in lens.slack:
        if head.own.perfect:
            rows.append({"slack": slack, "att_low": None, "att_high": None})
            continue
        low, high = fit_range(misses, ends, head.weights, slack)
        rows.append(
            {
                "slack": slack,
                "att_low": (actual - high) * head.unit,
                "att_high": (actual - low) * head.unit,
            }
        )
    return rows


def further_metric(made: Design, study: Study, series: Series) -> Row:
    """A further metric by the study's method on the same donors."""
    if made.staggered or not made.donors:
        return Row(series.metric, None, "not_applicable", "")
    try:
        key = estimator(made, series)
    except StudyError:
        key = "demeaned"
    if key in ("bsts", "predictors"):
        key = automatic(series.kind, series.metric.name, made.panel(series).values[: made.pre])
    found = _measure(made, study, key, series, made.treated, factor_of(made))
    method = method_of(made, study, key, made.treated, found.panel)
    said = flags(found, method, joined(list(made.treated)), *surroundings(made, made.treated))
    stops = tuple(one.code for one in said if one.level == "stop")
    return Row(series.metric, found, "ok", key, stops)


def power_before(made: Design, study: Study, key: str, panel: Panel) -> Block | None:
    """Power on the periods before the launch; None where they are too few, or refits too slow."""
    if key in ("ridge", "penalised", "predictors", "bsts") or made.staggered:
        return None
    lens = made.lens
    quiet = Panel(panel.values[: panel.pre], panel.pre, panel.pre, panel.n_treated)
    horizon = lens.horizon or panel.n_post
    lifts = sorted(set(lens.lifts))
    statistic = "att" if key == "sdid" else lens.statistic
    found = windows(
        quiet, method_of(made, study, key, made.treated, panel).make, horizon=horizon,
        count=lens.windows, lifts=lifts, alpha=lens.alpha, statistic=statistic,
    )  # fmt: skip
    return power_block(found, lifts, lens.alpha, horizon)
