"""How large a stranger's log may be."""

from dataclasses import dataclass

MIB = 1024 * 1024
GIB = 1024 * MIB


@dataclass(frozen=True)
class Limits:
    """Every limit of the intake; each refusal names the one it met.

    Attributes:
        browser_bytes: Largest upload through the browser's file widget.
        unpacked_bytes: Largest unpacked size of compressed text.
        unpack_ratio: Largest ratio of unpacked to packed bytes.
        columns: Most columns.
        cell_bytes: Longest cell, in UTF-8 bytes.
        row_bytes: Longest row, in UTF-8 bytes.
        name_length: Longest column name, in characters.
        parquet_cells: Most rows x columns of Parquet files, by their footers.
        array_bytes: Largest JSON array (JSON lines have no such limit).
        memory_bytes: Address space of the reading process.
        seconds: CPU and wall time of the reading process.
    """

    browser_bytes: int = 200 * MIB
    unpacked_bytes: int = GIB
    unpack_ratio: int = 200
    columns: int = 1_000
    cell_bytes: int = 64 * 1024
    row_bytes: int = 4 * MIB
    name_length: int = 256
    parquet_cells: int = 20_000_000_000
    array_bytes: int = 64 * MIB
    memory_bytes: int = 4 * GIB
    seconds: int = 600


DEFAULT_LIMITS = Limits()
