"""Arm labels: spellings of one arm are merged, and the control is found."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from analysis.core import LogError, Notice
from analysis.core.wording import counted
from analysis.logs.accounting import Repair
from analysis.logs.sql.dialect import BLANKS
from analysis.study import AB

MOST_ARMS = 20
CONTROLS = ("control", "a", "baseline", "off", "legacy")


@dataclass(frozen=True)
class Arms:
    """The arms of a log.

    Attributes:
        names: Analysed arms, control first.
        others: Arms in the log that the study leaves out.
        code: Label as written -> place in `names`, then `others`; blank labels are absent.
        repairs: Labels that were read as another spelling.
        notices: What the reader should know.
        guessed: Why this control, if the study names none.
    """

    names: tuple[str, ...]
    others: tuple[str, ...]
    code: dict[str, int]
    repairs: tuple[Repair, ...]
    notices: tuple[Notice, ...]
    guessed: str | None


def trimmed(name: str | None) -> str:
    """A name without blanks at its ends."""
    return (name or "").strip(BLANKS).strip()


def plain(label: str | None) -> str:
    """A label in Unicode's composed form without blanks at its ends."""
    return unicodedata.normalize("NFC", label or "").strip(BLANKS).strip()


def key(label: str) -> str:
    """What spellings of one arm have in common."""
    return unicodedata.normalize("NFC", plain(label).casefold())


def shown(labels: Iterable[str], most: int = 10) -> str:
    """Some labels in a sentence."""
    listed = sorted(labels)
    return ", ".join(listed[:most]) + (
        f" and {len(listed) - most} more" if len(listed) > most else ""
    )


def merge(counts: Mapping[str, int], named: Iterable[str]) -> dict[str, str]:
    """Label as written -> the arm's one spelling.

    The study's spelling wins, then the most frequent one, then the first by text.
    """
    said = {key(name): name for name in named}
    spellings: dict[str, dict[str, int]] = {}
    for label, n in counts.items():
        if plain(label):
            of_arm = spellings.setdefault(key(label), {})
            of_arm[plain(label)] = of_arm.get(plain(label), 0) + n
    best = {
        arm: said.get(arm) or min(found, key=lambda spelling: (-found[spelling], spelling))
        for arm, found in spellings.items()
    }
    return {label: best[key(label)] for label in counts if plain(label)}


def find_arms(counts: Mapping[str, int], ab: AB) -> Arms:
    """The arms among the labels of a log.

    Args:
        counts: Label as written -> rows.
        ab: Names some of them.

    Raises:
        LogError: ``no_arms``, ``too_many_arms`` or ``unknown_arm``.
    """
    allocation = tuple(ab.allocation or ())
    named = [*([ab.control] if ab.control else []), *(ab.treatments or ()), *allocation]
    read = merge(counts, named)
    found = sorted(set(read.values()))
    if not found:
        raise LogError(
            "no_arms",
            "No exposure carries an arm.",
            where="columns.arm",
            fix="Check the arm column and the exposure event.",
        )
    if len(found) > MOST_ARMS:
        raise LogError(
            "too_many_arms",
            f"The log has {len(found):,} arms ({shown(found, 5)}); at most {MOST_ARMS} are read.",
            where="columns.arm",
            fix="Check that the column holds arms, or leave some rows out.",
        )
    # An arm that is planned but empty counts in the split; any other must be in the log.
    planned = {key(name): name for name in allocation}
    present = {key(name): name for name in found}
    for place, name in _named(ab):
        if key(name) not in present and key(name) not in planned:
            raise LogError(
                "unknown_arm",
                f'There is no arm "{name}"; the log has {shown(found)}.',
                where=place,
                fix="Write the arm as the log has it.",
            )
    every = {**{k: present[k] for k in sorted(present)}, **planned}
    control, guessed = _control(ab, every)
    if ab.treatments is not None:
        treatments = [every[key(name)] for name in ab.treatments]
    elif allocation:
        treatments = [planned[k] for k in planned if planned[k] != control]
        treatments += [name for name in found if name not in treatments and name != control]
    else:
        treatments = [name for name in found if name != control]
    names = tuple(dict.fromkeys((control, *treatments)))
    if allocation:
        missing = [name for name in names if name not in planned.values()]
        if missing:
            raise LogError(
                "arm_without_share",
                f"The log has the arm {shown(missing)}, for which ab.allocation has no share.",
                where="ab.allocation",
                fix="Give every arm a share, or name ab.treatments.",
            )
    others = tuple(name for name in found if name not in names)
    place_of = {name: i for i, name in enumerate((*names, *others))}
    notices: tuple[Notice, ...] = ()
    if len(found) == 1 and len(names) < 2:
        notices = (
            Notice(
                "one_arm",
                "stop",
                "ab",
                f"Only arm {found[0]} is in the log: a comparison needs two.",
                "Check the arm column and the exposure event.",
            ),
        )
    return Arms(
        names=names,
        others=others,
        code={label: place_of[name] for label, name in read.items()},
        repairs=_repairs(counts, read),
        notices=notices + _spelling_notices(_repairs(counts, read)),
        guessed=guessed,
    )


def _named(ab: AB) -> list[tuple[str, str]]:
    control = [("ab.control", ab.control)] if ab.control else []
    return control + [("ab.treatments", name) for name in ab.treatments or ()]


def _control(ab: AB, every: Mapping[str, str]) -> tuple[str, str | None]:
    """The control, and why if it is a guess."""
    if ab.control is not None:
        return every[key(ab.control)], None
    treatments = {key(name) for name in ab.treatments or ()}
    free = {k: name for k, name in every.items() if k not in treatments}
    for name in CONTROLS:
        if name in free:
            return free[name], f'"{free[name]}" is a usual name of a control.'
    left = free or every
    first = min(left.values())
    return first, f'No arm has a usual control name; "{first}" is the first by name.'


def _repairs(counts: Mapping[str, int], read: Mapping[str, str]) -> tuple[Repair, ...]:
    changed = sorted((label, name) for label, name in read.items() if label != name)
    return tuple(
        Repair("arm_spelling", counts[label], f"'{label}' read as '{name}'")
        for label, name in changed
    )


def _spelling_notices(repairs: tuple[Repair, ...]) -> tuple[Notice, ...]:
    if not repairs:
        return ()
    rows = sum(repair.rows for repair in repairs)
    told = "; ".join(repair.text for repair in repairs[:5])
    more = f"; and {len(repairs) - 5} more spellings" if len(repairs) > 5 else ""
    return (
        Notice(
            "arm_spellings",
            "note",
            "log",
            f"{counted(rows, 'row')}: {told}{more}.",
            "Write each arm in one way.",
        ),
    )
