"""Ranker labels: which spellings are one ranker, which labels say none, who is the control."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.core import LogError
from analysis.logs.labels import shown
from analysis.logs.list_log import SHARED, UNKNOWN, Int
from analysis.logs.lists.headers import plain_header
from analysis.study import Interleaving

BLANKS = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "both", "shared"})
CONTROLS = ("legacy", "control", "current", "baseline", "old", "prod")
LEAST_SHARE = 0.01
MOST_RANKERS = 20
WORDS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Rankers:
    """The rankers of a log.

    Attributes:
        names: As shown, control first.
        code: (raw labels,) the code of every raw label: its ranker, -1 shared, -2 unknown.
        unknown: Label that is no chosen ranker -> its slots.
        merged: Name -> the spellings that were read as it, where there are several.
        why: Why this control, if the study names none.
    """

    names: tuple[str, ...]
    code: Int
    unknown: dict[str, int]
    merged: dict[str, tuple[str, ...]]
    why: str | None


def label_key(label: str) -> str:
    """What spellings of one ranker have in common.

    >>> label_key(" New  Model "), label_key("NEW model")
    ('new model', 'new model')
    """
    return " ".join(unicodedata.normalize("NFKC", label).casefold().split())


def find_rankers(labels: Sequence[str], counts: Int, said: Interleaving) -> Rankers:
    """The rankers among the labels of a log.

    Args:
        labels: Raw labels.
        counts: (labels,) cleaned slots that carry each.
        said: Names some of them.

    Raises:
        LogError: ``unknown_ranker`` or ``too_many_rankers``.
    """
    keys = [label_key(label) for label in labels]
    slots: dict[str, int] = {}
    spellings: dict[str, dict[str, int]] = {}
    for label, key, n in zip(labels, keys, counts.tolist(), strict=True):
        if key not in BLANKS and n:
            slots[key] = slots.get(key, 0) + n
            spellings.setdefault(key, {})[label.strip()] = n
    best = {
        key: min(found, key=lambda spelling: (-found[spelling], spelling))
        for key, found in spellings.items()
    }
    control, candidates, why = _chosen(slots, best, said)
    chosen = [key for key in (control, *candidates) if key is not None]
    if len(chosen) > MOST_RANKERS:
        raise LogError(
            "too_many_rankers",
            f"The log has {len(chosen):,} rankers ({shown(best.values(), 5)}); "
            f"at most {MOST_RANKERS} are read.",
            where="columns.model",
            fix="Check that the column holds rankers, or name interleaving.candidates.",
        )
    place = {key: i for i, key in enumerate(chosen)}
    blank = dict.fromkeys(BLANKS, SHARED)
    code = np.array([place.get(key, blank.get(key, UNKNOWN)) for key in keys], dtype=np.int8)
    return Rankers(
        names=tuple(best[key] for key in chosen),
        code=code,
        unknown={best[key]: n for key, n in sorted(slots.items()) if key not in place},
        merged={
            best[key]: tuple(sorted(spellings[key])) for key in chosen if len(spellings[key]) > 1
        },
        why=why,
    )


def _chosen(
    slots: Mapping[str, int], best: Mapping[str, str], said: Interleaving
) -> tuple[str | None, list[str], str | None]:
    """Control, candidates, and why this control."""
    named = {label_key(name): name for name in (said.control or "", *(said.candidates or ()))}
    named.pop("", None)
    for key, name in named.items():
        if key not in slots:
            where = "control" if said.control is not None and key == label_key(said.control) else ""
            raise LogError(
                "unknown_ranker",
                f'There is no ranker "{name}"; the log has {shown(best.values()) or "no labels"}.',
                where=f"interleaving.{where or 'candidates'}",
                fix="Write the label as the log has it.",
            )
    total = sum(slots.values())
    usual = sorted(key for key, n in slots.items() if n >= LEAST_SHARE * total)
    if said.candidates is not None:
        candidates = [label_key(name) for name in said.candidates]
        usual = [key for key in usual if key not in candidates] if said.control is None else []
        control, why = _control(usual, slots, best, said)
        return control, [key for key in candidates if key != control], why
    control, why = _control(usual, slots, best, said)
    return control, [key for key in usual if key != control], why


def _control(
    usual: Sequence[str], slots: Mapping[str, int], best: Mapping[str, str], said: Interleaving
) -> tuple[str | None, str | None]:
    if said.control is not None:
        return label_key(said.control), None
    if not usual:
        return None, None
    for name in CONTROLS:
        for fits in (lambda key: [key], WORDS.split):
            found = [key for key in usual if name in fits(key)]
            if found:
                return found[0], f'"{best[found[0]]}" is a usual name of a ranker in use.'
    first = min(usual, key=lambda key: (-slots[key], key))
    return first, f'No label has a usual name of a control; "{best[first]}" fills the most slots.'


def rank_columns(names: Sequence[str], ranks: Mapping[str, str]) -> tuple[str, ...] | None:
    """The column of each ranker's own ranks; None unless every ranker has one."""
    found = [ranks.get(plain_header(label_key(name))) for name in names]
    complete = tuple(column for column in found if column is not None)
    return complete if complete and len(complete) == len(names) else None
