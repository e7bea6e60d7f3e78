"""The interleaving lens: from a log of lists and a study to results, notices and a verdict."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from analysis.core import Notice
from analysis.core.plain import plain
from analysis.interleaving.credit_blocks import USER_BLOCKS
from analysis.interleaving.findings import findings
from analysis.interleaving.inference import Block
from analysis.interleaving.measure import Measured, measure
from analysis.interleaving.notices import notice
from analysis.interleaving.planning import planning_numbers
from analysis.interleaving.rules import Ruling, rule
from analysis.interleaving.segments import segment_blocks, segment_notices
from analysis.interleaving.slots import keep_lists
from analysis.interleaving.summing_up import effect, sum_up
from analysis.logs.list_log import ListLog
from analysis.study import Interleaving, Study

Progress = Callable[[str, float], None]

COUNTS = (
    "rows_in_file",
    "duplicate_rows_removed",
    "rows_missing_position",
    "rows_bad_position",
    "rows_unknown_model",
    "rows_shared",
    "rows_merged",
    "repeat_clicks",
    "position_base",
)
CREDIT = ("impression_level", *USER_BLOCKS)


@dataclass(frozen=True)
class Result:
    """What the interleaving lens found.

    Attributes:
        content: The ``interleaving`` part of the readout.
        notices: What its reader must know.
        verdict: The lens's verdict.
    """

    content: dict[str, Any]
    notices: tuple[Notice, ...]
    verdict: dict[str, Any]


def analyze(log: ListLog, study: Study, progress: Progress | None = None) -> Result:
    """All blocks, notices and the verdict of a study's [interleaving].

    Args:
        log: The log of lists, cleaned.
        study: The study.
        progress: Called with what is being done and the share done.
    """
    lens = study.interleaving or Interleaving()
    if progress:
        progress("Comparing the rankers", 0.0)
    found, other = _with_and_without_bots(log, lens)
    ruling = rule(found, lens)
    notices: list[Notice] = []
    if other is not None:
        ruling = _of_bots(log, lens, ruling, rule(other, lens), notices)
    if found.examination.too_short is not None and ruling.winner is not None:
        ruling = replace(ruling, status="no_winner", winner=None, reason="theta_too_short")
    notices += findings(found, ruling, lens)
    found = replace(found, content=found.content | {"planning": planning_numbers(found, ruling)})
    if progress:
        progress("Comparing segments", 0.6)
    segments = segment_blocks(found.log, lens, ruling.case.test)
    notices += segment_notices(segments)
    told = {one.code for one in log.notices}
    unique = tuple(dict.fromkeys(one for one in notices if one.code not in told))
    verdict = plain(sum_up(found, ruling, (*unique, *log.notices), lens))
    content = _counted(log) | found.content
    content |= _both_ways(found, other, lens) | {"segments": segments}
    content |= {"effect": effect(found, ruling), "alpha": lens.alpha}
    return Result(plain(content), unique, verdict)


def check(log: ListLog, study: Study) -> tuple[dict[str, Any], tuple[Notice, ...]]:
    """What the lens would use: rankers, counts, who starts, and the notices; no result."""
    lens = study.interleaving or Interleaving()
    found = measure(log, lens)
    told = {one.code for one in log.notices}
    results = {"tests_disagree", "anytime_not_crossed", "cap_changes_result"}
    notices = findings(found, rule(found, lens), lens)
    kept = tuple(one for one in notices if one.code not in told | results)
    shown = ("rankers", "shape", "effective_users", "top_user_impression_share", "balance")
    content = _counted(log) | {name: found.content.get(name) for name in shown}
    return plain(content), kept


def _counted(log: ListLog) -> Block:
    """What was counted while the log was read."""
    found: Block = {name: log.counts.get(name, 0) for name in COUNTS}
    found |= {"users": log.users, "lists": log.lists}
    found |= {"first_day": min(log.days, default=None), "last_day": max(log.days, default=None)}
    found["counts"] = dict(log.counts)
    found["has"] = dict(log.has)
    # A count: ids of users never appear in a readout.
    found["suspected_bot_users"] = int(log.bots.sum()) if log.bots is not None else 0
    return found


def _with_and_without_bots(log: ListLog, lens: Interleaving) -> tuple[Measured, Measured | None]:
    """What is measured for the headline; and the other way, if users are suspected."""
    if log.bots is None or not log.bots.any() or log.table.user is None:
        return measure(log, lens), None
    people = measure(keep_lists(log, ~log.bots[log.table.user]), lens)
    everyone = measure(log, lens)
    return (people, everyone) if lens.exclude_suspected_bots else (everyone, people)


def _of_bots(
    log: ListLog, lens: Interleaving, ruling: Ruling, other: Ruling, notices: list[Notice]
) -> Ruling:
    """Suspected bots are named; they may not decide."""
    count = int(log.bots.sum()) if log.bots is not None else 0
    users = "1 user" if count == 1 else f"{count:,} users"
    treated = "left out of the headline" if lens.exclude_suspected_bots else "kept in the headline"
    notices.append(notice("suspected_bots", users=users, treated=treated))
    if (ruling.winner, ruling.status) == (other.winner, other.status):
        return ruling
    if ruling.winner == other.winner:
        return ruling
    notices.append(notice("bots_change_verdict"))
    return replace(ruling, status="no_winner", winner=None, reason="bots_change_verdict")


def _both_ways(found: Measured, other: Measured | None, lens: Interleaving) -> Block:
    """The credit blocks with and without suspected bots."""
    names = ["after_cleaning_without_bot", "after_cleaning_with_bot"]
    if other is None:
        return dict.fromkeys(names)
    both = (found, other) if lens.exclude_suspected_bots else (other, found)
    return {
        name: {block: one.content.get(block) for block in CREDIT}
        for name, one in zip(names, both, strict=True)
    }
