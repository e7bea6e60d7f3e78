"""Pair matrix: which of several rankers beats which, after correction for all pairs."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from analysis.figures.chart import Chart, Choice, Content, Figure
from analysis.figures.lists import named
from analysis.figures.text import p_value
from analysis.figures.theme import blank, faded, palette
from analysis.report.findings.lists import (
    alpha_of,
    beats,
    corrected_p,
    lens,
    percent,
    rankers,
    several,
    stopped,
)


def draw(content: Content, choice: Choice) -> Chart | None:
    """A square of rankers; each cell says how the row's ranker does against the column's.

    Returns:
        The chart; None with fewer than three rankers.
    """
    pairs: Sequence[Content] = lens(content).get("pairs") or ()
    names = rankers(content)
    if len(names) < 3 or not pairs:
        return None
    colours = palette(dark=choice.dark)
    alpha, grey = alpha_of(content), stopped(content)
    cells = {}
    for pair in pairs:
        control, candidate = pair["pair"]
        sign = 0 if grey else beats(pair, alpha)
        cells[candidate, control] = (sign, _win_rate(pair), corrected_p(pair))
        won = _win_rate(pair)
        rate = None if won is None else 1 - won
        cells[control, candidate] = (-sign, rate, corrected_p(pair))
    chart = blank(colours, height=110 + 62 * len(names))
    grid = [[cells.get((row, column), (None, None, None)) for column in names] for row in names]
    chart.add_trace(
        go.Heatmap(
            z=[[cell[0] for cell in line] for line in grid],
            x=list(range(len(names))),
            y=list(range(len(names))),
            zmin=-1,
            zmax=1,
            colorscale=[
                [0.0, faded(colours.worse, 0.35)],
                [0.5, faded(colours.neutral, 0.18)],
                [1.0, faded(colours.better, 0.35)],
            ],
            showscale=False,
            xgap=3,
            ygap=3,
            hoverinfo="skip",
        )
    )
    for y, line in enumerate(grid):
        for x, cell in enumerate(line):
            if cell[0] is not None:
                chart.add_annotation(
                    x=x, y=y, text=_cell(*cell, grey=grey), showarrow=False,
                    font={"size": 13, "color": colours.text},
                )  # fmt: skip
    ticks = {"tickvals": list(range(len(names))), "ticktext": [named(name) for name in names]}
    chart.update_xaxes(**ticks, side="top", showgrid=False, title={"text": "against"})
    chart.update_yaxes(**ticks, showgrid=False, range=[len(names) - 0.5, -0.5])
    title = _title(content, names, grey=grey)
    return Chart(
        title=title,
        alt=f"{title}. {' '.join(_said(pair, alpha) for pair in pairs[:10])}",
        figure=chart,
        table=tuple(_table_row(pair) for pair in pairs),
    )


PAIR_MATRIX = Figure("pair_matrix", "Rankers against each other", draw)


def _win_rate(pair: Content) -> float | None:
    counts = pair.get("user") or pair.get("impression") or {}
    rate = counts.get("win_rate_excl_ties")
    return None if rate is None else float(rate)


def _cell(sign: int, rate: float | None, p: float | None, *, grey: bool) -> str:
    word = "not read" if grey else {1: "wins", -1: "loses", 0: "not separated"}[sign]
    said = "no clicks" if rate is None else percent(rate)
    return f"{word}, {said}" + (
        "" if p is None or grey else f" ({p_value(p)})".replace("<", "&lt;")
    )


def _title(content: Content, names: Sequence[str], *, grey: bool) -> str:
    if grey:
        return "Rankers against each other: not to be read, a stop notice stands"
    verdict = lens(content).get("verdict") or {}
    if verdict.get("winner"):
        return f"{verdict['winner']} beats every other ranker"
    losers, level = verdict.get("losers") or [], verdict.get("not_separated") or []
    if not losers:
        return f"None of {len(names)} rankers beats another"
    said = f"{several(losers)} {'loses' if len(losers) == 1 else 'lose'}"
    return f"{said}; {several(level)} are not separated" if len(level) > 1 else said


def _said(pair: Content, alpha: float) -> str:
    control, candidate = pair["pair"]
    word = {1: "beats", -1: "loses to", 0: "is not separated from"}[beats(pair, alpha)]
    return f"{candidate} {word} {control}."


def _table_row(pair: Content) -> dict[str, Any]:
    control, candidate = pair["pair"]
    counts = pair.get("user") or {}
    return {
        "control": control,
        "candidate": candidate,
        "users_for_candidate": counts.get("wins"),
        "users_for_control": counts.get("losses"),
        "share_of_those_who_chose": _win_rate(pair),
        "mean_difference": pair.get("mean_diff"),
        "p_user_test": pair.get("sqrt_t_p"),
        "p_holm": corrected_p(pair),
    }
