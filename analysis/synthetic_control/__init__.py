"""The synthetic control lens: what would have happened without it?

`analyze` reads a whole panel; the other modules are its building blocks as plain functions of
small arrays.
"""

from analysis.synthetic_control.analyze import Result, analyze, check
from analysis.synthetic_control.plan import Planned, plan, planned
from analysis.synthetic_control.resolve import resolve

__all__ = ["Planned", "Result", "analyze", "check", "plan", "planned", "resolve"]
