"""The decision: one word from intervals, margins and data checks, by rules in the open.

| rule | decision | when (the first that fires) |
|---|---|---|
| r1 | do_not_use | a stop notice: the split, mixed units, or another broken input |
| r2 | roll_back | may stop, and a guardrail lies wholly beyond its margin |
| r3 | roll_back | may stop, and a primary lies wholly on the bad side |
| r4 | ship | may stop, a primary is good, none bad, and every guardrail shown to be safe |
| r5 | keep_running | the planned horizon is not reached |
| r6 | iterate | otherwise, with all reasons that hold |
"""

from collections.abc import Sequence
from dataclasses import dataclass

DECISIONS = ("ship", "roll_back", "keep_running", "iterate", "do_not_use")

RULES = {
    "r1": "The data cannot support a decision, so none is made.",
    "r2": "A guardrail is worse by more than its margin.",
    "r3": "A primary metric is clearly worse.",
    "r4": "A primary metric is clearly better, none is worse, and every guardrail is shown to "
    "be safe.",
    "r5": "The planned end of the test is not reached.",
    "r6": "Nothing above holds: there is no clear case to ship or to roll back.",
}

REASONS = {
    "sample_ratio_mismatch": "The arms' sizes do not fit the planned split.",
    "mixed_units_high": "Too many units saw several arms.",
    "guardrail_breached": "A guardrail lies wholly beyond its margin.",
    "primary_worse": "A primary metric lies wholly on the bad side of no change.",
    "primary_better": "A primary metric lies wholly on the good side of no change.",
    "before_horizon": "The planned sample or end is not reached.",
    "early_significant_fixed": "A difference shows already, but a fixed design may be read "
    "only at its planned end.",
    "guardrail_unproven": "A guardrail is not shown to stay within its margin; not seeing harm "
    "is not safety.",
    "guardrail_missing": "A guardrail could not be computed, so it is not shown to be safe.",
    "primary_not_computable": "No primary metric could be compared.",
    "no_effect_worth_having": "The interval excludes every lift worth having.",
    "underpowered": "The interval holds both no change and a lift worth having: more units are "
    "needed.",
    "mde_not_set": "No smallest lift worth having is set, so a small effect cannot be told "
    "from too little data.",
    "no_clear_change": "No primary metric clearly changed.",
}


@dataclass(frozen=True)
class Bounds:
    """A primary metric's interval, oriented so that up is good; None = no such bound.

    Attributes:
        low, high: Bounds as lifts (as differences where a lift has none).
        significant: Its corrected p is at most alpha: a bound of exactly 0 counts as beyond.
        computable: A test exists.
        relative: The bounds are lifts, so that they can be held against a lift worth having.
    """

    low: float | None
    high: float | None
    significant: bool = False
    computable: bool = True
    relative: bool = True

    def good(self) -> bool:
        """Wholly on the good side of 0."""
        return self.low is not None and (self.low > 0 or (self.low == 0 and self.significant))

    def bad(self) -> bool:
        """Wholly on the bad side of 0."""
        return self.high is not None and (self.high < 0 or (self.high == 0 and self.significant))


@dataclass(frozen=True)
class Guard:
    """A guardrail's interval, oriented so that up is good, and its proof of safety.

    Attributes:
        low, high: Bounds on the scale of its margin.
        margin: Accepted harm, or None if none was set.
        p_noninferior: One-sided p against harm of the margin or more; None is no proof.
    """

    low: float | None
    high: float | None
    margin: float | None
    p_noninferior: float | None

    def breached(self) -> bool:
        """Wholly beyond the margin on the bad side, strictly."""
        return self.margin is not None and self.high is not None and self.high < -self.margin


@dataclass(frozen=True)
class Decision:
    """One treatment's verdict: the word, the rule that fired, and its reasons by code."""

    decision: str
    rule: str
    reasons: tuple[str, ...]


def decide(
    primaries: Sequence[Bounds],
    guardrails: Sequence[Guard],
    *,
    stops: Sequence[str] = (),
    horizon_reached: bool,
    design: str = "fixed",
    alpha: float = 0.05,
    mde: float | None = None,
) -> Decision:
    """The verdict on one treatment; the first rule that fires.

    Args:
        primaries: Corrected intervals of the primary metrics.
        guardrails: Corrected intervals and safety of the guardrails.
        stops: Codes of stop notices.
        horizon_reached: The planned sample and end are reached.
        design: ``fixed`` and ``bayesian`` wait for the horizon; others may stop early.
        alpha: One-sided level of the guardrails' safety.
        mde: Smallest lift worth having.
    """
    may_stop = horizon_reached or design in ("group_sequential", "always_valid")
    if stops:
        return Decision("do_not_use", "r1", tuple(stops))
    if may_stop and any(one.breached() for one in guardrails):
        return Decision("roll_back", "r2", ("guardrail_breached",))
    if may_stop and any(one.bad() for one in primaries):
        return Decision("roll_back", "r3", ("primary_worse",))
    better = any(one.good() for one in primaries)
    safe = all(one.p_noninferior is not None and one.p_noninferior < alpha for one in guardrails)
    if may_stop and better and safe:
        return Decision("ship", "r4", ("primary_better",))
    if not horizon_reached:
        early = design == "fixed" and any(one.good() or one.bad() for one in primaries)
        return Decision(
            "keep_running", "r5", ("early_significant_fixed" if early else "before_horizon",)
        )
    return Decision("iterate", "r6", tuple(_reasons(primaries, guardrails, alpha, mde)))


def _reasons(
    primaries: Sequence[Bounds], guardrails: Sequence[Guard], alpha: float, mde: float | None
) -> list[str]:
    """Every reason for which there is no clear case."""
    found = []
    known = [one for one in primaries if one.computable]
    if any(one.p_noninferior is not None and one.p_noninferior >= alpha for one in guardrails):
        found.append("guardrail_unproven")
    if any(one.p_noninferior is None for one in guardrails):
        found.append("guardrail_missing")
    if not known:
        found.append("primary_not_computable")
    elif not any(one.good() for one in known):
        if mde is None:
            found.append("mde_not_set")
        else:
            lifts = [one for one in known if one.relative]
            if len(lifts) == len(known) and all(_inside(one, mde) for one in lifts):
                found.append("no_effect_worth_having")
            if any(_holds(one, mde) for one in lifts):
                found.append("underpowered")
    return found or ["no_clear_change"]


def _inside(one: Bounds, mde: float) -> bool:
    return one.low is not None and one.high is not None and -mde < one.low and one.high < mde


def _holds(one: Bounds, mde: float) -> bool:
    low = one.low is None or one.low <= 0
    return low and (one.high is None or one.high >= mde)


def overall(decisions: Sequence[str]) -> str:
    """The study's word from those of several treatments: ship one, else the most open."""
    for word in ("do_not_use", "ship", "keep_running", "iterate", "roll_back"):
        if word in decisions:
            return word
    return "do_not_use"


def across_lenses(decisions: Sequence[str]) -> str:
    """The study's word from those of its lenses; lenses that may not be used stand aside."""
    usable = [word for word in decisions if word != "do_not_use"]
    if not usable:
        return "do_not_use"
    if "roll_back" in usable:
        return "roll_back"
    if all(word == "ship" for word in usable):
        return "ship"
    if set(usable) == {"ship", "keep_running"} or set(usable) == {"keep_running"}:
        return "keep_running"
    return "iterate"
