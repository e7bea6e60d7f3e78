"""All blocks about the draw: who starts, who fills which position, and how that moves."""

from analysis.interleaving.balance import (
    Drift,
    daily_slots,
    mean_reciprocal_positions,
    position_chi2,
    position_table,
    slot_counts,
)
from analysis.interleaving.first_pick import FirstPicks, by_day, first_pick_block
from analysis.interleaving.inference import Block
from analysis.interleaving.outcomes import wilson_of
from analysis.logs.list_log import ListLog


def draw_blocks(log: ListLog, picks: FirstPicks | None, drift: Drift, content: Block) -> None:
    """Who starts, who fills which position, and how that moves over days."""
    names, m = log.rankers, len(log.rankers)
    table = position_table(log) if picks is not None else {}
    hits = position_table(log, clicks=True) if picks is not None else {}
    found = first_pick_block(picks, placed=True) if picks is not None else None
    if found is not None and picks is not None:
        found |= {
            "position_table": table,
            "slots": dict(zip(names, slot_counts(log), strict=True)),
            "mean_reciprocal_position": dict(
                zip(names, mean_reciprocal_positions(table, m), strict=True)
            ),
            "first_pick_by_day": by_day(log, picks),
        }
    content["balance"] = found
    content["position_model_chi2"] = position_chi2(table) if picks is not None else None
    content["share_drift"] = {
        "found": drift.found,
        "low": drift.low,
        "high": drift.high,
        "p": drift.p,
        "by_day": _shares_by_day(log) if picks is not None else [],
    }
    content["ctr_by_position"] = [
        {
            "position": int(position),
            "ranker": names[k],
            "slots": n,
            "clicks": (c := hits.get(position, [0] * m)[k]),
            "ctr": c / n,
            "ci95": wilson_of(c, n, 0.025),
        }
        for position, row in table.items()
        for k, n in enumerate(row)
        if n
    ]


def _shares_by_day(log: ListLog) -> list[Block]:
    table = daily_slots(log)
    if table is None:
        return []
    return [
        {"day": day, "slots": dict(zip(log.rankers, row.astype(int).tolist(), strict=True))}
        for day, row in zip(log.days, table, strict=True)
        if row.sum()
    ]
