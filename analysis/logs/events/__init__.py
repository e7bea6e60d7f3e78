"""Logs whose rows are events: from rows to units, their windows and metrics."""

from analysis.logs.events.read import read_events

__all__ = ["read_events"]
