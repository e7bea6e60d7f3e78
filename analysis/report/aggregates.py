"""What may leave with a link: a readout without small segments and without cells of the log."""

from collections.abc import Mapping
from typing import Any

# Fewer units than this behind a number could point at a person.
FEWEST_UNITS = 20


def aggregates(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content without levels of fewer than 20 units and without examples of rows.

    Each segment says in ``hidden_levels`` how many of its levels were taken out; a level of
    unknown size is taken out too.
    """
    shown = dict(content)
    for lens in ("ab", "interleaving"):
        found = content.get(lens)
        if found and found.get("segments"):
            shown[lens] = {**found, "segments": [_segment(one) for one in found["segments"]]}
    log = content.get("log")
    if log:
        left_out = [{**one, "examples": []} for one in log.get("left_out") or ()]
        shown["log"] = {**log, "left_out": left_out}
    return shown


def units_of(level: Mapping[str, Any]) -> int | None:
    """How many units (of lists: users, else lists) stand behind a level; None if not known."""
    if level.get("n_control") is not None and level.get("n_treatment") is not None:
        return int(level["n_control"]) + int(level["n_treatment"])
    for block, field in (("user_level", "n_users"), ("impression_level", "n_impressions")):
        known = (level.get(block) or {}).get(field)
        if known is not None:
            return int(known)
    return None


def _segment(segment: Mapping[str, Any]) -> dict[str, Any]:
    levels = segment.get("levels") or []
    shown = [one for one in levels if (units_of(one) or 0) >= FEWEST_UNITS]
    return {**segment, "levels": shown, "hidden_levels": len(levels) - len(shown)}
