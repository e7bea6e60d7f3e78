"""The safe intake: strangers' files in, a `Source` of plain Parquet out."""

from analysis.logs.intake.limits import DEFAULT_LIMITS, Limits
from analysis.logs.intake.opening import check_upload_size, open_source
from analysis.logs.intake.source import ROW, Progress, RejectedLine, Source

__all__ = [
    "DEFAULT_LIMITS",
    "ROW",
    "Limits",
    "Progress",
    "RejectedLine",
    "Source",
    "check_upload_size",
    "open_source",
]
