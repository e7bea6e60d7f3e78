"""Who was seen: units by arm, by day of exposure and by segment; counted once for built tables."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from analysis.logs.column_store import Array, key_of
from analysis.logs.events.tables import EventTables
from analysis.logs.sql.times import iso_day


@dataclass(frozen=True)
class Seen:
    """Counts of the analysed units.

    Attributes:
        units: Arm -> units kept.
        clusters: Arm -> clusters kept; None without clusters.
        mixed: Clusters in several arms; 0 without clusters.
        complete_units: Arm -> units whose window is over.
        incomplete: Units whose window is not over.
        by_day: Local day -> arm -> first exposures.
        by_segment: Column -> level -> arm -> units; only columns that may split them.
        first: Time of the first exposure, UTC microseconds; None if there is no unit.
    """

    units: dict[str, int]
    clusters: dict[str, int] | None
    mixed: int
    complete_units: dict[str, int]
    incomplete: int
    by_day: dict[str, dict[str, int]]
    by_segment: dict[str, dict[str, dict[str, int]]]
    first: int | None


def seen_units(tables: EventTables) -> Seen:
    """The counts of some tables."""
    shape = asdict(replace(tables.plan, metrics=()))
    name = f"seen-{key_of(shape, tables.window_days, tables.segments)[:24]}"
    if not tables.events.has(name):
        # As a text: stored facts lose the order of arms, days and levels.
        tables.events.put_facts(name, json.dumps(asdict(_count(tables))))
    return Seen(**json.loads(tables.events.facts(name)))


def _count(tables: EventTables) -> Seen:
    units = tables.units()
    inside = tables.in_clusters()
    kept = inside if inside is not None else np.ones(units.arm.size, dtype=bool)
    complete = tables.complete() & kept
    clusters, mixed = None, 0
    if inside is not None and units.cluster is not None:
        whole = np.unique(np.column_stack([units.cluster[kept], units.arm[kept]]), axis=0)
        clusters = _by_arm(units.arms, whole[:, 1])
        mixed = tables.store.facts("clusters")["mixed"]
    by_day: dict[str, dict[str, int]] = {}
    if units.entry is not None and kept.any():
        first = int(units.entry[kept].min())
        counts_of = _counted(units.entry - first, units.arm, kept, units.arms)
        by_day = {iso_day(first + i): one for i, one in counts_of.items() if any(one.values())}
    by_segment = {}
    for column, levels in units.segments.items():
        counts_of = _counted(levels.code, units.arm, kept, units.arms, len(levels.names))
        by_segment[column] = {level: counts_of[i] for i, level in enumerate(levels.names)}
    t0 = np.asarray(tables.store.array("t0"))
    return Seen(
        units=_by_arm(units.arms, units.arm[kept]),
        clusters=clusters,
        mixed=mixed,
        complete_units=_by_arm(units.arms, units.arm[complete]),
        incomplete=int((kept & ~complete).sum()),
        by_day=by_day,
        by_segment=by_segment,
        first=int(t0[kept].min()) if kept.any() else None,
    )


def _counted(
    code: Array, arm: Array, kept: Array, arms: tuple[str, ...], size: int = 0
) -> dict[int, dict[str, int]]:
    """Code -> arm -> how many of the kept units have it."""
    pairs = code[kept].astype(np.int64) * len(arms) + arm[kept]
    rows = max(size, int(code[kept].max(initial=-1)) + 1)
    found = np.bincount(pairs, minlength=rows * len(arms)).reshape(rows, len(arms))
    return {i: dict(zip(arms, map(int, row), strict=True)) for i, row in enumerate(found)}


def _by_arm(arms: tuple[str, ...], codes: Any) -> dict[str, int]:
    """How many of some units are in each arm."""
    counts = np.bincount(codes, minlength=len(arms))
    return {arm: int(counts[i]) for i, arm in enumerate(arms)}
