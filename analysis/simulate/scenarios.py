"""The experiments behind the sample studies: one to roll back, one to ship, one to refuse."""

from analysis.simulate.experiment import Experiment, mean_for_share, planned

SHAPE = 1.5


def _lift_of_count(share: float, lift: float) -> float:
    """By how much events must grow for their share of units to grow by `lift`."""
    return mean_for_share(share * (1 + lift), SHAPE) / mean_for_share(share, SHAPE) - 1


# More people buy, but pages load clearly slower than the guardrail allows.
CHECKOUT = Experiment(
    events=(
        planned(
            "page_load", 2.0, value=900.0, value_lift=0.11, spread=0.4, unit_spread=0.3, decimals=0
        ),
        planned(
            "purchase",
            mean_for_share(0.24, SHAPE),
            lift=_lift_of_count(0.24, 0.16),
            value=48.0,
            spread=0.6,
        ),
        planned("support_contact", mean_for_share(0.03, SHAPE)),
    ),
    units=9_000,
    shape=SHAPE,
    mixed=0.002,
    repeats=0.004,
    blank_units=0.0005,
)

# Results are clicked more; latency and purchases hold.
SEARCH_RANKER = Experiment(
    events=(
        planned("search", 2.0, value=220.0, spread=0.4, unit_spread=0.2, decimals=0),
        planned("click", 1.2, lift=0.08),
        planned(
            "purchase",
            mean_for_share(0.3, SHAPE),
            lift=_lift_of_count(0.3, 0.04),
            value=35.0,
            spread=0.6,
        ),
    ),
    units=14_000,
    start="2026-04-06",
    shape=SHAPE,
    mixed=0.001,
    repeats=0.002,
)

# Nothing changes, but people who leave early are missing from the treatment's log: a false win.
ONBOARDING = Experiment(
    events=(
        planned("visit", 1.6),
        planned("task_done", mean_for_share(0.35, SHAPE)),
        planned("invite_sent", 0.3),
    ),
    units=7_500,
    start="2026-05-04",
    pre_days=0,
    shape=SHAPE,
    lost={"treatment": 0.12},
    repeats=0.003,
)
