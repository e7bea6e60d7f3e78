"""The panel itself: treated units and donors before analysis, and one small chart a donor."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from analysis.figures.chart import Chart, Choice, Content, Figure
from analysis.figures.panels import (
    Measure,
    Periods,
    band,
    block,
    does,
    frame_line,
    in_words,
    lens,
    line_of,
    mark_missing,
    periods_of,
)
from analysis.figures.text import shown
from analysis.figures.theme import Palette, blank, faded, palette
from analysis.report import words

Series = dict[str, dict[str, float | None]]

MOST_DONORS = 60
MOST_SMALL, ACROSS = 24, 3
REASONS = {
    "treated": "treated",
    "excluded_by_user": "excluded",
    "affected": "touched",
    "missing_cells": "missing cells",
    "short_history": "short history",
    "constant": "constant",
    "duplicate_donor": "a copy",
    "aggregate_donor": "a total",
    "predictor_missing": "no predictor",
}


def series_of(content: Content) -> tuple[Series, list[str]]:
    """Unit -> period -> value, and the periods in order."""
    rows = (lens(content).get("panel") or {}).get("rows") or ()
    found: Series = {}
    labels: dict[str, None] = {}
    for one in rows:
        label = str(one["period"])
        labels[label] = None
        found.setdefault(str(one["unit"]), {})[label] = one["value"]
    return found, list(labels)


def draw_panel(content: Content, choice: Choice) -> Chart | None:
    """Every series as it is, treated units on top; works on a check as well as on a readout.

    Returns:
        The chart; None if the panel is too large to be in the readout.
    """
    found = lens(content)
    series, labels = series_of(content)
    treated = [str(one) for one in found.get("treated") or ()]
    if len(labels) < 2:
        return None
    colours = palette(dark=choice.dark)
    periods = periods_of(found, labels)
    measure = in_words(content, {})
    kept = {str(one["unit"]) for one in found.get("donors") or () if one["status"] == "kept"}
    donors = [unit for unit in series if unit in kept]
    chart = blank(colours, height=340)
    for unit in donors[:MOST_DONORS]:
        said = dict.fromkeys(labels, shown(unit))
        line = {"color": faded(colours.neutral, 0.55), "width": 1}
        chart.add_trace(line_of(periods, series[unit], said, line))
    for unit in treated[:MOST_DONORS]:
        said = {
            label: f"{shown(unit)}, {periods.said(label)}: {measure.level(value)}"
            for label, value in series.get(unit, {}).items()
        }
        line = {"color": colours.better, "width": 2.6}
        chart.add_trace(line_of(periods, series.get(unit, {}), said, line))
    chart.update_yaxes(**measure.level_axis)
    frame_line(chart, periods)
    _starts(chart, periods, found, colours)
    mark_missing(chart, periods, colours)
    name = treated[0] if len(treated) == 1 else words.counted(len(treated), "treated unit")
    title = f"{name} beside {words.counted(len(donors), 'donor')}, as logged"
    if len(donors) > MOST_DONORS:
        title += f" ({MOST_DONORS} drawn)"
    return Chart(
        title=title,
        alt=f"{title}. Lines of {measure.name} from {periods.said(labels[0])} to"
        f" {periods.said(labels[-1])}; treated units are the thick lines.",
        figure=chart,
        table=_table(series, found),
    )


PANEL = Figure("panel", "The panel before analysis", draw_panel)


def _starts(chart: go.Figure, periods: Periods, found: Mapping[str, Any], colours: Palette) -> None:
    starts = sorted({str(one) for one in (found.get("starts") or {}).values()})
    for label in starts[:12]:
        if label in periods.labels:
            at = periods.at(label) - 0.5
            chart.add_shape(
                type="line", xref="x", yref="paper", x0=at, x1=at, y0=0, y1=1,
                line={"color": colours.text, "width": 1.2, "dash": "dot"},
            )  # fmt: skip
    if starts and starts[0] in periods.labels:
        at = periods.at(starts[0]) - 0.5
        late = at > 0.7 * len(periods.labels)
        chart.add_annotation(
            x=at, y=1, xref="x", yref="paper", text="start", showarrow=False,
            xanchor="right" if late else "left", yanchor="top", xshift=-5 if late else 5,
            font={"size": 13, "color": colours.text},
        )  # fmt: skip


def _table(series: Series, found: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    status = {str(one["unit"]): str(one["status"]) for one in found.get("donors") or ()}
    treated = {str(one) for one in found.get("treated") or ()}
    return tuple(
        {
            "unit": unit,
            "role": "treated" if unit in treated else f"donor, {status.get(unit, 'kept')}",
            "period": label,
            "value": value,
        }
        for unit, values in series.items()
        for label, value in values.items()
    )


def draw_hull(content: Content, choice: Choice) -> Chart | None:
    """Before the start: the treated unit within the range of its donors, period by period.

    Returns:
        The chart; None without the panel's cells.
    """
    found, drawn = lens(content), block(content, choice)
    series, _ = series_of(content)
    gaps = [one for one in drawn.get("gaps") or () if one["phase"] == "pre"]
    kept = [str(one["unit"]) for one in found.get("donors") or () if one["status"] == "kept"]
    known = [series[unit] for unit in kept if unit in series]
    share = (drawn.get("pre_fit") or {}).get("outside_share")
    if not known or len(gaps) < 2 or share is None:
        return None
    colours = palette(dark=choice.dark)
    labels = [str(one["period"]) for one in gaps]
    periods = periods_of({**found, "panel": {}}, labels)
    ranges = {label: _range(known, label) for label in labels}
    # Where the sum of several units is told, the donors' range is that of one unit.
    whole = found.get("aggregate") == "sum" and not drawn.get("unit")
    factor = found["n_treated"] if whole else 1
    own = {str(one["period"]): one["actual"] / factor for one in gaps}
    chart = blank(colours, height=250)
    band(chart, periods, ranges, faded(colours.neutral, 0.2))
    lies = does(content, drawn, "lies", "lie")
    lies = lies[:1].lower() + lies[1:] if lies.startswith("The ") else lies
    measure = in_words(content, drawn)
    said = {label: f"{periods.said(label)}: {measure.level(value)}" for label, value in own.items()}
    chart.add_trace(line_of(periods, own, said, {"color": colours.text, "width": 2.2}))
    outside = [label for label, value in own.items() if not _inside(value, ranges[label])]
    if outside:
        chart.add_trace(
            go.Scatter(
                x=[periods.at(label) for label in outside],
                y=[own[label] for label in outside],
                mode="markers",
                marker={"symbol": "circle-open", "size": 8, "color": colours.worse,
                        "line": {"width": 2}},
                text=[f"{periods.said(label)}: outside all donors" for label in outside],
                hovertemplate="%{text}<extra></extra>",
            )
        )  # fmt: skip
    chart.update_yaxes(**measure.level_axis, nticks=5)
    frame_line(chart, periods)
    title = (
        f"Before the start {lies} within the donors' range in every period"
        if share == 0
        else f"Before the start {lies} outside all donors in {words.share(share, 0)} of periods"
    )
    return Chart(
        title=title,
        alt=f"{title}. Line of the treated unit over the band from the lowest to the highest"
        f" donor, {words.counted(len(labels), 'period')}.",
        figure=chart,
        table=tuple(
            {
                "period": label,
                "treated": own[label],
                "lowest_donor": ranges[label][0],
                "highest_donor": ranges[label][1],
                "outside": label in set(outside),
            }
            for label in labels
        ),
    )


PRE_FIT = Figure("pre_fit", "Within the donors' range", draw_hull)


def _range(known: Sequence[Mapping[str, float | None]], label: str) -> tuple[float, float]:
    values = [one[label] for one in known if one.get(label) is not None]
    return (min(values), max(values)) if values else (0.0, 0.0)  # type: ignore[type-var, return-value]


def _inside(value: float, ends: tuple[float, float]) -> bool:
    return ends[0] <= value <= ends[1]


def draw_small(content: Content, choice: Choice) -> Chart | None:
    """One small chart a donor: the heaviest first, then those dropped with the reason.

    Returns:
        The chart; None if the panel is too large to be in the readout.
    """
    found, drawn = lens(content), block(content, choice)
    series, labels = series_of(content)
    treated = {str(one) for one in found.get("treated") or ()}
    weights = drawn.get("weights") or {}
    units = [
        one
        for one in found.get("donors") or ()
        if str(one["unit"]) in series and str(one["unit"]) not in treated
    ]
    if not units or len(labels) < 2:
        return None
    units.sort(key=lambda one: _order(one, weights))
    shown_units = units[:MOST_SMALL]
    colours = palette(dark=choice.dark)
    chart = _grid(shown_units, series, labels, weights, found, colours)
    dropped = [one for one in units if one["status"] != "kept"]
    title = (
        f"{words.counted(len(units) - len(dropped), 'donor')} kept, {len(dropped)} left out before"
        " any effect was looked at"
    )
    if len(units) > MOST_SMALL:
        title += f" ({MOST_SMALL} drawn)"
    told = "; ".join(f"{one['unit']}: {one['detail']}" for one in dropped[:6])
    return Chart(
        title=title,
        alt=f"{title}. A small line chart for each of {len(shown_units)} units."
        f"{f' Left out: {told}.' if told else ''}",
        figure=chart,
        table=tuple(
            {
                "unit": str(one["unit"]),
                "status": str(one["status"]),
                "weight": weights.get(str(one["unit"]), 0.0) if one["status"] == "kept" else None,
                "reason": str(one.get("reason") or ""),
                "detail": str(one.get("detail") or ""),
            }
            for one in units
        ),
    )


DONORS = Figure("donors", "Donors one by one", draw_small)


def _order(one: Mapping[str, Any], weights: Mapping[str, float]) -> tuple[int, float, str]:
    """Heavy donors, then the dropped ones, then the rest."""
    weight = weights.get(str(one["unit"]), 0.0)
    place = 1 if one["status"] != "kept" else 0 if abs(weight) >= 0.01 else 2
    return place, -abs(weight), str(one["unit"])


def _grid(
    units: Sequence[Mapping[str, Any]],
    series: Series,
    labels: Sequence[str],
    weights: Mapping[str, float],
    found: Mapping[str, Any],
    colours: Palette,
) -> go.Figure:
    """All charts on one pair of axes, each scaled into its cell: many axes would draw slowly."""
    rows = -(-len(units) // ACROSS)
    chart = blank(colours, height=90 * rows + 10)
    hidden = {"visible": False, "fixedrange": True}
    chart.update_xaxes(range=[0, ACROSS], **hidden)
    chart.update_yaxes(range=[-rows, 0], **hidden)
    stride = max(len(labels) // 160, 1)
    kept_labels = list(labels)[::stride]
    start = str(found.get("start") or "")
    at = list(labels).index(start) - 0.5 if start in labels else None
    measure = Measure(str(found.get("kind") or "mean"), "")
    cells = [(float(place % ACROSS), -float(place // ACROSS)) for place in range(len(units))]
    for (left, top), one in zip(cells, units, strict=True):
        name, kept = str(one["unit"]), one["status"] == "kept"
        values = [series[name].get(label) for label in kept_labels]
        chart.add_trace(
            go.Scatter(
                x=[left + _across(place * stride, labels) for place in range(len(kept_labels))],
                y=[None if value is None else top + value for value in _scaled(values)],
                mode="lines",
                connectgaps=False,
                line={
                    "color": colours.better if kept and weights.get(name) else colours.neutral,
                    "width": 1.6,
                    "dash": "solid" if kept else "dot",
                },
                text=[f"{shown(name)}: {measure.level(value)}" for value in values],
                hovertemplate="%{text}<extra></extra>",
            )
        )
        if at is not None:
            across = left + _across(at, labels)
            chart.add_shape(
                type="line", x0=across, x1=across, y0=top - 0.88, y1=top - 0.46,
                line={"color": colours.neutral, "width": 1, "dash": "dot"},
            )  # fmt: skip
    names = [f"<b>{shown(str(one['unit']), longest=16)}</b>" for one in units]
    said = [
        _weight(str(one["unit"]), weights) if one["status"] == "kept" else _reason(one)
        for one in units
    ]
    for texts, down, colour in ((names, 0.0, colours.text), (said, 0.2, colours.neutral)):
        chart.add_trace(
            go.Scatter(
                x=[left for left, _ in cells],
                y=[top - down for _, top in cells],
                mode="text",
                text=texts,
                textposition="bottom right",
                textfont={"size": 12, "color": colour},
                cliponaxis=False,
                hoverinfo="skip",
            )
        )
    return chart


def _across(place: float, labels: Sequence[str]) -> float:
    """Where a period stands in its cell, which is 1 wide."""
    return 0.02 + 0.92 * place / max(len(labels) - 1, 1)


def _scaled(values: Sequence[float | None]) -> list[float | None]:
    """A series in the lower half of its cell, from its own lowest to its highest value."""
    known = [value for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    size = (high - low) or 1.0
    return [None if value is None else -0.88 + 0.42 * (value - low) / size for value in values]


def _weight(name: str, weights: Mapping[str, float]) -> str:
    if not weights:
        return "donor"
    return f"weight {words.share(weights[name])}" if name in weights else "no weight"


def _reason(one: Mapping[str, Any]) -> str:
    reason = str(one.get("reason") or "")
    return f"left out: {REASONS.get(reason, shown(reason.replace('_', ' '), longest=18))}"
