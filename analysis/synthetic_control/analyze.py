"""The synthetic control lens: from a panel and a study to results, notices and a verdict."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.core import Notice
from analysis.core.plain import plain
from analysis.core.wording import agreeing, joined, number
from analysis.logs.panel_log import PanelLog
from analysis.study import Study
from analysis.synthetic_control.block import Measured
from analysis.synthetic_control.design import design
from analysis.synthetic_control.flags import flags
from analysis.synthetic_control.forecasting import forecast_content
from analysis.synthetic_control.framing import donor_rows, frame, panel_block
from analysis.synthetic_control.guardrails import rows_of
from analysis.synthetic_control.matched import predictors_block
from analysis.synthetic_control.measuring import (
    estimator,
    factor_of,
    fit_equivalent,
    further_metric,
    measured_alone,
    measured_together,
    method_of,
    power_before,
    surroundings,
)
from analysis.synthetic_control.notices import notice
from analysis.synthetic_control.ruling import Evidence, verdict
from analysis.synthetic_control.specifications import LABELS, compare
from analysis.synthetic_control.staggered import together

Progress = Callable[[str, float], None]
Block = dict[str, Any]

PERIODS = {"day": "day", "week": "week", "month": "month"}


@dataclass(frozen=True)
class Result:
    """What the synthetic control lens found.

    Attributes:
        content: The ``synthetic_control`` part of the readout.
        notices: What its reader must know.
        verdict: The lens's verdict.
    """

    content: Block
    notices: tuple[Notice, ...]
    verdict: Block


def check(log: PanelLog, study: Study) -> tuple[Block, tuple[Notice, ...]]:
    """What the lens would use: windows, donors and the panel; no result.

    Raises:
        VerdictError: The design cannot be analysed.
    """
    made = design(log, study)
    content = frame(made) | {"panel": panel_block(made), "donors": donor_rows(made, {})}
    return plain(content), made.notices


def analyze(log: PanelLog, study: Study, progress: Progress | None = None) -> Result:
    """All blocks, notices and the verdict of a study's [synthetic_control].

    Args:
        log: The log's panel.
        study: The study.
        progress: Called with what is being done and the share done.

    Raises:
        VerdictError: The design cannot be analysed; the message says what to do.
    """
    from threadpoolctl import threadpool_limits

    # Many small problems: threads would cost more than they bring, and change last digits.
    with threadpool_limits(1):
        return _analyze(log, study, progress or (lambda _what, _share: None))


def _analyze(log: PanelLog, study: Study, progress: Progress) -> Result:
    progress("Auditing donors", 0.0)
    made = design(log, study)
    notices = list(made.notices)
    if made.lens.other_changes:
        notices.append(notice("other_changes", text=made.lens.other_changes))
    content = frame(made)
    key = estimator(made, made.series[0], notices)
    content["estimator"] = key
    panel = made.panel(made.series[0])
    progress("Fitting and testing", 0.1)
    if key == "bsts":
        made_of = forecast_content(made, panel)
        content |= made_of
        notices.append(notice("forecast_not_causal"))
        heads: list[Measured] = []
    elif made.staggered:
        heads = [measured_alone(made, study, key, unit) for unit in made.treated]
        content |= together(heads, made.donor_names, made.lens.alpha).content
        content["per_unit"] = [
            {"unit": unit, "start": made.start_labels[unit]} | one.content
            for unit, one in zip(made.treated, heads, strict=True)
        ]
        for unit, one in zip(made.treated, heads, strict=True):
            method = method_of(made, study, key, [unit], one.panel)
            _flag(notices, flags(one, method, unit, *surroundings(made, [unit])))
    else:
        head = measured_together(made, study, key)
        heads = [head]
        content |= head.content
        method = method_of(made, study, key, made.treated, panel)
        _flag(
            notices,
            flags(head, method, joined(list(made.treated)), *surroundings(made, made.treated)),
        )
        if len(made.treated) > 1:
            notices.append(notice("placebos_noisier", n=len(made.treated)))
            content["per_unit"] = [
                {"unit": unit} | measured_alone(made, study, key, unit).content
                for unit in made.treated
            ]
        content["fit_equivalent"] = fit_equivalent(head, method, made.lens)
        if key == "predictors":
            content["predictors"], apart = predictors_block(made, study, head)
            if apart is not None:
                notices.append(notice("v_not_unique", att2=number(apart[0]), att=number(apart[1])))
    content["donors"] = donor_rows(made, content.get("weights") or {})
    content["panel"] = panel_block(made)
    if not made.staggered:
        found = heads[0] if heads else None
        told = compare(
            found, panel, made.lens, made.names_of(made.treated), made.labels, factor_of(made),
            float(content["att"]), lambda what, share: progress(what, 0.3 + 0.4 * share),
        )  # fmt: skip
        content |= {"specifications": told.rows, "agreement": told.agreement} | told.blocks
        if told.skipped:
            rows = joined([LABELS[one] for one in told.skipped])
            are = agreeing(len(told.skipped), "is", "are")
            notices.append(notice("methods_not_compared", rows=rows, are=are))
    progress("Comparing further metrics", 0.75)
    content["metrics"] = rows_of(
        [further_metric(made, study, one) for one in made.series[1:]], made.lens.alpha
    )
    progress("Power", 0.9)
    content["power"] = power_before(made, study, key, panel)
    ruled = verdict(
        evidence(content, notices, heads),
        [one["guardrail"] for one in content["metrics"] if one["role"] == "guardrail"],
    )
    unique = tuple(dict.fromkeys(notices))
    return Result(plain(content), unique, plain(ruled))


def _flag(notices: list[Notice], found: Sequence[Notice]) -> None:
    notices += [one for one in found if one not in notices]


def evidence(content: Block, notices: Sequence[Notice], heads: Sequence[Measured]) -> Evidence:
    """What the rules look at."""
    joint = [one.conformal.p_zero_effect for one in heads if one.conformal is not None]
    return Evidence(
        metric=content["metric"],
        better=content["better"],
        method=content["estimator"],
        att=content["att"],
        low=content["att_low"],
        high=content["att_high"],
        lift=content["lift"],
        lift_low=content["lift_low"],
        lift_high=content["lift_high"],
        rank=content.get("rank"),
        n=content.get("n_units") or 0,
        k=content.get("k") or 0,
        p_floor=content.get("p_floor"),
        n_donors=content["n_donors"],
        alpha=content["alpha"],
        sign_kept=all(one.content["loo_sign_kept"] for one in heads),
        # Of several starts the least convincing one.
        conformal_p=max(joint, default=None),
        detectable=content.get("detectable_att"),
        notices=notices,
        per=PERIODS.get(content["frequency"], "period"),
    )
