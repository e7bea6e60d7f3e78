"""What the reader of an interleaving log should know from its reading alone."""

from analysis.core import Notice
from analysis.logs.lists.cleaning_notices import cleaning_notices, join_notices, list_notices
from analysis.logs.lists.found import Found
from analysis.logs.lists.notice_form import many, notice
from analysis.logs.lists.opened import Opened

# Fields whose absence costs something that no other notice names.
LOST = {
    "impression_id": "what lists tell (wins, balance, first pick)",
    "position": "balance, comparison at the same position and examination",
    "item_id": "examination from items that moved, and purchases",
    "clicked": "who gets the credit of a click",
    "timestamp": "development by day and attribution of purchases",
}


def reading_notices(opened: Opened, found: Found) -> tuple[Notice, ...]:
    """Every notice that reading the log gives, those of the intake first."""
    notices: list[Notice] = []
    for source in opened.sources.values():
        notices += source.notices
    notices += _columns(opened, found)
    notices += _rankers(found)
    notices += cleaning_notices(opened, found)
    notices += list_notices(opened.lens, found)
    notices += join_notices(opened.lens, found)
    return tuple(notices)


def _columns(opened: Opened, found: Found) -> list[Notice]:
    """Fields that are missing, or that several columns could hold."""
    notices = []
    for field, headers, chosen in opened.fields.ambiguous:
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
        for column in found.wide_segments
    ]
    has, shape = found.has, opened.shape.name
    events = {field for one in found.joined.events for field in one.fields.of}
    if not has["user_id"] and not has["impression_id"] and not opened.shape.whole_lists:
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
            outcome = "converted" if opened.lens.outcome == "conversion" else "clicked"
            joins = shape == "events" or bool(found.joined.events)
            there = has[outcome] or joins
            field = outcome  # noqa: PLW2901 - the outcome that the study asks for
        if field == "position" and shape == "events":
            there = True
        if field == "impression_id" and opened.shape.whole_lists:
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


def _rankers(found: Found) -> list[Notice]:
    """Who is compared, and labels that are nobody."""
    rankers, counts = found.rankers, found.counts
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


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}"
