"""Effects side by side on one axis: methods on the same donors, or the treated units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from analysis.figures.chart import Chart, Choice, Content, Figure
from analysis.figures.panels import Measure, in_words, lens, stopped
from analysis.figures.text import shown
from analysis.figures.theme import Palette, blank, palette
from analysis.report import words

MOST_LINES = 40
SHORT = {"sdid": "Synthetic diff-in-diff", "did": "Diff-in-diff"}
NAMES = {"auto": "automatic", "not_applicable": "no meaning here", "too_few_units": "too few units"}


@dataclass(frozen=True)
class Effect:
    """One line: an effect with its interval, or a mere range without a point."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    why_not: str = ""
    headline: bool = False

    @property
    def clear(self) -> bool:
        """The interval leaves 0 out."""
        known = self.low is not None and self.high is not None
        return known and not self.low <= 0 <= self.high  # type: ignore[operator]


def draw_specifications(content: Content, choice: Choice) -> Chart | None:
    """Every method on the same donors and dates, then the range of fits about as good.

    Returns:
        The chart; None if methods were not compared.
    """
    found = lens(content)
    rows = found.get("specifications") or ()
    if not rows:
        return None
    measure = in_words(content, {})
    lines = [
        Effect(
            SHORT.get(str(one["method"]), str(one["label"])), measure.drawn(one["att"]),
            measure.drawn(one["att_low"]),
            measure.drawn(one["att_high"]), NAMES.get(str(one["status"]), ""),
            headline=one["method"] == found.get("estimator"),
        )
        for one in rows
    ]  # fmt: skip
    lines += [
        Effect(
            f"Fits up to {words.share(one['slack'], 0)} worse", None,
            measure.drawn(one["att_low"]), measure.drawn(one["att_high"]), "perfect fit",
        )
        for one in found.get("fit_equivalent") or ()
    ]  # fmt: skip
    title = _title(found, rows, grey=stopped(content))
    return _chart(title, lines, content, choice, measure, rows=[*map(_row, rows), *_ranges(found)])


SPECIFICATIONS = Figure("specifications", "Methods side by side", draw_specifications)


def draw_treated(content: Content, choice: Choice) -> Chart | None:
    """Each treated unit by itself, and all together.

    Returns:
        The chart; None for a single treated unit.
    """
    found = lens(content)
    units = found.get("per_unit") or ()
    if not units:
        return None
    measure = in_words(content, {})
    factor = found["n_treated"] if found.get("aggregate") == "sum" and found.get("gaps") else 1
    name = "All together" if factor == 1 else "All together, as a sum"
    lines = [
        _effect(name, found, measure, headline=True),
        *(_effect(str(one["unit"]), one, measure) for one in units),
    ]
    same = sum(1 for one in units if one["att"] * found["att"] > 0)
    title = f"{same} of {len(units)} treated units moved the same way as all together"
    if stopped(content):
        title = "Treated units one by one: not to be read as effects"
    rows = [
        {"unit": name, "start": None, **_numbers(found)},
        *({"unit": str(one["unit"]), "start": one.get("start"), **_numbers(one)} for one in units),
    ]
    rows = [{**one, "start": str(one["start"] or found["start"])} for one in rows]
    return _chart(title, lines, content, choice, measure, rows=rows)


TREATED_UNITS = Figure("treated_units", "Treated units one by one", draw_treated)


def _effect(
    name: str, one: Mapping[str, Any], measure: Measure, *, headline: bool = False
) -> Effect:
    return Effect(
        name, measure.drawn(one["att"]), measure.drawn(one["att_low"]),
        measure.drawn(one["att_high"]), headline=headline,
    )  # fmt: skip


def _numbers(one: Mapping[str, Any]) -> dict[str, Any]:
    fields = ("att", "att_low", "att_high", "lift", "lift_low", "lift_high", "p_value", "rmspe_pre")
    return {field: one.get(field) for field in fields}


def _row(one: Mapping[str, Any]) -> dict[str, Any]:
    return {"method": str(one["label"]), **_numbers(one), "status": str(one["status"])}


def _ranges(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "method": f"Fits up to {words.share(one['slack'], 0)} worse",
            **dict.fromkeys(_numbers(one)),
            "att_low": one["att_low"],
            "att_high": one["att_high"],
            "status": "range",
        }
        for one in found.get("fit_equivalent") or ()
    ]


def _chart(
    title: str,
    lines: Sequence[Effect],
    content: Content,
    choice: Choice,
    measure: Measure,
    *,
    rows: Sequence[dict[str, Any]],
) -> Chart:
    colours = palette(dark=choice.dark)
    told = "; ".join(_said(one, measure) for one in lines[:10])
    better = str(lens(content).get("better") or "higher")
    return Chart(
        title=title,
        alt=f"{title}. Effects a period with their intervals: {told}.",
        figure=_forest(lines[:MOST_LINES], measure, colours, grey=stopped(content), better=better),
        table=tuple(rows),
    )


def _forest(
    lines: Sequence[Effect], measure: Measure, colours: Palette, *, grey: bool, better: str
) -> go.Figure:
    chart = blank(colours, height=76 + 31 * len(lines))
    reach = _reach(lines)
    chart.add_vline(x=0, line={"color": colours.neutral, "width": 1})
    own = next((one.value for one in lines if one.headline), None)
    if own is not None and not grey:
        chart.add_vline(x=own, line={"color": colours.neutral, "width": 1, "dash": "dot"})
    for place, one in enumerate(lines):
        chart.add_trace(_mark(one, place, measure, colours, grey=grey, better=better))
        if one.value is None and one.low is None:
            chart.add_annotation(
                x=0, y=place, text=one.why_not or "no number", showarrow=False, xanchor="left",
                xshift=8, font={"size": 13, "color": colours.neutral},
            )  # fmt: skip
        for beyond, side in (((one.low or 0) < reach[0], 0), ((one.high or 0) > reach[1], 1)):
            if beyond:
                chart.add_annotation(
                    x=reach[side], y=place, text="▶" if side else "◀", showarrow=False,
                    font={"size": 13, "color": colours.neutral},
                )  # fmt: skip
    chart.update_yaxes(
        tickvals=list(range(len(lines))),
        ticktext=[
            f"<b>{shown(one.name, longest=26)}</b>" if one.headline else shown(one.name, longest=26)
            for one in lines
        ],
        range=[len(lines) - 0.5, -0.5],
        showgrid=False,
    )
    chart.update_xaxes(
        title={"text": f"Effect a period{measure.unit}"}, range=reach, nticks=7,
        separatethousands=True,
    )  # fmt: skip
    return chart


def _mark(
    one: Effect, place: int, measure: Measure, colours: Palette, *, grey: bool, better: str
) -> go.Scatter:
    clear = one.clear and one.value is not None and not grey
    good = (one.value or 0) > 0 if better == "higher" else (one.value or 0) < 0
    colour = (colours.better if good else colours.worse) if clear else colours.neutral
    if one.value is None and one.low is not None and one.high is not None:
        return go.Scatter(
            x=[one.low, one.high], y=[place, place], mode="lines",
            line={"color": colours.neutral, "width": 7}, text=[_said(one, measure)] * 2,
            hovertemplate="%{text}<extra></extra>",
        )  # fmt: skip
    bar = None
    if one.value is not None and one.low is not None and one.high is not None:
        bar = {
            "type": "data", "symmetric": False, "array": [one.high - one.value],
            "arrayminus": [one.value - one.low], "color": colour, "thickness": 4, "width": 0,
        }  # fmt: skip
    return go.Scatter(
        x=[one.value],
        y=[place],
        mode="markers",
        error_x=bar,
        marker={
            "color": colour if clear else colours.page,
            "size": 11,
            "symbol": "diamond" if clear else "circle",
            "line": {"color": colour, "width": 2},
        },
        text=[_said(one, measure)],
        hovertemplate="%{text}<extra></extra>",
    )


def _reach(lines: Sequence[Effect]) -> tuple[float, float]:
    """A range with 0 in it; a very wide interval runs off the edge."""
    points = [abs(one.value) for one in lines if one.value is not None]
    ends = sorted(
        max(abs(one.low), abs(one.high))
        for one in lines
        if one.low is not None and one.high is not None
    )
    usual = ends[len(ends) // 2] if ends else 0.0
    most = max([*points, 2.5 * usual, 1e-12])
    values = [
        min(max(value, -most), most)
        for one in lines
        for value in (one.value, one.low, one.high)
        if value is not None
    ]
    low, high = min([0.0, *values]), max([0.0, *values])
    room = (high - low) * 0.06 or 1.0
    return low - room, high + room


def _title(found: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], *, grey: bool) -> str:
    if grey:
        return "Methods side by side: not to be read as effects"
    known = [one for one in rows if one["att"] is not None]
    share = found.get("agreement")
    if share is None:
        return f"{words.counted(len(known), 'method')} on the same donors"
    same = round(share * len(known))
    if same == len(known):
        return f"All {len(known)} methods agree on the direction"
    return f"{same} of {len(known)} methods agree with the headline on the direction"


def _said(one: Effect, measure: Measure) -> str:
    # Drawn values are in points already.
    plain = Measure("points", measure.name)
    ends = words.difference_interval(one.low, one.high, plain.kind)
    if one.value is None:
        return f"{shown(one.name)}: {one.why_not if one.low is None else ends}"
    return f"{shown(one.name)}: {plain.change(one.value)}" + (
        f" ({ends})" if ends != words.NONE else ""
    )
