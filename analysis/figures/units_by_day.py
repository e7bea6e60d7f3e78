"""Units by day: first exposures by arm, and each arm's share against its expected range."""

import math
from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from analysis.figures.chart import Chart, Choice, Content, Figure
from analysis.figures.text import day_and_month, shown
from analysis.figures.theme import DASHES, MARKS, Palette, blank, faded, palette

# About 95 of 100 days stay inside when the split works as planned.
_REACH = 1.959963984540054

ByDay = Mapping[str, Mapping[str, int]]


def draw(content: Content, choice: Choice) -> Chart | None:
    """First exposures a day, and the share of each arm with the range chance would give.

    Returns:
        The chart; None if the log has no days.
    """
    slices = (content["ab"].get("srm") or {}).get("slices") or ()
    by_day: ByDay = {one["level"]: one["counts"] for one in slices if one["column"] == "day"}
    if not by_day:
        return None
    weights = {arm["name"]: float(arm["weight"]) for arm in content["ab"]["arms"]}
    colours = palette(dark=choice.dark)
    chart = blank(colours, height=420)
    _panels(chart, len(by_day))
    _bands(chart, by_day, weights, colours)
    for place, arm in enumerate(weights):
        _arm(chart, by_day, arm, place, colours)
    chart.update_layout(showlegend=True)
    inside = sum(_inside(units, weights) for units in by_day.values())
    return Chart(
        title=f"The split stays inside its expected range on {inside} of {len(by_day)} days",
        alt=_alt(by_day, weights, inside),
        figure=chart,
        table=tuple(_table_row(day, units, weights) for day, units in by_day.items()),
    )


UNITS_BY_DAY = Figure("units_by_day", "Units by day", draw)


def _panels(chart: go.Figure, days: int) -> None:
    chart.update_layout(
        yaxis={
            "domain": [0.54, 1.0],
            "title": {"text": "Units a day"},
            "rangemode": "tozero",
            "nticks": 4,
        },
        yaxis2={
            "domain": [0.0, 0.42],
            "title": {"text": "Share", "font": {"size": 13}},
            "tickformat": ".0%",
            "nticks": 4,
            "anchor": "x",
            "gridcolor": chart.layout.yaxis.gridcolor,
            "tickfont": chart.layout.yaxis.tickfont,
            "zeroline": False,
            "fixedrange": True,
            "automargin": True,
        },
        xaxis={
            "type": "date",
            "tickformat": "%-d %b",
            "nticks": min(7, days),
            "tickangle": 0,
            "showgrid": False,
            "anchor": "y2",
            "title": {"text": "Day of first exposure"},
        },
    )


def _expected(units: Mapping[str, int], weight: float) -> tuple[float, float]:
    """The range in which an arm's share of one day's units is expected."""
    reach = _REACH * math.sqrt(weight * (1 - weight) / max(sum(units.values()), 1))
    return max(weight - reach, 0.0), min(weight + reach, 1.0)


def _inside(units: Mapping[str, int], weights: Mapping[str, float]) -> bool:
    total = sum(units.values())
    for arm, weight in weights.items():
        low, high = _expected(units, weight)
        if total and not low <= units.get(arm, 0) / total <= high:
            return False
    return True


def _bands(chart: go.Figure, by_day: ByDay, weights: Mapping[str, float], colours: Palette) -> None:
    for weight in sorted(set(weights.values())):
        ranges = [_expected(units, weight) for units in by_day.values()]
        for end, fill in ((0, None), (1, "tonexty")):
            chart.add_trace(
                go.Scatter(
                    x=list(by_day),
                    y=[one[end] for one in ranges],
                    yaxis="y2",
                    mode="lines",
                    line={"width": 0},
                    fill=fill,
                    fillcolor=faded(colours.neutral, 0.22),
                    hoverinfo="skip",
                    showlegend=False,
                )
            )


def _arm(chart: go.Figure, by_day: ByDay, arm: str, place: int, colours: Palette) -> None:
    colour = (colours.neutral, colours.better)[min(place, 1)]
    line = {"color": colour, "width": 2, "dash": DASHES[max(place - 1, 0) % len(DASHES)]}
    marker = {"size": 6, "symbol": MARKS[place % len(MARKS)]}
    counts = [units.get(arm, 0) for units in by_day.values()]
    totals = [sum(units.values()) for units in by_day.values()]
    said = [
        f"{shown(arm)}, {day_and_month(day)}: {n:,} of {total:,} units"
        for day, n, total in zip(by_day, counts, totals, strict=True)
    ]
    shares = [n / total if total else None for n, total in zip(counts, totals, strict=True)]
    for axis, values in (("y", counts), ("y2", shares)):
        chart.add_trace(
            go.Scatter(
                x=list(by_day),
                y=values,
                yaxis=axis,
                name=shown(arm, longest=24),
                mode="lines+markers",
                line=line,
                marker=marker,
                text=said,
                hovertemplate="%{text}<extra></extra>",
                showlegend=axis == "y",
                legendgroup=str(place),
            )
        )


def _alt(by_day: ByDay, weights: Mapping[str, float], inside: int) -> str:
    days = list(by_day)
    totals = [sum(units.values()) for units in by_day.values()]
    arms = " and ".join(weights)
    return (
        f"Lines of units first exposed each day in {arms}, {day_and_month(days[0])} to "
        f"{day_and_month(days[-1])}: {min(totals):,} to {max(totals):,} a day. Below, each arm's "
        f"share of the day; all arms are inside the range expected by chance on {inside} of "
        f"{len(days)} days."
    )


def _table_row(day: str, units: Mapping[str, int], weights: Mapping[str, float]) -> dict[str, Any]:
    total = sum(units.values())
    row: dict[str, Any] = {"day": day}
    for arm, weight in weights.items():
        low, high = _expected(units, weight)
        row[f"{arm} units"] = units.get(arm, 0)
        row[f"{arm} share"] = units.get(arm, 0) / total if total else None
        row[f"{arm} expected low"] = low
        row[f"{arm} expected high"] = high
    return row
