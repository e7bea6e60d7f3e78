"""A large log of lists for measuring: two rankers, twenty positions, clicks by position."""

from pathlib import Path

import duckdb

POSITIONS = 20
LISTS_PER_USER = 12

_SLOTS = """
    with slots as (
        select i // {k} as list, i % {k} + 1 as position,
            hash(i * 8 + 1) / {most} as luck, hash(i * 8 + 2) % 500 as item,
            (hash((i // {k}) * 8 + 3) + i % {k}) % 2 as ranker,
            hash((i // {k}) * 8 + 4) % {users} as user
        from range({rows}) as numbers(i)
    )
    select 'u' || user as user_id, 'l' || list as impression_id,
        timestamp '2026-05-04 00:00:00' + to_seconds(list * 1209600 // ({rows} // {k})) as ts,
        position, 'item-' || item as item_id,
        case when ranker = 0 then 'legacy' else 'candidate' end as model,
        (luck < 0.35 / position * case when ranker = 0 then 1.0 else 1.05 end)::int as clicked
    from slots
"""


def large_lists(out: Path, rows: int) -> Path:
    """Write a log of shown slots, as Parquet or, if its name ends so, as CSV."""
    query = _SLOTS.format(
        k=POSITIONS,
        rows=int(rows),
        most="18446744073709551616.0",
        users=max(int(rows) // POSITIONS // LISTS_PER_USER, 2),
    )
    form = "(format csv, header)" if out.suffix == ".csv" else "(format parquet)"
    unfinished = out.with_name(f"{out.name}.unfinished")
    with duckdb.connect() as engine:
        engine.execute("set enable_progress_bar = false")
        place = str(unfinished).replace("'", "''")
        engine.execute(f"copy ({query}) to '{place}' {form}")
    return unfinished.rename(out)
