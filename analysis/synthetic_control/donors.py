"""The donor audit: which units may stand in for the treated one, and why others may not.

Only values before the start and declared facts may drop a donor: a rule that looked at later
values would bend the test.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.core import Floats
from analysis.core.wording import counted
from analysis.synthetic_control.panel import rms

TOTALS = frozenset(
    {
        "total", "grand total", "all", "overall", "sum", "world", "worldwide", "global",
        "aggregate", "average", "mean", "national", "nationwide", "everywhere",
    }
)  # fmt: skip
# A unit is the others' mean or sum in disguise within these.
LEVEL_MATCH, CHANGE_MATCH = 0.05, 0.10
# Zeros at an end of a series that say "not launched yet" or "gone".
SHORTEST_ABSENCE = 3
COPY = 1e-9


@dataclass(frozen=True)
class Audited:
    """What became of one unit.

    Attributes:
        unit: Its name.
        kept: Whether it is a donor.
        reason: Stable code of why it is not; empty if it is one without more to say.
        detail: The reason in words.
    """

    unit: str
    kept: bool
    reason: str = ""
    detail: str = ""


def audit(
    names: Sequence[str],
    donors: Sequence[int],
    others: Sequence[int],
    values: Sequence[tuple[Floats, bool]],
    keep: frozenset[str],
) -> dict[str, Audited]:
    """The verdict of the values on each candidate donor.

    Args:
        names: Units of the panel, sorted.
        donors: Columns of the candidates.
        others: Columns of the treated units.
        values: For each metric (pre-periods, units) and whether a missing row is a 0.
        keep: Names that stay whatever the audit says.

    Returns:
        Name -> what became of it, for the candidates that are dropped or kept on request.
    """
    dropped: dict[str, Audited] = {}
    left = list(donors)
    for series, zero_filled in values:
        for rule in (_short, _constant, _copies, _aggregates):
            if rule is _short and not zero_filled:
                continue
            for column, code, detail in rule(names, left, others, series, keep):
                name = names[column]
                kept = name in keep
                said = f"{detail}; kept as the study asks" if kept else detail
                dropped.setdefault(name, Audited(name, kept, code, said))
                if not kept:
                    left.remove(column)
    return dropped


Found = list[tuple[int, str, str]]


def _short(
    names: Sequence[str],  # noqa: ARG001 - rules share one form
    left: Sequence[int],
    others: Sequence[int],  # noqa: ARG001
    series: Floats,
    keep: frozenset[str],  # noqa: ARG001
) -> Found:
    found: Found = []
    for column in left:
        before, after, between = absences(series[:, column] != 0)
        ends = max(before, after)
        if ends >= SHORTEST_ABSENCE and ends > between:
            where = "first" if before >= after else "last"
            periods = counted(ends, "pre-period")
            found.append((column, "short_history", f"nothing in its {where} {periods}"))
    return found


def absences(present: NDArray[np.bool_]) -> tuple[int, int, int]:
    """Periods of absence before the first presence, after the last, and the longest between.

    >>> absences(np.array([False, False, True, False, True, False]))
    (2, 1, 1)
    """
    at = np.flatnonzero(present)
    if at.size == 0:
        return int(present.size), int(present.size), 0
    between = int(np.diff(at).max(initial=1)) - 1
    return int(at[0]), int(present.size - 1 - at[-1]), between


def _constant(
    names: Sequence[str],  # noqa: ARG001
    left: Sequence[int],
    others: Sequence[int],  # noqa: ARG001
    series: Floats,
    keep: frozenset[str],  # noqa: ARG001
) -> Found:
    still = np.ptp(series, axis=0) == 0
    return [
        (column, "constant", "the same value in every pre-period")
        for column in left
        if still[column]
    ]


def _copies(
    names: Sequence[str],
    left: Sequence[int],
    others: Sequence[int],  # noqa: ARG001
    series: Floats,
    keep: frozenset[str],  # noqa: ARG001
) -> Found:
    found: Found = []
    kept: list[int] = []
    for column in left:
        own = series[:, column]
        near = COPY * float(np.abs(own).max(initial=0.0))
        first = next(
            (one for one in kept if float(np.abs(own - series[:, one]).max()) <= near), None
        )
        if first is None:
            kept.append(column)
        else:
            detail = f"equals {names[first]} before the start"
            found.append((column, "duplicate_donor", detail))
    return found


def is_total(name: str) -> bool:
    """Whether a name says that the unit is a total."""
    folded = name.strip().casefold()
    return folded in TOTALS or folded.startswith(("total ", "all "))


def _aggregates(
    names: Sequence[str],
    left: Sequence[int],
    others: Sequence[int],
    series: Floats,
    keep: frozenset[str],
) -> Found:
    found: Found = [
        (column, "aggregate_donor", "named like a total of the others")
        for column in left
        if is_total(names[column])
    ]
    named = {column for column, _, _ in found if names[column] not in keep}
    columns = [column for column in left if column not in named]
    seen = {column for column, _, _ in found}
    while True:
        likest = _likest_total(series, columns, others, seen)
        if likest is None:
            return found
        found.append((likest, "aggregate_donor", "moves as the mean or sum of all others"))
        seen.add(likest)
        if names[likest] not in keep:
            columns.remove(likest)


def _likest_total(
    series: Floats, donors: Sequence[int], others: Sequence[int], seen: set[int]
) -> int | None:
    """The donor that is most like the others' mean or sum, if one is like it at all."""
    units = [*donors, *others]
    if series.shape[0] < 10 or len(units) < 5:
        return None
    whole = series[:, units].sum(axis=1)
    best: tuple[float, int] | None = None
    for column in donors:
        if column in seen:
            continue
        own = series[:, column]
        rest = whole - own
        mean = rest / (len(units) - 1)
        level = min(_off(own, mean), _off(own, rest))
        if level <= LEVEL_MATCH and _moves_alike(own, mean) and (best is None or level < best[0]):
            best = (level, column)
    return best[1] if best else None


def _off(own: Floats, other: Floats) -> float:
    size = rms(other)
    return rms(own - other) / size if size > 0 else np.inf


def _moves_alike(own: Floats, mean: Floats) -> bool:
    level = float(mean.mean())
    if level == 0:
        return False
    ratio = float(own.mean()) / level
    spread = float(np.diff(mean).std())
    return float(np.diff(own - ratio * mean).std()) <= CHANGE_MATCH * abs(ratio) * spread
