"""The A/B lens: did the primary metric move, and did every guardrail stay in its margin?

`analyze` reads a whole log; the other names are its building blocks as plain functions
of small inputs.
"""

from analysis.ab.analyze import Result, analyze, check
from analysis.ab.cuped import adjust
from analysis.ab.effect import Effect, Interval
from analysis.ab.means import mann_whitney, student, welch
from analysis.ab.plan import resolve
from analysis.ab.proportions import Counts
from analysis.ab.safety import absolute_margin, relative_margin
from analysis.ab.split import check_split, sequential_split
from analysis.core.corrections import adjust_p_values, interval_alpha
from analysis.methods.ab import METHODS, Method

__all__ = [
    "METHODS",
    "Counts",
    "Effect",
    "Interval",
    "Method",
    "Result",
    "absolute_margin",
    "adjust",
    "adjust_p_values",
    "analyze",
    "check",
    "check_split",
    "interval_alpha",
    "mann_whitney",
    "relative_margin",
    "resolve",
    "sequential_split",
    "student",
    "welch",
]
