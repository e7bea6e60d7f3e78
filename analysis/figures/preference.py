"""Preference: how many users chose more from one ranker, from the other, or from neither."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from analysis.figures.chart import Chart, Choice, Content, Figure
from analysis.figures.lists import (
    alpha_of,
    beats,
    lens,
    named,
    percent,
    percent_range,
    rankers,
    stopped,
    uneven,
)
from analysis.figures.theme import Palette, blank, faded, palette


@dataclass(frozen=True)
class _Pair:
    """Two rankers and the users (or lists) that chose between them; is a difference shown?"""

    control: str
    candidate: str
    counts: Mapping[str, Any]
    who: str
    shown: bool = True

    @property
    def parts(self) -> tuple[int, int, int]:
        """Preferring the control, neither, the candidate."""
        ties = self.counts["ties_with_clicks"] + self.counts["ties_no_click"]
        return self.counts["losses"], ties, self.counts["wins"]

    @property
    def total(self) -> int:
        return sum(self.parts)


def draw(content: Content, choice: Choice) -> Chart | None:
    """One bar a pair of rankers, and below it the share of those who chose, with its interval.

    Returns:
        The chart; None if nobody was counted.
    """
    pairs = _pairs(content)
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
    title = _title(pairs, content)
    return Chart(
        title=title,
        alt=f"{title}. {' '.join(_said(pair) for pair in pairs[:6])}",
        figure=chart,
        table=tuple(_table_row(pair) for pair in pairs),
    )


PREFERENCE = Figure("preference", "Preference", draw)


def _pairs(content: Content) -> list[_Pair]:
    found = lens(content)
    pairs = []
    for pair in found.get("pairs") or ():
        control, candidate = pair["pair"]
        counts = pair.get("user") or pair.get("impression")
        if counts:
            who = "users" if pair.get("user") else "lists"
            shown = beats(pair, alpha_of(content)) != 0
            pairs.append(_Pair(str(control), str(candidate), counts, who, shown))
    names = rankers(content)
    block = _in_scope(found)
    counts = block.get("user_level") or block.get("impression_level")
    if not pairs and counts and len(names) > 1:
        who = "users" if block.get("user_level") else "lists"
        pairs = [_Pair(names[0], names[1], counts, who)]
    return [pair for pair in pairs if pair.total]


def _in_scope(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """The blocks that the headline test reads: of all slots, or of those where rankers differ."""
    scope = (found.get("verdict") or {}).get("headline_scope")
    narrow: Mapping[str, Any] = found.get("competitive_only") or {}
    return narrow if scope == "competitive" and narrow.get("impression_level") else found


def _label(pair: _Pair, pairs: Sequence[_Pair]) -> str:
    if len(pairs) == 1:
        return f"all {pair.who}"
    return f"{named(pair.candidate)} v {named(pair.control)}"


def _bar(
    chart: go.Figure, pair: _Pair, y: int, colours: Palette, *, grey: bool, many: bool
) -> None:
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


def _decided(chart: go.Figure, pair: _Pair, y: int, colours: Palette, *, grey: bool) -> None:
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
            text=[f"{named(pair.candidate)}: {_interval(pair)}"],
            hovertemplate="%{text}<extra></extra>",
        )
    )


def _interval(pair: _Pair) -> str:
    part, interval = pair.counts.get("win_rate_excl_ties"), pair.counts.get("win_rate_wilson95")
    if part is None:
        return "nobody chose"
    return percent(part) + (f" ({percent_range(*interval)})" if interval else "")


def _title(pairs: Sequence[_Pair], content: Content) -> str:
    if len(pairs) > 1:
        return f"Preference in each of {len(pairs)} pairs of rankers"
    pair = pairs[0]
    control, neither, candidate = (part / pair.total for part in pair.parts)
    if uneven(content):
        return (
            f"Uncorrected, {percent(control)} of {pair.who} clicked {pair.control} more and"
            f" {percent(candidate)} {pair.candidate}: their chances were not even"
        )
    if stopped(content):
        return f"Whose items {pair.who} clicked more: not to be read as a preference"
    return (
        f"{percent(candidate)} of {pair.who} prefer {pair.candidate}, {percent(control)} prefer"
        f" {pair.control}, {percent(neither)} neither"
    )


def _said(pair: _Pair) -> str:
    control, neither, candidate = pair.parts
    return (
        f"Of {pair.total:,} {pair.who}, {control:,} clicked more on items of {pair.control},"
        f" {candidate:,} on items of {pair.candidate}, {neither:,} equally often or never;"
        f" share of {pair.candidate} among those who chose: {_interval(pair)}."
    )


def _table_row(pair: _Pair) -> dict[str, Any]:
    control, neither, candidate = pair.parts
    low, high = pair.counts.get("win_rate_wilson95") or (None, None)
    return {
        "control": pair.control,
        "candidate": pair.candidate,
        pair.who: pair.total,
        "prefer_control": control,
        "neither": neither,
        "prefer_candidate": candidate,
        "share_of_those_who_chose": pair.counts.get("win_rate_excl_ties"),
        "share_low": low,
        "share_high": high,
    }
