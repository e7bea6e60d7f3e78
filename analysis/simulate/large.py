"""Large logs for measuring: as many events as asked, written by DuckDB without holding them."""

from pathlib import Path

import duckdb

# Twenty events a user; users meet their arm in the two middle weeks of four.
EVENTS_PER_USER = 20
SPAN_DAYS = 28

_LOG = """
    with draw as (
        select i,
            timestamp '2026-03-02 00:00:00' + to_microseconds(i * {step}) as ts,
            i between {rows} // 4 and {rows} * 3 // 4 as enrolling,
            -- The power makes some users heavy: a few are met far more often than most.
            floor({users} * pow(hash(8 * i + {seed}) / {most}, 1.3))::bigint as user,
            hash(8 * i + {seed} + 1) / {most} as kind,
            hash(8 * i + {seed} + 2) / {most} as size,
            hash(8 * i + {seed} + 3) % 5000 = 0 as strays
        from range({rows}) as numbers(i)
    ), named as (
        select *,
            case when kind < 0.15 and enrolling then 'exposure'
                 when kind < 0.75 then 'page_load'
                 when kind < 0.94 then 'click'
                 else 'purchase' end as event,
            (hash(8 * user + {seed} + 4) + strays::int) % 2 as arm
        from draw
    )
    select {ids}
        timezone('UTC', ts) as ts,
        'user-' || lpad(user::varchar, 8, '0') as user_id,
        event,
        case when event <> 'exposure' then null
             when arm = 0 then 'control' else 'treatment' end as variant,
        case event when 'page_load' then round(200 + 1600 * size * size)
                   when 'purchase' then round(500 + 9500 * size * size) / 100 end as value,
        ['US', 'DE', 'GB', 'FR', 'BR'][1 + (hash(8 * user + {seed} + 5) % 5)::int] as country,
        ['mobile', 'desktop', 'tablet'][1 + (hash(8 * user + {seed} + 6) % 3)::int] as device
    from named
"""


def large_log(out: Path, rows: int, seed: int = 1, *, ids: bool = False) -> Path:
    """Write a log of two arms in order of time, as Parquet or, if its name ends so, as CSV.

    Args:
        out: The file to write; a finished one appears at once or not at all.
        rows: Number of events.
        seed: The same rows and seed give the same log on one version of DuckDB.
        ids: Whether events carry an `event_id`.

    Returns:
        The file written.
    """
    query = _LOG.format(
        rows=int(rows),
        # Numbers drawn for one row differ, and so do those of two seeds.
        seed=int(seed) * 1_000_000_000_000,
        most="18446744073709551616.0",
        users=max(int(rows) // EVENTS_PER_USER, 2),
        step=SPAN_DAYS * 86_400_000_000 // int(rows),
        ids="'e' || lpad(i::varchar, 9, '0') as event_id," if ids else "",
    )
    form = (
        "(format csv, header, timestampformat '%Y-%m-%dT%H:%M:%S.%fZ')"
        if out.suffix == ".csv"
        else "(format parquet, compression zstd)"
    )
    unfinished = out.with_name(f"{out.name}.unfinished")
    with duckdb.connect() as engine:
        engine.execute("set timezone = 'UTC'")
        engine.execute(
            f"copy ({query}) to '{str(unfinished).replace(chr(39), chr(39) * 2)}' {form}"
        )
    return unfinished.rename(out)
