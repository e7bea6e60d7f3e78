"""tea-tasting on DuckDB (through narwhals): its own aggregation over plain_sql's unit table."""

import duckdb
from tea_tasting.aggr import read_aggregates

from tests.bench.job import COLUMNS, PAIRS, Moments
from tests.bench.routes.plain_sql import UNITS


def moments(log: str) -> Moments:
    """The job's answer."""
    with duckdb.connect() as engine:
        engine.execute("set timezone = 'UTC'")
        arms = read_aggregates(
            engine.sql(UNITS.format(log=log)),
            "arm",
            has_count=True,
            mean_cols=COLUMNS,
            var_cols=COLUMNS,
            cov_cols=PAIRS,
        )
    return {
        str(arm): {
            "n": one.count(),
            **{f"mean {name}": float(one.mean(name)) for name in COLUMNS},
            **{f"var {name}": float(one.var(name)) for name in COLUMNS},
            **{f"cov {a} x {b}": float(one.cov(a, b)) for a, b in PAIRS},
        }
        for arm, one in arms.items()
    }
