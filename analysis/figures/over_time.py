"""Over time: the cumulative lift at the end of each day, with its fixed-horizon interval."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from analysis.figures.chart import Chart, Choice, Content, Figure
from analysis.figures.text import day_and_month, lift, lift_range
from analysis.figures.theme import Palette, blank, faded, palette


def draw(content: Content, choice: Choice) -> Chart | None:
    """The cumulative lift of one metric; grey while the planned horizon is not reached.

    Returns:
        The chart; None if no day of this metric has a lift.
    """
    looks = [
        row
        for row in content["ab"].get("daily") or ()
        if row["metric"] == choice.metric
        and row["treatment"] == choice.treatment
        and row.get("lift") is not None
    ]
    if not looks:
        return None
    colours = palette(dark=choice.dark)
    final = _final(content, choice)
    stopped = any(notice["level"] == "stop" for notice in content["notices"])
    decided = bool(final) and not final.get("not_a_decision") and not stopped
    chart = blank(colours, height=340)
    _band(chart, looks, colours)
    chart.add_hline(y=0, line={"color": colours.neutral, "width": 1})
    chart.add_trace(_line(looks, colours.neutral))
    if decided:
        tone = final["reading"] if final.get("significant") else "neutral"
        chart.add_trace(_end(looks[-1]["day"], final, colours, tone))
    _axes(chart, looks)
    return Chart(
        title=_title(looks, choice, final, decided=decided),
        alt=_alt(looks, choice, decided=decided),
        figure=chart,
        table=tuple(_table_row(row) for row in looks),
    )


OVER_TIME = Figure("over_time", "Cumulative lift", draw)


def _final(content: Content, choice: Choice) -> dict[str, Any]:
    for metric in content["ab"]["metrics"]:
        if metric["name"] == choice.metric:
            for comparison in metric["comparisons"]:
                if comparison["treatment"] == choice.treatment:
                    return dict(comparison)
    return {}


def _bounded(looks: Sequence[Content]) -> list[Content]:
    return [
        row for row in looks if row.get("lift_low") is not None and row.get("lift_high") is not None
    ]


def _band(chart: go.Figure, looks: Sequence[Content], colours: Palette) -> None:
    bounded = _bounded(looks)
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


def _axes(chart: go.Figure, looks: Sequence[Content]) -> None:
    """Axes that the wide first days do not stretch until the last ones are a flat line."""
    bounded = _bounded(looks)
    values = [row["lift"] for row in looks[len(looks) // 4 :]]
    for row in bounded[len(bounded) // 4 :]:
        values += [row["lift_low"], row["lift_high"]]
    low, high = min(0.0, *values), max(0.0, *values)
    room = (high - low) * 0.08 or 0.01
    chart.update_yaxes(
        title={"text": "Cumulative lift"}, tickformat=".1~%", range=[low - room, high + room]
    )
    chart.update_xaxes(
        title={"text": "Units exposed up to the end of the day"},
        type="date",
        tickformat="%-d %b",
        nticks=min(7, len(looks)),
        tickangle=0,
        showgrid=False,
    )


def _title(looks: Sequence[Content], choice: Choice, final: Content, *, decided: bool) -> str:
    last = looks[-1]
    if not decided:
        return f"{choice.metric}: {lift(last['lift'])} by {_day(last)}, not a decision"
    if not final.get("significant"):
        return f"{choice.metric}: no clear lift by {_day(last)}"
    settled = _settled(looks)
    if settled is None or len(looks) < 3:
        return f"{choice.metric}: lift of {lift(last['lift'])} by {_day(last)}, still moving"
    return f"{choice.metric}: lift settles near {lift(last['lift'])} by {day_and_month(settled)}"


def _day(row: Content) -> str:
    return day_and_month(row["day"])


def _settled(looks: Sequence[Content]) -> str | None:
    """The first day from which every lift is nearer the last one than half its interval's arm."""
    last = looks[-1]
    low, high = last.get("lift_low"), last.get("lift_high")
    if low is None or high is None:
        return None
    day: str | None = None
    for row in reversed(looks):
        if abs(row["lift"] - last["lift"]) > (high - low) / 4:
            break
        day = row["day"]
    return day if day != last["day"] else None


def _alt(looks: Sequence[Content], choice: Choice, *, decided: bool) -> str:
    first, last = looks[0], looks[-1]
    end = "" if decided else " This is not a decision."
    return (
        f"Line of the cumulative lift of {choice.metric}, {choice.treatment} against control, by "
        f"day: {lift(first['lift'])} on {day_and_month(first['day'])}, {lift(last['lift'])} "
        f"({lift_range(last.get('lift_low'), last.get('lift_high'))}) on "
        f"{day_and_month(last['day'])}.{end}"
    )


def _table_row(row: Content) -> dict[str, Any]:
    fields = (
        "day", "n_control", "n_treatment", "difference", "lift", "lift_low", "lift_high", "p_fixed",
    )  # fmt: skip
    return {field: row.get(field) for field in fields}
