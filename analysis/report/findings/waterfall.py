"""Waterfall: the candidate's share of clicks, from the raw count to slots at the same position."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.report.findings.lists import lens, percent, percent_range

Content = Mapping[str, Any]
STEPS = (
    ("raw", "Raw clicks", "clicks on its items, however often and high they were shown"),
    ("equal_slots", "Equal slots", "clicks a slot"),
    ("equal_examination", "Equal examination", "clicks a slot that was looked at"),
    ("same_position", "Same position", "clicks a slot, compared within each position"),
)
UNKNOWN = {
    "equal_examination": "how often each position is looked at is not known",
    "same_position": "no position holds both rankers",
}


@dataclass(frozen=True)
class Step:
    """One correction: its name, and the candidate's share after it with its interval."""

    key: str
    label: str
    about: str
    share: float | None
    low: float | None
    high: float | None


def steps_of(content: Content) -> list[Step]:
    """The steps in order; a share that is not known is None."""
    found = lens(content)
    shares = found.get("bias_waterfall") or {}
    ends = {
        "raw": (found.get("credit_share_clustered") or {}).get("ci95"),
        "equal_examination": _examined(content),
        "same_position": _from_lift(content),
    }
    steps = []
    for key, label, about in STEPS:
        low, high = ends.get(key) or (None, None)
        steps.append(Step(key, label, about, shares.get(key), low, high))
    return steps


def _examined(content: Content) -> Sequence[float] | None:
    for block in ("position_weighted_known_theta", "position_weighted_estimated_theta"):
        coec = (lens(content).get(block) or {}).get("coec") or {}
        if coec.get("share_ci95"):
            ends: Sequence[float] = coec["share_ci95"]
            return ends
    return None


def _from_lift(content: Content) -> tuple[float, float] | None:
    """The jackknife interval of the lift, said as a share: lift = share / (1 - share) - 1."""
    jackknife = (lens(content).get("position_stratified") or {}).get("jackknife") or {}
    ends = jackknife.get("lift_ci95")
    if not ends or None in ends:
        return None
    low, high = ((1 + lift) / (2 + lift) for lift in ends)
    return low, high


def reach_of(steps: Sequence[Step]) -> float:
    """Half the width of an axis with the even split in its middle."""
    ends = [
        abs(value - 0.5)
        for step in steps
        for value in (step.share, step.low, step.high)
        if value is not None
    ]
    return min(max(1.15 * max(ends), 0.05), 0.5)


def excludes_even(step: Step) -> bool:
    """Whether the interval leaves out the even split."""
    return step.low is not None and step.high is not None and not step.low <= 0.5 <= step.high


def title_of(steps: Sequence[Step], names: Sequence[str], *, grey: bool) -> str:
    """One sentence that states the finding."""
    raw, last = steps[0], steps[-1]
    if raw.share is None:
        return "Nobody clicked, so no share is known"
    ahead = names[1] if raw.share > 0.5 else names[0]
    unclear = raw.low is not None and not excludes_even(raw)
    if last.share is None:
        return f"The raw count favours {ahead}, but no position holds both rankers"
    if grey:
        return "Shares of clicks at each step: not to be read as a preference"
    if not excludes_even(last):
        if unclear:
            return "Neither ranker is clearly ahead, in raw clicks or at the same position"
        return f"The raw count favours {ahead}; at the same position neither is clearly ahead"
    better = names[1] if last.share > 0.5 else names[0]
    if unclear:
        return f"Raw clicks show no clear lead; at the same position people choose {better}"
    if better == ahead:
        return f"Raw and corrected counts agree: {better} is chosen more"
    return f"The raw count favours {ahead}; at the same position people choose {better}"


def phrase(step: Step) -> str:
    """One step in a few words."""
    if step.share is None:
        return f"{step.label}: not known"
    said = f"{step.label}: {percent(step.share)}"
    if step.low is not None and step.high is not None:
        said += f" ({percent_range(step.low, step.high)})"
    return said


def table_row(step: Step) -> dict[str, Any]:
    """The numbers of one step."""
    return {
        "step": step.label,
        "what_is_compared": step.about,
        "candidate_share": step.share,
        "share_low": step.low,
        "share_high": step.high,
    }
