"""Leave-one-out donors: does the effect hang on one of them?"""

from dataclasses import dataclass

import numpy as np

from analysis.core import Floats
from analysis.synthetic_control.panel import Panel
from analysis.synthetic_control.placebos import Fitted, fitted
from analysis.synthetic_control.weights import SMALLEST_WEIGHT
from analysis.synthetic_control.working import Problem, Working

# A refit changes the story when it moves the effect by more than both.
SHARE, RMSPES = 0.25, 2.0


@dataclass(frozen=True)
class LeftOut:
    """One refit.

    Attributes:
        donor: Column of the donor that was left out.
        fit: The refit.
        change_share: Move of the effect, as a share of it; None where that is 0.
        change_rmspe: Move of the effect in pre-period RMSPEs of the full fit.
    """

    donor: int
    fit: Fitted
    change_share: float | None
    change_rmspe: float | None

    @property
    def decisive(self) -> bool:
        """Without this donor there is another story."""
        share = self.change_share is None or self.change_share > SHARE
        return share and self.change_rmspe is not None and self.change_rmspe > RMSPES


def leave_one_out(panel: Panel, working: Working, own: Fitted, weights: Floats) -> list[LeftOut]:
    """The fit without each donor that carries weight; the others change nothing.

    Args:
        panel: The panel.
        working: The method on it, whose penalty stays as it is.
        own: The full fit.
        weights: (donors,) of the full fit.

    Returns:
        One refit a donor with weight; empty with fewer than two donors.

    Source:
        Abadie, Diamond & Hainmueller (2015), AJPS 59, 495-510.
    """
    columns = np.arange(1, panel.donors + 1)
    if columns.size < 2:
        return []
    carriers = columns[np.abs(weights) > SMALLEST_WEIGHT]
    problems: list[Problem] = [(0, columns[columns != donor]) for donor in carriers]
    found = []
    for donor, problem, one in zip(carriers, problems, working.solve_all(problems), strict=True):
        fit = fitted(panel, working, problem, one.weights)
        move = abs(fit.att - own.att)
        found.append(
            LeftOut(
                donor=int(donor),
                fit=fit,
                change_share=move / abs(own.att) if own.att else None,
                change_rmspe=None if own.perfect else move / own.rmspe_pre,
            )
        )
    return found


def sign_kept(own: Fitted, refits: list[LeftOut]) -> bool:
    """Whether every refit's effect has the sign of the full one."""
    return all(one.fit.att * own.att > 0 for one in refits)
