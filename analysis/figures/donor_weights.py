"""Donor weights: which donors the counterfactual is made of; those of little weight folded."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from analysis.figures.chart import Chart, Choice, Content, Figure
from analysis.figures.panels import block, lens, stopped
from analysis.figures.text import shown
from analysis.figures.theme import blank, palette
from analysis.report import words

MOST_NAMED = 20
# Donors below this share are told together.
LITTLE = 0.01


def draw(content: Content, choice: Choice) -> Chart | None:
    """Bars of the weights, the heaviest first.

    Returns:
        The chart; None if the method has no weights.
    """
    found, drawn = lens(content), block(content, choice)
    weights: Mapping[str, float] = drawn.get("weights") or {}
    if not weights:
        return None
    ordered = sorted(weights.items(), key=lambda pair: -abs(pair[1]))
    named = [pair for pair in ordered if abs(pair[1]) >= LITTLE][:MOST_NAMED]
    folded = ordered[len(named) :]
    kept = [str(one["unit"]) for one in found.get("donors") or () if one["status"] == "kept"]
    empty = sum(1 for unit in kept if unit not in weights)
    lines = [(shown(name, longest=26), weight) for name, weight in named]
    if folded:
        said = f"{words.counted(len(folded), 'more donor')}"
        lines.append((said, sum(weight for _, weight in folded)))
    if empty:
        lines.append((f"{words.counted(empty, 'donor')} without weight", 0.0))
    colours = palette(dark=choice.dark)
    tone = colours.neutral if stopped(content) else colours.better
    chart = blank(colours, height=64 + 27 * len(lines))
    chart.add_trace(
        go.Bar(
            x=[weight for _, weight in lines],
            y=list(range(len(lines))),
            orientation="h",
            width=0.62,
            marker={
                "color": [tone if place < len(named) else colours.neutral
                          for place in range(len(lines))]
            },
            text=[words.share(weight).replace("-", "−") for _, weight in lines],
            textposition="outside",
            textfont={"color": colours.text},
            cliponaxis=False,
            hoverinfo="skip",
        )
    )  # fmt: skip
    chart.update_yaxes(
        tickvals=list(range(len(lines))), ticktext=[name for name, _ in lines],
        range=[len(lines) - 0.4, -0.6], showgrid=False,
    )  # fmt: skip
    values = [weight for _, weight in lines]
    low, high = min(0.0, *values), max(0.0, *values)
    room = (high - low) * 0.16
    chart.update_xaxes(
        title={"text": "Weight"}, tickformat=".0%", nticks=6,
        range=[low - room if low < 0 else 0, high + room],
    )  # fmt: skip
    title = _title(ordered, found)
    return Chart(
        title=title,
        alt=f"{title}. Bars: {'; '.join(f'{name} {words.share(one)}' for name, one in named[:6])}"
        f"{f'; {empty} donors have no weight' if empty else ''}.",
        figure=chart,
        table=tuple(_table(found, weights)),
    )


DONOR_WEIGHTS = Figure("donor_weights", "Donor weights", draw)


def _title(ordered: Sequence[tuple[str, float]], found: Mapping[str, Any]) -> str:
    if any(weight < 0 for _, weight in ordered):
        return "Some weights are negative: the counterfactual lies outside what the donors span"
    carried, total = 0, 0.0
    for _, weight in ordered:
        if total >= 0.8:
            break
        carried, total = carried + 1, total + weight
    who = f"{words.counted(carried, 'donor')} {'carries' if carried == 1 else 'carry'}"
    n = found.get("n_donors") or len(ordered)
    return f"{who} {words.share(total, 0)} of the weight, of {n} in the pool"


def _table(found: Mapping[str, Any], weights: Mapping[str, float]) -> list[dict[str, Any]]:
    rows = [
        {
            "unit": str(one["unit"]),
            "status": str(one["status"]),
            "weight": weights.get(str(one["unit"]), 0.0) if one["status"] == "kept" else None,
            "why": str(one.get("detail") or ""),
        }
        for one in found.get("donors") or ()
    ]
    if not rows:
        rows = [
            {"unit": name, "status": "kept", "weight": one, "why": ""}
            for name, one in weights.items()
        ]
    return sorted(rows, key=lambda one: (one["status"] != "kept", -abs(one["weight"] or 0.0)))
