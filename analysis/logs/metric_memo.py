"""Moments of metrics kept beside the built tables, so that a second question only reads them."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from analysis.core import Floats, Moments, Notice
from analysis.core.versions import METHODS
from analysis.logs.ab_log import Cap, Cell, MetricSource, MetricTable
from analysis.logs.column_store import ColumnStore, key_of
from analysis.study import Metric

# What a metric is judged by changes none of its moments.
JUDGED_BY = ("role", "better", "margin", "margin_scale")
# Values of more units are worked out again rather than kept a second time.
MOST_VALUES = 2_000_000


@dataclass(frozen=True)
class RememberedMetrics:
    """A source of metrics that keeps what it has worked out.

    Attributes:
        source: Works metrics out.
        store: Where they are kept.
        context: What they depend on beside the store's own key.
    """

    source: MetricSource
    store: ColumnStore
    context: tuple[Any, ...]

    def table(self, metric: Metric, *, capped: bool) -> MetricTable:
        """Moments of one metric."""
        shape = {name: of for name, of in asdict(metric).items() if name not in JUDGED_BY}
        capped = capped and metric.cap_quantile is not None
        key = key_of("metric", self.context, shape, capped)[:32]
        if not self.store.has(f"{key}-table"):
            table = self.source.table(metric, capped=capped)
            numbers = _Numbers([])
            facts = numbers.packed(table)
            facts["values"] = self._keep_values(key, table)
            self.store.put(f"{key}-numbers", np.concatenate([*numbers.parts, np.zeros(0)]))
            self.store.put_facts(f"{key}-table", facts)
        # Also at first: what was worked out holds on to the columns of all units.
        return self._kept(key, metric, capped=capped)

    def _keep_values(self, key: str, table: MetricTable) -> list[list[Any]] | None:
        """Keep the values of each arm's units; the names of what was kept."""
        if table.values is None or sum(_units(table.arms.values())) > MOST_VALUES:
            return None
        kept: list[list[Any]] = []
        for i, (arm, columns) in enumerate(table.values().items()):
            kept.append([arm, list(columns)])
            for name, column in columns.items():
                self.store.put(f"{key}-{i}-{name}", column)
        return kept

    def _kept(self, key: str, metric: Metric, *, capped: bool) -> MetricTable:
        facts = self.store.facts(f"{key}-table")
        table = _unpacked(facts, np.asarray(self.store.array(f"{key}-numbers")))
        kept: list[list[Any]] | None = facts["values"]

        def again() -> dict[str, dict[str, Floats]]:
            made = self.source.table(metric, capped=capped).values
            return made() if made is not None else {}

        def read() -> dict[str, dict[str, Floats]]:
            return {
                arm: {name: np.asarray(self.store.array(f"{key}-{i}-{name}")) for name in names}
                for i, (arm, names) in enumerate(kept or [])
            }

        def remember(name: tuple[str, ...], work: Callable[[], Any]) -> Any:
            place = f"{key}-{key_of(name, METHODS)[:16]}"
            if not self.store.has(place):
                self.store.put_facts(place, work())
            return self.store.facts(place)

        table = replace(table, remember=remember)
        if not facts["has_values"]:
            return table
        return replace(table, values=again if kept is None else read)


def _units(cells: Iterable[Cell]) -> list[int]:
    return [cell.observed.n for cell in cells]


@dataclass(frozen=True)
class _Numbers:
    """The numbers of many moments, one after the other.

    Attributes:
        parts: Flat arrays.
    """

    parts: list[Floats]

    def moments(self, one: Moments) -> list[Any]:
        """What is said of moments beside their numbers."""
        self.parts.append(np.concatenate([one.shift, one.total, one.cross.ravel()]))
        return [one.n, list(one.columns)]

    def cell(self, one: Cell) -> list[Any]:
        """What is said of a cell."""
        unobserved = self.moments(one.unobserved) if one.unobserved is not None else None
        return [unobserved, self.moments(one.observed)]

    def packed(self, table: MetricTable) -> dict[str, Any]:
        """What is said of a table."""
        return {
            "ratio": table.ratio,
            "proportion": table.proportion,
            "covariate": table.covariate,
            "scale": table.scale,
            "missing": table.missing,
            "cap": asdict(table.cap) if table.cap is not None else None,
            "largest": [[arm, *pair] for arm, pair in table.largest.items()],
            "between": None
            if table.between is None
            else [[arm, *pair] for arm, pair in table.between.items()],
            "notices": [asdict(notice) for notice in table.notices],
            "has_values": table.values is not None,
            "arms": [[arm, self.cell(cell)] for arm, cell in table.arms.items()],
            "segments": [
                [
                    name,
                    [
                        [level, [[a, self.cell(c)] for a, c in of.items()]]
                        for level, of in cut.items()
                    ],
                ]
                for name, cut in table.segments.items()
            ],
            "daily": [
                [day, [[arm, self.moments(one)] for arm, one in by_arm.items()]]
                for day, by_arm in table.daily
            ],
            "members": None
            if table.members is None
            else [[arm, self.moments(one)] for arm, one in table.members.items()],
        }


@dataclass
class _Reader:
    """Reads moments in the order in which they were written."""

    numbers: Floats
    at: int = 0

    def take(self, size: int) -> Floats:
        self.at += size
        return self.numbers[self.at - size : self.at]

    def moments(self, said: list[Any]) -> Moments:
        n, columns = said
        k = len(columns)
        shift, total = self.take(k), self.take(k)
        return Moments(n, tuple(columns), shift, total, self.take(k * k).reshape(k, k))

    def cell(self, said: list[Any]) -> Cell:
        unobserved = self.moments(said[0]) if said[0] is not None else None
        return Cell(self.moments(said[1]), unobserved)


def _unpacked(facts: dict[str, Any], numbers: Floats) -> MetricTable:
    reader = _Reader(numbers)
    arms = {arm: reader.cell(said) for arm, said in facts["arms"]}
    segments = {
        name: {level: {arm: reader.cell(said) for arm, said in of} for level, of in cut}
        for name, cut in facts["segments"]
    }
    daily = tuple(
        (day, {arm: reader.moments(said) for arm, said in by_arm}) for day, by_arm in facts["daily"]
    )
    members = facts["members"]
    between = facts["between"]
    return MetricTable(
        ratio=facts["ratio"],
        proportion=facts["proportion"],
        covariate=facts["covariate"],
        scale=facts["scale"],
        arms=arms,
        segments=segments,
        daily=daily,
        missing=facts["missing"],
        cap=Cap(**facts["cap"]) if facts["cap"] is not None else None,
        largest={arm: (a, b) for arm, a, b in facts["largest"]},
        members=None if members is None else {arm: reader.moments(said) for arm, said in members},
        between=None if between is None else {arm: (a, b) for arm, a, b in between},
        values=None,
        notices=tuple(Notice(**notice) for notice in facts["notices"]),
    )
