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


def event_time_title(content: Content) -> str:
    """One sentence that states what the figure of effects since the own start shows."""
    found = content["synthetic_control"]
    rows: Sequence[Content] = (found.get("staggered") or {}).get("event_time") or ()
    per, kind = period_word(found), str(found.get("kind") or "mean")
    if stopped(content):
        return f"Effect by {per}s since the own start: not to be read as an effect"
    first, last = rows[0], rows[-1]
    return (
        f"From {words.difference(first['att'], kind)} in the first {per} to"
        f" {words.difference(last['att'], kind)} after {words.counted(int(last['h']), per)}, mean"
        f" of {words.counted(int(first['n_units']), 'unit')}"
    )


def period_word(found: Content) -> str:
    """A period of the panel in words: ``day``, ``week``, ``month`` or ``period``."""
    per = str(found.get("frequency") or "")
    return per if per in ("day", "week", "month") else "period"
