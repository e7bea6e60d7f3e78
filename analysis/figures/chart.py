"""What a figure is given and what it gives back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

Content = Mapping[str, Any]


@dataclass(frozen=True)
class Choice:
    """What the reader asked to see.

    Attributes:
        metric: The metric's name.
        treatment: The treatment's name.
        column: The segment column; empty where a figure has none.
        dark: Draw for a dark page.
    """

    metric: str = ""
    treatment: str = ""
    column: str = ""
    dark: bool = False


@dataclass(frozen=True)
class Chart:
    """A finished chart and everything that must stand beside it.

    Attributes:
        title: One sentence that states the finding; plain text, not yet escaped.
        alt: What a reader who cannot see the chart needs to know; plain text.
        figure: The plotly figure, without a title of its own.
        table: The numbers that are drawn, one dict a row, the same keys in each.
    """

    title: str
    alt: str
    figure: go.Figure
    table: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Figure:
    """A registered figure.

    Attributes:
        key: Its stable name, also in file names.
        label: What it is called on screen.
        draw: The chart of a readout's content; None if the readout has no numbers for it.
    """

    key: str
    label: str
    draw: Callable[[Content, Choice], Chart | None]
