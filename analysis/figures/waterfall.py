"""Waterfall: the candidate's share of clicks, from the raw count to slots at the same position."""

from collections.abc import Sequence

import plotly.graph_objects as go

from analysis.figures.chart import Chart, Choice, Content, Figure
from analysis.figures.lists import named
from analysis.figures.theme import Palette, blank, faded, palette
from analysis.report.findings.lists import percent, rankers, stopped
from analysis.report.findings.waterfall import (
    UNKNOWN,
    Step,
    excludes_even,
    phrase,
    reach_of,
    steps_of,
    table_row,
    title_of,
)


def draw(content: Content, choice: Choice) -> Chart | None:
    """The candidate's share at each step, against the even split.

    Returns:
        The chart; None if the readout has no such shares.
    """
    names = rankers(content)
    steps = steps_of(content)
    if len(names) < 2 or not any(step.share is not None for step in steps):
        return None
    colours = palette(dark=choice.dark)
    grey = stopped(content)
    chart = blank(colours, height=264)
    reach = reach_of(steps)
    _sides(chart, names, colours, reach)
    _path(chart, steps, colours)
    for place, step in enumerate(steps):
        _mark(chart, step, place, colours, last=place == len(steps) - 1, grey=grey)
    chart.update_yaxes(
        tickvals=list(range(len(steps))),
        ticktext=[step.label for step in steps],
        range=[len(steps) - 0.4, -0.95],
        showgrid=False,
    )
    chart.update_xaxes(
        range=[0.5 - reach, 0.5 + reach],
        tickformat=".0%",
        nticks=7,
        title={"text": f"Share of {named(names[1])}"},
    )
    title = title_of(steps, names, grey=grey)
    return Chart(
        title=title,
        alt=f"{title}. Share of {names[1]}: {'; '.join(phrase(step) for step in steps)}.",
        figure=chart,
        table=tuple(table_row(step) for step in steps),
    )


WATERFALL = Figure("waterfall", "From raw clicks to the same position", draw)


def _sides(chart: go.Figure, names: Sequence[str], colours: Palette, reach: float) -> None:
    chart.add_vline(x=0.5, line={"color": colours.text, "width": 1})
    for x, anchor, text in (
        (0.5 - reach, "left", f"← {named(names[0])} ahead"),
        (0.5 + reach, "right", f"{named(names[1])} ahead →"),
    ):
        chart.add_annotation(
            x=x, y=-0.75, xanchor=anchor, text=text, showarrow=False,
            font={"size": 13, "color": colours.text},
        )  # fmt: skip


def _path(chart: go.Figure, steps: Sequence[Step], colours: Palette) -> None:
    """The way from step to step, as stairs."""
    known = [(place, step.share) for place, step in enumerate(steps) if step.share is not None]
    chart.add_trace(
        go.Scatter(
            x=[share for _, share in known],
            y=[place for place, _ in known],
            mode="lines",
            line={"color": faded(colours.neutral, 0.6), "width": 2, "shape": "vh"},
            hoverinfo="skip",
        )
    )


def _mark(
    chart: go.Figure, step: Step, place: int, colours: Palette, *, last: bool, grey: bool
) -> None:
    if step.share is None:
        text = UNKNOWN.get(step.key, "not known")
        chart.add_annotation(
            x=0.5, y=place, text=text, showarrow=False, xanchor="left", xshift=8,
            font={"color": colours.neutral, "size": 13},
        )  # fmt: skip
        return
    clear = last and not grey and excludes_even(step)
    colour = colours.neutral
    if clear:
        colour = colours.better if step.share > 0.5 else colours.worse
    bar = None
    if step.low is not None and step.high is not None:
        bar = {
            "type": "data", "symmetric": False, "array": [step.high - step.share],
            "arrayminus": [step.share - step.low], "color": colour,
            "thickness": 4 if last else 2, "width": 0,
        }  # fmt: skip
    chart.add_trace(
        go.Scatter(
            x=[step.share],
            y=[place],
            mode="markers",
            error_x=bar,
            marker={
                "size": 13 if last else 10,
                "symbol": "diamond" if clear else "circle",
                "color": colour if clear else colours.page,
                "line": {"color": colour, "width": 2},
            },
            text=[phrase(step)],
            hovertemplate="%{text}<extra></extra>",
        )
    )
    chart.add_annotation(
        x=step.share, y=place, yshift=17, text=percent(step.share), showarrow=False,
        bgcolor=colours.page, borderpad=0, font={"size": 13, "color": colours.text},
    )  # fmt: skip
