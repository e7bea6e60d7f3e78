"""Over time: the cumulative lift at the end of each day, and the day from which it holds still."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.report.findings.text import day_and_month, lift, lift_range

Content = Mapping[str, Any]


@dataclass(frozen=True)
class OverTime:
    """One metric of one treatment, look by look.

    Attributes:
        looks: Days that have a lift, in order.
        final: The comparison at the end; empty if there is none.
        decided: The end may be read as a result.
        title: One sentence that states the finding.
        alt: What a reader who cannot see the chart needs to know.
    """

    looks: Sequence[Content]
    final: Content
    decided: bool
    title: str
    alt: str

    @property
    def tone(self) -> str:
        """``better``, ``worse`` or ``neutral``: how the end may be coloured."""
        clear = self.decided and self.final.get("significant")
        return str(self.final["reading"]) if clear else "neutral"

    @property
    def bounded(self) -> list[Content]:
        """The days whose lift has an interval."""
        return [
            row
            for row in self.looks
            if row.get("lift_low") is not None and row.get("lift_high") is not None
        ]

    @property
    def reach(self) -> tuple[float, float]:
        """Both ends of an axis that the wide first days do not stretch."""
        bounded = self.bounded
        values = [row["lift"] for row in self.looks[len(self.looks) // 4 :]]
        for row in bounded[len(bounded) // 4 :]:
            values += [row["lift_low"], row["lift_high"]]
        low, high = min(0.0, *values), max(0.0, *values)
        room = (high - low) * 0.08 or 0.01
        return low - room, high + room

    @property
    def table(self) -> tuple[dict[str, Any], ...]:
        """The numbers that are drawn, a row a day."""
        fields = (
            "day", "n_control", "n_treatment", "difference", "lift", "lift_low", "lift_high",
            "p_fixed",
        )  # fmt: skip
        return tuple({field: row.get(field) for field in fields} for row in self.looks)


def over_time(content: Content, metric: str, treatment: str) -> OverTime | None:
    """The finding; None if no day of this metric has a lift."""
    looks = [
        row
        for row in content["ab"].get("daily") or ()
        if row["metric"] == metric and row["treatment"] == treatment and row.get("lift") is not None
    ]
    if not looks:
        return None
    final = _final(content, metric, treatment)
    stopped = any(notice["level"] == "stop" for notice in content["notices"])
    decided = bool(final) and not final.get("not_a_decision") and not stopped
    return OverTime(
        looks,
        final,
        decided,
        _title(looks, metric, final, decided=decided),
        _alt(looks, metric, treatment, decided=decided),
    )


def _final(content: Content, metric: str, treatment: str) -> Content:
    for one in content["ab"]["metrics"]:
        if one["name"] == metric:
            for comparison in one["comparisons"]:
                if comparison["treatment"] == treatment:
                    return dict(comparison)
    return {}


def _title(looks: Sequence[Content], metric: str, final: Content, *, decided: bool) -> str:
    last = looks[-1]
    day = day_and_month(last["day"])
    if not decided:
        return f"{metric}: {lift(last['lift'])} by {day}, not a decision"
    if not final.get("significant"):
        return f"{metric}: no clear lift by {day}"
    settled = _settled(looks)
    if settled is None or len(looks) < 3:
        return f"{metric}: lift of {lift(last['lift'])} by {day}, still moving"
    return f"{metric}: lift settles near {lift(last['lift'])} by {day_and_month(settled)}"


def _settled(looks: Sequence[Content]) -> str | None:
    """The first day from which every lift is nearer the last one than half its interval's arm."""
    last = looks[-1]
    low, high = last.get("lift_low"), last.get("lift_high")
    if low is None or high is None:
        return None
    day: str | None = None
    for row in reversed(looks):
        if abs(row["lift"] - last["lift"]) > (high - low) / 4:
            break
        day = row["day"]
    return day if day != last["day"] else None


def _alt(looks: Sequence[Content], metric: str, treatment: str, *, decided: bool) -> str:
    first, last = looks[0], looks[-1]
    end = "" if decided else " This is not a decision."
    return (
        f"Line of the cumulative lift of {metric}, {treatment} against control, by "
        f"day: {lift(first['lift'])} on {day_and_month(first['day'])}, {lift(last['lift'])} "
        f"({lift_range(last.get('lift_low'), last.get('lift_high'))}) on "
        f"{day_and_month(last['day'])}.{end}"
    )
