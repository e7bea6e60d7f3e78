"""What stands around a verdict: when, how much, who against whom, and why it was reached."""

from collections.abc import Callable, Mapping
from typing import Any

from analysis.report import words

Content = Mapping[str, Any]
LENSES = {"ab": "A/B", "interleaving": "Interleaving", "synthetic_control": "Synthetic control"}


def caption(content: Content, lens: str, said: Callable[[str], str] = words.isolated) -> list[str]:
    """The parts of the line under a title: dates, units and arms of one lens.

    Args:
        content: The readout's content.
        lens: One that the readout has.
        said: How the arms' own names are written.
    """
    found = content[lens]
    dates, counts, names = _CAPTIONS[lens](found)
    line = [dates if dates != words.NONE else "", *counts, said(" v ".join(names))]
    return [part for part in line if part]


def word(content: Content, verdict: Content) -> str:
    """The verdict's word, with what it ships: a ranker, or a treatment where there are several."""
    said = words.VERDICTS[verdict["decision"]].word
    named = verdict.get("winner")
    if len((content.get("ab") or {}).get("arms") or ()) > 2:
        named = verdict.get("treatment")
    return f"{said} {named}" if verdict["decision"] == "ship" and named else said


def why(verdict: Content) -> list[str]:
    """The rule that fired and its reasons, in words."""
    rule = f"Rule {verdict['rule']}"
    said = [
        f"{rule}: {verdict['rule_text']}" if verdict.get("rule_text") else rule,
        *filter(None, verdict.get("explanations") or ()),
    ]
    others = verdict.get("treatments") or ()
    if len(others) > 1:
        said += [f"{one['treatment']}: {one['headline']}" for one in others]
    return said


def _of_arms(ab: Content) -> tuple[str, list[str], list[str]]:
    units = sum(arm["n"] for arm in ab["arms"])
    dates = words.days(ab["first_time"], ab["last_time"])
    return dates, [words.counted(units, "unit")], [str(arm["name"]) for arm in ab["arms"]]


def _of_lists(found: Content) -> tuple[str, list[str], list[str]]:
    counts = [words.counted(int(found["lists"]), "list")] if found.get("lists") else []
    if found.get("users"):
        counts.append(words.counted(int(found["users"]), "user"))
    dates = words.days(found.get("first_day"), found.get("last_day"))
    return dates, counts, [str(name) for name in found.get("rankers") or []]


def _of_panel(found: Content) -> tuple[str, list[str], list[str]]:
    treated = [str(name) for name in found.get("treated") or []]
    gaps = found.get("gaps") or [{}]
    first, last = found.get("first_period"), found.get("last_period")
    dates = words.days(first or gaps[0].get("period"), last or gaps[-1].get("period"))
    counts = [f"start {words.day(str(found['start']))}"] if found.get("start") else []
    if found.get("n_donors") is not None:
        counts.append(words.counted(int(found["n_donors"]), "donor"))
    return (
        dates,
        counts,
        [words.several(treated[:3]) if len(treated) < 4 else f"{len(treated)} units"],
    )


_CAPTIONS = {"ab": _of_arms, "interleaving": _of_lists, "synthetic_control": _of_panel}
