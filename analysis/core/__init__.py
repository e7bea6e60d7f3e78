"""The few types that every room of the house shares."""

from analysis.core import wording
from analysis.core.errors import LogError, StoreError, StudyError, VerdictError
from analysis.core.moments import Floats, Moments, pooled
from analysis.core.notice import Lens, Level, Notice

__all__ = [
    "Floats",
    "Lens",
    "Level",
    "LogError",
    "Moments",
    "Notice",
    "StoreError",
    "StudyError",
    "VerdictError",
    "pooled",
    "wording",
]
