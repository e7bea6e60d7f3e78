"""Is the preference the same everywhere? All blocks for each level of each segment."""

from typing import Any

import numpy as np

from analysis.core import Notice
from analysis.core.corrections import adjust_p_values
from analysis.interleaving.inference import Block
from analysis.interleaving.measure import Measured, measure
from analysis.interleaving.notices import notice
from analysis.interleaving.rules import enough, rule
from analysis.interleaving.slots import keep_lists
from analysis.logs.list_log import ListLog
from analysis.study import Interleaving

MOST_LEVELS = 30


def segment_blocks(log: ListLog, lens: Interleaving, alike: str | None) -> list[dict[str, Any]]:
    """One entry a column: its levels, each with all blocks and its headline p by Holm.

    Segments never change the verdict.

    Args:
        log: The log.
        lens: The study's section.
        alike: The headline test of the whole log.
    """
    return [
        {"column": column, "levels": _levels(log, lens, column, alike), "levels_in_log": len(names)}
        for column, (names, _) in log.table.segments.items()
    ]


def segment_notices(entries: list[dict[str, Any]]) -> list[Notice]:
    """Columns of which only the largest levels are shown."""
    return [
        notice(
            "segments_left_out",
            column=one["column"],
            n=str(one["levels_in_log"]),
            kept=str(len(one["levels"])),
        )
        for one in entries
        if one["levels_in_log"] > MOST_LEVELS
    ]


def _levels(log: ListLog, lens: Interleaving, column: str, alike: str | None) -> list[Block]:
    names, of = log.table.segments[column]
    sizes = np.bincount(of[of >= 0], minlength=len(names))
    largest = np.argsort(-sizes, kind="stable")[:MOST_LEVELS]
    levels = []
    for code in sorted(int(one) for one in largest if sizes[one]):
        part = keep_lists(log, of == code)
        found = measure(part, lens)
        entry: Block = {"level": names[code], **_read(found, lens, alike)}
        levels.append(entry)
    adjusted = adjust_p_values([one["headline_p"] for one in levels], "holm")
    for one, p in zip(levels, adjusted, strict=True):
        one["headline_p_holm"] = p
    return levels


def _read(found: Measured, lens: Interleaving, alike: str | None) -> Block:
    """The blocks of one level, and the test that the whole log is judged by."""
    ruling = rule(found, lens)
    return {
        "row": ruling.case.row,
        "headline_test": ruling.case.test,
        "same_test": ruling.case.test == alike,
        "headline_scope": ruling.scope,
        "headline_p": ruling.p if ruling.case.allowed else None,
        "headline_estimate": ruling.estimate,
        "thin": enough(found),
        **found.content,
    }
