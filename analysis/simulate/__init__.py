"""Logs whose truth is known: for the samples, the tests, and anyone who wants to try a study."""

from analysis.simulate.experiment import EventPlan, Experiment, mean_for_share, planned
from analysis.simulate.files import write_table
from analysis.simulate.kinds import KINDS, template, write
from analysis.simulate.log import ab_log
from analysis.simulate.truth import Truth, truths

__all__ = [
    "KINDS",
    "EventPlan",
    "Experiment",
    "Truth",
    "ab_log",
    "mean_for_share",
    "planned",
    "template",
    "truths",
    "write",
    "write_table",
]
