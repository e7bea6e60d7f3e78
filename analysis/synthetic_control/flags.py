"""Flags: what forbids a claim, and what a reader must weigh."""

import math
from collections.abc import Sequence

from analysis.core import Notice, wording
from analysis.core.wording import counted
from analysis.synthetic_control.block import Measured
from analysis.synthetic_control.choose import Method
from analysis.synthetic_control.notices import notice

# Thresholds of the method's page.
MISS, RUNS, LOOSE = 0.5, 0.6, 0.5
OUTSIDE = 0.25
LEAST_PRE, MEMORY = 10, 0.05
HEAVY = 0.10


def flags(
    found: Measured, method: Method, treated: str, frequency: str, names: Sequence[str]
) -> list[Notice]:
    """The notices of a headline, stops first; the stops look at no post value.

    Args:
        found: The headline.
        method: Its method.
        treated: The treated unit or units, in words.
        frequency: Of the panel.
        names: Donors.
    """
    return [
        *_of_fit(found, method, treated),
        *_of_numbers(found),
        *_of_checks(found, frequency, names),
    ]


def _of_fit(found: Measured, method: Method, treated: str) -> list[Notice]:
    said = []
    panel, own, fit = found.panel, found.own, found.content["pre_fit"]
    if own.perfect:
        said.append(notice("perfect_fit"))
    elif _systematic(found):
        x = wording.number(found.content["rmspe_pre"])
        said.append(notice("poor_pre_fit", treated=treated, x=x))
    if fit["outside_share"] > OUTSIDE:
        code = "outside_convex_hull" + ("_intercept" if method.intercept else "")
        share = f"{fit['outside_share']:.0%}"
        said.append(notice(code, treated=treated, share=share))
    tight = found.content["rmspe_pre_over_sd"]
    memory = panel.pre < panel.donors and tight is not None and tight < MEMORY
    if panel.pre < LEAST_PRE or memory:
        need = LEAST_PRE if panel.pre < LEAST_PRE else panel.donors
        said.append(
            notice(
                "too_few_pre_periods",
                pre=counted(panel.pre, "pre-period"),
                donors=counted(panel.donors, "donor"),
                need=need,
            )
        )
    return said


def _systematic(found: Measured) -> bool:
    """The misses before the start lean to one side, or come in runs too wide to be noise."""
    fit, own, panel = found.content["pre_fit"], found.own, found.panel
    mean, lag = fit["mean_gap_over_sd"], fit["lag1"]
    spread = float(found.working.series[: panel.pre, 0].std())
    leans = mean is not None and abs(mean) > MISS
    runs = lag is not None and lag > RUNS and own.rmspe_pre > LOOSE * spread
    return leans or runs


def _of_numbers(found: Measured) -> list[Notice]:
    said = []
    content = found.content
    if found.k < 1:
        alpha = content["intervals"][0]["alpha"]
        said.append(
            notice(
                "p_floor",
                donors=counted(found.panel.donors, "donor"),
                floor=f"{content['p_floor']:.3g}",
                need=math.ceil(1 / alpha - 1e-9) - 1,
                alpha=f"{alpha:g}",
            )
        )
    if not content["weights_unique"]:
        said.append(notice("weights_not_unique"))
    if content["min_weight"] < 0:
        least = wording.number(content["min_weight"])
        total = wording.number(content["negative_weight_sum"])
        said.append(notice("extrapolation", least=least, total=total))
    return said


def _of_checks(found: Measured, frequency: str, names: Sequence[str]) -> list[Notice]:
    said = []
    for left in found.left_out:
        if left.decisive:
            share = "" if left.change_share is None else f"{left.change_share:.0%}"
            y = wording.number(left.change_rmspe or 0.0)
            unit = names[left.donor - 1]
            said.append(notice("donor_dependence", unit=unit, x=share, y=y))
    for fake in found.pretended:
        if fake.flagged:
            lead = counted(fake.lead, "period")
            share = f"{fake.share:.0%}"
            said.append(notice("anticipation_or_wrong_date", lead=lead, share=share))
            break
    if not found.own.perfect:
        weights = found.weights.weights
        for name, weight, other in zip(names, weights, found.others, strict=False):
            if weight >= HEAVY and other.t >= found.own.t:
                w = wording.number(float(weight))
                said.append(notice("donor_breaks_at_start", unit=name, w=w))
    if frequency == "day":
        windows = {"pre-period has": found.panel.pre, "post window has": found.panel.n_post}
        odd = [name for name, days in windows.items() if days % 7]
        if odd:
            text = "The " + (odd[0] if len(odd) == 1 else "pre-period and the post window have")
            said.append(notice("partial_weeks", windows=text))
    return said
