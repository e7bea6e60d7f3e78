"""Many simulated logs of lists, each read as the interleaving lens reads it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.interleaving import analyze
from analysis.logs.accounting import Accounting
from analysis.logs.list_log import ListLog, Lists, Slots
from analysis.simulate import ListPlan
from analysis.simulate.list_log import Lists as Drawn
from analysis.simulate.list_log import draw_lists
from analysis.simulate.list_world import World, world
from analysis.study import Interleaving, Study
from tests.calibration.runs import ALPHA, FULL

RUNS = 2_000 if FULL else 60


@dataclass(frozen=True)
class Read:
    """What the lens said of every run.

    Attributes:
        p: The headline p-values.
        side: Sign of the headline test's estimate: 1 for the candidate.
        winners: The winners named; None for none.
        naive: What an uncorrected count of lists would name.
        reasons: Code that decided.
        status: What kind of verdict.
    """

    p: tuple[float | None, ...]
    side: tuple[int, ...]
    winners: tuple[str | None, ...]
    naive: tuple[str | None, ...]
    reasons: tuple[str | None, ...]
    status: tuple[str, ...]

    def rejected(self) -> float:
        """Share of runs whose headline test is significant."""
        return float(np.mean([p is not None and p < ALPHA for p in self.p]))

    def tails(self) -> tuple[float, float]:
        """Share of runs rejected for the control, and for the candidate."""
        hits = [0 if p is None or p >= ALPHA else s for p, s in zip(self.p, self.side, strict=True)]
        return float(np.mean(np.array(hits) < 0)), float(np.mean(np.array(hits) > 0))

    def named(self, ranker: str) -> float:
        """Share of runs with this winner."""
        return float(np.mean([one == ranker for one in self.winners]))

    def naive_named(self) -> float:
        """Share of runs in which an uncorrected count names anyone."""
        return float(np.mean([one is not None for one in self.naive]))


def read_runs(plan: ListPlan, seed: int, *, runs: int = RUNS) -> Read:
    """Draw and read many runs of one plan."""
    found = list(_verdicts(plan, seed, runs))
    return Read(
        p=tuple(one["headline_p"] for one, _ in found),
        side=tuple(side for _, side in found),
        winners=tuple(one["winner"] for one, _ in found),
        naive=tuple(one["naive_would_say"] for one, _ in found),
        reasons=tuple(one["reason"] for one, _ in found),
        status=tuple(one["status"] for one, _ in found),
    )


def _verdicts(plan: ListPlan, seed: int, runs: int) -> Iterator[tuple[dict[str, Any], int]]:
    made = world(plan)
    study = Study(name="s", interleaving=Interleaving(control=plan.names[0]))
    for run in range(runs):
        log = as_read(plan, made, draw_lists(plan, made, np.random.default_rng((seed, run))))
        result = analyze(log, study)
        yield result.verdict, _side(result.content, result.verdict)


def _side(content: dict[str, Any], verdict: dict[str, Any]) -> int:
    """The sign of the estimate that the headline test judges."""
    if str(verdict["headline_test"]).endswith("jackknife"):
        return int(np.sign(content["position_stratified"]["log_ratio"] or 0))
    narrow = verdict["headline_scope"] == "competitive"
    block = content["competitive_only"] if narrow else content
    return int(np.sign(block["user_sqrt_t"]["mean"] or 0))


def as_read(plan: ListPlan, made: World, drawn: Drawn) -> ListLog:
    """Drawn lists as the log's reader gives them to the lens; users without a list are absent."""
    lists, slots = drawn.item.shape
    user = np.unique(drawn.user, return_inverse=True)[1]
    item = drawn.query[:, None] * plan.pool + drawn.item
    rank = [made.rank[at, drawn.query[:, None], drawn.item] for at in range(len(plan.names))]
    begin = np.datetime64(plan.start)
    return ListLog(
        rankers=plan.names,
        users=int(user.max()) + 1,
        lists=lists,
        days=tuple(str(begin + day) for day in range(plan.days)),
        shape="long",
        slots=Slots(
            list=np.repeat(np.arange(lists, dtype=np.int32), slots),
            position=np.tile(np.arange(1, slots + 1), lists),
            ranker=drawn.ranker.ravel(),
            clicked=drawn.clicked.ravel(),
            item=item.ravel(),
            ranks=tuple(one.ravel() for one in rank),
        ),
        table=Lists(user=user, context=drawn.query, day=drawn.day),
        bots=None,
        purchases=None,
        totals=None,
        counts={},
        has={"impression_id": True, "user_id": True, "position": True, "model": True},
        accounting=Accounting("0" * 64, lists * slots, lists * slots, (), (), {}, {}, {}, "csv"),
        notices=(),
    )
