"""Merging rankers' lists into the one that is shown: each draft a pure function of its coins.

A prediction service calls one of these for each request, shows the items in their order and
logs `log_rows`. The interleaving lens can then judge the rankers by the clicks.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analysis.core import StudyError
from analysis.planning.chance import Chance

Rankings = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Slot:
    """One place of the list that is shown.

    Attributes:
        item: What stands there.
        ranker: Who is credited with a click on it; None for nobody.
    """

    item: str
    ranker: str | None


def team_draft(rankings: Rankings, slots: int, chance: Chance) -> tuple[Slot, ...]:
    """The two rankers' list by team draft: in each round a fair coin says who picks first.

    Then each ranker adds its best item that is not shown yet, under its own label; one with
    nothing left is passed over.

    Args:
        rankings: Ranker -> its items, best first; the control first.
        slots: Length of the list at most; it is shorter where both run out.
        chance: The coins.

    Raises:
        StudyError: There are not two rankers, a ranker repeats an item, or there is no slot.

    Source:
        Radlinski, Kurup, Joachims (2008), "How does clickthrough data reflect retrieval
        quality?", CIKM 2008, 43-52, algorithm 2.
    """
    _check(rankings, slots, exactly=2)
    return _drafted(rankings, slots, chance)


def team_draft_multileaving(rankings: Rankings, slots: int, chance: Chance) -> tuple[Slot, ...]:
    """The list of two rankers or more: each round they pick in a freshly drawn order.

    Args:
        rankings: Ranker -> its items, best first; the control first.
        slots: Length of the list at most.
        chance: The draws.

    Raises:
        StudyError: There are fewer than two rankers, a ranker repeats an item, or there is no
            slot.

    Source:
        Schuth, Sietsma, Whiteson, Lefortier, de Rijke (2014), "Multileaved comparisons for fast
        online evaluation", CIKM 2014, 71-80, algorithm 1.
    """
    _check(rankings, slots)
    return _drafted(rankings, slots, chance)


def competitive_pair(rankings: Rankings, slots: int, chance: Chance) -> tuple[Slot, ...]:
    """The two rankers' list by competitive pairs: one coin for the whole list.

    In each round both name their best item that is not shown yet. If they agree it is added
    once and credited to nobody; else both are added, that of the coin's ranker on top. So
    every credited click tells the rankers apart, and fewer users are needed.

    Args:
        rankings: Ranker -> its items, best first; the control first.
        slots: Length of the list at most.
        chance: The coin.

    Raises:
        StudyError: There are not two rankers, a ranker repeats an item, or there is no slot.

    Source:
        Zhang, Deng, Du, Gao, He, Katariya (2025), KDD 2025 (arXiv 2508.00751), section 4.1.
    """
    _check(rankings, slots, exactly=2)
    names = list(rankings)
    first = chance.pick([1.0, 1.0])
    order = [names[first], names[1 - first]]
    shown: dict[str, str | None] = {}
    while len(shown) < slots:
        # Both name their items before either is added.
        tops = {name: _best(rankings[name], shown) for name in order}
        named = [(item, name) for name, item in tops.items() if item is not None]
        if not named:
            break
        if len(named) == 2 and named[0][0] == named[1][0]:
            shown[named[0][0]] = None
        else:
            shown |= dict(named)
    return tuple(Slot(item, ranker) for item, ranker in list(shown.items())[:slots])


def balanced(rankings: Rankings, slots: int, chance: Chance) -> tuple[Slot, ...]:
    """The two rankers' list by balanced merging; for comparison only.

    It favours a ranker whose list is the other's, shifted: clicks placed at random then name
    a winner. Use a team draft instead. Slots have no label: `balanced_credit` reads clicks.

    Args:
        rankings: Ranker -> its items, best first; the control first.
        slots: Length of the list at most.
        chance: The coin that says who starts.

    Raises:
        StudyError: There are not two rankers, a ranker repeats an item, or there is no slot.

    Source:
        Joachims (2003), "Evaluating retrieval performance using clickthrough data", in Text
        Mining, Physica; its bias: Chapelle, Joachims, Radlinski, Yue (2012), "Large-scale
        validation and analysis of interleaved search evaluation", ACM TOIS 30(1).
    """
    _check(rankings, slots, exactly=2)
    one, other = (list(items) for items in rankings.values())
    control_first = chance.pick([1.0, 1.0]) == 0
    at, of = 0, 0
    shown: dict[str, None] = {}
    while at < len(one) and of < len(other) and len(shown) < slots:
        if at < of or (at == of and control_first):
            shown.setdefault(one[at])
            at += 1
        else:
            shown.setdefault(other[of])
            of += 1
    return tuple(Slot(item, None) for item in shown)


def balanced_credit(
    rankings: Rankings, shown: Sequence[Slot], clicked: Sequence[str]
) -> dict[str, int]:
    """Clicks credited to each ranker of a balanced list.

    Both lists are read down to the first place at which either holds the deepest clicked item.

    Args:
        rankings: As they were merged.
        shown: The merged list.
        clicked: The items that were clicked.

    Source:
        Joachims (2003), as `balanced`.
    """
    hits = [slot.item for slot in shown if slot.item in set(clicked)]
    if not hits:
        return dict.fromkeys(rankings, 0)
    depths = [list(items).index(hits[-1]) for items in rankings.values() if hits[-1] in items]
    depth = min(depths) + 1
    return {name: len(set(items[:depth]) & set(hits)) for name, items in rankings.items()}


def probabilistic(
    rankings: Rankings, slots: int, chance: Chance, *, tau: float = 3.0
) -> tuple[Slot, ...]:
    """The list by probabilistic interleaving: for each slot a ranker is drawn, then its item.

    A ranker's item of rank r is drawn with a chance in proportion to r ** -tau among the items
    that are not shown yet, so any list may come, and unlikely ones seldom.

    Args:
        rankings: Ranker -> its items, best first; the control first.
        slots: Length of the list at most.
        chance: The draws.
        tau: How strongly a ranker keeps to its order; 3 in the paper.

    Raises:
        StudyError: There are not two rankers, a ranker repeats an item, or there is no slot.

    Source:
        Hofmann, Whiteson, de Rijke (2011), "A probabilistic method for inferring preferences
        from clicks", CIKM 2011, 249-258.
    """
    _check(rankings, slots, exactly=2)
    names = list(rankings)
    shown: dict[str, str | None] = {}
    while len(shown) < slots:
        left = [name for name in names if _best(rankings[name], shown) is not None]
        if not left:
            break
        name = left[chance.pick([1.0] * len(left))] if len(left) > 1 else left[0]
        free = [
            (item, rank**-tau)
            for rank, item in enumerate(rankings[name], start=1)
            if item not in shown
        ]
        shown[free[chance.pick([weight for _, weight in free])][0]] = name
    return tuple(Slot(item, ranker) for item, ranker in shown.items())


def log_rows(rankings: Rankings, shown: Sequence[Slot]) -> list[dict[str, str | int | None]]:
    """What to log of a shown list, one row a slot; add the user, the list's id and the time.

    Returns:
        Rows of ``position``, ``item_id``, ``model`` (None: credited to nobody) and one
        ``rank_<ranker>`` for each ranker (None: not in its list).
    """
    rows = []
    for place, slot in enumerate(shown, start=1):
        row: dict[str, str | int | None] = {
            "position": place,
            "item_id": slot.item,
            "model": slot.ranker,
        }
        for name, items in rankings.items():
            row[f"rank_{name}"] = list(items).index(slot.item) + 1 if slot.item in items else None
        rows.append(row)
    return rows


def _drafted(rankings: Rankings, slots: int, chance: Chance) -> tuple[Slot, ...]:
    shown: dict[str, str | None] = {}
    while len(shown) < slots:
        before = len(shown)
        for name in _order(list(rankings), chance):
            item = _best(rankings[name], shown)
            if item is not None and len(shown) < slots:
                shown[item] = name
        if len(shown) == before:
            break
    return tuple(Slot(item, ranker) for item, ranker in shown.items())


def _order(names: list[str], chance: Chance) -> Iterator[str]:
    """The rankers in an order of which all are equally likely."""
    while len(names) > 1:
        yield names.pop(chance.pick([1.0] * len(names)))
    yield names.pop()


def _best(items: Sequence[str], shown: Mapping[str, str | None]) -> str | None:
    return next((item for item in items if item not in shown), None)


def _check(rankings: Rankings, slots: int, *, exactly: int = 0) -> None:
    found = len(rankings)
    if found < 2 or (exactly and found != exactly):
        raise StudyError(
            "wrong_ranker_count",
            f"A draft of {exactly or 'two or more'} rankers was asked for, with {found}.",
            where="rankings",
            fix="Give each ranker's own list by its name; more than two: multileaving.",
        )
    if slots < 1:
        raise StudyError(
            "no_slots",
            f"A list of {slots} slots was asked for.",
            where="slots",
            fix="Give a length of 1 or more.",
        )
    for name, items in rankings.items():
        repeated = next((item for item in items if list(items).count(item) > 1), None)
        if repeated is not None:
            raise StudyError(
                "repeated_item",
                f'Ranker "{name}" names item "{repeated}" more than once.',
                where="rankings",
                fix="Keep its best place only.",
            )
