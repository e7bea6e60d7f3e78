"""Counterfactual: what happened (solid) and what would have (dashed), over the effect's band."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from analysis.figures.chart import Chart, Choice, Content, Figure
from analysis.figures.panels import (
    Measure,
    Periods,
    band,
    block,
    frame_line,
    in_words,
    lens,
    line_of,
    mark_missing,
    mark_start,
    name_ends,
    own_treated,
    periods_of,
    stopped,
)
from analysis.figures.theme import Palette, blank, faded, palette
from analysis.report import words

Gaps = Sequence[Mapping[str, Any]]
Drawn = Callable[[float | None], float | None]

# What the lower row shows: the fields of a gap.
SCALES = {
    "percent": ("lift", "lift_low", "lift_high"),
    "period": ("gap", "low", "high"),
    "total": ("cumulative", "cumulative_low", "cumulative_high"),
}
HEIGHT, UPPER, LOWER = 370, (0.43, 1.0), (0.0, 0.35)
INSIDE = HEIGHT - 62


def draw(content: Content, choice: Choice) -> Chart | None:
    """Two rows on one axis of periods; `choice.column` is the scale of the lower one.

    Returns:
        The chart; None if the readout has no periods.
    """
    drawn = block(content, choice)
    gaps: Gaps = drawn.get("gaps") or ()
    if len(gaps) < 2:
        return None
    colours = palette(dark=choice.dark)
    periods = periods_of(lens(content), [str(one["period"]) for one in gaps])
    measure = in_words(content, drawn)
    scale = choice.column if choice.column in SCALES else "period"
    grey = stopped(content) or bool(drawn.get("stops"))
    tone = colours.neutral if grey else colours.better
    chart = blank(colours, height=HEIGHT)
    chart.update_layout(
        margin={"r": 112, "t": 6},
        yaxis={"domain": UPPER, **measure.level_axis, "nticks": 6},
        yaxis2=chart.layout.yaxis.to_plotly_json() | {"domain": LOWER, "anchor": "x", "nticks": 4},
        xaxis={"anchor": "y2"},
    )
    _levels(chart, gaps, periods, measure, colours, tone)
    _effect(chart, gaps, periods, measure, scale, colours, tone)
    frame_line(chart, periods)
    mark_start(chart, periods, drawn, colours)
    mark_missing(chart, periods, colours)
    title = title_of(content, drawn, measure, scale, grey=grey)
    return Chart(
        title=title,
        alt=_alt(title, content, drawn, measure),
        figure=chart,
        table=tuple(_table_row(one) for one in gaps),
    )


COUNTERFACTUAL = Figure("counterfactual", "Actual and counterfactual", draw)


def _levels(
    chart: go.Figure,
    gaps: Gaps,
    periods: Periods,
    measure: Measure,
    colours: Palette,
    tone: str,
) -> None:
    said = {
        str(one["period"]): f"{periods.said(str(one['period']))}: actual"
        f" {measure.level(one['actual'])}, counterfactual {measure.level(one['counterfactual'])}"
        for one in gaps
    }
    ends = []
    values: list[float] = []
    for field, line, name in (
        ("counterfactual", {"color": tone, "width": 2.4, "dash": "dash"}, "Counterfactual"),
        ("actual", {"color": colours.text, "width": 2.4}, "Actual"),
    ):
        known = {str(one["period"]): one[field] for one in gaps}
        chart.add_trace(line_of(periods, known, said, line))
        here = [value for value in known.values() if value is not None]
        values += here
        if here:
            ends.append((name, here[-1], str(line["color"])))
    low, high = min(values), max(values)
    room = (high - low) * 0.08 or abs(high) * 0.05 or 1.0
    reach = (low - room, high + room)
    chart.update_layout(yaxis={"range": reach})
    last = periods.at(str(gaps[-1]["period"]))
    name_ends(
        chart, ends, x=last, pixels=INSIDE * (UPPER[1] - UPPER[0]), reach=reach
    )  # fmt: skip


def _effect(
    chart: go.Figure,
    gaps: Gaps,
    periods: Periods,
    measure: Measure,
    scale: str,
    colours: Palette,
    tone: str,
) -> None:
    middle, low, high = SCALES[scale]

    def drawn(value: float | None) -> float | None:
        return value if scale == "percent" else measure.drawn(value)

    said = {
        str(one["period"]): _said(one, periods, measure, scale)
        for one in gaps
        if one.get(middle) is not None
    }
    reach = _reach(gaps, SCALES[scale], drawn)
    ends = {
        str(one["period"]): (drawn(one.get(low)), _upper(one, high, low, reach[1], drawn))
        for one in gaps
    }
    band(chart, periods, ends, faded(tone, 0.2), yaxis="y2")
    chart.add_shape(
        type="line", xref="paper", yref="y2", x0=0, x1=1, y0=0, y1=0,
        line={"color": colours.neutral, "width": 1},
    )  # fmt: skip
    line = {str(one["period"]): drawn(one.get(middle)) for one in gaps}
    chart.add_trace(line_of(periods, line, said, {"color": tone, "width": 2}, yaxis="y2"))
    titles: dict[str, dict[str, Any]] = {
        "percent": {"title": {"text": "Effect"}, "tickformat": ".1~%"},
        "period": {"title": {"text": f"Effect{measure.unit}"}, "separatethousands": True},
        "total": {"title": {"text": f"In total{measure.unit}"}, "separatethousands": True},
    }
    chart.update_layout(yaxis2={**titles[scale], "range": reach})


def _upper(one: Mapping[str, Any], high: str, low: str, top: float, drawn: Drawn) -> float | None:
    """The upper end; one without bound, beside a lower end, is beyond the top of the axis."""
    unbounded = one.get(high) is None and one.get(low) is not None
    return 2 * top if unbounded else drawn(one.get(high))


def _reach(gaps: Gaps, fields: Sequence[str], drawn: Drawn) -> list[float]:
    """Room for the line and its band; a band far beyond the line runs off the edge."""
    line = [drawn(one.get(fields[0])) for one in gaps]
    known = [value for value in line if value is not None] or [0.0]
    size = max(abs(value) for value in known) or 1.0
    ends = [
        value
        for one in gaps
        for value in (drawn(one.get(fields[1])), drawn(one.get(fields[2])))
        if value is not None
    ]
    low = max(min([0.0, *known, *ends]), -6 * size)
    high = min(max([0.0, *known, *ends]), 6 * size)
    room = (high - low) * 0.08
    return [low - room, high + room]


def _said(one: Mapping[str, Any], periods: Periods, measure: Measure, scale: str) -> str:
    middle, low, high = (one.get(field) for field in SCALES[scale])
    if scale == "percent":
        said, ends = words.lift(middle), words.lift_interval(low, high)
    else:
        said = measure.change(middle)
        ends = words.difference_interval(low, high, measure.kind)
    tail = "" if ends == words.NONE else f" ({ends})"
    return f"{periods.said(str(one['period']))}: {said}{tail}"


def title_of(
    content: Content, drawn: Mapping[str, Any], measure: Measure, scale: str, *, grey: bool
) -> str:
    """One sentence that states the finding, in the chosen scale."""
    name = measure.name
    if drawn.get("unit"):
        name = f"{name}, {drawn['unit']}"
    if grey:
        return f"{name}, actual and counterfactual: not to be read as an effect"
    value = {"percent": drawn.get("lift"), "period": drawn.get("att")}.get(
        scale, drawn.get("cumulative")
    )
    low, high = drawn.get("att_low"), drawn.get("att_high")
    if value is None:
        return f"{name}: actual and counterfactual"
    if low is not None and high is not None and low <= 0 <= high:
        if not drawn.get("n_units"):
            return f"{name}: within what the forecast allows"
        return f"{name}: within usual drift of the counterfactual"
    tail = "" if low is not None and high is not None else ", without an interval"
    side = "above" if value > 0 else "below"
    if scale == "percent":
        return f"{name}: {words.lift(value).lstrip('+−')} {side} the counterfactual{tail}"
    size = measure.change(value).lstrip("+−")
    per = str(lens(content).get("frequency") or "label")
    how = "in total" if scale == "total" else f"a {'period' if per == 'label' else per}"
    return f"{name}: {size} {side} the counterfactual {how}{tail}"


def _alt(title: str, content: Content, drawn: Mapping[str, Any], measure: Measure) -> str:
    gaps: Gaps = drawn["gaps"]
    return (
        f"{title}. Two charts of {own_treated(content, drawn)} over"
        f" {words.counted(len(gaps), 'period')}: actual (solid) and counterfactual (dashed), on"
        f" average {measure.level(drawn.get('actual_mean'))} and"
        f" {measure.level(drawn.get('counterfactual_mean'))} after the start; below them the"
        " effect with its band."
    )


def _table_row(one: Mapping[str, Any]) -> dict[str, Any]:
    fields = (
        "period", "phase", "actual", "counterfactual", "gap", "low", "high", "lift", "lift_low",
        "lift_high", "cumulative", "cumulative_low", "cumulative_high",
    )  # fmt: skip
    return {field: one.get(field) for field in fields}
