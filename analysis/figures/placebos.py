"""Placebos: every donor treated as if it had been launched in, beside the unit that was."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from analysis.figures.chart import Chart, Choice, Content, Figure
from analysis.figures.panels import (
    MOST_POINTS,
    block,
    does,
    frame_line,
    lens,
    line_of,
    mark_missing,
    mark_start,
    name_ends,
    own_treated,
    periods_of,
    stopped,
)
from analysis.figures.text import shown
from analysis.figures.theme import Palette, blank, faded, palette
from analysis.report import words

Placebo = Mapping[str, Any]

# A placebo whose own misfit is this many times the treated unit's fits poorly.
POOR = 2.0
# Points of all paths together; with more donors, paths keep fewer points each.
MOST_IN_ALL = 30_000
MOST_NAMED = 40
# Paths beyond this many times the treated unit's own run off the edge.
BEYOND = 2.5


def draw_paths(content: Content, choice: Choice) -> Chart | None:
    """Gaps over each unit's own pre-period RMSPE, the treated unit on top.

    Returns:
        The chart; None if the readout has no placebos.
    """
    drawn = block(content, choice)
    placebos, gaps = drawn.get("placebos") or (), drawn.get("gaps") or ()
    scale = drawn.get("rmspe_pre")
    if not placebos or not scale:
        return None
    colours = palette(dark=choice.dark)
    grey = stopped(content)
    periods = periods_of(lens(content), [str(one["period"]) for one in gaps])
    chart = blank(colours, height=360)
    labels = [str(one["period"]) for one in gaps]
    own = {label: one["gap"] / scale for label, one in zip(labels, gaps, strict=True)}
    for poor in (True, False):
        some = [one for one in placebos if _poor(one, scale) is poor and _drawable(one)]
        for trace in _merged(some, labels, periods.labels, len(placebos)):
            line = {"color": faded(colours.neutral, 0.22 if poor else 0.55), "width": 1}
            chart.add_trace(trace.update(line=line))
    tone = colours.neutral if grey else colours.better
    name = own_treated(content, drawn)
    said = {
        label: f"{shown(name)}, {periods.said(label)}: {words.number(value)} RMSPEs"
        for label, value in own.items()
    }
    chart.add_trace(line_of(periods, own, said, {"color": tone, "width": 3}))
    reach = _reach(list(own.values()), placebos)
    chart.update_layout(margin={"r": 112, "t": 6})
    chart.update_yaxes(title={"text": "Effect over own pre-period RMSPE"}, range=reach)
    chart.add_shape(
        type="line", xref="paper", yref="y", x0=0, x1=1, y0=0, y1=0,
        line={"color": colours.neutral, "width": 1},
    )  # fmt: skip
    frame_line(chart, periods)
    mark_start(chart, periods, drawn, colours)
    mark_missing(chart, periods, colours)
    end = min(max(own[labels[-1]], reach[0]), reach[1])
    name_ends(
        chart, [(shown(name, longest=14), end, tone)], x=periods.at(labels[-1]), pixels=300,
        reach=reach,
    )  # fmt: skip
    title = _title(content, drawn, grey=grey)
    poor_fits = sum(_poor(one, scale) for one in placebos)
    return Chart(
        title=title,
        alt=f"{title}. Lines of {words.counted(len(placebos), 'placebo')}, each over its own"
        f" pre-period RMSPE, {poor_fits} of them fitting poorly and lighter; the treated unit is"
        " the thick line.",
        figure=chart,
        table=tuple(_paths_table(name, labels, own, placebos)),
    )


PLACEBO_PATHS = Figure("placebo_paths", "Placebo gaps", draw_paths)


def _poor(one: Placebo, scale: float) -> bool:
    return bool(one["rmspe_pre"] > POOR * scale)


def _drawable(one: Placebo) -> bool:
    return bool(one["status"] == "ok" and one["rmspe_pre"] > 0)


def _merged(
    placebos: Sequence[Placebo], labels: Sequence[str], slots: Sequence[str], n: int
) -> list[go.Scatter]:
    """Many paths in few traces, for a browser draws few long lines faster than many short ones."""
    stride = max(-(-n * len(labels) // MOST_IN_ALL), 1)
    at = {label: place for place, label in enumerate(slots)}
    places = sorted({*range(0, len(labels), stride), len(labels) - 1})[: MOST_POINTS - 1]
    named = n <= MOST_NAMED
    traces: list[go.Scatter] = []
    x: list[int | None] = []
    y: list[float | None] = []
    text: list[str] = []
    for one in placebos:
        if x and len(x) + len(places) + 1 > MOST_POINTS:
            traces.append(_path(x, y, text if named else None))
            x, y, text = [], [], []
        before: int | None = None
        for place in places:
            now = at[labels[place]]
            if before is not None and stride == 1 and now - before > 1:
                x, y, text = [*x, before + 1], [*y, None], [*text, ""]
            x.append(now)
            y.append(one["gaps"][place] / one["rmspe_pre"])
            text.append(shown(str(one["unit"])))
            before = now
        x, y, text = [*x, None], [*y, None], [*text, ""]
    return [*traces, _path(x, y, text if named else None)] if x else traces


def _path(x: list[Any], y: list[Any], text: list[str] | None) -> go.Scatter:
    hover: dict[str, Any] = {"hoverinfo": "skip"}
    if text:
        hover = {"text": text, "hovertemplate": "%{text}<extra></extra>"}
    return go.Scatter(x=x, y=y, mode="lines", connectgaps=False, **hover)


def _reach(own: Sequence[float], placebos: Sequence[Placebo]) -> tuple[float, float]:
    """The treated unit's path decides; the wildest placebos run off the edge, and are said."""
    paths = [gap / one["rmspe_pre"] for one in placebos if _drawable(one) for gap in one["gaps"]]
    most = BEYOND * max(abs(value) for value in own)
    low = max(min([*own, *paths]), -most)
    high = min(max([*own, *paths]), most)
    room = (high - low) * 0.06
    return low - room, high + room


def _title(content: Content, drawn: Mapping[str, Any], *, grey: bool) -> str:
    rank, n = drawn.get("rank"), drawn.get("n_units")
    if grey:
        return "Placebo gaps: not to be read as a test"
    if rank is None or not n:
        return f"{words.counted(len(drawn['placebos']), 'placebo')}, without a rank"
    k = drawn.get("k") or 0
    if rank <= k:
        return f"{does(content, drawn, 'drifts', 'drift')} further than placebos do: {rank} of {n}"
    if k < 1 and rank == 1:
        said = does(content, drawn, "drifts", "drift")
        return f"{said} further than all {n - 1} placebos, which are too few to test by"
    return f"{does(content, drawn, 'stays', 'stay')} among the placebos: {rank} of {n}"


def _paths_table(
    name: str, labels: Sequence[str], own: Mapping[str, float], placebos: Sequence[Placebo]
) -> list[dict[str, Any]]:
    rows = [
        {"unit": name, "period": label, "gap_over_rmspe": own[label], "treated": True}
        for label in labels
    ]
    for one in placebos:
        rows += [
            {
                "unit": str(one["unit"]),
                "period": label,
                "gap_over_rmspe": gap / one["rmspe_pre"] if _drawable(one) else None,
                "treated": False,
            }
            for label, gap in zip(labels, one["gaps"], strict=True)
        ]
    return rows


def draw_ranks(content: Content, choice: Choice) -> Chart | None:
    """Every unit by its statistic, the largest on top.

    Returns:
        The chart; None if the readout has no placebos.
    """
    drawn = block(content, choice)
    placebos = drawn.get("placebos") or ()
    if not placebos:
        return None
    name = own_treated(content, drawn)
    unit_of = _statistic(drawn)
    rows = [
        {"unit": str(one["unit"]), "value": one.get(unit_of), "att": one["att"],
         "rmspe_pre": one["rmspe_pre"], "treated": False}
        for one in placebos
    ]  # fmt: skip
    rows.append(
        {"unit": name, "value": _size(drawn, unit_of), "att": drawn["att"],
         "rmspe_pre": drawn["rmspe_pre"], "treated": True}
    )  # fmt: skip
    if unit_of == "att":
        for one in rows:
            one["value"] = abs(one["value"])
    # A perfect fit counts as larger than any finite value.
    rows.sort(key=lambda one: (one["value"] is not None, -(one["value"] or 0), not one["treated"]))
    colours = palette(dark=choice.dark)
    grey = stopped(content)
    chart = _dots(rows, drawn, colours, grey=grey)
    labels = {"t": "Effect over pre-period RMSPE (t)", "rmspe_ratio": "RMSPE after over before",
              "att": "Size of the effect"}  # fmt: skip
    chart.update_xaxes(title={"text": labels[unit_of]}, rangemode="tozero")
    title = _rank_title(content, drawn, grey=grey)
    return Chart(
        title=title,
        alt=f"{title}. Dots of {len(rows)} units by size, the largest first:"
        f" {'; '.join(_row_said(one) for one in rows[:5])}.",
        figure=chart,
        table=tuple(
            {"rank": place, "unit": one["unit"], "treated": one["treated"],
             "statistic": one["value"], "att": one["att"], "rmspe_pre": one["rmspe_pre"]}
            for place, one in enumerate(rows, start=1)
        ),
    )  # fmt: skip


PLACEBO_RANKS = Figure("placebo_ranks", "Ranked placebos", draw_ranks)


def _statistic(drawn: Mapping[str, Any]) -> str:
    """The field that decides the rank."""
    return {"ratio": "rmspe_ratio", "att": "att"}.get(str(drawn.get("statistic")), "t")


def _size(drawn: Mapping[str, Any], field: str) -> float | None:
    value = drawn.get(field)
    return None if value is None else float(value)


def _dots(
    rows: Sequence[Mapping[str, Any]], drawn: Mapping[str, Any], colours: Palette, *, grey: bool
) -> go.Figure:
    named = len(rows) <= MOST_NAMED
    chart = blank(colours, height=70 + 21 * len(rows) if named else 380)
    k = drawn.get("k") or 0
    clear = not grey and drawn.get("rank") is not None and drawn["rank"] <= k
    for treated in (False, True):
        some = [(at, one) for at, one in enumerate(rows) if one["treated"] is treated]
        some = [(at, one) for at, one in some if one["value"] is not None]
        places = [at if named else at + 1 for at, _ in some]
        values = [one["value"] for _, one in some]
        colour = colours.better if treated and not grey else colours.neutral
        chart.add_trace(
            go.Scatter(
                x=values,
                y=places,
                mode="markers",
                marker={
                    "size": (12 if treated else 8) if named else (12 if treated else 5),
                    "symbol": "diamond" if treated and clear else "circle",
                    "color": colour if treated and clear else colours.page if treated
                    else faded(colours.neutral, 0.75),
                    "line": {"color": colour, "width": 2 if treated else 0},
                },
                text=[_row_said(one) for _, one in some],
                hovertemplate="%{text}<extra></extra>",
            )
        )  # fmt: skip
    own = [at for at, one in enumerate(rows) if one["treated"]]
    chart.update_yaxes(showgrid=named, range=[len(rows) - 0.4, -0.6])
    if named:
        chart.update_yaxes(
            tickvals=list(range(len(rows))),
            ticktext=[
                f"<b>{shown(one['unit'], longest=22)}</b>" if one["treated"]
                else shown(one["unit"], longest=22)
                for one in rows
            ],
        )  # fmt: skip
    else:
        chart.update_yaxes(title={"text": "Rank"})
        top = rows[own[0]]
        chart.add_annotation(
            x=top["value"] or 0, y=own[0] + 1, text=f"<b>{shown(top['unit'])}</b>",
            showarrow=False, xanchor="left", xshift=10, font={"size": 13, "color": colours.text},
        )  # fmt: skip
    return chart


def _row_said(one: Mapping[str, Any]) -> str:
    value = "unbounded (perfect fit)" if one["value"] is None else words.number(one["value"])
    return f"{shown(one['unit'])}: {value}"


def _rank_title(content: Content, drawn: Mapping[str, Any], *, grey: bool) -> str:
    rank, n, p = drawn.get("rank"), drawn.get("n_units"), drawn.get("p_value")
    if grey:
        return "Ranks among placebos: not to be read as a test"
    if rank is None or not n:
        return "Placebos by size; the treated unit has no rank among them"
    return f"{does(content, drawn, 'ranks', 'rank')} {rank} of {n} by size ({words.p_value(p)})"
