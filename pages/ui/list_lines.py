"""Lines of Markdown beside an interleaving readout: what a raw count names, what is known."""

from collections.abc import Mapping
from typing import Any

from analysis.report import list_rows
from pages.ui import words


def struck(content: Mapping[str, Any]) -> str:
    """What uncorrected counts would say, struck through; empty if they agree."""
    return list_rows.uncorrected(content, lambda name: f"~~{words.plain(name)}~~")


def truth_line(truth: Mapping[str, Any]) -> str:
    """What was planted in a sample, as one sentence."""
    if "clicks_per_list_alone" not in truth:
        return ""
    better = truth.get("better")
    if not better:
        return "Known truth of this sample: the rankers are equally good."
    candidate = list(truth["clicks_per_list_alone"])[1]
    return (
        f"Known truth of this sample: **{words.plain(str(better))}** is better."
        f" {words.plain(candidate)}'s items get {words.lift(list_rows.true_lift(truth))} clicks at"
        f" the same position, and {words.lift(truth['lift'])} on lists that it fills alone."
    )
