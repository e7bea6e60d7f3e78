"""Over time: the cumulative lift at the end of each day, with its fixed-horizon interval."""

from collections.abc import Sequence

import plotly.graph_objects as go

from analysis.figures.chart import Chart, Choice, Content, Figure
from analysis.figures.text import day_and_month, lift, lift_range
from analysis.figures.theme import Palette, blank, faded, palette
from analysis.report.findings.over_time import OverTime, over_time


def draw(content: Content, choice: Choice) -> Chart | None:
    """The cumulative lift of one metric; grey while the planned horizon is not reached.

    Returns:
        The chart; None if no day of this metric has a lift.
    """
    found = over_time(content, choice.metric, choice.treatment)
    if found is None:
        return None
    colours = palette(dark=choice.dark)
    chart = blank(colours, height=340)
    _band(chart, found.bounded, colours)
    chart.add_hline(y=0, line={"color": colours.neutral, "width": 1})
    chart.add_trace(_line(found.looks, colours.neutral))
    if found.decided:
        chart.add_trace(_end(found.looks[-1]["day"], found.final, colours, found.tone))
    _axes(chart, found)
    return Chart(title=found.title, alt=found.alt, figure=chart, table=found.table)


OVER_TIME = Figure("over_time", "Cumulative lift", draw)


def _band(chart: go.Figure, bounded: Sequence[Content], colours: Palette) -> None:
    if not bounded:
        return
    days = [row["day"] for row in bounded]
    edge = {"width": 0}
    for field, fill in (("lift_low", None), ("lift_high", "tonexty")):
        chart.add_trace(
            go.Scatter(
                x=days,
                y=[row[field] for row in bounded],
                mode="lines",
                line=edge,
                fill=fill,
                fillcolor=faded(colours.neutral, 0.22),
                hoverinfo="skip",
            )
        )


def _line(looks: Sequence[Content], colour: str) -> go.Scatter:
    said = [
        f"{day_and_month(row['day'])}: {lift(row['lift'])}"
        f" ({lift_range(row.get('lift_low'), row.get('lift_high'))})"
        for row in looks
    ]
    return go.Scatter(
        x=[row["day"] for row in looks],
        y=[row["lift"] for row in looks],
        mode="lines+markers",
        line={"color": colour, "width": 2},
        marker={"size": 6},
        text=said,
        hovertemplate="%{text}<extra></extra>",
    )


def _end(day: str, row: Content, colours: Palette, tone: str) -> go.Scatter:
    """The decision itself, with the interval, colour and mark of the metric row."""
    colour = {"better": colours.better, "worse": colours.worse}.get(tone, colours.neutral)
    low, high = row["lift_low"], row["lift_high"]
    bar = None
    if row["lift"] is not None and low is not None and high is not None:
        bar = {
            "type": "data",
            "symmetric": False,
            "array": [high - row["lift"]],
            "arrayminus": [row["lift"] - low],
            "color": colour,
            "thickness": 3,
            "width": 0,
        }
    clear = tone != "neutral"
    return go.Scatter(
        x=[day],
        y=[row["lift"]],
        mode="markers",
        error_y=bar,
        marker={
            "color": colour,
            "size": 13,
            "symbol": "diamond" if clear else "circle-open",
            "line": {"width": 0 if clear else 2},
        },
        hoverinfo="skip",
    )


def _axes(chart: go.Figure, found: OverTime) -> None:
    chart.update_yaxes(
        title={"text": "Cumulative lift"}, tickformat=".1~%", range=list(found.reach)
    )
    chart.update_xaxes(
        title={"text": "Units exposed up to the end of the day"},
        type="date",
        tickformat="%-d %b",
        nticks=min(7, len(found.looks)),
        tickangle=0,
        showgrid=False,
    )
