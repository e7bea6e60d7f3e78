"""Every figure there is; a new one is a file and a line here."""

from analysis.figures.chart import Figure
from analysis.figures.clicks_by_position import CLICKS_BY_POSITION
from analysis.figures.counterfactual import COUNTERFACTUAL
from analysis.figures.donor_weights import DONOR_WEIGHTS
from analysis.figures.effects import SPECIFICATIONS, TREATED_UNITS
from analysis.figures.event_time import EVENT_TIME
from analysis.figures.forest import FOREST
from analysis.figures.in_time import IN_TIME
from analysis.figures.leave_one_out import LEAVE_ONE_OUT
from analysis.figures.list_path import LIST_PATH
from analysis.figures.list_segments import LIST_SEGMENTS
from analysis.figures.over_time import OVER_TIME
from analysis.figures.pair_matrix import PAIR_MATRIX
from analysis.figures.panel_series import DONORS, PANEL, PRE_FIT
from analysis.figures.placebos import PLACEBO_PATHS, PLACEBO_RANKS
from analysis.figures.power_curve import POWER_CURVE
from analysis.figures.preference import PREFERENCE
from analysis.figures.rows_by_day import ROWS_BY_DAY
from analysis.figures.shares import POSITION_SHARE, WHO_STARTS
from analysis.figures.theta_curve import THETA_CURVE
from analysis.figures.units_by_day import UNITS_BY_DAY
from analysis.figures.waterfall import WATERFALL

FIGURES: tuple[Figure, ...] = (OVER_TIME, UNITS_BY_DAY, FOREST, ROWS_BY_DAY)
LIST_FIGURES: tuple[Figure, ...] = (
    PREFERENCE,
    WATERFALL,
    CLICKS_BY_POSITION,
    POSITION_SHARE,
    WHO_STARTS,
    LIST_PATH,
    LIST_SEGMENTS,
    THETA_CURVE,
    PAIR_MATRIX,
)
SYNTHETIC_FIGURES: tuple[Figure, ...] = (
    COUNTERFACTUAL,
    PLACEBO_PATHS,
    PLACEBO_RANKS,
    DONOR_WEIGHTS,
    DONORS,
    LEAVE_ONE_OUT,
    IN_TIME,
    SPECIFICATIONS,
    PRE_FIT,
    POWER_CURVE,
    EVENT_TIME,
    TREATED_UNITS,
    PANEL,
)


def figure(key: str) -> Figure:
    """The figure with this key."""
    return next(one for one in (*FIGURES, *LIST_FIGURES, *SYNTHETIC_FIGURES) if one.key == key)
