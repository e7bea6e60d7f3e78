"""What the figure of actual and counterfactual says, before anything is drawn."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.report import words
from analysis.report.panel_rows import means, metric_of
from analysis.report.rows import stopped

Content = Mapping[str, Any]


def title(content: Content) -> str:
    """One sentence that states what the figure of actual and counterfactual shows."""
    found = content["synthetic_control"]
    name = metric_of(content)["name"]
    if stopped(content):
        return f"{name}, actual and counterfactual: not to be read as an effect"
    finding = (found.get("verdict") or {}).get("finding")
    lift = found.get("lift")
    if finding == "not_distinguishable" or lift is None:
        return f"{name} stays within usual drift of its counterfactual"
    side = "above" if lift > 0 else "below"
    return f"{name} runs {words.lift(lift).lstrip('+−')} {side} its counterfactual"


def alt(content: Content) -> str:
    """What a reader who cannot see the figure needs to know."""
    found = content["synthetic_control"]
    before, after = means(found)
    gaps: Sequence[Content] = found.get("gaps") or ()
    return (
        f"Two charts over {words.counted(len(gaps), 'period')}: the actual line and its"
        f" counterfactual, {words.number(after)} and {words.number(before)} a period after the"
        f" start on {words.day(str(found.get('start') or ''))}; below them the gap with its band."
    )
