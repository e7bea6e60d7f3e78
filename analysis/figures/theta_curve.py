"""Examination: how often each position is looked at, where that is known, and from what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from analysis.figures.chart import Chart, Choice, Content, Figure
from analysis.figures.theme import Palette, blank, palette
from analysis.report.findings.lists import lens

SOURCES = {
    "given": "given in the study",
    "shuffled": "from lists in random order",
    "loglinear": "from items that were shown at several positions",
}


@dataclass(frozen=True)
class _Curve:
    key: str
    label: str
    values: Sequence[float | None]
    ends: Sequence[Sequence[float] | None] | None


def draw(content: Content, choice: Choice) -> Chart | None:
    """Examination by position, relative to the top, beside raw click rates.

    Returns:
        The chart; None if no curve is known.
    """
    source = str(lens(content).get("theta_source") or "none")
    curves = _curves(content, source)
    if not curves or curves[0].key == "raw":
        return None
    colours = palette(dark=choice.dark)
    chart = blank(colours, height=320)
    for place, curve in enumerate(curves):
        _trace(chart, curve, place, colours)
    chart.update_layout(showlegend=len(curves) > 1)
    longest = max(len(curve.values) for curve in curves)
    chart.update_xaxes(
        title={"text": "Position in the list"}, nticks=min(longest, 12), showgrid=False
    )
    chart.update_yaxes(
        title={"text": "Looked at, against the top"}, tickformat=".0%", rangemode="tozero"
    )
    title = _title(curves[0], source)
    known = [value for value in curves[0].values if value is not None]
    return Chart(
        title=title,
        alt=(
            f"{title}. The curve {SOURCES.get(source, source)} falls from 100% at position 1 to"
            f" {known[-1]:.0%} at position {len(curves[0].values)}."
        ),
        figure=chart,
        table=tuple(_table(curves)),
    )


THETA_CURVE = Figure("theta_curve", "Examination by position", draw)


def _curves(content: Content, source: str) -> list[_Curve]:
    """The curve in use first."""
    found = lens(content)
    estimated = found.get("propensity_estimated") or {}
    shuffled = found.get("randomised_rows") or {}
    shuffled = shuffled.get("pooled") or shuffled
    curves = []
    if source == "given":
        curves.append(_Curve("given", "given", _given(content), None))
    if shuffled.get("theta") and source in {"shuffled", "none"}:
        ends = _in_order(shuffled.get("ci95") or {})
        curves.append(_Curve("shuffled", "random order", _in_order(shuffled["theta"]), ends))
    if estimated.get("identified"):
        for key, label in (
            ("theta_loglinear", "log-linear"),
            ("theta_adjacent_chain", "adjacent chain"),
        ):
            if estimated.get(key):
                curves.append(_Curve(key, label, _in_order(estimated[key]), None))
    if curves and estimated.get("ctr_by_position_relative"):
        raw = _in_order(estimated["ctr_by_position_relative"])
        curves.append(_Curve("raw", "raw click rate", raw, None))
    return curves


def _given(content: Content) -> list[float]:
    """The study's own curve, over the positions of the log."""
    said = (content["study"].get("interleaving") or {}).get("examination")
    table = (lens(content).get("balance") or {}).get("position_table") or {}
    deepest = max(map(int, table), default=1)
    if isinstance(said, Mapping):
        return [float(place ** -said["eta"]) for place in range(1, deepest + 1)]
    return [float(value) for value in said or ()][:deepest]


def _in_order(values: Any) -> list[Any]:
    """Values by position, from a list or from a map of positions."""
    if isinstance(values, Mapping):
        return [values[key] for key in sorted(values, key=int)]
    return list(values or ())


def _trace(chart: go.Figure, curve: _Curve, place: int, colours: Palette) -> None:
    bar = None
    if curve.ends:
        bar = {
            "type": "data",
            "symmetric": False,
            "array": [
                end[1] - value if end and value is not None else None
                for value, end in zip(curve.values, curve.ends, strict=False)
            ],
            "arrayminus": [
                value - end[0] if end and value is not None else None
                for value, end in zip(curve.values, curve.ends, strict=False)
            ],
            "thickness": 2,
            "width": 0,
        }
    positions = list(range(1, len(curve.values) + 1))
    first = place == 0
    chart.add_trace(
        go.Scatter(
            x=positions,
            y=list(curve.values),
            error_y=bar,
            name=curve.label,
            mode="lines+markers",
            line={
                "color": colours.text if first else colours.neutral,
                "width": 2,
                "dash": ("solid", "dash", "dot")[min(place, 2)],
            },
            marker={"size": 7 if first else 5, "symbol": ("circle", "square", "x")[min(place, 2)]},
            text=[
                f"{curve.label}, position {at}: {value:.1%}" if value is not None else ""
                for at, value in zip(positions, curve.values, strict=True)
            ],
            hovertemplate="%{text}<extra></extra>",
        )
    )


def _title(curve: _Curve, source: str) -> str:
    last = len(curve.values)
    value = curve.values[-1]
    if value is None:
        return f"Examination by position, {SOURCES.get(source, source)}"
    if source == "none":
        return f"Position {last} is clicked {value:.0%} as often as the top; no correction is made"
    return f"Position {last} is looked at {value:.0%} as often as the top, {SOURCES[source]}"


def _table(curves: Sequence[_Curve]) -> list[dict[str, Any]]:
    rows = []
    for at in range(max(len(curve.values) for curve in curves)):
        row: dict[str, Any] = {"position": at + 1}
        for curve in curves:
            row[curve.label] = curve.values[at] if at < len(curve.values) else None
            if curve.ends:
                end = curve.ends[at] if at < len(curve.ends) else None
                row[f"{curve.label} low"], row[f"{curve.label} high"] = end or (None, None)
        rows.append(row)
    return rows
