"""What the figures of a panel share: the block that is drawn, its periods, units and marks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import plotly.graph_objects as go

from analysis.figures.chart import Choice, Content
from analysis.figures.text import shown
from analysis.figures.theme import Palette, faded
from analysis.report import words
from analysis.report.rows import stopped

# More points a line are more than a screen can show.
MOST_POINTS = 2_000

__all__ = [
    "MOST_POINTS", "Measure", "Periods", "band", "block", "does", "frame_line",
    "in_words", "lens", "line_of", "mark_missing", "mark_start", "name_ends", "own_treated",
    "periods_of", "stopped", "strided",
]  # fmt: skip


def lens(content: Content) -> Mapping[str, Any]:
    """What the synthetic control lens found; empty if the readout has none."""
    found: Mapping[str, Any] = content.get("synthetic_control") or {}
    return found


def block(content: Content, choice: Choice) -> Mapping[str, Any]:
    """The block of what was chosen: a further metric, one treated unit, or the whole.

    Units that start at different times have no common block: the first one stands for the whole.
    """
    found = lens(content)
    if choice.metric not in ("", found.get("metric")):
        return next((one for one in found.get("metrics") or () if one["name"] == choice.metric), {})
    units: Sequence[Mapping[str, Any]] = found.get("per_unit") or ()
    chosen = next((one for one in units if one["unit"] == choice.treatment), None)
    if chosen is None and units and not found.get("gaps"):
        chosen = min(units, key=lambda one: str(one.get("start") or ""))
    return chosen or found


def own_treated(content: Content, drawn: Mapping[str, Any]) -> str:
    """The treated unit or units that a block is about, in words."""
    if drawn.get("unit"):
        return str(drawn["unit"])
    treated = [str(name) for name in lens(content).get("treated") or ()]
    return treated[0] if len(treated) == 1 else f"{len(treated)} treated units"


def does(content: Content, drawn: Mapping[str, Any], one: str, several: str) -> str:
    """The treated unit or units with a verb that agrees: ``Lisbon leaves``."""
    name = own_treated(content, drawn)
    single = bool(drawn.get("unit")) or len(lens(content).get("treated") or ()) == 1
    return f"{name} {one}" if single else f"The {name} {several}"


@dataclass(frozen=True)
class Periods:
    """The axis of a figure: every period a slot, those that were left out too.

    Attributes:
        labels: A label a slot, in order.
        missing: Label = why it was left out.
        frequency: ``day``, ``week``, ``month`` or ``label``.
    """

    labels: tuple[str, ...]
    missing: Mapping[str, str]
    frequency: str

    @property
    def per(self) -> str:
        """What a period is called."""
        return self.frequency if self.frequency in ("day", "week", "month") else "period"

    def at(self, label: str) -> int:
        """The slot of a period."""
        return self.labels.index(label)

    def spread(self, values: Mapping[str, float | None]) -> list[float | None]:
        """A value a slot; None where there is none, so that lines break."""
        return [values.get(label) for label in self.labels]

    def said(self, label: str) -> str:
        """A period as text: ``14 Sep 2026``, ``Sep 2026`` for a month, or its own label."""
        text = words.day(label)
        return text.partition(" ")[2] if self.frequency == "month" and " " in text else text

    def ticks(self, most: int) -> tuple[list[int], list[str]]:
        """At most so many slots to name, and their names."""
        step = _step(len(self.labels), most, self.frequency)
        first = 0
        if self.frequency == "label":
            round_ = (i for i, one in enumerate(self.labels[:step]) if _divides(one, step))
            first = next(round_, 0)
        places = list(range(first, len(self.labels), step))
        return places, [self._tick(self.labels[place]) for place in places]

    def _tick(self, label: str) -> str:
        if self.frequency == "label":
            return shown(label, longest=12)
        said = self.said(label)
        years = {one[:4] for one in self.labels}
        if self.frequency == "month":
            return said
        return said if len(years) > 1 and len(self.labels) > 60 else said.rpartition(" ")[0]


def _step(n: int, most: int, frequency: str) -> int:
    steps = {"day": (1, 2, 7, 14, 28, 56, 91, 182, 364), "month": (1, 2, 3, 6, 12, 24, 60, 120)}
    for step in steps.get(frequency, (1, 2, 5, 10, 20, 50, 100, 200, 500)):
        if n <= most * step:
            return step
    return -(-n // most)


def _divides(label: str, step: int) -> bool:
    try:
        return float(label) % step == 0
    except ValueError:
        return False


def periods_of(found: Mapping[str, Any], labels: Sequence[str]) -> Periods:
    """The axis of these periods, with slots for those that the calendar has between them."""
    frequency = str(found.get("frequency") or "label")
    panel = found.get("panel") or {}
    why = {str(one): "not whole, left out" for one in panel.get("partial_periods") or ()}
    why |= {str(one): "no row of any kind" for one in panel.get("log_gaps") or ()}
    every = set(labels) | set(why)
    if frequency != "label":
        every |= set(_calendar(sorted(every), frequency))
    ordered = sorted(every) if frequency != "label" else list(labels)
    known = set(labels)
    missing = {one: why.get(one, "left out") for one in ordered if one not in known}
    return Periods(tuple(ordered), missing, frequency)


def _calendar(labels: Sequence[str], frequency: str) -> list[str]:
    """Every period from the first to the last; none where the labels are no such dates."""
    try:
        now, last = date.fromisoformat(labels[0]), date.fromisoformat(labels[-1])
    except (ValueError, IndexError):
        return []
    found: list[str] = []
    while now <= last and len(found) <= 3 * len(labels):
        found.append(now.isoformat())
        if frequency == "month":
            now = (now.replace(day=1) + timedelta(days=32)).replace(day=1)
        else:
            now += timedelta(days=7 if frequency == "week" else 1)
    # Labels off the grid have a calendar of their own.
    return found if set(labels) <= set(found) else []


@dataclass(frozen=True)
class Measure:
    """How values of a metric are drawn and said: rates in per cent and points.

    Attributes:
        kind: The metric's kind.
        name: The metric.
    """

    kind: str
    name: str

    @property
    def rate(self) -> bool:
        """Whether values are shares."""
        return words.is_rate(self.kind)

    @property
    def level_axis(self) -> dict[str, Any]:
        """The axis of the metric's own values."""
        axis = {"title": {"text": shown(self.name, longest=34)}, "separatethousands": True}
        return axis | ({"tickformat": ".1~%"} if self.rate else {})

    def level(self, value: float | None) -> str:
        """A value as text."""
        return words.level_value(value, self.kind)

    def change(self, value: float | None) -> str:
        """A difference as text."""
        return words.difference(value, self.kind)

    def drawn(self, value: float | None) -> float | None:
        """A difference as it is drawn: in points for rates."""
        return None if value is None else value * 100 if self.rate else value

    @property
    def unit(self) -> str:
        """What an axis of differences counts."""
        return ", points" if self.rate else ""


def in_words(content: Content, drawn: Mapping[str, Any]) -> Measure:
    """The measure of a block."""
    found = lens(content)
    further = drawn.get("name")
    return Measure(
        str((drawn if further else found).get("kind") or "mean"),
        str(further or found.get("metric") or "Effect"),
    )


def strided(slots: int) -> list[int]:
    """Places of the points that a line keeps, the last one always."""
    step = -(-slots // MOST_POINTS)
    places = list(range(0, slots, step))
    return places if places[-1] == slots - 1 else [*places[: MOST_POINTS - 1], slots - 1]


def line_of(
    periods: Periods,
    values: Mapping[str, float | None],
    said: Mapping[str, str],
    line: Mapping[str, Any],
    **more: Any,
) -> go.Scatter:
    """A line over the periods; it breaks where a period is missing."""
    places = strided(len(periods.labels))
    kept = [periods.labels[place] for place in places]
    return go.Scatter(
        x=places,
        y=[values.get(label) for label in kept],
        mode="lines",
        line=dict(line),
        text=[said.get(label, "") for label in kept],
        hovertemplate="%{text}<extra></extra>" if said else None,
        hoverinfo=None if said else "skip",
        connectgaps=False,
        **more,
    )


def band(
    chart: go.Figure,
    periods: Periods,
    ends: Mapping[str, tuple[float | None, float | None]],
    fill: str,
    **more: Any,
) -> None:
    """A band over the periods: one closed shape for each run without a missing end."""
    runs: list[list[tuple[int, float, float]]] = [[]]
    for place in strided(len(periods.labels)):
        low, high = ends.get(periods.labels[place], (None, None))
        if low is not None and high is not None:
            runs[-1].append((place, low, high))
        elif runs[-1] and periods.labels[place] in {*ends, *periods.missing}:
            runs.append([])
    for run in filter(None, runs):
        chart.add_trace(
            go.Scatter(
                x=[at for at, _, _ in run] + [at for at, _, _ in reversed(run)],
                y=[low for _, low, _ in run] + [high for _, _, high in reversed(run)],
                mode="lines",
                line={"width": 0},
                fill="toself",
                fillcolor=fill,
                hoverinfo="skip",
                showlegend=False,
                **more,
            )
        )


def frame_line(chart: go.Figure, periods: Periods, *, most: int = 5, title: str = "") -> None:
    """The axis of periods."""
    places, names = periods.ticks(most)
    chart.update_xaxes(
        tickvals=places, ticktext=names, range=[-0.7, len(periods.labels) - 0.3], showgrid=False,
        title={"text": title or periods.per.capitalize()}, tickangle=0,
    )  # fmt: skip


def mark_start(
    chart: go.Figure, periods: Periods, drawn: Mapping[str, Any], colours: Palette, text: str = ""
) -> None:
    """The pre-period shaded, the start as a dotted line, a transition as a second shade."""
    gaps = drawn.get("gaps") or ()
    phases = {str(one["period"]): one["phase"] for one in gaps}
    after = [one for one in gaps if one["phase"] != "pre"]
    if not after:
        return
    start = periods.at(str(after[0]["period"])) - 0.5
    chart.add_shape(
        type="rect", xref="x", yref="paper", x0=-0.7, x1=start, y0=0, y1=1, layer="below",
        line={"width": 0}, fillcolor=faded(colours.neutral, 0.07),
    )  # fmt: skip
    waiting = [label for label, phase in phases.items() if phase == "transition"]
    if waiting:
        ends = periods.at(waiting[0]) - 0.5, periods.at(waiting[-1]) + 0.5
        chart.add_shape(
            type="rect", xref="x", yref="paper", x0=ends[0], x1=ends[1], y0=0, y1=1,
            layer="below", line={"width": 0}, fillcolor=faded(colours.neutral, 0.2),
        )  # fmt: skip
    chart.add_shape(
        type="line", xref="x", yref="paper", x0=start, x1=start, y0=0, y1=1,
        line={"color": colours.text, "width": 1.2, "dash": "dot"},
    )  # fmt: skip
    late = start > 0.7 * len(periods.labels)
    chart.add_annotation(
        x=start, y=1, xref="x", yref="paper", text=text or f"start {_short(periods, after)}",
        showarrow=False, xanchor="right" if late else "left", yanchor="top",
        xshift=-5 if late else 5, font={"size": 13, "color": colours.text},
    )  # fmt: skip


def _short(periods: Periods, after: Sequence[Mapping[str, Any]]) -> str:
    said = periods.said(str(after[0]["period"]))
    return said.rpartition(" ")[0] if periods.frequency in ("day", "week") else shown(said)


def mark_missing(chart: go.Figure, periods: Periods, colours: Palette) -> None:
    """A cross at the foot of the figure for every period that was left out."""
    if not periods.missing:
        return
    labels = list(periods.missing)[:MOST_POINTS]
    low = min(
        (value for trace in chart.data if trace.yaxis in (None, "y") for value in trace.y or ()
         if value is not None),
        default=0.0,
    )  # fmt: skip
    axis = chart.layout.yaxis.range
    chart.add_trace(
        go.Scatter(
            x=[periods.at(label) for label in labels],
            y=[axis[0] if axis else low] * len(labels),
            mode="markers",
            cliponaxis=False,
            marker={
                "symbol": "x-thin",
                "size": 8,
                "line": {"width": 1.6, "color": colours.neutral},
            },
            text=[f"{periods.said(label)}: {periods.missing[label]}" for label in labels],
            hovertemplate="%{text}<extra></extra>",
        )
    )


def name_ends(
    chart: go.Figure,
    ends: Sequence[tuple[str, float, str]],
    *,
    x: float,
    pixels: float,
    reach: tuple[float, float],
) -> None:
    """Names at the ends of lines, moved apart where they would overlap.

    Args:
        chart: The chart to write on.
        ends: (name, value at the end, colour) of each line.
        x: Where the lines end.
        pixels: Height of the plot.
        reach: Lowest and highest value of its axis.
    """
    size = (reach[1] - reach[0]) / pixels or 1.0
    least = 16 * size
    placed: list[float] = []
    for _, value, _ in sorted(ends, key=lambda one: one[1]):
        placed.append(max(value, placed[-1] + least) if placed else value)
    # Pushed up only: half of the push goes back down.
    for place, (name, _, colour) in enumerate(sorted(ends, key=lambda one: one[1])):
        back = (placed[-1] - max(one[1] for one in ends)) / 2
        chart.add_annotation(
            x=x, y=placed[place] - back, text=f"<b>{name}</b>", showarrow=False,
            xanchor="left", xshift=7, font={"size": 13, "color": colour},
        )  # fmt: skip
