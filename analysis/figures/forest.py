"""Segments: the lift of each level, with the test whether the levels differ at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from analysis.figures.chart import Chart, Choice, Content, Figure
from analysis.figures.text import lift, lift_range, p_value, shown
from analysis.figures.theme import Palette, blank, palette

# Longer forests cannot be read; the table and its CSV always hold every level.
MOST_LEVELS = 40


@dataclass(frozen=True)
class Line:
    """One line of a forest: a lift and its interval, its tone, and how many stand behind it."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    tone: str
    units: int | None


def draw(content: Content, choice: Choice) -> Chart | None:
    """Lifts of one metric by the levels of one column, all units first, stratified last.

    Returns:
        The chart; None if the readout has no such segments.
    """
    segment = next(
        (
            one
            for one in content["ab"].get("segments") or ()
            if (one["metric"], one["treatment"], one["column"])
            == (choice.metric, choice.treatment, choice.column)
        ),
        None,
    )
    whole = _comparison(content, choice)
    if segment is None or not segment["levels"] or whole is None:
        return None
    stopped = any(notice["level"] == "stop" for notice in content["notices"])
    lines = [_line("All units", whole)]
    lines += [_line(str(level["level"]), level) for level in segment["levels"]]
    stratified = _stratified(segment, whole, _better(content, choice))
    if stratified:
        lines.append(stratified)
    colours = palette(dark=choice.dark)
    drawn = lines if len(lines) <= MOST_LEVELS else [*lines[: MOST_LEVELS - 1], lines[-1]]
    alpha = float(content["study"]["ab"]["alpha"])
    title = _title(segment, choice, alpha, stopped=stopped)
    return Chart(
        title=title,
        alt=forest_alt(title, drawn),
        figure=forest(drawn, colours, stopped=stopped),
        table=tuple(_table_row(line) for line in lines),
    )


FOREST = Figure("segments", "Lift by segment", draw)


def _comparison(content: Content, choice: Choice) -> Content | None:
    for metric in content["ab"]["metrics"]:
        for comparison in metric["comparisons"]:
            if (metric["name"], comparison["treatment"]) == (choice.metric, choice.treatment):
                return dict(comparison)
    return None


def _line(name: str, comparison: Content) -> Line:
    return Line(
        name,
        comparison["lift"],
        comparison["lift_low"],
        comparison["lift_high"],
        comparison["reading"] if comparison.get("significant") else "neutral",
        comparison["n_control"] + comparison["n_treatment"],
    )


def _better(content: Content, choice: Choice) -> str:
    return next(
        str(metric["better"])
        for metric in content["ab"]["metrics"]
        if metric["name"] == choice.metric
    )


def _stratified(segment: Content, whole: Content, better: str) -> Line | None:
    """The effect averaged over the levels by their size, as a lift on the whole control."""
    estimate, base = segment.get("post_stratified") or {}, whole["control_value"]
    value, low, high = (estimate.get(key) for key in ("difference", "low", "high"))
    if not base or value is None or low is None or high is None:
        return None
    size = abs(base)
    tone = "neutral"
    if low > 0 or high < 0:
        tone = "better" if (low > 0) == (better == "higher") else "worse"
    return Line("Stratified", value / size, low / size, high / size, tone, None)


def forest(lines: Sequence[Line], colours: Palette, *, stopped: bool) -> go.Figure:
    """The marks and intervals of these lines, the first on top."""
    chart = blank(colours, height=90 + 34 * len(lines))
    chart.add_vline(x=0, line={"color": colours.neutral, "width": 1})
    for place, line in enumerate(lines):
        chart.add_trace(_mark(line, place, colours, stopped=stopped))
        if line.low is None or line.high is None:
            chart.add_annotation(
                x=0, y=place, text="no interval", showarrow=False, xshift=48,
                font={"color": colours.neutral},
            )  # fmt: skip
    chart.update_yaxes(
        tickvals=list(range(len(lines))),
        ticktext=[_tick(line) for line in lines],
        range=[len(lines) - 0.5, -0.5],
        showgrid=False,
    )
    chart.update_xaxes(
        title={"text": "Lift"}, tickformat=".1~%", range=_reach(lines), showgrid=True, nticks=7
    )
    return chart


def _tick(line: Line) -> str:
    name = shown(line.name, longest=28)
    return name if line.units is None else f"{name}  ({line.units:,})"


def _mark(line: Line, place: int, colours: Palette, *, stopped: bool) -> go.Scatter:
    tone = "neutral" if stopped else line.tone
    colour = {"better": colours.better, "worse": colours.worse}.get(tone, colours.neutral)
    bar = None
    if line.value is not None and line.low is not None and line.high is not None:
        bar = {
            "type": "data",
            "symmetric": False,
            "array": [line.high - line.value],
            "arrayminus": [line.value - line.low],
            "color": colour,
            "thickness": 4,
            "width": 0,
        }
    clear = line.tone != "neutral" and not stopped
    said = "no lift" if line.value is None else lift(line.value)
    return go.Scatter(
        x=[line.value],
        y=[place],
        mode="markers",
        error_x=bar,
        marker={
            "color": colour if clear else colours.page,
            "size": 11,
            "symbol": "diamond" if clear else "circle",
            "line": {"color": colour, "width": 2},
        },
        text=[f"{shown(line.name)}: {said} ({lift_range(line.low, line.high)})"],
        hovertemplate="%{text}<extra></extra>",
    )


def _reach(lines: Sequence[Line]) -> list[float]:
    """A symmetric range; a very wide level runs off the edge and leaves the others readable."""
    reaches = sorted(
        max(abs(line.low), abs(line.high))
        for line in lines
        if line.low is not None and line.high is not None
    )
    if not reaches:
        return [-0.1, 0.1]
    reach = min(reaches[-1], 5 * reaches[len(reaches) // 2]) * 1.08 or 0.1
    return [-reach, reach]


def _title(segment: Content, choice: Choice, alpha: float, *, stopped: bool) -> str:
    if stopped:
        return f"{choice.metric} by {choice.column}: not to be read, a stop notice stands"
    p = segment.get("cochran_p")
    if p is None:
        return f"{choice.metric} by {choice.column}: too few levels to compare"
    if segment.get("sign_reversal"):
        return f"{choice.metric} by {choice.column}: pooled and stratified effects point apart"
    said = f"(interaction {p_value(p)})"
    if p < alpha:
        return f"The effect on {choice.metric} differs by {choice.column} {said}"
    return f"{choice.metric}: no clear difference between levels of {choice.column} {said}"


def forest_alt(title: str, lines: Sequence[Line]) -> str:
    """The title and the first lines in words."""
    said = [
        f"{line.name} {'no lift' if line.value is None else lift(line.value)}"
        f" ({lift_range(line.low, line.high)})"
        for line in lines[:8]
    ]
    more = f"; {len(lines) - 8} more in the table" if len(lines) > 8 else ""
    return f"{title}. Lift and interval of each level: {'; '.join(said)}{more}."


def _table_row(line: Line) -> dict[str, Any]:
    return {
        "level": line.name,
        "units": line.units,
        "lift": line.value,
        "lift_low": line.low,
        "lift_high": line.high,
        "reading": line.tone if line.tone != "neutral" else "no_clear_change",
    }
