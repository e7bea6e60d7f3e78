"""The blocks of credit: outcomes of lists and users, and every test on users."""

import numpy as np

from analysis.core import Floats
from analysis.interleaving.inference import Block
from analysis.interleaving.outcomes import list_level, outcomes, user_outcomes
from analysis.interleaving.sign_flip import sign_flip
from analysis.interleaving.slots import Duel
from analysis.interleaving.users import (
    clustered_share,
    equal_weight_share,
    mean_difference,
    signed_rank,
    square_root_t,
)

USER_BLOCKS = (
    "user_level",
    "user_sqrt_t",
    "credit_share_clustered",
    "user_equal_weight_share",
    "user_sign_flip_p",
)


def credit_blocks(held: Duel, alpha: float) -> Block:
    """Blocks of lists and, where the log knows users, of users."""
    lists = list_level(outcomes(held.control, held.candidate), alpha)
    found: Block = {"impression_level": lists} | dict.fromkeys(USER_BLOCKS)
    if not held.by_user:
        return found
    control, candidate = held.unit_credits
    return found | user_blocks(control.astype(float), candidate.astype(float), alpha)


def user_blocks(control: Floats, candidate: Floats, alpha: float) -> Block:
    """Every block whose unit is the user.

    Args:
        control: (users,) credit of the control, exposed users without any included.
        candidate: (users,) credit of the candidate.
        alpha: Level of the second intervals.
    """
    tau = candidate - control
    counted = user_outcomes(outcomes(control, candidate), alpha)
    return {
        "user_level": counted | mean_difference(tau, alpha),
        "user_sqrt_t": square_root_t(control, candidate) | {"wilcoxon_p": signed_rank(tau)[1]},
        "credit_share_clustered": clustered_share(control, candidate, alpha),
        "user_equal_weight_share": equal_weight_share(control, candidate),
        "user_sign_flip_p": sign_flip(np.asarray(tau, dtype=float)),
    }


def empty_credit_blocks() -> Block:
    """The same names, where a log has no two rankers to compare."""
    return dict.fromkeys(("impression_level", *USER_BLOCKS))
