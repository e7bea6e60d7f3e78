"""Reading logs: intake, roles, tables and moments."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.logs.ab_log import ABLog, Cap, Cell, MetricTable
    from analysis.logs.accounting import Accounting, LeftOut, Repair
    from analysis.logs.guess import GuessedColumns, guess_roles
    from analysis.logs.intake import DEFAULT_LIMITS, Limits, Source, open_source
    from analysis.logs.intake.preview import preview
    from analysis.logs.list_log import ListLog, Lists, Purchases, Slots, Totals
    from analysis.logs.lists import read_lists, suggest_lists
    from analysis.logs.panel_log import Axis, MetricPanel, PanelLog
    from analysis.logs.panels import read_panel
    from analysis.logs.panels.cohorts import cohort_file
    from analysis.logs.past_pairs import read_past_pairs
    from analysis.logs.personal import personal_columns
    from analysis.logs.read import read_ab
    from analysis.logs.suggesting import suggest

__all__ = [
    "DEFAULT_LIMITS",
    "ABLog",
    "Accounting",
    "Axis",
    "Cap",
    "Cell",
    "GuessedColumns",
    "LeftOut",
    "Limits",
    "ListLog",
    "Lists",
    "MetricPanel",
    "MetricTable",
    "PanelLog",
    "Purchases",
    "Repair",
    "Slots",
    "Source",
    "Totals",
    "cohort_file",
    "guess_roles",
    "open_source",
    "personal_columns",
    "preview",
    "read_ab",
    "read_lists",
    "read_panel",
    "read_past_pairs",
    "suggest",
    "suggest_lists",
]

_HOMES = {
    "ab_log": (
        "ABLog",
        "Cap",
        "Cell",
        "MetricTable",
    ),
    "accounting": (
        "Accounting",
        "LeftOut",
        "Repair",
    ),
    "guess": (
        "GuessedColumns",
        "guess_roles",
    ),
    "intake": (
        "DEFAULT_LIMITS",
        "Limits",
        "Source",
        "open_source",
    ),
    "intake.preview": ("preview",),
    "list_log": (
        "ListLog",
        "Lists",
        "Purchases",
        "Slots",
        "Totals",
    ),
    "lists": (
        "read_lists",
        "suggest_lists",
    ),
    "panel_log": (
        "Axis",
        "MetricPanel",
        "PanelLog",
    ),
    "panels": ("read_panel",),
    "panels.cohorts": ("cohort_file",),
    "past_pairs": ("read_past_pairs",),
    "personal": ("personal_columns",),
    "read": ("read_ab",),
    "suggesting": ("suggest",),
}


def __getattr__(name: str) -> Any:
    """Load a name when it is first asked for: the reading process needs the intake only."""
    for module, names in _HOMES.items():
        if name in names:
            found = getattr(import_module(f"analysis.logs.{module}"), name)
            globals()[name] = found
            return found
    raise AttributeError(name)
