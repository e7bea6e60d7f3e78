"""In-time placebos: a start pretended before the true one, where no effect may show."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from analysis.synthetic_control.panel import Panel
from analysis.synthetic_control.placebos import Fitted

# A pretended start shows too much when its effect has this share of the true one's, and this t.
SHARE, LEAST_T = 0.5, 1.0


@dataclass(frozen=True)
class Pretended:
    """One pretended start.

    Attributes:
        start: The first period after it.
        lead: Periods between it and the true start.
        fit: The fit on the periods before it; its post window ends at the true start.
        share: Its effect as a share of the true one; None where that is 0.
    """

    start: int
    lead: int
    fit: Fitted
    share: float | None

    @property
    def flagged(self) -> bool:
        """The effect shows before the start."""
        return self.share is not None and self.share >= SHARE and self.fit.t >= LEAST_T


def default_starts(pre: int, n_post: int) -> list[int]:
    """Two pretended starts: about a week before the true one, and a test's length before it."""
    leads = {min(7, pre // 4), min(n_post, pre // 3)}
    return sorted({pre - lead for lead in leads if lead >= 1})


def in_time(
    panel: Panel, fit: Callable[[Panel], Fitted], own: Fitted, starts: Sequence[int]
) -> list[Pretended]:
    """The effect at pretended starts, knowing nothing of what came from the true start on.

    Args:
        panel: The panel.
        fit: The method's headline fit of a panel, in the metric's own unit.
        own: The true fit, in the metric's own unit.
        starts: Periods; those that leave fewer than two to fit on are passed over.
    """
    found = []
    for start in starts:
        if not 2 <= start < panel.pre:
            continue
        pretended = fit(panel.before(start))
        share = pretended.att / own.att if own.att else None
        found.append(Pretended(start, panel.pre - start, pretended, share))
    return found
