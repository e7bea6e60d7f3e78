"""Tables as files whose bytes depend on their rows alone: CSV, gzipped CSV, Parquet."""

import gzip
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from analysis.core import LogError

WRITABLE = (".csv", ".csv.gz", ".parquet")


def csv_text(table: pa.Table) -> bytes:
    """A table as CSV: times as ISO 8601 in UTC, nulls blank, quotes only where needed."""
    if "ts" in table.column_names:
        at = table.column_names.index("ts")
        seconds = pc.cast(table["ts"], pa.timestamp("s", tz="UTC"))
        table = table.set_column(at, "ts", pc.strftime(seconds, "%Y-%m-%dT%H:%M:%SZ"))
    sink = io.BytesIO()
    options = pa.csv.WriteOptions(quoting_style="none", quoting_header="none")
    pa.csv.write_csv(table, sink, options)
    return sink.getvalue()


def write_table(table: pa.Table, out: str | Path) -> Path:
    """Write a table in the form that the file's name asks for.

    Raises:
        LogError: The name asks for another form.
    """
    path = Path(out)
    name = path.name.lower()
    if name.endswith(".parquet"):
        pa.parquet.write_table(table, path, compression="zstd")
    elif name.endswith(".csv"):
        path.write_bytes(csv_text(table))
    elif name.endswith(".csv.gz"):
        # No clock in the file: the same rows, the same bytes.
        path.write_bytes(gzip.compress(csv_text(table), compresslevel=9, mtime=0))
    else:
        raise LogError(
            "unknown_format",
            f"A log cannot be written as {path.name!r}.",
            where="--out",
            fix=f"End its name in {', '.join(WRITABLE)}.",
        )
    return path
