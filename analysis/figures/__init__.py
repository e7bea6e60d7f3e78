"""Figures: from a readout's content to charts, each with its finding, alt text and table."""

from analysis.figures.chart import Chart, Choice, Figure
from analysis.figures.registry import FIGURES, LIST_FIGURES, SYNTHETIC_FIGURES, figure

__all__ = ["FIGURES", "LIST_FIGURES", "SYNTHETIC_FIGURES", "Chart", "Choice", "Figure", "figure"]
