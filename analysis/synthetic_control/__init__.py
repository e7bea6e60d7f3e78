"""The synthetic control lens: what would have happened without it?

`analyze` reads a whole panel; the other modules are its building blocks as plain functions of
small arrays.
"""

from analysis.synthetic_control.analyze import Result, analyze, check
from analysis.synthetic_control.plan import Planned, detectable, next_time, plan, planned
from analysis.synthetic_control.resolve import resolve
from analysis.synthetic_control.rollout import Offer, OtherColumn, offers, primary_of

__all__ = [
    "Offer",
    "OtherColumn",
    "Planned",
    "Result",
    "analyze",
    "check",
    "detectable",
    "next_time",
    "offers",
    "plan",
    "planned",
    "primary_of",
    "resolve",
]
