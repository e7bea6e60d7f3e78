"""Clicks by position: each ranker's click rate at each place of the list, with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from analysis.figures.chart import Chart, Choice, Content, Figure
from analysis.figures.lists import line_of, marker_of, named
from analysis.figures.theme import blank, palette
from analysis.report.findings.lists import lens, percent, percent_range, rankers

_MOST_POSITIONS = 40


@dataclass(frozen=True)
class _Point:
    ranker: str
    position: int
    slots: int
    clicks: int
    rate: float
    low: float
    high: float


def draw(content: Content, choice: Choice) -> Chart | None:
    """One line a ranker; slots are taken as independent for the intervals.

    Returns:
        The chart; None if the log has no positions.
    """
    points = _points(content)
    if not points:
        return None
    colours = palette(dark=choice.dark)
    chart = blank(colours, height=340)
    names = rankers(content)
    places = list(range(1, min(max(point.position for point in points), _MOST_POSITIONS) + 1))
    for place, name in enumerate(names):
        own = {point.position: point for point in points if point.ranker == name}
        line = [own.get(position) for position in places]
        shift = 0.09 * (place - (len(names) - 1) / 2)
        chart.add_trace(
            go.Scatter(
                x=[position + shift for position in places],
                y=[point and point.rate for point in line],
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "array": [point and point.high - point.rate for point in line],
                    "arrayminus": [point and point.rate - point.low for point in line],
                    "thickness": 2,
                    "width": 0,
                },
                name=named(name),
                mode="lines+markers",
                line=line_of(place, colours),
                marker=marker_of(place, colours),
                text=[_said(point) if point else "" for point in line],
                hovertemplate="%{text}<extra></extra>",
            )
        )
    chart.update_layout(showlegend=True)
    chart.update_xaxes(
        title={"text": "Position in the list"}, tickvals=_ticks(places), showgrid=False
    )
    chart.update_yaxes(
        title={"text": "Clicks a slot"}, tickformat=".0%", rangemode="tozero", nticks=6
    )
    title = _title(points, names)
    return Chart(
        title=title,
        alt=_alt(title, points, names),
        figure=chart,
        table=tuple(_table_row(point) for point in points),
    )


CLICKS_BY_POSITION = Figure("clicks_by_position", "Clicks by position", draw)


def _points(content: Content) -> list[_Point]:
    points = []
    for one in lens(content).get("ctr_by_position") or ():
        ends = one.get("ci95")
        if one["slots"] and one.get("ctr") is not None and ends:
            counts = int(one["slots"]), int(one["clicks"])
            points.append(
                _Point(str(one["ranker"]), int(one["position"]), *counts, one["ctr"], *ends)
            )
    return sorted(points, key=lambda point: point.position)


def _ticks(places: Sequence[int]) -> list[int]:
    step = 1 if len(places) <= 12 else 5
    return [place for place in places if step == 1 or place == 1 or place % step == 0]


def _pairs(points: Sequence[_Point], names: Sequence[str]) -> list[tuple[_Point, _Point]]:
    """Control and candidate, wherever both stand at a position."""
    found = {(point.ranker, point.position): point for point in points}
    positions = sorted({point.position for point in points})
    return [
        (found[names[0], place], found[names[1], place])
        for place in positions
        if (names[0], place) in found and (names[1], place) in found
    ]


def _title(points: Sequence[_Point], names: Sequence[str]) -> str:
    if len(names) < 2:
        return "Clicks fall from the top of the list to its end"
    pairs = _pairs(points, names)
    if not pairs:
        return "No position holds both rankers, so position and ranker cannot be told apart"
    more = sum(candidate.rate > control.rate for control, candidate in pairs)
    if len(names) > 2:
        return f"Clicks by position of {len(names)} rankers"
    said = "position" if len(pairs) == 1 else "positions"
    return (
        f"At the same position {names[1]} is clicked more than {names[0]} at {more} of"
        f" {len(pairs)} {said}"
    )


def _said(point: _Point) -> str:
    return (
        f"{named(point.ranker)} at {point.position}: {percent(point.rate)}"
        f" ({percent_range(point.low, point.high)}), {point.clicks:,} of {point.slots:,}"
    )


def _alt(title: str, points: Sequence[_Point], names: Sequence[str]) -> str:
    said = []
    for name in names:
        own = [point for point in points if point.ranker == name]
        if own:
            said.append(
                f"{name} from {percent(own[0].rate)} at position {own[0].position} to"
                f" {percent(own[-1].rate)} at position {own[-1].position}"
            )
    return f"{title}. Share of slots clicked: {'; '.join(said)}."


def _table_row(point: _Point) -> dict[str, Any]:
    return {
        "ranker": point.ranker,
        "position": point.position,
        "slots": point.slots,
        "clicks": point.clicks,
        "click_share": point.rate,
        "share_low": point.low,
        "share_high": point.high,
    }
