"""All blocks of a log that holds sums, not slots."""

import numpy as np

from analysis.interleaving.aggregated import (
    named_sums,
    paired_delta,
    paired_t,
    sign_summary,
    sums_of,
)
from analysis.interleaving.credit_blocks import empty_credit_blocks, user_blocks
from analysis.interleaving.inference import Block
from analysis.interleaving.users import effective_users
from analysis.logs.list_log import ListLog
from analysis.study import Interleaving


def sums_measured(log: ListLog, lens: Interleaving, content: Block) -> tuple[int, float | None]:
    """Section 14; units with credit, and effective units."""
    totals = log.totals
    assert totals is not None
    content |= empty_credit_blocks()
    credited, effective = 0, None
    if totals.wins is not None and totals.losses is not None:
        ties = totals.ties or 0
        content["sign_summary"] = sign_summary(totals.wins, totals.losses, ties, lens.alpha)
        content["totals"] = {
            "unit": totals.unit,
            "wins": totals.wins,
            "losses": totals.losses,
            "ties": totals.ties,
        }
        credited = totals.wins + totals.losses
        effective = float(credited + ties)
    sums = named_sums(totals.sums)
    if totals.x is not None and totals.y is not None and totals.x.size:
        lists = totals.n if totals.n is not None else np.ones(totals.x.size)
        sums = sums_of(totals.x, totals.y, lists)
        content |= _user_sums(log, lens)
        credited = int((totals.x + totals.y > 0).sum())
        effective = effective_users(lists)[0] if totals.n is not None else float(totals.x.size)
        content["effective_users"] = effective
    if sums is not None:
        content["paired_t"] = paired_t(sums, lens.alpha)
        if "lists" in sums and "xlists" in sums:
            content["paired_delta_test"] = paired_delta(sums, lens.alpha)
        if effective is None:
            effective, credited = sums["n"], int(sums["n"])
    content["effective_users"] = effective
    return credited, effective


def _user_sums(log: ListLog, lens: Interleaving) -> Block:
    totals = log.totals
    assert totals is not None
    assert totals.x is not None
    assert totals.y is not None
    found = user_blocks(totals.y, totals.x, lens.alpha)
    raw = [float(totals.y.sum()), float(totals.x.sum())]
    whole = [int(one) if one == int(one) else one for one in raw]
    names = log.rankers if len(log.rankers) == 2 else ("control", "candidate")
    found["raw_clicks"] = dict(zip(names, whole, strict=True))
    found["raw_click_share_candidate"] = raw[1] / sum(raw) if sum(raw) else None
    return found
