"""Lines of Markdown beside a synthetic control readout: what is marked, what is known."""

from collections.abc import Mapping
from typing import Any

from analysis.report import panel_rows
from pages.ui import words

Content = Mapping[str, Any]


def other_changes(content: Content) -> str:
    """What else changed at the start, as the study says; empty if nothing was said."""
    said = content["synthetic_control"].get("other_changes")
    return f"Said to have changed at the same time: {words.plain(str(said))}" if said else ""


def marks(content: Content) -> str:
    """What the marks of the main figure mean, in the order of the eye."""
    found = content["synthetic_control"]
    panel = found.get("panel") or {}
    per = panel_rows.per(content)
    said = ["Shaded: before the start."]
    if found.get("n_transition"):
        waiting = words.counted(int(found["n_transition"]), per)
        said.append(f"Dark band: {waiting} of transition, in neither window.")
    if found.get("att_low") is not None:
        level = words.level(panel_rows.alpha_of(content))
        said.append(f"Band around the effect: {level}, {per} by {per}.")
    left = [*(panel.get("log_gaps") or ()), *(panel.get("partial_periods") or ())]
    if left:
        named = words.several([words.plain(words.day(str(one))) for one in left[:4]])
        more = f" and {len(left) - 4} more" if len(left) > 4 else ""
        said.append(f"Cross: {per}s left out ({named}{more}).")
    return " ".join(said)


def truth_line(content: Content, truth: Mapping[str, Any]) -> str:
    """What is known of a sample apart from these numbers, as one sentence; else empty."""
    known = truth.get(str(panel_rows.metric_of(content)["name"])) or {}
    said = []
    for one in known.get("published") or ():
        numbers = []
        if one.get("att") is not None:
            numbers.append(f"effect {words.number(one['att'])}")
        if one.get("standard_error") is not None:
            numbers.append(f"standard error {words.number(one['standard_error'])}")
        if one.get("rank_ratio") is not None:
            numbers.append(f"rank {one['rank_ratio']} of {one['n_units']} by RMSPE ratio")
        method = words.plain(panel_method(str(one.get("method"))))
        said.append(f"{method}: {', '.join(numbers)} ({words.plain(str(one['source']))})")
    return f"Published for these data. {'; '.join(said)}." if said else ""


def panel_method(key: str) -> str:
    """A method as badges name it."""
    from analysis.report.panel_badges import ESTIMATORS

    return ESTIMATORS.get(key, key)
