"""The finding and the verdict: the first rule that fires, and the sentence that says it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analysis.core import Notice, wording
from analysis.core.wording import counted

Block = dict[str, Any]

RULES = {
    "sc1": "The data cannot support a claim, so none is made.",
    "sc2": "A forecast without a comparison group is never a claim alone.",
    "sc3": "The effect ranks first, but there are too few donors for the level asked for.",
    "sc4": "The effect ranks beyond what placebos show, and no check contradicts it.",
    "sc5": "The effect ranks beyond what placebos show, but a check disagrees.",
    "sc6": "Placebos show effects as large, so this one cannot be told from usual drift.",
}
REASONS = {
    "leave_one_out_sign": "Without one of the donors the effect changes sign.",
    "conformal_disagrees": "A second test, which shifts residuals in time, does not confirm it.",
    "anticipation_or_wrong_date": "A pretended start before the true one shows an effect already.",
    "donor_dependence": "The effect hangs on one donor.",
    "placebo_rank": "The effect ranks among the largest of all placebos.",
    "too_few_donors_for_alpha": "With so few donors no p-value can reach the level asked for.",
    "within_placebos": "The rank among placebos is not beyond the level asked for.",
    "forecast_only": "No untreated unit stands behind the counterfactual.",
    "guardrail_breached": "A guardrail is worse by more than its margin.",
    "guardrail_unproven": "A guardrail is not shown to stay within its margin; not seeing harm "
    "is not safety.",
    "guardrail_missing": "A guardrail could not be computed, so it is not shown to be safe.",
}
FLAGS = ("anticipation_or_wrong_date", "donor_dependence")
# Conformal tests must not contradict; demanding alpha of them too would cost power.
CONFORMAL = 0.25


@dataclass(frozen=True)
class Evidence:
    """What the rules look at.

    Attributes:
        metric: The headline's metric.
        better: ``higher`` or ``lower``.
        method: The method used.
        att, low, high: Effect a period and its interval, in the metric's unit.
        lift, lift_low, lift_high: The same as shares; None where there is no lift.
        rank, n, k: Place among all units, and the last that rejects.
        p_floor: The least possible p.
        n_donors: Donors.
        alpha: The study's level.
        sign_kept: Every leave-one-out refit has the effect's sign.
        conformal_p: Of no effect; None where there is none.
        detectable: The least effect that would have been seen.
        notices: Of the readout so far.
        per: What a period is called.
    """

    metric: str
    better: str
    method: str
    att: float
    low: float | None
    high: float | None
    lift: float | None
    lift_low: float | None
    lift_high: float | None
    rank: int | None
    n: int
    k: int
    p_floor: float | None
    n_donors: int
    alpha: float
    sign_kept: bool
    conformal_p: float | None
    detectable: float | None
    notices: Sequence[Notice]
    per: str = "period"

    @property
    def significant(self) -> bool:
        """The rank test rejects."""
        return self.rank is not None and self.rank <= self.k


def verdict(found: Evidence, guardrails: Sequence[str | None]) -> Block:
    """The verdict object of the lens.

    Args:
        found: The headline's evidence.
        guardrails: ``safe``, ``breached`` or ``unproven`` of each guardrail, None where it could
            not be computed.
    """
    rule, finding, headline, reasons = _first_rule(found)
    decision = _decision(found, finding)
    if decision == "ship":
        decision, more = _permitted(guardrails)
        reasons = [*reasons, *more]
    return {
        "finding": finding,
        "decision": decision,
        "headline": headline,
        "reasons": reasons,
        "explanations": [REASONS[one] for one in reasons if one in REASONS],
        "rule": rule,
        "rule_text": RULES[rule],
    }


def _first_rule(found: Evidence) -> tuple[str, str, str, list[str]]:
    stops = [one for one in found.notices if one.level == "stop"]
    if stops:
        first = f"Cannot say: {stops[0].text}"
        return "sc1", "cannot_say", first, list(dict.fromkeys(one.code for one in stops))
    if found.method == "bsts":
        beyond = found.low is not None and found.high is not None and found.low * found.high > 0
        finding = "mixed" if beyond else "not_distinguishable"
        change = _change(found) if beyond else f"no clear change of {found.metric}"
        headline = f"Forecast suggests {change}, untested against placebos."
        return "sc2", finding, headline, ["forecast_only"]
    if found.k < 1 and found.rank == 1:
        headline = (
            f"The largest of {found.n}, but with {counted(found.n_donors, 'donor')} p cannot go "
            f"below {found.p_floor:.3g}."
        )
        return "sc3", "mixed", headline, ["too_few_donors_for_alpha"]
    if found.significant:
        against = _against(found)
        place = f"{found.rank} of {found.n} by size"
        if not against:
            headline = f"{_sentence(found)}, {place}."
            return "sc4", "effect_likely", headline, ["placebo_rank"]
        headline = f"{_sentence(found)}, {place}; but {_lowered(REASONS[against[0]])}"
        return "sc5", "mixed", headline, ["placebo_rank", *against]
    seen = (
        f"; an effect under {_size(found, found.detectable)} a {found.per} would not have been seen"
        if found.detectable is not None
        else ""
    )
    headline = f"{found.metric}: not distinguishable from usual drift{seen}."
    return "sc6", "not_distinguishable", headline, ["within_placebos"]


def _against(found: Evidence) -> list[str]:
    """The checks that disagree with a significant rank."""
    codes = {one.code for one in found.notices}
    said = [code for code in FLAGS if code in codes]
    if not found.sign_kept:
        said.append("leave_one_out_sign")
    if found.conformal_p is not None and found.conformal_p > CONFORMAL:
        said.append("conformal_disagrees")
    return said


def _decision(found: Evidence, finding: str) -> str:
    if finding == "effect_likely":
        return "ship" if (found.att > 0) == (found.better == "higher") else "roll_back"
    return {"mixed": "keep_running", "not_distinguishable": "iterate"}.get(finding, "do_not_use")


def _permitted(guardrails: Sequence[str | None]) -> tuple[str, list[str]]:
    """Whether the guardrails let a better primary ship."""
    if "breached" in guardrails:
        return "roll_back", ["guardrail_breached"]
    if None in guardrails:
        return "iterate", ["guardrail_missing"]
    if "unproven" in guardrails:
        return "iterate", ["guardrail_unproven"]
    return "ship", []


def _sentence(found: Evidence) -> str:
    moved = "rose" if found.att > 0 else "fell"
    level = wording.level(found.alpha)
    if found.lift is not None:
        size = wording.signed_percent(abs(found.lift)).lstrip("+")
        if found.low is None:
            return f"{found.metric} {moved} {size}"
        bounds = wording.lift_interval(found.lift_low, found.lift_high)
    else:
        size = wording.number(abs(found.att))
        if found.low is None:
            return f"{found.metric} {moved} {size} a {found.per}"
        bounds = wording.difference_interval(found.low, found.high)
    return f"{found.metric} {moved} {size} ({level} CI {bounds})"


def _change(found: Evidence) -> str:
    sentence = _sentence(found)
    return sentence.replace(f"{found.metric} ", f"{found.metric} ", 1)


def _size(found: Evidence, size: float) -> str:
    """An effect's size in the metric's unit, and as a share where it has one."""
    said = wording.number(size)
    if found.lift is not None and found.att:
        # The counterfactual's mean, from the effect and its lift.
        share = size / abs(found.att / found.lift)
        return f"{said} ({wording.signed_percent(share).lstrip('+')})"
    return said


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
