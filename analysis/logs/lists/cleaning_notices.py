"""Notices of what cleaning removed, what is odd about lists, and what joined nothing."""

import numpy as np

from analysis.core import Level, Notice
from analysis.logs.lists.account import cell_texts
from analysis.logs.lists.found import Found
from analysis.logs.lists.notice_form import many, notice
from analysis.logs.lists.opened import Opened
from analysis.study import Interleaving


def cleaning_notices(opened: Opened, found: Found) -> list[Notice]:
    """Rows that were removed, repaired or merged."""
    counts = found.counts
    notices = []

    def told(key: str, code: str, level: Level, text: str, fix: str = "") -> None:
        if counts.get(key):
            notices.append(notice(code, level, text.format(rows=many(counts[key], "row")), fix))

    removed = counts["duplicate_rows_removed"] + counts.get("duplicate_event_rows", 0)
    if removed:
        notices.append(
            notice(
                "duplicates_removed", "note", f"Removed: {many(removed, 'exact duplicate row')}."
            )
        )
    told(
        "rows_missing_list_id",
        "list_ids_missing",
        "warn",
        "Left out: {rows} without a list id.",
        "Log the list of every slot.",
    )
    told(
        "rows_missing_user_id",
        "user_ids_missing",
        "warn",
        "Left out: {rows} without a user id.",
        "Log the user of every list, an anonymous id if need be.",
    )
    told(
        "rows_missing_position",
        "positions_missing",
        "warn",
        "Left out: {rows} without a position.",
        "Log the position of every slot.",
    )
    if counts["rows_bad_position"]:
        notices.append(_bad_positions(opened, found))
    if not counts["position_base"]:
        notices.append(
            notice(
                "positions_zero_based",
                "note",
                "Positions start at 0; each was raised by one, so that the top is 1.",
            )
        )
    told(
        "rows_merged",
        "rows_merged",
        "note",
        "Merged: {rows} that told of a slot again with other content; a click counts once.",
    )
    told(
        "repeat_clicks",
        "repeat_clicks",
        "note",
        "Repeated clicks on one list and item, told by {rows}, count once.",
    )
    told(
        "click_counts_capped",
        "click_counts_capped",
        "warn",
        "Counts above 1 where a click is told, on {rows}: a slot counts as clicked once.",
    )
    told(
        "clicks_unreadable",
        "clicks_unreadable",
        "warn",
        "Neither yes nor no where a click is told, on {rows}: read as no.",
        "Write 1 and 0, or true and false.",
    )
    told(
        "bad_times",
        "times_unreadable",
        "warn",
        "Times that cannot be read, on {rows}, are passed over.",
        "Write times as ISO 8601 or as epoch numbers.",
    )
    if counts.get("list_length_mismatch"):
        what = (
            "unequal numbers of items, rankers and clicks"
            if opened.shape.name == "joined"
            else "a cell that is no JSON array"
        )
        notices.append(
            notice(
                "list_length_mismatch",
                "warn",
                f"Left out: {many(counts['list_length_mismatch'], 'list row')} with {what}.",
                "Write one piece for each slot in every column.",
            )
        )
    return notices


def _bad_positions(opened: Opened, found: Found) -> Notice:
    n = found.counts["rows_bad_position"]
    first = ""
    rows = found.losses.rows.get("bad_position")
    column = opened.fields.of.get("position")
    if rows is not None and column is not None:
        row = rows.min()
        cell = cell_texts(
            opened.engine, "log", column, opened.fields.kinds[column], np.array([row])
        )
        first = f', first in row {row:,}: "{cell[int(row)][:80]}"'
    return notice(
        "positions_bad",
        "warn",
        f"Left out: {many(n, 'row')} whose position is negative, fractional, above 1,000 or no "
        f"number{first}.",
        "Number positions from 1 at the top.",
    )


def list_notices(lens: Interleaving, found: Found) -> list[Notice]:
    """Lists that are odd, and users who may be none."""
    counts = found.counts
    notices = []
    if counts["positions_repeated"]:
        named = f" (first: {found.first_repeated})" if found.first_repeated else ""
        notices.append(
            notice(
                "positions_repeated",
                "warn",
                f"Two items at one position in {many(counts['positions_repeated'], 'list')}"
                f"{named}; both are kept.",
            )
        )
    if counts["lists_uneven"]:
        notices.append(
            notice(
                "position_gaps",
                "note",
                f"Positions skipped, or a length other than usual, in "
                f"{many(counts['lists_uneven'], 'list')}.",
            )
        )
    if counts["user_per_list_conflict"]:
        notices.append(
            notice(
                "user_per_list_conflict",
                "warn",
                f"Under several users: {many(counts['user_per_list_conflict'], 'list id')}, each "
                "counted as separate lists.",
                "Give every shown list its own id.",
            )
        )
    if counts["suspected_bot_users"]:
        left = (
            "The headline leaves them out and both results are shown."
            if lens.exclude_suspected_bots
            else "The study keeps them in the headline; both results are shown."
        )
        users = counts["suspected_bot_users"]
        notices.append(
            notice(
                "suspected_bots",
                "warn",
                f"{many(users, 'user')} clicked nearly every slot or saw too many lists a "
                f"minute. {left}",
            )
        )
    if not found.slots.clicked.any():
        notices.append(
            notice(
                "no_clicks",
                "stop",
                "No slot was clicked: every list is a tie, and there is no winner.",
                "Check the column of the outcome.",
            )
        )
    return notices


def join_notices(lens: Interleaving, found: Found) -> list[Notice]:
    """Events that found no slot."""
    notices = []
    if found.joined.unmatched:
        notices.append(
            notice(
                "clicks_unmatched",
                "warn",
                f"Left out: {many(found.joined.unmatched, 'click')} on no shown slot.",
                "Check that clicks carry the list and item ids of the shown slots.",
            )
        )
    if found.purchases is not None:
        n = found.counts["unattributed_purchases"]
        if n:
            notices.append(
                notice(
                    "unattributed_purchases",
                    "warn",
                    f"Of {many(found.purchases.value.size, 'purchase')}, {n:,} without an exposure "
                    f"in the {lens.window_days:g} days before; listed apart.",
                )
            )
    return notices
