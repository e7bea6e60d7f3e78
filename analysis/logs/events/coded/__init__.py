"""Rows of an engine in this process, as whole numbers: units and their events without SQL."""

from analysis.logs.events.coded.units import CodedUnits, code_units

__all__ = ["CodedUnits", "code_units"]
