"""Every figure there is; a new one is a file and a line here."""

from analysis.figures.chart import Figure
from analysis.figures.forest import FOREST
from analysis.figures.over_time import OVER_TIME
from analysis.figures.rows_by_day import ROWS_BY_DAY
from analysis.figures.units_by_day import UNITS_BY_DAY

FIGURES: tuple[Figure, ...] = (OVER_TIME, UNITS_BY_DAY, FOREST, ROWS_BY_DAY)


def figure(key: str) -> Figure:
    """The figure with this key."""
    return next(one for one in FIGURES if one.key == key)
