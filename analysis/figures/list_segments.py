"""Segments, lists: the lift at the same position, level by level."""

from collections.abc import Mapping
from typing import Any

from analysis.figures.chart import Chart, Choice, Content, Figure
from analysis.figures.forest import MOST_LEVELS, Line, forest, forest_alt
from analysis.figures.theme import palette
from analysis.report.findings.lists import alpha_of, lens, rankers, stopped


def draw(content: Content, choice: Choice) -> Chart | None:
    """Lifts at the same position by the levels of one column, all users first.

    Returns:
        The chart; None if the readout has no such segments.
    """
    segment = next(
        (one for one in lens(content).get("segments") or () if one["column"] == choice.column),
        None,
    )
    if segment is None or not segment["levels"] or len(rankers(content)) < 2:
        return None
    if all((one.get("position_stratified") or {}).get("lift") is None for one in segment["levels"]):
        return None
    grey = stopped(content)
    lines = [_line("All users", lens(content))]
    lines += [_line(str(level["level"]), level) for level in segment["levels"]]
    title = _title(segment, choice.column, alpha_of(content), grey=grey)
    table = [_table_row(line, {}) for line in lines[:1]]
    table += [
        _table_row(line, level) for line, level in zip(lines[1:], segment["levels"], strict=True)
    ]
    colours = palette(dark=choice.dark)
    return Chart(
        title=title,
        alt=forest_alt(title, lines),
        figure=forest(lines[:MOST_LEVELS], colours, stopped=grey),
        table=tuple(table),
    )


LIST_SEGMENTS = Figure("list_segments", "Lift by segment", draw)


def _line(name: str, found: Mapping[str, Any]) -> Line:
    block = found.get("position_stratified") or {}
    low, high = (block.get("jackknife") or {}).get("lift_ci95") or (None, None)
    tone = "neutral"
    if low is not None and high is not None and (low > 0 or high < 0):
        tone = "better" if low > 0 else "worse"
    users = (found.get("user_level") or {}).get("n_users") or found.get("users")
    return Line(name, block.get("lift"), low, high, tone, users)


def _title(segment: Mapping[str, Any], column: str, alpha: float, *, grey: bool) -> str:
    if grey:
        return f"Lift by {column}: not to be read, a stop notice stands"
    lifts = [(level.get("position_stratified") or {}).get("lift") for level in segment["levels"]]
    known = [lift for lift in lifts if lift is not None]
    clear = sum(
        (level.get("headline_p_holm") if level.get("headline_p_holm") is not None else 1.0) < alpha
        for level in segment["levels"]
    )
    if min(known) > 0 or max(known) < 0:
        said = f"The lift points the same way in every level of {column}"
    else:
        said = f"The lift does not point the same way in every level of {column}"
    return f"{said}; {clear} of {len(lifts)} clear after correction" if clear else said


def _table_row(line: Line, level: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "level": line.name,
        "users": line.units,
        "lift": line.value,
        "lift_low": line.low,
        "lift_high": line.high,
        "p_value": level.get("headline_p"),
        "p_holm": level.get("headline_p_holm"),
        "reading": line.tone if line.tone != "neutral" else "no_clear_change",
    }
