"""Event time: the mean effect of units with different starts, by periods since their own."""

import plotly.graph_objects as go

from analysis.figures.chart import Chart, Choice, Content, Figure
from analysis.figures.panels import MOST_POINTS, in_words, lens, stopped
from analysis.figures.theme import blank, palette
from analysis.report import panels


def draw(content: Content, choice: Choice) -> Chart | None:
    """One point a period since the start, while every unit is in it.

    Returns:
        The chart; None if all treated units started together.
    """
    found = lens(content)
    rows = (found.get("staggered") or {}).get("event_time") or ()
    if not rows:
        return None
    colours = palette(dark=choice.dark)
    measure = in_words(content, {})
    per = panels.period_word(found)
    tone = colours.neutral if stopped(content) else colours.better
    chart = blank(colours, height=300)
    chart.add_hline(y=0, line={"color": colours.neutral, "width": 1})
    drawn = rows[:MOST_POINTS]
    chart.add_trace(
        go.Scatter(
            x=[one["h"] for one in drawn],
            y=[measure.drawn(one["att"]) for one in drawn],
            mode="lines+markers",
            line={"color": tone, "width": 2.2},
            marker={"size": 7},
            text=[f"{one['h']} after the start: {measure.change(one['att'])}" for one in drawn],
            hovertemplate="%{text}<extra></extra>",
        )
    )
    chart.update_xaxes(
        title={"text": f"{per.capitalize()}s since the own start"}, showgrid=False, nticks=8,
        dtick=1 if len(rows) <= 8 else None,
    )  # fmt: skip
    chart.update_yaxes(
        title={"text": f"Mean effect{measure.unit}"}, rangemode="tozero", separatethousands=True
    )
    title = panels.event_time_title(content)
    return Chart(
        title=title,
        alt=f"{title}. Line of the mean effect by {per}s since each unit's own start.",
        figure=chart,
        table=tuple(
            {"periods_since_start": one["h"], "att": one["att"], "units": one["n_units"]}
            for one in rows
        ),
    )


EVENT_TIME = Figure("event_time", "Effect since the own start", draw)
