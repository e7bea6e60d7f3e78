"""The interleaving lens: which ranker do people choose when both fill one list?

`analyze` reads a whole log; the other names are its building blocks as plain functions
of small arrays.
"""

from analysis.interleaving.analyze import Result, analyze, check
from analysis.interleaving.bridge import PastPair, bridge, bridge_notices
from analysis.interleaving.past import with_past
from analysis.interleaving.resolve import resolve
from analysis.methods.interleaving import METHODS, Method

__all__ = [
    "METHODS",
    "Method",
    "PastPair",
    "Result",
    "analyze",
    "bridge",
    "bridge_notices",
    "check",
    "resolve",
    "with_past",
]
