"""What a newer readout says otherwise than the one before it, and why it may."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.store.summary import summarise

Content = Mapping[str, Any]
NUMBERS = ("lift", "lift_low", "lift_high", "difference", "difference_low", "difference_high")


@dataclass(frozen=True)
class Moved:
    """One primary comparison, before and now.

    Attributes:
        metric: Its metric.
        treatment: The arm or ranker that is compared with the control.
        kind: The metric's kind, which says how its numbers are written.
        before: ``lift``, ``difference`` and their bounds; None where it was not compared.
        now: The same, now.
    """

    metric: str
    treatment: str
    kind: str
    before: Mapping[str, Any] | None
    now: Mapping[str, Any] | None


@dataclass(frozen=True)
class Changes:
    """What is different.

    Attributes:
        decision: The verdict's word, before and now.
        units: Units, before and now.
        moved: Primary comparisons whose numbers are not the same.
        causes: What went in otherwise: ``log``, ``study``, ``methods``.
    """

    decision: tuple[str | None, str | None]
    units: tuple[int, int]
    moved: tuple[Moved, ...]
    causes: tuple[str, ...]


def changes(before: Content, now: Content) -> Changes | None:
    """The difference between two readouts; None if word, units and primary numbers are equal.

    Args:
        before: The content of the older readout.
        now: The content of the newer one.
    """
    was, is_now = summarise(dict(before)), summarise(dict(now))
    older, newer = _primaries(before, was), _primaries(now, is_now)
    moved = []
    for key in [*newer, *(key for key in older if key not in newer)]:
        one, other = older.get(key), newer.get(key)
        if _numbers(one) != _numbers(other):
            kind = str((other or one or {}).get("kind") or "")
            moved.append(Moved(*key, kind, _numbers(one), _numbers(other)))
    found = Changes(
        decision=(was["decision"], is_now["decision"]),
        units=(was["units"], is_now["units"]),
        moved=tuple(moved),
        causes=tuple(_causes(before, now)),
    )
    same = found.decision[0] == found.decision[1] and found.units[0] == found.units[1]
    return None if same and not moved else found


def _primaries(content: Content, summary: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    """Every primary comparison by metric and treatment."""
    found = {
        (str(metric["name"]), str(one.get("treatment"))): {**one, "kind": metric.get("kind")}
        for metric in (content.get("ab") or {}).get("metrics") or []
        if metric.get("role") == "primary"
        for one in metric.get("comparisons") or []
    }
    first = summary["primary"]
    if not found and first is not None:
        found[str(first["name"]), str(first.get("treatment"))] = first
    return found


def _numbers(comparison: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if comparison is None else {key: comparison.get(key) for key in NUMBERS}


def _causes(before: Content, now: Content) -> list[str]:
    causes = []
    if before["log"]["sha256"] != now["log"]["sha256"]:
        causes.append("log")
    if _asked(before) != _asked(now):
        causes.append("study")
    if before["made_by"]["methods"] != now["made_by"]["methods"]:
        causes.append("methods")
    return causes


def _asked(content: Content) -> dict[str, Any]:
    """What the study asks for; its name and story change no number."""
    study = dict(content["study"])
    return {key: study[key] for key in study.keys() - {"name", "hypothesis", "owner", "log"}}
