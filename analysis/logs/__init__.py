"""Reading logs: intake, roles, tables and moments."""

from analysis.logs.ab_log import ABLog, Cap, Cell, MetricTable
from analysis.logs.accounting import Accounting, LeftOut, Repair

__all__ = ["ABLog", "Accounting", "Cap", "Cell", "LeftOut", "MetricTable", "Repair"]
