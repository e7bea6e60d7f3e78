"""The four health badges: split, run length, data checks, method; each opens its evidence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.report import notices, rows, words

Content = Mapping[str, Any]


@dataclass(frozen=True)
class Badge:
    """A health badge.

    Attributes:
        name: Its key.
        text: What it says.
        state: ``fine``, ``look``, ``stop`` or ``plain``.
        tab: The tab that holds the evidence.
    """

    name: str
    text: str
    state: str
    tab: str


def badges(content: Content) -> list[Badge]:
    """The badges of a readout, in the order of trust: split, length, checks, method."""
    checks, state = notices.summary(content["notices"])
    return [
        _split(content),
        *_length(content),
        Badge("checks", checks, state, "Data checks"),
        Badge("method", _method(content), "plain", "Method"),
    ]


def _split(content: Content) -> Badge:
    arms = content["ab"]["arms"]
    total = sum(arm["n"] for arm in arms)
    codes = {notice["code"] for notice in content["notices"]}
    if not total:
        return Badge("split", "No units", "stop", "Data checks")
    said = " / ".join(f"{arm['n'] / total * 100:.1f}" for arm in arms)
    if "sample_ratio_mismatch" in codes:
        return Badge("split", f"Split is off: {said}", "stop", "Data checks")
    return Badge("split", f"Split as planned: {said}", "fine", "Data checks")


def _length(content: Content) -> list[Badge]:
    """How long it ran, against the plan where there is one."""
    ab, planned = content["ab"], content["study"]["ab"]
    days = len((ab.get("srm") or {}).get("looks") or ())
    wanted = planned.get("horizon_units")
    horizon = ab["horizon"]
    if wanted:
        units = sum(arm["clusters"] or arm["n"] for arm in ab["arms"])
        text = f"{words.count(units)} of {words.count(wanted)} planned units"
    elif days:
        text = f"Ran {words.counted(days, 'day')}"
        if horizon["planned"]:
            text += ", as planned" if horizon["reached"] else ", plan not reached"
    else:
        return []
    return [Badge("length", text, "fine" if horizon["reached"] else "look", "Over time")]


def _method(content: Content) -> str:
    level = words.level(rows.alpha_of(content))
    design = content["study"]["ab"].get("design", "fixed")
    said = {"fixed": "one look at the end"}.get(design, design.replace("_", " "))
    return f"{level} intervals, {said}"
