"""Which ranker earned the purchases: the last exposure, or every exposure a part."""

from typing import Any

import numpy as np

from analysis.core import Floats
from analysis.interleaving.inference import Block, sign_test
from analysis.interleaving.users import mean_difference, square_root_t
from analysis.logs.list_log import Int, ListLog, Purchases

RULES = ("last", "fractional")
CAP_QUANTILE = 99
CLOSE = 1e-12


def purchase_block(log: ListLog, value_cap: float | None, alpha: float) -> Block | None:
    """Purchases under both rules of attribution; None if the log has none.

    Source:
        All exposures, each a part: Zhang, Deng, Du, Gao, He, Katariya (2025), KDD.
    """
    purchases = log.purchases
    if purchases is None:
        return None
    exposures = np.diff(purchases.start)
    reached = exposures > 0
    values = purchases.value[reached]
    cap = value_cap
    if cap is None and values.size:
        cap = float(np.percentile(values, CAP_QUANTILE))
    total = float(values.sum())
    found: Block = {"value_cap": cap}
    top = float(values.max()) / total if values.size and total > 0 else None
    found["top_event_value_share"] = top
    found["top_event_value"] = float(values.max()) if values.size else None
    for rule in RULES:
        slot, part, event = _parts(purchases, exposures, rule)
        paid = purchases.value[event]
        capped = np.minimum(paid, cap) if cap is not None else paid
        credited = _Credits(log, slot, purchases.user[event])
        found[rule] = {
            "attributed_purchases": int(reached.sum()),
            "unattributed": int((~reached).sum()),
            "value_attributed": total,
            "count": credited.metric(part, alpha, roots=True),
            "value": credited.metric(part * paid, alpha),
            "value_capped": credited.metric(part * capped, alpha),
        }
    return found


def _parts(purchases: Purchases, exposures: Int, rule: str) -> tuple[Int, Floats, Int]:
    """The slots that a purchase credits, the part each gets, and the purchase."""
    if rule == "last":
        event = np.flatnonzero(exposures)
        slot = purchases.exposure[purchases.start[1:][event] - 1]
        return slot, np.ones(event.size), event
    event = np.repeat(np.arange(exposures.size), exposures)
    return purchases.exposure, 1 / exposures[event], event


class _Credits:
    """Parts of purchases summed by user and ranker."""

    def __init__(self, log: ListLog, slot: Int, user: Int) -> None:
        self.log = log
        self.ranker = log.slots.ranker[slot]
        self.user = user

    def metric(self, part: Floats, alpha: float, *, roots: bool = False) -> dict[str, Any]:
        """Totals by ranker and, for two rankers and known users, the tests."""
        log = self.log
        of = [float(part[self.ranker == m].sum()) for m in range(len(log.rankers))]
        found: Block = {"total": dict(zip(log.rankers, of, strict=True))}
        if log.table.user is None or len(log.rankers) != 2 or log.users == 0:
            return found
        a, b = self._by_user(part, 0), self._by_user(part, 1)
        tau = b - a
        test = mean_difference(tau, alpha)
        wins, losses = int((tau > CLOSE).sum()), int((tau < -CLOSE).sum())
        found |= {
            "n_users": log.users,
            "mean_diff_per_user": test.pop("mean_credit_diff_per_user"),
            **test,
            "user_wins": wins,
            "user_losses": losses,
            "user_sign_test_p": sign_test(wins, losses),
        }
        if roots:
            found["user_sqrt_t_p"] = square_root_t(a, b)["p"]
            found["users_with_credit"] = int((a + b > 0).sum())
        return found

    def _by_user(self, part: Floats, ranker: int) -> Floats:
        mine = (self.ranker == ranker) & (self.user >= 0)
        sums: Floats = np.bincount(
            self.user[mine], weights=part[mine], minlength=self.log.users
        ).astype(float)
        return sums


def count_winner(found: Block, alpha: float) -> int:
    """1 candidate, -1 control, 0 none: by both tests of counts, which must agree."""
    count = found["count"]
    root, plain = count.get("user_sqrt_t_p"), count.get("t_test_p")
    if root is None or plain is None or max(root, plain) >= alpha:
        return 0
    return _sign(count["mean_diff_per_user"])


def value_winner(found: Block, alpha: float) -> int:
    """1 candidate, -1 control, 0 none: by raw and capped values, which must agree."""
    sides = {_significant(found[name], alpha) for name in ("value", "value_capped")}
    return sides.pop() if len(sides) == 1 else 0


def cap_matters(found: Block, alpha: float) -> bool:
    """Whether raw and capped values name different winners."""
    return _significant(found["value"], alpha) != _significant(found["value_capped"], alpha)


def _significant(metric: Block, alpha: float) -> int:
    p = metric.get("t_test_p")
    return _sign(metric["mean_diff_per_user"]) if p is not None and p < alpha else 0


def _sign(value: float) -> int:
    return int(value > 0) - int(value < 0)
