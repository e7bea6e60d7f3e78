"""Logs read as panels: units x periods, one panel a metric."""

from analysis.logs.panels.read import read_panel

__all__ = ["read_panel"]
