"""Templates for the hashes of rows."""


def hashes(rows: str, hashed: str) -> str:
    """The hash of each row.

    Args:
        rows: A view, with a condition if not all of its rows count.
        hashed: The hash of a row.
    """
    return f"SELECT {hashed} AS h FROM {rows}"


def part_of(query: str, part: int, parts: int) -> str:
    """One of several parts of some hashes; equal ones are in one part."""
    return query if parts == 1 else f"SELECT h FROM ({query}) q WHERE abs(h) % {parts} = {part}"


def shared(query: str) -> str:
    """Hashes that occur more than once."""
    return f"SELECT h FROM ({query}) q GROUP BY h HAVING count(*) > 1"
