"""Instants as every row has them: UTC, in one form, so that texts sort as times do."""

from datetime import UTC, datetime


def now() -> str:
    """This instant."""
    return as_text(datetime.now(UTC))


def as_text(instant: datetime) -> str:
    """An instant as every row has it."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")
