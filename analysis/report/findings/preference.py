"""Preference: how many users chose more from one ranker, from the other, or from neither."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.report.findings.lists import (
    alpha_of,
    beats,
    lens,
    percent,
    percent_range,
    rankers,
    stopped,
    uneven,
)

Content = Mapping[str, Any]


@dataclass(frozen=True)
class Pair:
    """Two rankers and the users (or lists) that chose between them; is a difference shown?"""

    control: str
    candidate: str
    counts: Mapping[str, Any]
    who: str
    shown: bool = True

    @property
    def parts(self) -> tuple[int, int, int]:
        """Preferring the control, neither, the candidate."""
        ties = self.counts["ties_with_clicks"] + self.counts["ties_no_click"]
        return self.counts["losses"], ties, self.counts["wins"]

    @property
    def total(self) -> int:
        """Everybody who was counted."""
        return sum(self.parts)


def pairs_of(content: Content) -> list[Pair]:
    """Every pair of rankers between which somebody was counted."""
    found = lens(content)
    pairs = []
    for pair in found.get("pairs") or ():
        control, candidate = pair["pair"]
        counts = pair.get("user") or pair.get("impression")
        if counts:
            who = "users" if pair.get("user") else "lists"
            shown = beats(pair, alpha_of(content)) != 0
            pairs.append(Pair(str(control), str(candidate), counts, who, shown))
    names = rankers(content)
    block = _in_scope(found)
    counts = block.get("user_level") or block.get("impression_level")
    if not pairs and counts and len(names) > 1:
        who = "users" if block.get("user_level") else "lists"
        pairs = [Pair(names[0], names[1], counts, who)]
    return [pair for pair in pairs if pair.total]


def _in_scope(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """The blocks that the headline test reads: of all slots, or of those where rankers differ."""
    scope = (found.get("verdict") or {}).get("headline_scope")
    narrow: Mapping[str, Any] = found.get("competitive_only") or {}
    return narrow if scope == "competitive" and narrow.get("impression_level") else found


def share_text(pair: Pair) -> str:
    """The candidate's share of those who chose, with its interval, as text."""
    part, interval = pair.counts.get("win_rate_excl_ties"), pair.counts.get("win_rate_wilson95")
    if part is None:
        return "nobody chose"
    return percent(part) + (f" ({percent_range(*interval)})" if interval else "")


def title_of(pairs: Sequence[Pair], content: Content) -> str:
    """One sentence that states the finding."""
    if len(pairs) > 1:
        return f"Preference in each of {len(pairs)} pairs of rankers"
    pair = pairs[0]
    control, neither, candidate = (part / pair.total for part in pair.parts)
    if uneven(content):
        return (
            f"Uncorrected, {percent(control)} of {pair.who} clicked {pair.control} more and"
            f" {percent(candidate)} {pair.candidate}: their chances were not even"
        )
    if stopped(content):
        return f"Whose items {pair.who} clicked more: not to be read as a preference"
    return (
        f"{percent(candidate)} of {pair.who} prefer {pair.candidate}, {percent(control)} prefer"
        f" {pair.control}, {percent(neither)} neither"
    )


def sentence(pair: Pair) -> str:
    """One pair in a sentence."""
    control, neither, candidate = pair.parts
    return (
        f"Of {pair.total:,} {pair.who}, {control:,} clicked more on items of {pair.control},"
        f" {candidate:,} on items of {pair.candidate}, {neither:,} equally often or never;"
        f" share of {pair.candidate} among those who chose: {share_text(pair)}."
    )


def table_row(pair: Pair) -> dict[str, Any]:
    """The numbers of one pair."""
    control, neither, candidate = pair.parts
    low, high = pair.counts.get("win_rate_wilson95") or (None, None)
    return {
        "control": pair.control,
        "candidate": pair.candidate,
        pair.who: pair.total,
        "prefer_control": control,
        "neither": neither,
        "prefer_candidate": candidate,
        "share_of_those_who_chose": pair.counts.get("win_rate_excl_ties"),
        "share_low": low,
        "share_high": high,
    }
