"""From an interleaving readout to its headline rows, and to what an uncorrected count would say."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from analysis.report import words
from analysis.report.markup import Row

Content = Mapping[str, Any]


def alpha_of(content: Content) -> float:
    """The lens's two-sided false-positive rate."""
    return float((content["study"].get("interleaving") or {}).get("alpha", 0.05))


def stopped(content: Content) -> bool:
    """Whether a stop notice forbids reading any preference."""
    return any(notice["level"] == "stop" for notice in content["notices"])


def rows_of(content: Content, truth: Mapping[str, Any]) -> list[Row]:
    """A row for each pair of rankers: clicks a slot at the same position.

    Args:
        content: The readout's content.
        truth: What a sample's maker knows; else empty.
    """
    found = content["interleaving"]
    names = found.get("rankers") or []
    pairs = [pair for pair in found.get("pairs") or () if pair.get("position_stratified")]
    if len(names) > 2:
        return [
            _row(content, pair["position_stratified"], [str(one) for one in pair["pair"]], {})
            for pair in pairs
        ]
    block = found.get("position_stratified")
    return [_row(content, block, names, truth)] if block and len(names) == 2 else []


def rows_of_segment(content: Content, segment: Content) -> list[Row]:
    """The levels of a column, for two rankers: clicks a slot at the same position."""
    names = content["interleaving"].get("rankers") or []
    if len(names) != 2:
        return []
    made = []
    for level in segment["levels"]:
        row = _row(content, level.get("position_stratified") or {}, names, {})
        users = (level.get("user_level") or {}).get("n_users")
        notes = () if users is None else (words.counted(users, "user"),)
        made.append(replace(row, name=str(level["level"]), notes=notes))
    return made


def _row(content: Content, block: Content, names: list[str], truth: Mapping[str, Any]) -> Row:
    grey = stopped(content)
    alpha = alpha_of(content)
    jackknife = block.get("jackknife") or {}
    low, high = jackknife.get("lift_ci_alpha") or jackknife.get("lift_ci95") or (None, None)
    lift, p = block.get("lift"), jackknife.get("p")
    drawn = None not in (lift, low, high)
    clear = drawn and p is not None and p < alpha
    tone = ("better" if (lift or 0) > 0 else "worse") if clear else "neutral"
    reading = words.READINGS[tone if clear else "no_clear_change"]
    note = words.p_value(p) if p is not None else ""
    many = len(content["interleaving"].get("rankers") or []) > 2
    about = f"{names[1]} v {names[0]}" if many else "clicks a slot, by position, higher is better"
    known = true_lift(truth)
    return Row(
        name="Same position",
        notes=(about,),
        control=_rate(block.get("rate_control")),
        treatment=_rate(block.get("rate_candidate")),
        change=words.lift(lift),
        interval=words.lift_interval(low, high) if drawn else "",
        truth="" if known is None or not drawn else f"true change {words.lift(known)}",
        place=(low, lift, high) if drawn else None,  # type: ignore[arg-type]
        why_not="" if drawn else _why_not(block),
        margin=None,
        truth_place=known if drawn else None,
        filled=clear and not grey,
        tone="neutral" if grey else tone,
        reading="Not read" if grey else reading if drawn else "Not compared",
        reading_note="" if grey else note,
        reading_tone="neutral" if grey else tone,
        grey=grey,
    )


def _rate(value: float | None) -> str:
    return words.NONE if value is None else f"{words.number(value * 100)}%"


def _why_not(block: Content) -> str:
    if block.get("identified") is False:
        return "no position holds both rankers"
    return "too few clicks for an interval"


def true_lift(truth: Mapping[str, Any]) -> float | None:
    """The planted lift at the same position: the odds of the fair share, less 1."""
    share = truth.get("fair_share")
    return None if share is None else float(share) / (1 - float(share)) - 1


def uncorrected(content: Content, said: Callable[[str], str]) -> str:
    """What uncorrected counts would say, as one sentence; empty if they agree.

    Args:
        content: The readout's content.
        said: How a ranker's name is written where it is struck through.
    """
    verdict = content["interleaving"].get("verdict") or {}
    winner = verdict.get("winner")
    parts = []
    for key, how in (
        ("naive_would_say", "counting the lists each ranker won names"),
        ("pooled_would_say", "the click rate over all slots names"),
    ):
        named = verdict.get(key)
        if named and named != winner:
            parts.append(f"{how} {said(str(named))}")
    if not parts:
        return ""
    why = ", which the corrected comparison does not bear out"
    if stopped(content):
        why = ", which this log cannot carry"
    return f"Uncorrected, {' and '.join(parts)}{'' if winner else why}."
