"""What the reader of a synthetic control readout must know, with the numbers filled in."""

from analysis.core import Level, Notice

# Code: level, what happened, what to do.
WORDS: dict[str, tuple[Level, str, str]] = {
    "missing_cells": (
        "warn",
        "{units} {lack} {n} and {were} left out.",
        'Choose missing = "drop_periods" to keep donors and lose {m} for all.',
    ),
    "missing_periods": (
        "warn",
        "{n} left out for all units, as {units} {have} no value there: {periods}.",
        "Fill the cells at the source if they exist.",
    ),
    "aggregate_donor": (
        "warn",
        "{unit} looks like a total of the others and contains the treated unit; left out.",
        "Keep it only if it does not.",
    ),
    "duplicate_donor": ("warn", "{unit} {detail}; one was kept.", "Check the export for copies."),
    "dropped_donors": (
        "note",
        "Not used as donors: {units}.",
        "The table of donors has each reason.",
    ),
    "kept_donor": ("note", "{unit} stays a donor as the study asks, although: {detail}.", ""),
    "affected_donor": (
        "note",
        "{unit} was declared touched by the launch and is not a donor.",
        "",
    ),
    "start_inside_period": (
        "note",
        "The start {start} lies inside the period {period}, which counts as the first treated one.",
        "",
    ),
    "poor_pre_fit": (
        "stop",
        "Before the start the counterfactual misses {treated} by {x} in a systematic way.",
        "Add donors, use demeaned or indexed, or lengthen the pre-period.",
    ),
    "outside_convex_hull": (
        "stop",
        (
            "{treated} lies outside all donors in {share} of pre-periods, so weights alone cannot "
            "match its level."
        ),
        "Use indexed or demeaned.",
    ),
    "outside_convex_hull_intercept": (
        "warn",
        (
            "{treated} lies outside all donors in {share} of pre-periods; its level is matched "
            "by an intercept, not by weights."
        ),
        "Read the changes, not the level, of the counterfactual.",
    ),
    "too_few_pre_periods": (
        "stop",
        "{pre} for {donors}: any fit is luck.",
        "Bring at least {need}.",
    ),
    "perfect_fit": (
        "stop",
        "The fit leaves no residual, so nothing can be tested.",
        "Use fewer donors or the classic method.",
    ),
    "p_floor": (
        "warn",
        "With {donors} p cannot go below {floor}; {need} donors are needed for {alpha}.",
        "Add donors, or read the size of the effect without a test.",
    ),
    "donor_dependence": (
        "warn",
        "Without {unit} the effect changes by {x} ({y} pre-RMSPEs).",
        "Was {unit} touched by the launch?",
    ),
    "anticipation_or_wrong_date": (
        "warn",
        "A pretended start {lead} earlier shows {share} of the effect.",
        "Check the date, or an early leak.",
    ),
    "donor_breaks_at_start": (
        "warn",
        "{unit} (weight {w}) itself breaks at the start.",
        "Check whether the launch reached it.",
    ),
    "v_not_unique": (
        "warn",
        "Another choice of predictor weights fits better and gives {att2} instead of {att}.",
        "Report both.",
    ),
    "weights_not_unique": (
        "warn",
        "Several sets of weights fit equally well: the counterfactual stands, the weights do not.",
        "Do not read the weights one by one.",
    ),
    "extrapolation": (
        "warn",
        (
            "Some weights are negative (least {least}, together {total}), so the counterfactual "
            "lies outside what the donors span."
        ),
        "Compare it with a method whose weights are not negative.",
    ),
    "partial_weeks": (
        "note",
        "{windows} no whole number of weeks, so days of the week weigh unequally.",
        "Windows of whole weeks compare like with like.",
    ),
    "forecast_not_causal": (
        "warn",
        "No untreated unit stands behind this counterfactual: it is a forecast, not causal.",
        "Whatever else changed at the start is in the difference too.",
    ),
    "placebos_noisier": (
        "note",
        (
            "The effect is the mean of {n} treated units, each placebo a single donor: the test "
            "errs on the safe side."
        ),
        "",
    ),
    "v_starts_after": (
        "note",
        "A predictor reaches past the start, into the transition: {columns}.",
        "Check that the launch cannot have moved it.",
    ),
    "predictor_missing": (
        "warn",
        "{units} {have} no value of {column} and {were} left out.",
        "",
    ),
    "methods_not_compared": (
        "note",
        "Too large a panel to choose a penalty anew for every placebo: {rows} {are} not compared.",
        "Ask for one by method = ... to have it all the same.",
    ),
    "other_changes": ("note", "Said to have changed at the same time: {text}", ""),
    "log_index": (
        "note",
        "{metric} is in logarithms already, so it is demeaned and not indexed.",
        "",
    ),
}


def notice(code: str, **said: object) -> Notice:
    """The notice with this code; variants of one code differ in level alone."""
    level, text, fix = WORDS[code]
    stable = code.removesuffix("_intercept")
    return Notice(stable, level, "synthetic_control", text.format(**said), fix.format(**said))
