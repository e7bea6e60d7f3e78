"""What the reader of an interleaving readout must know, with the numbers filled in."""

from analysis.core import Level, Notice

# Code: level, what happened, what to do.
WORDS: dict[str, tuple[Level, str, str]] = {
    "first_pick_fixed": (
        "stop",
        (
            "The first pick is not drawn at random: {ranker} starts {share} of lists. Who starts "
            "sits higher and is clicked more, so clicks cannot name a winner."
        ),
        "In the service that merges the lists, draw by a fair coin who starts each list.",
    ),
    "first_pick_biased": (
        "warn",
        (
            "The first pick is not even: {ranker} starts {share} of lists ({p}), so rankers are "
            "compared at the same position only."
        ),
        "Mend the coin that draws who starts.",
    ),
    "first_pick_sticky": (
        "warn",
        "Each user always meets the same ranker first, so the user is what was drawn.",
        "Read user-level results only, or draw who starts anew for each list.",
    ),
    "share_drift": (
        "warn",
        (
            "The share of slots that {ranker} fills moves over days ({low} to {high}), so a pooled "
            "rate mixes rankers with days; strata are day by position."
        ),
        "Keep the shares constant during a test.",
    ),
    "too_few_effective_users": (
        "stop",
        (
            "Not enough users: {n} effective users, 50 needed; the busiest holds {share} of lists. "
            "No interval or winner can be trusted."
        ),
        "Collect more users.",
    ),
    "too_few_decided": (
        "stop",
        "Only {n} {units} have any credited click; 30 are needed.",
        "Keep running.",
    ),
    "no_impression_rows": (
        "warn",
        (
            "The log has clicks but no shown slots, so balance, unclicked slots and position "
            "weights cannot be checked."
        ),
        "Log every shown slot.",
    ),
    "no_user_id": (
        "warn",
        "The log has no user id, so lists are treated as independent and p may be too small.",
        "Add a user id.",
    ),
    "no_list_or_user_id": (
        "warn",
        (
            "The log has no user or list id: rows are treated as independent and only the position "
            "curve is shown."
        ),
        "Add the list id, and who saw it.",
    ),
    "no_ranker_column": (
        "note",
        "No column says which ranker supplied a slot, so only position bias is estimated.",
        "Log who supplied each slot.",
    ),
    "one_ranker": (
        "stop",
        "Only one ranker ({ranker}) is in the log; a comparison needs two.",
        "Check the ranker column and the names in the study.",
    ),
    "more_than_two_rankers": (
        "note",
        "{n} rankers: all pairs are compared, p-values corrected by Holm.",
        "Pick two for a head-to-head.",
    ),
    "no_clicks": (
        "stop",
        "No list has a credited click, so every list is a tie.",
        "Check the outcome column.",
    ),
    "no_purchases": (
        "stop",
        "The study asks for purchases, and the log holds none.",
        "Add the file of purchases under [log] events, or choose another outcome.",
    ),
    "purchases_need_two": (
        "stop",
        "Purchases are compared between two rankers; the log has {n}.",
        "Name one candidate.",
    ),
    "missing_column": ("note", "Without a column for {column}, {what} cannot be computed.", ""),
    "shared_slots": (
        "note",
        (
            "{n} slots carry no ranker and are treated as shared: they give no credit, and "
            "{clicks} clicks on them are set aside."
        ),
        "",
    ),
    "suspected_bots": (
        "warn",
        (
            "{users} clicked nearly everything or saw too many lists a minute; {treated}, and the "
            "results are given both ways."
        ),
        "Check where this traffic comes from.",
    ),
    "bots_change_verdict": (
        "stop",
        "The verdict differs with and without suspected bots.",
        "Decide first whether they are people.",
    ),
    "rankers_agree": (
        "warn",
        "The rankers agree on {share} of slots, so only the rest can tell them apart.",
        "Expect a long run.",
    ),
    "clone_rankers": (
        "warn",
        "{a} and {b} agree on {share} of slots.",
        "Compare one of them.",
    ),
    "strata_without_overlap": (
        "note",
        (
            "{n} strata hold one ranker only and are left out of the same-position comparison; "
            "{share} of slots are kept."
        ),
        "",
    ),
    "theta_not_identified": (
        "warn",
        "Position bias cannot be estimated: items do not move between all positions.",
        "Shuffle a small share of lists.",
    ),
    "theta_at_the_edge": (
        "note",
        (
            "The clicks allow no finite curve of position bias for every position, so no "
            "correction by it is made."
        ),
        "Collect more clicks at the low positions.",
    ),
    "ranked_theta_confounded": (
        "warn",
        "Click rates of ranked rows mix position with relevance; the shuffled rows are used.",
        "",
    ),
    "positions_taken_as_shuffled": (
        "note",
        "The propensity is constant, so all rows are read as shown in random order.",
        'Say positions_randomised = "no" if they were not.',
    ),
    "position_bias_not_detected": (
        "note",
        (
            "Click rates of shuffled rows do not differ by position ({p}), so position is not "
            "corrected for."
        ),
        "",
    ),
    "theta_too_short": (
        "stop",
        "The examination curve has {n} values for {k} positions.",
        "Give one value a position.",
    ),
    "dcg_not_examination": (
        "note",
        (
            "1/log2(1 + position) discounts gains; it is no examination curve and serves as a "
            "contrast only."
        ),
        "",
    ),
    "tests_disagree": (
        "stop",
        "The headline test and the same-position comparison point in opposite directions.",
        "Look at the slots and clicks by position before naming a winner.",
    ),
    "zero_variance": ("note", "{quantity} is the same for all units, so no test exists.", ""),
    "few_for_wilcoxon": (
        "note",
        "Fewer than 14 users have a preference, so there is no signed-rank test.",
        "",
    ),
    "unattributed_purchases": (
        "warn",
        "{n} of {total} purchases follow no exposure within {days} days; they credit nobody.",
        "Check the item ids and the window.",
    ),
    "value_concentrated": (
        "warn",
        "One purchase of {value} holds {share} of all value.",
        "Read the capped result too.",
    ),
    "cap_changes_result": (
        "warn",
        "Values with and without the cap disagree, so money names no winner.",
        "Look at the largest purchases.",
    ),
    "anytime_not_crossed": (
        "note",
        "The bound that holds at every look was not crossed.",
        "Keep running, or stop without a winner.",
    ),
    "segments_left_out": (
        "note",
        "{column} has {n} values; the {kept} with most lists are shown.",
        "",
    ),
    "few_bridge_pairs": (
        "warn",
        "{n} past pairs, 10 needed: no A/B lift is predicted.",
        "Collect more experiments run both ways.",
    ),
    "not_an_ab_lift": (
        "note",
        (
            "An interleaving lift is a preference between items side by side, not the lift that an "
            "A/B test would show."
        ),
        "Confirm its size by an A/B test.",
    ),
    "no_session_guardrails": (
        "note",
        "Latency, bounce and other measures of the whole list belong to both rankers at once.",
        "Test them by an A/B test.",
    ),
    "set_level_rankers": (
        "note",
        (
            "A ranker that plans the list as a whole, for diversity say, has its plan broken by "
            "interleaving."
        ),
        "Prefer an A/B test for such a ranker.",
    ),
}


def notice(code: str, level: Level | None = None, **values: str) -> Notice:
    """A notice by its code, filled in.

    Args:
        code: One of `WORDS`.
        level: Where it is not the usual one.
        values: What the text names.
    """
    usual, text, fix = WORDS[code]
    return Notice(code, level or usual, "interleaving", text.format(**values), fix)


def percent(share: float) -> str:
    """A share as people read it; 99.97 % is not 100 %."""
    digits = 0 if 0.05 <= share <= 0.985 or share in (0.0, 1.0) else 1
    return f"{100 * share:.{digits}f}%"
