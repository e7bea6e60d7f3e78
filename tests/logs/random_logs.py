"""Random event logs, with the faults that real ones have, and what pandas makes of them by hand."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.logs import ABLog, read_ab
from analysis.logs.engines import DuckDBEngine
from analysis.logs.intake import Source
from analysis.study import Study

START = datetime(2025, 3, 25, tzinfo=UTC)
NAMES = ("event_id", "time", "user", "event", "variant", "value", "country", "age")
Row = dict[str, Any]


def random_rows(seed: int, units: int = 40) -> list[Row]:
    """A log without faults, in the order of time."""
    draw = random.Random(seed)
    rows: list[Row] = []

    def add(unit: str, at: datetime, event: str, **cells: str) -> None:
        rows.append(
            {
                "event_id": f"e{len(rows)}",
                "time": at.isoformat(),
                "user": unit,
                "event": event,
                "variant": cells.get("variant", ""),
                "value": cells.get("value", ""),
                "country": cells.get("country", ""),
                "age": cells.get("age", ""),
            }
        )

    for i in range(units):
        unit = f"u{i}"
        arm = draw.choice(["control", "treatment", "b"])
        country = draw.choice(["DE", "US", ""])
        exposed = START + timedelta(seconds=draw.randrange(10 * 86_400))
        age = draw.choice(["", "31", "44.5", "18"])
        for _ in range(draw.randrange(1, 3)):
            add(unit, exposed, "exposure", variant=arm, country=country, age=age)
            exposed += timedelta(seconds=draw.randrange(86_400))
        for _ in range(draw.randrange(12)):
            at = START + timedelta(seconds=draw.randrange(-5 * 86_400, 16 * 86_400))
            event = draw.choice(["click", "click", "purchase", "view"])
            value = f"{draw.expovariate(0.05):.2f}" if event == "purchase" else ""
            add(unit, at, event, value=value)
    rows.sort(key=lambda row: (row["time"], row["event_id"]))
    return rows


def with_faults(rows: list[Row], seed: int) -> list[Row]:
    """The same log with rows that must leave, and cells that must be repaired."""
    draw = random.Random(seed)
    faulty: list[Row] = []
    for row in rows:
        broken = dict(row)
        if broken["variant"] and draw.random() < 0.3:
            broken["variant"] = draw.choice([" {} ", "{}\t"]).format(broken["variant"])
        if draw.random() < 0.1:
            at = datetime.fromisoformat(row["time"])
            zone = timedelta(hours=draw.choice([-5, 2]))
            moved = at.replace(tzinfo=None) + zone
            sign = "-" if zone < timedelta() else "+"
            broken["time"] = (
                f"{moved.isoformat(sep=' ')}{sign}0{abs(zone) // timedelta(hours=1)}:00"
            )
        faulty.append(broken)
        if draw.random() < 0.1:
            faulty.append(dict(broken))
        if draw.random() < 0.05:
            faulty.append({**row, "user": draw.choice(["", "  "]), "event_id": f"x{len(faulty)}"})
        if draw.random() < 0.05:
            faulty.append({**row, "time": "yesterday", "event_id": f"y{len(faulty)}"})
    for i in range(3):
        unit = f"never{i}"
        faulty.append({**rows[i], "user": unit, "event": "click", "variant": "", "event_id": unit})
    for i, arm in enumerate(("control", "treatment")):
        faulty.append({**rows[0], "user": "both", "event": "exposure", "variant": arm,
                       "event_id": f"m{i}"})  # fmt: skip
    return faulty


def write_text_parquet(rows: list[Row], path: Path, *, first: int = 1) -> None:
    """Rows as the intake leaves text: every column a text, blank cells NULL, rows numbered."""
    columns: dict[str, Any] = {
        name: pa.array([row[name] or None for row in rows], pa.string()) for name in NAMES
    }
    columns["__row"] = pa.array(range(first, first + len(rows)), pa.int64())
    pq.write_table(pa.table(columns), path)


def read_rows(rows: list[Row], of: Study, folder: Path, name: str = "log") -> ABLog:
    """Rows read by the embedded engine, without the detour over a text file."""
    path = folder / f"{name}.parquet"
    write_text_parquet(rows, path)
    source = Source(
        files=(path,),
        text=True,
        columns=tuple((column, "VARCHAR") for column in NAMES),
        rows=len(rows),
        rejected=(),
        rejected_count={},
        format="csv",
        encoding="utf-8",
        notices=(),
    )
    engine = DuckDBEngine(source, folder / "work")
    try:
        return read_ab(of, base=folder, work=folder / "work", engine=engine)
    finally:
        engine.close()


def by_hand(rows: list[Row], *, window: float, pre: float, end: str | None = None) -> pd.DataFrame:
    """Unit -> arm, first time and sums, worked out with pandas row by row of the rules."""
    log = pd.DataFrame(rows)
    log = log[log["user"].str.strip() != ""]
    log = log.assign(at=pd.to_datetime(log["time"], errors="coerce", utc=True, format="ISO8601"))
    log = log[log["at"].notna()].drop_duplicates("event_id", keep="first")
    log = log.assign(variant=log["variant"].str.strip().str.lower())
    shown = log[(log["event"] == "exposure") & (log["variant"] != "")]
    arms = shown.groupby("user")["variant"].nunique()
    shown = shown[shown["user"].isin(arms[arms == 1].index)].sort_values(["at", "event_id"])
    first = shown.groupby("user").first()[["variant", "at", "country", "age"]]
    if end is not None:
        first = first[first["at"] < pd.Timestamp(end)]
    found = first.rename(columns={"variant": "arm", "at": "t0"})
    joined = log.merge(found[["t0"]], left_on="user", right_index=True)
    since = (joined["at"] - joined["t0"]).dt.total_seconds()
    for prefix, low, high in (("", 0.0, window), ("pre_", -pre, 0.0)):
        part = joined[(since >= low * 86_400) & (since < high * 86_400)]
        for event in ("click", "purchase"):
            count = part[part["event"] == event].groupby("user").size()
            found[prefix + event] = count.reindex(found.index).fillna(0)
        bought = part[part["event"] == "purchase"]
        revenue = bought["value"].astype(float).groupby(bought["user"]).sum()
        found[prefix + "revenue"] = revenue.reindex(found.index).fillna(0.0)
    return found.sort_index()
