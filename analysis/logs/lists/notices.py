"""What the reader of an interleaving log should know from its reading alone."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.core import Level, Notice
from analysis.logs.list_log import Purchases, Slots
from analysis.logs.lists.events import Joined
from analysis.logs.lists.rankers import Rankers

if TYPE_CHECKING:
    from analysis.logs.lists.slots import SlotReading

# Fields whose absence costs something that no other notice names.
LOST = {
    "impression_id": "what lists tell (wins, balance, first pick)",
    "position": "balance, comparison at the same position and examination",
    "item_id": "examination from items that moved, and purchases",
    "clicked": "who gets the credit of a click",
    "timestamp": "development by day and attribution of purchases",
}


@dataclass(frozen=True)
class Found:
    """What notices are made of, besides the counts.

    Attributes:
        rankers: None without a ranker column.
        slots: Cleaned.
        joined: Clicks from rows of their own.
        purchases: None without any.
        has: Which fields the log has.
    """

    rankers: Rankers | None
    slots: Slots
    joined: Joined
    purchases: Purchases | None
    has: dict[str, bool]


def notice(code: str, level: Level, text: str, fix: str = "") -> Notice:
    """A notice of this lens."""
    return Notice(code, level, "interleaving", text, fix)


def reading_notices(reading: "SlotReading", found: Found) -> tuple[Notice, ...]:
    """Every notice that reading the log gives, those of the intake first."""
    notices: list[Notice] = []
    for source in reading.sources.values():
        notices += source.notices
    notices += _columns(reading, found)
    notices += _rankers(reading, found)
    notices += _cleaning(reading)
    notices += _lists(reading, found)
    notices += _joins(reading, found)
    return tuple(notices)


def _columns(reading: "SlotReading", found: Found) -> list[Notice]:
    """Fields that are missing, or that several columns could hold."""
    notices = []
    for field, headers, chosen in reading.fields.ambiguous:
        notices.append(
            notice(
                "ambiguous_columns",
                "warn",
                f"{_listed(headers)} could each be the {field}; {chosen} is used.",
                "Name the right one under [columns] if this is wrong.",
            )
        )
    notices += [
        notice(
            "segment_left_out",
            "warn",
            f"The column {column} holds too many different values to cut by.",
            "Name columns of few values: [columns] segments = [...].",
        )
        for column in reading.wide_segments
    ]
    has, shape = found.has, reading.shape.name
    events = {field for one in found.joined.events for field in one.fields.of}
    if not has["user_id"] and not has["impression_id"] and not reading.shape.whole_lists:
        notices.append(
            notice(
                "no_list_or_user_id",
                "warn",
                "The log has neither user nor list ids: rows count as independent and rankers "
                "cannot be compared; only the position curve is shown.",
                "Log a list id and a user id with every slot.",
            )
        )
    elif not has["user_id"]:
        notices.append(
            notice(
                "no_user_id",
                "warn",
                "The log has no user id: lists count as independent, and p may be too small.",
                "Add a user id.",
            )
        )
    if not has["model"]:
        notices.append(
            notice(
                "no_ranker_column",
                "note",
                "No column says which ranker supplied a slot: only position bias is estimated.",
                "Add the ranker of every slot.",
            )
        )
    if shape == "events":
        notices.append(
            notice(
                "no_impression_rows",
                "warn",
                "Only clicked slots are known: balance, slots without a click and position "
                "weighting cannot be checked.",
                "Log every shown slot.",
            )
        )
    for field, what in LOST.items():
        there = has[field] or field in events
        if field == "clicked":
            outcome = "converted" if reading.lens.outcome == "conversion" else "clicked"
            joins = shape == "events" or bool(found.joined.events)
            there = has[outcome] or joins
            field = outcome  # noqa: PLW2901 - the outcome that the study asks for
        if field == "position" and shape == "events":
            there = True
        if field == "impression_id" and reading.shape.whole_lists:
            there = True
        if not there:
            notices.append(
                notice(
                    "missing_column",
                    "note",
                    f"The log has no column {field}, so {what} cannot be computed.",
                    f"Add {field}, or name its column under [columns].",
                )
            )
    return notices


def _rankers(reading: "SlotReading", found: Found) -> list[Notice]:
    """Who is compared, and labels that are nobody."""
    rankers, counts = found.rankers, reading.counts
    if rankers is None:
        return []
    notices = []
    n = len(rankers.names)
    if n < 2:
        held = f" ({rankers.names[0]})" if n else ""
        notices.append(
            notice(
                "one_ranker",
                "stop",
                f"The log holds {'only one ranker' if n else 'no ranker'}{held}: "
                "interleaving compares two.",
                "Check the column of rankers.",
            )
        )
    if n > 2:
        notices.append(
            notice(
                "more_than_two_rankers",
                "note",
                f"The log holds {n} rankers: all pairs are compared, with Holm's correction.",
                "Pick two for a head-to-head.",
            )
        )
    if rankers.merged:
        told = "; ".join(
            f"{' / '.join(spellings)} as {name}"
            for name, spellings in list(rankers.merged.items())[:5]
        )
        notices.append(
            notice(
                "labels_merged",
                "note",
                f"Spellings of a ranker that differ by case or blanks are read as one: {told}.",
                "Write each ranker in one way.",
            )
        )
    for label, rows in list(rankers.unknown.items())[:10]:
        notices.append(
            notice(
                "unknown_ranker_label",
                "warn",
                f"The label {label}, on {many(rows, 'row')}, is no chosen ranker and gives no "
                "credit.",
                "Choose it if it is a ranker.",
            )
        )
    if counts["rows_shared"]:
        notices.append(
            notice(
                "shared_slots",
                "note",
                f"{many(counts['rows_shared'], 'slot')} without a ranker (blank label) taken as "
                f"shared: no credit, {many(counts['shared_clicks'], 'click')} set aside.",
            )
        )
    return notices


def _cleaning(reading: "SlotReading") -> list[Notice]:
    """Rows that were removed, repaired or merged."""
    counts = reading.counts
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
        notices.append(_bad_positions(reading))
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
            if reading.shape.name == "joined"
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


def _bad_positions(reading: "SlotReading") -> Notice:
    from analysis.logs.lists.account import cell_texts

    n = reading.counts["rows_bad_position"]
    first = ""
    rows = reading.losses.rows.get("bad_position")
    column = reading.fields.of.get("position")
    if rows is not None and column is not None:
        row = rows.min()
        cell = cell_texts(reading, "log", column, reading.fields.kinds[column], np.array([row]))
        first = f', first in row {row:,}: "{cell[int(row)][:80]}"'
    return notice(
        "positions_bad",
        "warn",
        f"Left out: {many(n, 'row')} whose position is negative, fractional, above 1,000 or no "
        f"number{first}.",
        "Number positions from 1 at the top.",
    )


def _lists(reading: "SlotReading", found: Found) -> list[Notice]:
    """Lists that are odd, and users who may be none."""
    counts = reading.counts
    notices = []
    if counts["positions_repeated"]:
        named = f" (first: {reading.first_repeated})" if reading.first_repeated else ""
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
            if reading.lens.exclude_suspected_bots
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


def _joins(reading: "SlotReading", found: Found) -> list[Notice]:
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
        n = int((np.diff(found.purchases.start) == 0).sum())
        reading.counts["unattributed_purchases"] = n
        if n:
            notices.append(
                notice(
                    "unattributed_purchases",
                    "warn",
                    f"Of {many(found.purchases.value.size, 'purchase')}, {n:,} without an exposure "
                    f"in the {reading.lens.window_days:g} days before; listed apart.",
                )
            )
    return notices


def many(n: int, one: str) -> str:
    """A count with its word.

    >>> many(1, "row"), many(2000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{n:,} {one}{'s' * (n != 1)}"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}"
