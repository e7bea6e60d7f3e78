"""Shares of a draw against what chance allows: who starts each day, who stands where."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from analysis.figures.chart import Chart, Choice, Content, Figure
from analysis.figures.lists import by_position, expected_range, line_of, marker_of, named
from analysis.figures.text import day_and_month
from analysis.figures.theme import Palette, blank, faded, palette
from analysis.report.findings.lists import lens, percent, rankers


def draw_starts(content: Content, choice: Choice) -> Chart | None:
    """The share of lists that the control starts, day by day, with the band of a fair coin.

    Returns:
        The chart; None if the log has no days.
    """
    balance = lens(content).get("balance") or {}
    days = [one for one in balance.get("first_pick_by_day") or () if one["lists"]]
    names = rankers(content)
    if not days or not names:
        return None
    fair = 1 / len(names)
    colours = palette(dark=choice.dark)
    chart = blank(colours, height=300)
    labels = [one["day"] for one in days]
    bands = [expected_range(fair, one["lists"]) for one in days]
    _band(chart, labels, bands, colours)
    chart.add_hline(y=fair, line={"color": colours.neutral, "width": 1})
    shares = [one["control_first"] / one["lists"] for one in days]
    chart.add_trace(
        go.Scatter(
            x=labels,
            y=shares,
            mode="lines+markers",
            line={"color": colours.text, "width": 2},
            marker={"size": 7, "color": colours.text},
            text=[
                f"{day_and_month(one['day'])}: {named(names[0])} starts"
                f" {one['control_first']:,} of {one['lists']:,} lists ({percent(share)})"
                for one, share in zip(days, shares, strict=True)
            ],
            hovertemplate="%{text}<extra></extra>",
        )
    )
    chart.update_yaxes(
        title={"text": f"Lists that {named(names[0])} starts"}, tickformat=".0%",
        range=_reach([*shares, *(end for band in bands for end in band)]),
    )  # fmt: skip
    chart.update_xaxes(
        type="date", tickformat="%-d %b", nticks=min(7, len(days)), tickangle=0, showgrid=False
    )
    inside = sum(low <= share <= high for share, (low, high) in zip(shares, bands, strict=True))
    title = _starts_title(content, names[0], inside, len(days))
    return Chart(
        title=title,
        alt=(
            f"{title}. Share of lists that {names[0]} starts, by day: {percent(min(shares))} to"
            f" {percent(max(shares))}; a fair draw gives {percent(fair)}."
        ),
        figure=chart,
        table=tuple(
            {
                "day": one["day"],
                "lists": one["lists"],
                "control_first": one["control_first"],
                "share_control_first": share,
                "expected_low": low,
                "expected_high": high,
            }
            for one, share, (low, high) in zip(days, shares, bands, strict=True)
        ),
    )


WHO_STARTS = Figure("who_starts", "Who starts", draw_starts)


def _starts_title(content: Content, control: str, inside: int, days: int) -> str:
    balance = lens(content)["balance"]
    share = balance.get("control_first_share")
    codes = {notice["code"] for notice in content["notices"]}
    if share is not None and "first_pick_fixed" in codes:
        return f"{control} starts {percent(share)} of lists: who starts was never drawn"
    if share is not None and "first_pick_biased" in codes:
        return f"{control} starts {percent(share)} of lists: the draw is not even"
    return f"Who starts stays inside the range of a fair draw on {inside} of {days} days"


def draw_positions(content: Content, choice: Choice) -> Chart | None:
    """Each ranker's share of the slots at each position, with the band of an even split.

    Returns:
        The chart; None if the log has no positions.
    """
    balance = lens(content).get("balance") or {}
    names = rankers(content)
    rows = [
        (place, counts)
        for place, counts in by_position(balance.get("position_table") or {})
        if sum(counts)
    ]
    if not rows or len(names) < 2:
        return None
    fair = 1 / len(names)
    colours = palette(dark=choice.dark)
    chart = blank(colours, height=300)
    places = [place for place, _ in rows]
    bands = [expected_range(fair, sum(counts)) for _, counts in rows]
    _band(chart, places, bands, colours)
    chart.add_hline(y=fair, line={"color": colours.neutral, "width": 1})
    for at, name in enumerate(names):
        shares = [counts[at] / sum(counts) for _, counts in rows]
        chart.add_trace(
            go.Scatter(
                x=places,
                y=shares,
                name=named(name),
                mode="lines+markers",
                line=line_of(at, colours),
                marker=marker_of(at, colours),
                text=[
                    f"{named(name)} at {place}: {counts[at]:,} of {sum(counts):,} slots"
                    for place, counts in rows
                ],
                hovertemplate="%{text}<extra></extra>",
            )
        )
    chart.update_layout(showlegend=True, legend={"traceorder": "normal"})
    ends = [end for band in bands for end in band]
    chart.update_yaxes(
        title={"text": "Share of slots"}, tickformat=".0%",
        range=_reach([*ends, *(c / sum(counts) for _, counts in rows for c in counts)]),
    )  # fmt: skip
    chart.update_xaxes(title={"text": "Position in the list"}, nticks=12, showgrid=False)
    return Chart(
        title=_positions_title(rows, names),
        alt=_positions_alt(rows, names),
        figure=chart,
        table=tuple(
            {"position": place}
            | {f"{name} slots": counts[at] for at, name in enumerate(names)}
            | {f"{name} share": counts[at] / sum(counts) for at, name in enumerate(names)}
            | {"expected_low": low, "expected_high": high}
            for (place, counts), (low, high) in zip(rows, bands, strict=True)
        ),
    )


POSITION_SHARE = Figure("position_share", "Rankers by position", draw_positions)


def _positions_title(rows: Sequence[tuple[int, Sequence[int]]], names: Sequence[str]) -> str:
    alone = sum(max(counts) == sum(counts) for _, counts in rows)
    if alone == len(rows):
        return "Each position holds one ranker only"
    top = [count / sum(rows[0][1]) for count in rows[0][1]]
    low, high = expected_range(1 / len(names), sum(rows[0][1]))
    most = max(range(len(names)), key=lambda at: top[at])
    if low <= top[most] <= high or low <= min(top) <= top[most] <= high:
        return "At the top of the list the rankers stand equally often"
    return f"{names[most]} holds {percent(top[most])} of the slots at the top of the list"


def _positions_alt(rows: Sequence[tuple[int, Sequence[int]]], names: Sequence[str]) -> str:
    said = []
    for at, name in enumerate(names):
        shares = [counts[at] / sum(counts) for _, counts in rows]
        said.append(f"{name} {percent(min(shares))} to {percent(max(shares))}")
    return (
        f"Lines of each ranker's share of slots at {len(rows)} positions: {'; '.join(said)};"
        f" an even split gives {percent(1 / len(names))}."
    )


def _band(
    chart: go.Figure,
    labels: Sequence[Any],
    bands: Sequence[tuple[float, float]],
    colours: Palette,
) -> None:
    for end, fill in ((0, None), (1, "tonexty")):
        chart.add_trace(
            go.Scatter(
                x=list(labels),
                y=[band[end] for band in bands],
                mode="lines",
                line={"width": 0},
                fill=fill,
                fillcolor=faded(colours.neutral, 0.22),
                hoverinfo="skip",
                showlegend=False,
            )
        )


def _reach(values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    room = max(0.08 * (high - low), 0.02)
    return [max(low - room, -0.03), min(high + room, 1.03)]
