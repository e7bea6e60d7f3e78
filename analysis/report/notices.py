"""Notices: the ones that stop stand above all numbers, the others beside the checks."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.report import words

KINDS = {
    "stop": ("Stop: no lift may be read", "stop"),
    "warn": ("Read before using", "worse"),
    "note": ("For the record", "neutral"),
}


def of_level(notices: Sequence[Mapping[str, Any]], level: str) -> list[Mapping[str, Any]]:
    """The notices of one level, in the readout's order."""
    return [notice for notice in notices if notice["level"] == level]


def unsaid(notices: Sequence[Mapping[str, Any]], headline: str) -> list[str]:
    """Each notice as text and fix in one line, without what the headline says already."""
    lines = [
        " ".join(part for part in (one["text"], one.get("fix")) if part and not _in(part, headline))
        for one in notices
    ]
    return [line for line in lines if line]


def summary(notices: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """How the data checks went, in a few words, and their state: ``fine``, ``look`` or ``stop``."""
    stops, warnings, notes = (len(of_level(notices, level)) for level in KINDS)
    if stops:
        return f"Data checks: {words.counted(stops, 'stop')}", "stop"
    if warnings:
        return f"Data checks: {words.counted(warnings, 'warning')}", "look"
    if notes:
        return f"Data checks: {words.counted(notes, 'note')}", "fine"
    return "Data checks passed", "fine"


def _in(said: str, headline: str) -> bool:
    return said.rstrip(".").casefold() in headline.casefold()
