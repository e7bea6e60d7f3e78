"""Logs whose truth is known: for the samples, the tests, and anyone who wants to try a study."""

from analysis.simulate.experiment import EventPlan, Experiment, mean_for_share, planned
from analysis.simulate.files import write_table
from analysis.simulate.geo import GeoPlan, geo_values
from analysis.simulate.kinds import KINDS, template, write
from analysis.simulate.list_kinds import LIST_KINDS
from analysis.simulate.list_log import list_log
from analysis.simulate.list_plan import ListPlan
from analysis.simulate.list_truth import ListTruth, list_truth
from analysis.simulate.log import ab_log
from analysis.simulate.panel_kinds import PANEL_KINDS, panel_log
from analysis.simulate.panel_plan import PanelPlan
from analysis.simulate.panel_truth import panel_truth
from analysis.simulate.truth import Truth, truths

__all__ = [
    "KINDS",
    "LIST_KINDS",
    "PANEL_KINDS",
    "EventPlan",
    "Experiment",
    "GeoPlan",
    "ListPlan",
    "ListTruth",
    "PanelPlan",
    "Truth",
    "ab_log",
    "geo_values",
    "list_log",
    "list_truth",
    "mean_for_share",
    "panel_log",
    "panel_truth",
    "planned",
    "template",
    "truths",
    "write",
    "write_table",
]
