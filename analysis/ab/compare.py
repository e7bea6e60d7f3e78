"""Comparing one treatment with control on one metric, by its kind and with CUPED."""

from dataclasses import replace
from typing import Any

from analysis.ab.cuped import Adjusted, adjust, ancova, lin
from analysis.ab.effect import log_delta_t
from analysis.ab.kinds.mean import read_mean
from analysis.ab.kinds.proportion import read_proportion
from analysis.ab.kinds.ratio import read_ratio, total_ratio
from analysis.ab.reading import Arms, Columns, Pair, Reading, referred, test_detail
from analysis.core import Moments
from analysis.logs.ab_log import Cell


def read(pair: Pair, treatment: Cell, control: Cell) -> Reading:
    """The comparison of one treatment with control, adjusted where there is a covariate."""
    arms = Arms.of(treatment, control)
    raw = _raw(pair, arms)
    if "x" not in arms.treatment.columns or raw.effect is None:
        return raw
    adjusted = adjust(arms.treatment, arms.control)
    if adjusted is None:
        return raw
    if adjusted.constant:
        # Nothing to take out: the metric's own test stands.
        return replace(raw, adjusted=adjusted, raw=replace(raw, detail={}))
    by_adjusted = pair.options.adjusted_lift_base == "adjusted"
    effect = referred(pair, adjusted.over_adjusted if by_adjusted else adjusted.effect)
    return replace(
        raw,
        treatment=None if raw.control is None else raw.control + effect.difference,
        difference=effect.difference,
        effect=effect,
        counts=None,
        test="cuped",
        p=effect.p_value(),
        p_log10=effect.p_log10(),
        parts=None,
        adjusted=adjusted,
        raw=replace(raw, detail={}),
        detail=raw.detail | {"cuped": _cuped_detail(pair, arms, adjusted)},
        small_counts=False,
        imputed=arms.imputed,
    )


def _raw(pair: Pair, arms: Arms) -> Reading:
    """The comparison without its covariate."""
    n1, n0 = arms.treatment.n, arms.control.n
    empty = Reading(pair.treatment, pair.control, n1, n0, status="ok", scale=pair.table.scale)
    if n1 == 0 or n0 == 0:
        return _without_an_arm(pair, arms, empty)
    if pair.table.ratio:
        return read_ratio(pair, arms, empty)
    if pair.table.proportion:
        return read_proportion(pair, arms, empty)
    return read_mean(pair, arms, empty)


def _without_an_arm(pair: Pair, arms: Arms, empty: Reading) -> Reading:
    missing = pair.treatment if arms.treatment.n == 0 else pair.control
    status = "one_arm_only" if pair.recorded.get(missing) else "empty_arm"
    if status == "empty_arm" or arms.treatment.n + arms.control.n == 0:
        return replace(empty, status=status)
    one, nil = (_value(pair, m) for m in (arms.treatment, arms.control))
    return replace(empty, status=status, treatment=one, control=nil)


def _value(pair: Pair, moments: Moments) -> float | None:
    if moments.n == 0:
        return None
    return total_ratio(moments) if pair.table.ratio else moments.mean("y")


def _cuped_detail(pair: Pair, arms: Arms, found: Adjusted) -> dict[str, Any]:
    effect, over = found.effect, found.over_adjusted
    n1, n0 = arms.treatment.n, arms.control.n
    z = effect.with_df(None)
    detail = {
        "theta": found.theta,
        "control_adjusted": found.control,
        "treatment_adjusted": found.treatment,
        "difference": effect.difference,
        **{k: v for k, v in test_detail(effect, pair.alpha, "t").items() if k != "t"},
        "p_z": z.p_value(),
        "interval_z": z.interval(pair.alpha),
        "variance_reduction": found.variance_reduction,
        "lift_over_raw_control": effect.lift(),
        "lift_se_over_raw_control": found.lift_se,
        "lift_over_adjusted_control": over.lift(),
        "logdelta": log_delta_t(
            found.treatment,
            found.var_treatment,
            n1,
            found.control,
            found.var_control,
            n0,
            pair.alpha,
        ),
        "fieller_t": effect.fieller(pair.alpha)[0],
    }
    if not pair.table.ratio:
        fitted = ancova(arms.treatment, arms.control)
        detail["ancova"] = {
            "difference": fitted[0] if fitted else None,
            "se": fitted[1] if fitted else None,
        }
        if pair.values is not None:
            detail["lin"] = _lin_detail(pair)
    return detail


def _lin_detail(pair: Pair) -> dict[str, float | None]:
    fitted = pair.beyond_moments("lin", _lin)
    return {
        "difference": fitted[0] if fitted else None,
        "se_hc2": fitted[1] if fitted else None,
    }


def _lin(treatment: Columns, control: Columns) -> tuple[float, float] | None:
    if "x" not in treatment or "x" not in control:
        return None
    return lin((treatment["y"], treatment["x"]), (control["y"], control["x"]))
