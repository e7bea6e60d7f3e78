"""Over time, lists: the mean credit difference a user up to each day, with two kinds of band."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from analysis.figures.chart import Chart, Choice, Content, Figure
from analysis.figures.lists import named
from analysis.figures.text import MINUS, day_and_month
from analysis.figures.theme import Palette, blank, faded, palette
from analysis.report.findings.lists import lens, rankers, stopped


def draw(content: Content, choice: Choice) -> Chart | None:
    """The cumulative difference with its fixed-time interval inside its anytime band.

    Returns:
        The chart; None if the log has no days with users.
    """
    looks = [
        look
        for look in lens(content).get("path") or ()
        if look.get("cs_low") is not None and look.get("cs_high") is not None
    ]
    names = rankers(content)
    if not looks or len(names) < 2:
        return None
    colours = palette(dark=choice.dark)
    chart = blank(colours, height=340)
    _band(chart, looks, ("cs_low", "cs_high"), faded(colours.neutral, 0.18), "valid at any time")
    _band(chart, looks, ("ci_low", "ci_high"), faded(colours.neutral, 0.38), "for one look")
    chart.add_hline(y=0, line={"color": colours.neutral, "width": 1})
    chart.add_trace(_line(looks, colours))
    chart.update_layout(showlegend=True, legend={"traceorder": "normal"})
    chart.update_yaxes(
        title={"text": f"Clicks a user, {named(names[1])} minus {named(names[0])}"},
        range=_reach(looks),
    )
    chart.update_xaxes(
        title={"text": "Lists up to the end of the day"}, type="date", tickformat="%-d %b",
        nticks=min(7, len(looks)), tickangle=0, showgrid=False,
    )  # fmt: skip
    title = _title(looks, names, stop=stopped(content))
    return Chart(
        title=title,
        alt=(
            f"{title}. Mean difference of clicks a user, {names[1]} minus {names[0]}:"
            f" {_signed(_mean(looks[0]))} on {day_and_month(looks[0]['day'])},"
            f" {_signed(_mean(looks[-1]))} on {day_and_month(looks[-1]['day'])}, anytime band"
            f" {_signed(looks[-1]['cs_low'])} to {_signed(looks[-1]['cs_high'])}."
        ),
        figure=chart,
        table=tuple(_table_row(look) for look in looks),
    )


LIST_PATH = Figure("list_path", "Difference over time", draw)


def _mean(look: Content) -> float:
    """The mean; without one, the middle of the anytime band, which is symmetric."""
    mean = look.get("mean")
    return float((look["cs_low"] + look["cs_high"]) / 2 if mean is None else mean)


def _signed(value: float) -> str:
    text = f"{abs(value):.3f}"
    sign = "" if float(text) == 0 else MINUS if value < 0 else "+"
    return sign + text


def _band(
    chart: go.Figure, looks: Sequence[Content], ends: tuple[str, str], colour: str, name: str
) -> None:
    known = [look for look in looks if look.get(ends[0]) is not None]
    for end, fill in zip(ends, (None, "tonexty"), strict=True):
        chart.add_trace(
            go.Scatter(
                x=[look["day"] for look in known],
                y=[look[end] for look in known],
                mode="lines",
                line={"width": 0, "color": colour},
                fill=fill,
                fillcolor=colour,
                hoverinfo="skip",
                name=f"95% band {name}",
                showlegend=fill is not None and bool(known),
            )
        )


def _line(looks: Sequence[Content], colours: Palette) -> go.Scatter:
    return go.Scatter(
        x=[look["day"] for look in looks],
        y=[_mean(look) for look in looks],
        mode="lines+markers",
        name="difference",
        line={"color": colours.text, "width": 2},
        marker={"size": 6, "color": colours.text},
        text=[
            f"{day_and_month(look['day'])}: {_signed(_mean(look))}"
            f" (anytime {_signed(look['cs_low'])} to {_signed(look['cs_high'])})"
            for look in looks
        ],
        hovertemplate="%{text}<extra></extra>",
    )


def _reach(looks: Sequence[Content]) -> list[float]:
    """A range that the wide first days do not stretch until the last ones are a flat line."""
    late = looks[len(looks) // 4 :]
    low = min(0.0, *(look["cs_low"] for look in late))
    high = max(0.0, *(look["cs_high"] for look in late))
    room = (high - low) * 0.08 or 0.01
    return [low - room, high + room]


def _title(looks: Sequence[Content], names: Sequence[str], *, stop: bool) -> str:
    if stop:
        return "Difference of clicks over time: not to be read as a preference"
    crossed = [look for look in looks if look["cs_low"] > 0 or look["cs_high"] < 0]
    if not crossed:
        return f"The anytime band holds 0 up to {day_and_month(looks[-1]['day'])}"
    ahead = names[1] if crossed[0]["cs_low"] > 0 else names[0]
    return f"The anytime band leaves 0 on {day_and_month(crossed[0]['day'])}, for {ahead}"


def _table_row(look: Content) -> dict[str, Any]:
    return {
        "day": look["day"],
        "users": look.get("users"),
        "mean_difference": _mean(look),
        "fixed_low": look.get("ci_low"),
        "fixed_high": look.get("ci_high"),
        "anytime_low": look["cs_low"],
        "anytime_high": look["cs_high"],
        "list_wins": look["wins"],
        "list_losses": look["losses"],
        "p_sign_test": look["naive_p"],
        "e_value": look["e_value"],
    }
