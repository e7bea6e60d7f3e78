"""Logs whose rows are units, observations of units, or daily sums over them."""

from analysis.logs.units.read import read_units

__all__ = ["read_units"]
