"""The panel job by one route: `python -m tests.bench.panels ROUTE LOG` prints what it found.

A large event log by region and day. A cell has the purchases, their value, and the share of its
users who bought: users counted once a region and day, exactly.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import numpy as np

REGIONS = 200
EVENTS_PER_USER = 20
SPAN_DAYS = 56

_EVENTS = """
    with draw as (
        select i,
            timestamp '2026-03-02 00:00:00' + to_microseconds(i * {step}) as ts,
            -- The power makes some users heavy: a few are met far more often than most.
            floor({users} * pow(hash(4 * i) / {most}, 1.3))::bigint as person,
            hash(4 * i + 1) / {most} as kind,
            hash(4 * i + 2) / {most} as size
        from range({rows}) as numbers(i)
    )
    select timezone('UTC', ts) as ts,
        'region-' || lpad((hash(person) % {regions})::varchar, 3, '0') as region,
        'user-' || lpad(person::varchar, 8, '0') as user_id,
        case when kind < 0.7 then 'page_load' when kind < 0.94 then 'click'
             else 'purchase' end as event,
        case when kind >= 0.94 then round(500 + 9500 * size * size) / 100 end as value
    from draw
"""

PLAIN_SQL = """
    select region, day, sum(bought)::bigint as purchases, sum(revenue) as revenue,
        count(case when bought > 0 then 1 end) / count(*) as buyers
    from (
        select region, cast(ts at time zone 'UTC' as date) as day, user_id,
            count(case when event = 'purchase' then 1 end) as bought,
            sum(case when event = 'purchase' then value end) as revenue
        from read_parquet('{log}') group by all
    ) group by region, day order by day, region
"""


def large_events(out: Path, rows: int) -> Path:
    """Write a log in order of time, as Parquet."""
    query = _EVENTS.format(
        rows=int(rows),
        most="18446744073709551616.0",
        users=max(int(rows) // EVENTS_PER_USER, 2),
        regions=REGIONS,
        step=SPAN_DAYS * 86_400_000_000 // int(rows),
    )
    unfinished = out.with_name(f"{out.name}.unfinished")
    with duckdb.connect() as engine:
        engine.execute("set timezone = 'UTC'")
        engine.execute("set enable_progress_bar = false")
        place = str(unfinished).replace("'", "''")
        engine.execute(f"copy ({query}) to '{place}' (format parquet, compression zstd)")
    return unfinished.rename(out)


def study(log: str) -> dict[str, Any]:
    """The job as a study of Verdict."""
    return {
        "version": 1,
        "log": {"path": log},
        "columns": {
            "region": "region",
            "unit": "user_id",
            "time": "ts",
            "event": "event",
            "value": "value",
        },
        "metrics": [
            {"name": "Purchases", "kind": "count", "event": "purchase"},
            {"name": "Revenue", "kind": "sum", "event": "purchase"},
            {"name": "Buyers", "kind": "proportion", "event": "purchase"},
        ],
        "synthetic_control": {"treated": ["region-000"], "start": "2026-04-13"},
    }


def by_verdict(log: Path) -> dict[str, float]:
    """Totals over all cells, from the panel; every row accounted for."""
    from analysis.logs import read_panel
    from analysis.study import Study

    of = Study.parse(study(log.name))
    with tempfile.TemporaryDirectory(dir=log.parent) as work:
        panel = read_panel(of, base=log.parent, work=Path(work))
    names = ("purchases", "revenue", "buyers")
    # A share of nobody is a missing cell.
    found = {
        name: float(np.nansum(one.values)) for name, one in zip(names, panel.panels, strict=True)
    }
    return found | {"cells": float(panel.panels[0].values.size)}


def by_plain_sql(log: Path) -> dict[str, float]:
    """The same by one statement of DuckDB."""
    with duckdb.connect() as engine:
        engine.execute("set timezone = 'UTC'")
        query = PLAIN_SQL.format(log=str(log).replace("'", "''"))
        found = engine.sql(
            f"select count(*), sum(purchases), sum(revenue), sum(buyers) from ({query})"
        ).fetchall()[0]
    names = ("cells", "purchases", "revenue", "buyers")
    return {name: float(value) for name, value in zip(names, found, strict=True)}


def by_hand(log: Path) -> dict[str, float]:
    """The same with pandas."""
    import pandas as pd

    events = pd.read_parquet(log, columns=["ts", "region", "user_id", "event", "value"])
    events["day"] = events["ts"].dt.floor("D")
    bought = events[events["event"] == "purchase"]
    cell = ["region", "day"]
    people = events.groupby(cell)["user_id"].nunique()
    buyers = bought.groupby(cell)["user_id"].nunique().reindex(people.index).fillna(0)
    return {
        "cells": float(len(people)),
        "purchases": float(len(bought)),
        "revenue": float(bought["value"].sum()),
        "buyers": float((buyers / people).sum()),
    }


ROUTES: Mapping[str, Callable[[Path], dict[str, float]]] = MappingProxyType(
    {"verdict": by_verdict, "plain_sql": by_plain_sql, "by_hand": by_hand}
)


def main(name: str, log: str) -> None:
    """Do the job, and print its answer and what it took."""
    begin, used = time.perf_counter(), time.process_time()
    answer = ROUTES[name](Path(log))
    took = {"wall": time.perf_counter() - begin, "cpu": time.process_time() - used}
    print(json.dumps(took | {"answer": answer}))


if __name__ == "__main__":
    main(*sys.argv[1:])
