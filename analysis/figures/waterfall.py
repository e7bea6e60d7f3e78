"""Waterfall: the candidate's share of clicks, from the raw count to slots at the same position."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from analysis.figures.chart import Chart, Choice, Content, Figure
from analysis.figures.lists import lens, named, percent, percent_range, rankers, stopped
from analysis.figures.theme import Palette, blank, faded, palette

STEPS = (
    ("raw", "Raw clicks", "clicks on its items, however often and high they were shown"),
    ("equal_slots", "Equal slots", "clicks a slot"),
    ("equal_examination", "Equal examination", "clicks a slot that was looked at"),
    ("same_position", "Same position", "clicks a slot, compared within each position"),
)
_UNKNOWN = {
    "equal_examination": "how often each position is looked at is not known",
    "same_position": "no position holds both rankers",
}


@dataclass(frozen=True)
class _Step:
    key: str
    label: str
    about: str
    share: float | None
    low: float | None
    high: float | None


def draw(content: Content, choice: Choice) -> Chart | None:
    """The candidate's share at each step, against the even split.

    Returns:
        The chart; None if the readout has no such shares.
    """
    names = rankers(content)
    steps = _steps(content)
    if len(names) < 2 or not any(step.share is not None for step in steps):
        return None
    colours = palette(dark=choice.dark)
    grey = stopped(content)
    chart = blank(colours, height=264)
    reach = _reach(steps)
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
    title = _title(steps, names, grey=grey)
    return Chart(
        title=title,
        alt=f"{title}. Share of {names[1]}: {'; '.join(_said(step) for step in steps)}.",
        figure=chart,
        table=tuple(_table_row(step) for step in steps),
    )


WATERFALL = Figure("waterfall", "From raw clicks to the same position", draw)


def _steps(content: Content) -> list[_Step]:
    found = lens(content)
    shares = found.get("bias_waterfall") or {}
    ends = {
        "raw": (found.get("credit_share_clustered") or {}).get("ci95"),
        "equal_examination": _examined(content),
        "same_position": _from_lift(content),
    }
    steps = []
    for key, label, about in STEPS:
        low, high = ends.get(key) or (None, None)
        steps.append(_Step(key, label, about, shares.get(key), low, high))
    return steps


def _examined(content: Content) -> Sequence[float] | None:
    for block in ("position_weighted_known_theta", "position_weighted_estimated_theta"):
        coec = (lens(content).get(block) or {}).get("coec") or {}
        if coec.get("share_ci95"):
            ends: Sequence[float] = coec["share_ci95"]
            return ends
    return None


def _from_lift(content: Content) -> tuple[float, float] | None:
    """The jackknife interval of the lift, said as a share: lift = share / (1 - share) - 1."""
    jackknife = (lens(content).get("position_stratified") or {}).get("jackknife") or {}
    ends = jackknife.get("lift_ci95")
    if not ends or None in ends:
        return None
    low, high = ((1 + lift) / (2 + lift) for lift in ends)
    return low, high


def _reach(steps: Sequence[_Step]) -> float:
    """Half the width of an axis with the even split in its middle."""
    ends = [
        abs(value - 0.5)
        for step in steps
        for value in (step.share, step.low, step.high)
        if value is not None
    ]
    return min(max(1.15 * max(ends), 0.05), 0.5)


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


def _path(chart: go.Figure, steps: Sequence[_Step], colours: Palette) -> None:
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
    chart: go.Figure, step: _Step, place: int, colours: Palette, *, last: bool, grey: bool
) -> None:
    if step.share is None:
        text = _UNKNOWN.get(step.key, "not known")
        chart.add_annotation(
            x=0.5, y=place, text=text, showarrow=False, xanchor="left", xshift=8,
            font={"color": colours.neutral, "size": 13},
        )  # fmt: skip
        return
    clear = last and not grey and _excludes_even(step)
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
            text=[_said(step)],
            hovertemplate="%{text}<extra></extra>",
        )
    )
    chart.add_annotation(
        x=step.share, y=place, yshift=17, text=percent(step.share), showarrow=False,
        bgcolor=colours.page, borderpad=0, font={"size": 13, "color": colours.text},
    )  # fmt: skip


def _excludes_even(step: _Step) -> bool:
    return step.low is not None and step.high is not None and not step.low <= 0.5 <= step.high


def _title(steps: Sequence[_Step], names: Sequence[str], *, grey: bool) -> str:
    raw, last = steps[0], steps[-1]
    if raw.share is None:
        return "Nobody clicked, so no share is known"
    ahead = names[1] if raw.share > 0.5 else names[0]
    unclear = raw.low is not None and not _excludes_even(raw)
    if last.share is None:
        return f"The raw count favours {ahead}, but no position holds both rankers"
    if grey:
        return "Shares of clicks at each step: not to be read as a preference"
    if not _excludes_even(last):
        if unclear:
            return "Neither ranker is clearly ahead, in raw clicks or at the same position"
        return f"The raw count favours {ahead}; at the same position neither is clearly ahead"
    better = names[1] if last.share > 0.5 else names[0]
    if unclear:
        return f"Raw clicks show no clear lead; at the same position people choose {better}"
    if better == ahead:
        return f"Raw and corrected counts agree: {better} is chosen more"
    return f"The raw count favours {ahead}; at the same position people choose {better}"


def _said(step: _Step) -> str:
    if step.share is None:
        return f"{step.label}: not known"
    said = f"{step.label}: {percent(step.share)}"
    if step.low is not None and step.high is not None:
        said += f" ({percent_range(step.low, step.high)})"
    return said


def _table_row(step: _Step) -> dict[str, Any]:
    return {
        "step": step.label,
        "what_is_compared": step.about,
        "candidate_share": step.share,
        "share_low": step.low,
        "share_high": step.high,
    }
