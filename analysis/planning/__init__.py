"""Before launch: merging the lists of several rankers so that clicks can be judged."""

from analysis.planning.chance import Chance, Seeded
from analysis.planning.drafts import (
    Slot,
    balanced,
    balanced_credit,
    competitive_pair,
    log_rows,
    probabilistic,
    team_draft,
    team_draft_multileaving,
)

__all__ = [
    "Chance",
    "Seeded",
    "Slot",
    "balanced",
    "balanced_credit",
    "competitive_pair",
    "log_rows",
    "probabilistic",
    "team_draft",
    "team_draft_multileaving",
]
