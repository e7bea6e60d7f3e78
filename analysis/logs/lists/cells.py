"""SQL for the cells of list logs: flags, positions, ranks and texts, coded as small numbers."""

from analysis.logs.sql import Dialect

# Codes of positions that are none.
BLANK_POSITION, BAD_POSITION = -1, -2
LAST_POSITION = 1000
# Codes of flags.
NOT_SAID, UNREADABLE, MANY = -1, -2, 2
TRUE, FALSE = ["true", "t", "yes", "y"], ["false", "f", "no", "n"]
WHOLE_KINDS = (
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
)  # fmt: skip


def flag(column: str, kind: str, dialect: Dialect) -> str:
    """1 and 0 for yes and no, 2 for a number above 1, -1 for blank, -2 for anything else."""
    if kind == "BOOLEAN":
        return _tiny(f"CASE WHEN {column} IS NULL THEN -1 WHEN {column} THEN 1 ELSE 0 END")
    if kind in WHOLE_KINDS:
        # Written so that the engine compares the column as it is stored.
        return _tiny(
            f"CASE WHEN {column} IS NULL THEN -1 WHEN {column} < 0 THEN -2 "
            f"WHEN {column} > 1 THEN 2 ELSE {column} END"
        )
    if kind != "VARCHAR":
        return _tiny(_number_flag(f"CAST({column} AS DOUBLE)", f"{column} IS NULL"))
    text = f"lower({dialect.trim(column)})"
    number = f"TRY_CAST({text} AS DOUBLE)"
    return _tiny(
        f"CASE WHEN {column} IS NULL THEN -1 WHEN {column} = '0' THEN 0 WHEN {column} = '1' THEN 1 "
        f"WHEN {text} = '' THEN -1 "
        f"WHEN {dialect.one_of(text, TRUE)} THEN 1 WHEN {dialect.one_of(text, FALSE)} THEN 0 "
        f"ELSE {_number_flag(number, 'FALSE')} END"
    )


def _number_flag(number: str, blank: str) -> str:
    """A number as a flag; what is not a number reads as -2, not a number at all as blank."""
    return (
        f"CASE WHEN {blank} THEN -1 WHEN {number} IS NULL THEN -2 WHEN isnan({number}) THEN -1 "
        f"WHEN {number} = 0 THEN 0 WHEN {number} = 1 THEN 1 WHEN {number} > 1 THEN 2 ELSE -2 END"
    )


def position(column: str, kind: str, dialect: Dialect) -> str:
    """A position from 0 to 1000; -1 if blank, -2 if it is none."""
    return _small(_whole(column, kind, dialect, bad=BAD_POSITION))


def rank(column: str, kind: str, dialect: Dialect) -> str:
    """A rank from 1, 0 if blank or no rank."""
    whole = _whole(column, kind, dialect, bad=0, most=1_000_000_000)
    return f"CAST(CASE WHEN {whole} < 0 THEN 0 ELSE {whole} END AS INTEGER)"


def _whole(column: str, kind: str, dialect: Dialect, *, bad: int, most: int = LAST_POSITION) -> str:
    if kind in WHOLE_KINDS:
        inside = f"{column} BETWEEN 0 AND {most}"
        return f"CASE WHEN {column} IS NULL THEN -1 WHEN {inside} THEN {column} ELSE {bad} END"
    blank, number = f"{column} IS NULL", f"CAST({column} AS DOUBLE)"
    if kind == "VARCHAR":
        blank = f"{dialect.filled(column)} IS NULL"
        number = f"TRY_CAST({dialect.trim(column)} AS DOUBLE)"
    elif kind == "BOOLEAN":
        return f"CASE WHEN {column} IS NULL THEN -1 ELSE {bad} END"
    # The bounds come first: a cast of what is beyond them would fail.
    inside = f"{number} >= 0 AND {number} <= {most}"
    return (
        f"CASE WHEN {blank} THEN -1 WHEN {number} IS NULL THEN {bad} "
        f"WHEN isnan({number}) THEN -1 WHEN NOT ({inside}) THEN {bad} "
        f"WHEN {number} = floor({number}) THEN CAST({number} AS INTEGER) ELSE {bad} END"
    )


def name(column: str, kind: str, dialect: Dialect) -> str:
    """An id or a label as it is compared: trimmed text, NULL if blank; whole numbers as such."""
    if kind in WHOLE_KINDS:
        return column
    return dialect.filled(dialect.as_text(column, kind))


def _tiny(expression: str) -> str:
    return f"CAST({expression} AS TINYINT)"


def _small(expression: str) -> str:
    return f"CAST({expression} AS SMALLINT)"
