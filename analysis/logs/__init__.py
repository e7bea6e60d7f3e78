"""Reading logs: intake, roles, tables and moments."""

from analysis.logs.ab_log import ABLog, Cap, Cell, MetricTable
from analysis.logs.accounting import Accounting, LeftOut, Repair
from analysis.logs.read import read_ab

__all__ = ["ABLog", "Accounting", "Cap", "Cell", "LeftOut", "MetricTable", "Repair", "read_ab"]
