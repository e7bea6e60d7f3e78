"""Preference: how many users chose more from one ranker, from the other, or from neither."""

from collections.abc import Sequence

import plotly.graph_objects as go

from analysis.figures.chart import Chart, Choice, Content, Figure
from analysis.figures.lists import named
from analysis.figures.theme import Palette, blank, faded, palette
from analysis.report.findings.lists import percent, stopped, uneven
from analysis.report.findings.preference import (
    Pair,
    pairs_of,
    sentence,
    share_text,
    table_row,
    title_of,
)


def draw(content: Content, choice: Choice) -> Chart | None:
    """One bar a pair of rankers, and below it the share of those who chose, with its interval.

    Returns:
        The chart; None if nobody was counted.
    """
    pairs = pairs_of(content)
    if not pairs:
        return None
    colours = palette(dark=choice.dark)
    grey = stopped(content) or uneven(content)
    chart = blank(colours, height=96 + 74 * len(pairs))
    for place, pair in enumerate(pairs):
        _bar(chart, pair, 2 * place, colours, grey=grey, many=len(pairs) > 1)
        _decided(chart, pair, 2 * place + 1, colours, grey=grey)
    chart.add_vline(x=0.5, line={"color": colours.text, "width": 1, "dash": "dot"})
    chart.update_layout(barmode="stack", bargap=0.35, showlegend=True)
    chart.update_layout(legend={"traceorder": "normal"}, margin={"r": 26})
    ticks = [text for pair in pairs for text in (_label(pair, pairs), "of those who chose")]
    chart.update_yaxes(
        tickvals=list(range(2 * len(pairs))),
        ticktext=ticks,
        range=[2 * len(pairs) - 0.4, -0.6],
        showgrid=False,
    )
    chart.update_xaxes(
        range=[0, 1.004], tickvals=[0, 0.25, 0.5, 0.75, 1], tickformat=".0%", showgrid=False
    )
    title = title_of(pairs, content)
    return Chart(
        title=title,
        alt=f"{title}. {' '.join(sentence(pair) for pair in pairs[:6])}",
        figure=chart,
        table=tuple(table_row(pair) for pair in pairs),
    )


PREFERENCE = Figure("preference", "Preference", draw)


def _label(pair: Pair, pairs: Sequence[Pair]) -> str:
    if len(pairs) == 1:
        return f"all {pair.who}"
    return f"{named(pair.candidate)} v {named(pair.control)}"


def _bar(chart: go.Figure, pair: Pair, y: int, colours: Palette, *, grey: bool, many: bool) -> None:
    fills = (colours.neutral, faded(colours.neutral, 0.3), colours.better)
    if grey:
        fills = (colours.neutral, faded(colours.neutral, 0.3), faded(colours.neutral, 0.65))
    does = "more clicks:" if grey else "prefer"
    wordings = (f"{does} {named(pair.control)}", "neither", f"{does} {named(pair.candidate)}")
    alike = (f"{does} the second named", "neither", f"{does} the first named")
    for part, wording, common, fill in zip(pair.parts, wordings, alike, fills, strict=True):
        said = f"{wording} {part:,} ({percent(part / pair.total)})"
        chart.add_trace(
            go.Bar(
                x=[part / pair.total],
                y=[y],
                orientation="h",
                name=common if many else said,
                showlegend=y == 0,
                marker={"color": fill, "line": {"color": colours.page, "width": 1}},
                text=[said],
                textposition="none",
                hovertemplate="%{text}<extra></extra>",
            )
        )


def _decided(chart: go.Figure, pair: Pair, y: int, colours: Palette, *, grey: bool) -> None:
    """The candidate's share of those who chose, with the interval that the readout gives."""
    part, interval = pair.counts.get("win_rate_excl_ties"), pair.counts.get("win_rate_wilson95")
    if part is None:
        return
    clear = False
    if interval is not None and pair.shown and not grey:
        clear = not interval[0] <= 0.5 <= interval[1]
    colour = colours.neutral
    if clear:
        colour = colours.better if part > 0.5 else colours.worse
    bar = None
    if interval:
        bar = {
            "type": "data", "symmetric": False, "array": [interval[1] - part],
            "arrayminus": [part - interval[0]], "color": colour, "thickness": 4, "width": 0,
        }  # fmt: skip
    chart.add_trace(
        go.Scatter(
            x=[part],
            y=[y],
            mode="markers",
            error_x=bar,
            showlegend=False,
            marker={
                "color": colour if clear else colours.page,
                "size": 11,
                "symbol": "diamond" if clear else "circle",
                "line": {"color": colour, "width": 2},
            },
            text=[f"{named(pair.candidate)}: {share_text(pair)}"],
            hovertemplate="%{text}<extra></extra>",
        )
    )
