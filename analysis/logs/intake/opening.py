"""Open log files: the one road by which a log comes in."""

import glob
from pathlib import Path

import duckdb

from analysis.core import LogError
from analysis.logs.intake.limits import DEFAULT_LIMITS, Limits
from analysis.logs.intake.source import ROW, Progress, Source


def open_source(
    paths: tuple[str, ...],
    *,
    base: Path,
    work: Path,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> Source:
    """The rows of one log, ready for an engine."""
    files = [Path(p) for path in paths for p in sorted(glob.glob(str(base / path)))]
    if not files:
        raise LogError("log_not_found", f"No file at {', '.join(paths)}.", fix="Check the path.")
    with duckdb.connect() as connection:
        if files[0].read_bytes()[:4] == b"PAR1":
            relation = connection.read_parquet([str(f) for f in files])
            columns = tuple(zip(relation.columns, map(str, relation.types), strict=True))
            count = relation.count("*").fetchall()[0]
            rows = int(count[0])
            return Source(tuple(files), False, columns, rows, (), {}, "parquet", "", ())
        out = work / "log.parquet"
        work.mkdir(parents=True, exist_ok=True)
        relation = connection.read_csv([str(f) for f in files], all_varchar=True, header=True)
        names = tuple(relation.columns)
        relation.project(f"*, row_number() over () AS {ROW}").write_parquet(str(out))
        count = connection.read_parquet(str(out)).count("*").fetchall()[0]
        rows = int(count[0])
        columns = tuple((name, "VARCHAR") for name in names)
        return Source((out,), True, columns, rows, (), {}, "csv", "utf-8", ())
