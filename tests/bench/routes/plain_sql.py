"""Plain DuckDB: the job as one SQL statement, as an analyst with time would write it."""

from typing import Any

import duckdb

from tests.bench.job import COLUMNS, PAIRS, WINDOW_DAYS, Moments

UNITS = f"""
    with exposure as (
        select user_id, min(ts) as t0, min(variant) as arm
        from read_parquet('{{log}}')
        where event = 'exposure'
        group by user_id
        having min(variant) = max(variant)
    ), near as (
        select user_id, event, value, ts >= t0 as after
        from read_parquet('{{log}}') as log join exposure using (user_id)
        where event in ('purchase', 'page_load')
          and ts >= t0 - interval {WINDOW_DAYS} day and ts < t0 + interval {WINDOW_DAYS} day
    ), done as (
        select user_id,
            max(case when event = 'purchase' and after then 1 else 0 end) as purchased,
            sum(case when event = 'purchase' and after then value else 0 end) as revenue,
            sum(case when event = 'page_load' and after then 1 else 0 end) as page_loads,
            sum(case when event = 'page_load' and after then value else 0 end) as latency,
            max(case when event = 'purchase' and not after then 1 else 0 end) as pre_purchased,
            sum(case when event = 'purchase' and not after then value else 0 end) as pre_revenue,
            sum(case when event = 'page_load' and not after then 1 else 0 end) as pre_page_loads,
            sum(case when event = 'page_load' and not after then value else 0 end) as pre_latency
        from near group by user_id
    )
    select arm, {", ".join(f"coalesce({name}, 0)::double as {name}" for name in COLUMNS)}
    from exposure left join done using (user_id)
"""


def moments(log: str) -> Moments:
    """The job's answer."""
    asked = ["count(*) as n"]
    asked += [f'avg({name}) as "mean {name}"' for name in COLUMNS]
    asked += [f'var_samp({name}) as "var {name}"' for name in COLUMNS]
    asked += [f'covar_samp({a}, {b}) as "cov {a} x {b}"' for a, b in PAIRS]
    with duckdb.connect() as engine:
        engine.execute("set timezone = 'UTC'")
        query = f"select arm, {', '.join(asked)} from ({UNITS.format(log=log)}) group by arm"
        rows: list[dict[str, Any]] = engine.sql(query).to_arrow_table().to_pylist()
    return {row.pop("arm"): row for row in rows}
