"""What each reason for leaving rows out means, in words, and what to do about it."""

from typing import NamedTuple


class Reason(NamedTuple):
    """A reason's heading and its explanation."""

    label: str
    about: str


REASONS: dict[str, Reason] = {
    "missing_unit": Reason(
        "No unit id", "Without an id a row belongs to nobody. Log the id with every event."
    ),
    "duplicate_event_id": Reason(
        "Repeated event id", "The first row with an id counts, later ones do not."
    ),
    "exact_repeat": Reason(
        "Exact repeat", "The row equals an earlier one in every column, its time included."
    ),
    "bad_time": Reason("Time that is no time", "Write times like 2026-03-23T14:05:00Z."),
    "bad_value": Reason(
        "Value that is no number", "Mend the export; a blank cell is read as no value."
    ),
    "blank_arm": Reason("Exposure without an arm", "The arm cell is blank on an exposure row."),
    "never_exposed": Reason("Unit never exposed", "The unit has events but never met an arm."),
    "mixed_units": Reason(
        "Unit seen in several arms",
        "Nobody knows what it would have done in one, so it is in none.",
    ),
    "mixed_cluster": Reason(
        "Cluster seen in several arms",
        "Nobody knows what it would have done in one, so it is in none.",
    ),
    "other_arm": Reason("Arm that is not compared", "The study does not name this arm."),
    "exposed_after_end": Reason(
        "Unit exposed after the end", "It met its arm after the end that the study names."
    ),
    "duplicate_row": Reason(
        "Exact repeat", "The row equals an earlier one in every column; the first one counts."
    ),
    "missing_list_id": Reason("No list id", "Without it nobody knows which list the slot is of."),
    "missing_user_id": Reason("No user id", "Other rows have one, so this list has no user."),
    "missing_position": Reason(
        "No position", "The place in the list is blank, so the slot compares with none."
    ),
    "bad_position": Reason(
        "Position that is none", "A position is a whole number from 0 or 1 up to 1000."
    ),
    "list_length_mismatch": Reason(
        "List of unequal cells", "It has other numbers of items, rankers and clicks."
    ),
    "broken_list": Reason("List that cannot be read", "The cell is no array of objects."),
    "other_event": Reason("Other event", "It is none of the events that are counted."),
    "unparsable_time": Reason("Time that is no time", "Write times like 2026-03-23T14:05:00Z."),
    "unparsable_value": Reason("Value that is no number", "Mend the export."),
    "blank_unit": Reason("No region", "Without its name a row belongs to no unit of the panel."),
    "outside_window": Reason(
        "Outside the study's window", "After its end, or in a gap that it declares."
    ),
    "partial_period": Reason(
        "Period that is not whole", "The log begins or ends inside the first or last period."
    ),
    "duplicate_event_row": Reason(
        "Exact repeat of an event", "The row equals an earlier one in every column."
    ),
    "click_without_slot": Reason(
        "Click on nothing shown", "No shown slot has the click's list and item."
    ),
    "purchase_without_exposure": Reason(
        "Purchase of nothing shown", "The user was not shown the item in time before."
    ),
    "ragged_line": Reason(
        "Line that does not fit the header", "It has more or fewer cells than there are columns."
    ),
    "broken_quote": Reason("Line with an open quote", "A quoted cell is not closed."),
    "not_json": Reason("Line that is no JSON", "Each line must hold one JSON object."),
    "not_an_object": Reason("Line that is no object", "Each line must hold one JSON object."),
}


def reason(code: str) -> Reason:
    """A reason in words; one without words of its own reads as its code."""
    return REASONS.get(code) or Reason(code.replace("_", " ").capitalize(), "")
