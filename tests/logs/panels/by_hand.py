"""The rules of a panel, row by row in plain Python: slow, and written apart from the product."""

import unicodedata
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from analysis.logs import PanelLog, read_panel
from analysis.logs.engines import DuckDBEngine
from analysis.logs.intake import Source
from analysis.study import Study

NAMES = ("region", "user", "ts", "event", "value", "event_id")
Row = dict[str, str]

METRICS: list[dict[str, Any]] = [
    {"name": "count", "event": "task", "kind": "count"},
    {"name": "sum", "event": "pay", "kind": "sum"},
    {"name": "mean", "event": "pay", "kind": "mean"},
    {"name": "users", "event": "pay", "kind": "proportion"},
    {"name": "ratio", "kind": "ratio", "numerator": {"event": "pay", "value": "sum"},
     "denominator": {"event": "task", "value": "count"}},
]  # fmt: skip
EVENTS: dict[str, set[str] | None] = {
    "count": {"task"}, "sum": {"pay"}, "mean": {"pay"}, "users": None, "ratio": {"task", "pay"},
}  # fmt: skip
NEEDS_VALUE = {"sum", "mean", "ratio"}


def text_source(rows: list[Row], path: Path) -> Source:
    """Rows as the intake leaves text: every column a text, blank cells NULL, rows numbered."""
    columns: dict[str, Any] = {
        name: pa.array([row[name] or None for row in rows], pa.string()) for name in NAMES
    }
    columns["__row"] = pa.array(range(1, len(rows) + 1), pa.int64())
    pq.write_table(pa.table(columns), path)
    return Source(
        files=(path,), text=True, columns=tuple((name, "VARCHAR") for name in NAMES),
        rows=len(rows), rejected=(), rejected_count={}, format="csv", encoding="utf-8",
        notices=(),
    )  # fmt: skip


def read_rows(rows: list[Row], of: Study, folder: Path, name: str = "log") -> PanelLog:
    """Rows read by the embedded engine, without the detour over a text file."""
    engine = DuckDBEngine(text_source(rows, folder / f"{name}.parquet"), folder / "work")
    try:
        return read_panel(of, base=folder, work=folder / "work", engine=engine)
    finally:
        engine.close()


def moment(text: str, zone: ZoneInfo) -> datetime | None:
    """A time in UTC; None if it is none."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def begin_of(frequency: str, day: date) -> date:
    """The first date of the period that holds a day."""
    if frequency == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if frequency == "month" else day


def next_of(frequency: str, first: date) -> date:
    """The first date of the next period."""
    if frequency == "month":
        return (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return first + timedelta(days=7 if frequency == "week" else 1)


def number(text: str) -> float | None:
    """A finite number, or None."""
    try:
        found = float(text.strip())
    except ValueError:
        return None
    return found if abs(found) < float("inf") else None


class ByHand:
    """A panel worked out row by row.

    Attributes:
        units: In order.
        labels: Of the kept periods.
        partial: Labels of periods that are not whole.
        gaps: Labels of periods without a row.
        cells: Metric -> (period, unit) -> value; None where there is none.
        lost: Metric -> reason -> rows; under "" for the log as a whole.
    """

    def __init__(
        self,
        rows: list[Row],
        zone: str,
        frequency: str = "day",
        end: str | None = None,
        gap: tuple[str, str] | None = None,
    ) -> None:
        local = ZoneInfo(zone)
        names = {i: unicodedata.normalize("NFC", r["region"].strip()) for i, r in enumerate(rows)}
        spellings: dict[str, Counter[str]] = {}
        for name in names.values():
            if name:
                spellings.setdefault(name.casefold(), Counter())[name] += 1
        best = {}
        for folded, seen_as in spellings.items():
            most = max(seen_as.values())
            best[folded] = min(s for s, n in seen_as.items() if n == most)
        at = {i: moment(r["ts"], local) for i, r in enumerate(rows)}
        unit = {i: best.get(name.casefold()) for i, name in names.items()}
        period = {i: begin_of(frequency, t.astimezone(local).date()) for i, t in at.items() if t}
        timed: dict[date, list[datetime]] = {}
        for i, first in period.items():
            timed.setdefault(first, []).append(at[i])  # type: ignore[arg-type]
        touched = sorted(timed)

        def edge(day: date) -> datetime:
            midnight = datetime(day.year, day.month, day.day, tzinfo=local)
            return midnight.astimezone(UTC)

        limit = edge(date.fromisoformat(end)) if end else None
        gone = {p for p in touched if limit and edge(p) >= limit}
        low = high = date.min
        if gap:
            low, high = (begin_of(frequency, date.fromisoformat(one)) for one in gap)
            gone |= {p for p in touched if low <= p <= high}
        head, tail = [], []
        for p in touched:
            length = edge(next_of(frequency, p)) - edge(p)
            head.append((min(timed[p]) - edge(p)) / length)
            tail.append((edge(next_of(frequency, p)) - max(timed[p])) / length)
        partial = set()
        if head[0] > 0.10 and all(head[0] > one for one in head[1:-1]):
            partial.add(touched[0])
        if tail[-1] > 0.10 and all(tail[-1] > one for one in tail[1:-1]):
            partial.add(touched[-1])
        partial -= gone
        if limit:
            for p in touched:
                over = edge(next_of(frequency, p))
                if edge(p) < limit < over and p not in gone:
                    cut = (over - limit) / (over - edge(p)) > 0.10
                    partial |= {p} if cut else set()
        kept = [p for p in touched if p not in gone | partial]
        every = [touched[0]]
        while every[-1] < touched[-1]:
            every.append(next_of(frequency, every[-1]))
        self.gaps = tuple(
            p.isoformat() for p in every
            if p not in timed and not (limit and edge(p) >= limit)
            and not (gap and low <= p <= high)
        )  # fmt: skip
        self.labels = tuple(p.isoformat() for p in kept)
        self.partial = tuple(sorted(p.isoformat() for p in partial))
        self.units = tuple(sorted({u for i, u in unit.items() if u and at[i]}))

        outcomes: dict[str, list[str]] = {}
        for metric, events in EVENTS.items():
            mine = {
                i for i, r in enumerate(rows)
                if at[i] and unit[i] and (events is None or r["event"].strip() in events)
            }  # fmt: skip
            seen: set[str] = set()
            repeated = set()
            for i in sorted(mine, key=lambda i: (at[i], unit[i], rows[i]["event"].strip(), i)):
                identity = rows[i]["event_id"].strip()
                if identity and identity in seen:
                    repeated.add(i)
                seen.add(identity)
            found = []
            for i, r in enumerate(rows):
                event, value = r["event"].strip(), number(r["value"])
                if at[i] is None:
                    found.append("unparsable_time")
                elif unit[i] is None:
                    found.append("blank_unit")
                elif i not in mine:
                    found.append("other_event")
                elif i in repeated:
                    found.append("duplicate_event_id")
                elif metric in NEEDS_VALUE and event == "pay" and value is None:
                    found.append("unparsable_value")
                elif metric == "users" and not r["user"].strip():
                    found.append("blank_user")
                elif period[i] in gone or (limit and at[i] >= limit):  # type: ignore[operator]
                    found.append("outside_window")
                elif period[i] in partial:
                    found.append("partial_period")
                else:
                    found.append("")
            outcomes[metric] = found
        self.lost = {m: Counter(one for one in found if one) for m, found in outcomes.items()}
        self.used = {m: found.count("") for m, found in outcomes.items()}
        self.all_used = sum(any(f[i] == "" for f in outcomes.values()) for i in range(len(rows)))

        self.cells: dict[str, dict[tuple[str, str], float | None]] = {}
        for metric, found in outcomes.items():
            cells: dict[tuple[str, str], float | None] = {}
            for p in kept:
                for u in self.units:
                    there = [
                        r for i, r in enumerate(rows)
                        if found[i] == "" and period[i] == p and unit[i] == u
                    ]  # fmt: skip
                    cells[p.isoformat(), u] = _cell(metric, there)
            self.cells[metric] = cells


def _cell(metric: str, rows: list[Row]) -> float | None:
    tasks = [r for r in rows if r["event"].strip() == "task"]
    pays = [r for r in rows if r["event"].strip() == "pay"]
    if metric == "count":
        return float(len(tasks))
    if metric == "users":
        users = {r["user"].strip() for r in rows}
        return len({r["user"].strip() for r in pays}) / len(users) if users else None
    # Decimals as written, added up without rounding.
    total = float(sum((Fraction(r["value"].strip()) for r in pays), Fraction(0)))
    if metric == "sum":
        return total
    below = len(pays) if metric == "mean" else len(tasks)
    return total / below if below else None
