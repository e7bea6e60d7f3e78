"""How engines differ: quoting, type names and a few functions; everything else is shared.

The only place where text from outside (names of columns, arms, events) enters a query.
"""

import math
from dataclasses import dataclass

BLANKS = " \t\r\n\x0b\x0c\u00a0\ufeff"
LARGEST = 1.7976931348623157e308


@dataclass(frozen=True)
class Dialect:
    """One engine's spelling of what SQL engines spell differently.

    Attributes:
        name: ``duckdb`` or ``spark``.
        quote: Character around identifiers.
        backslash: Whether a backslash escapes inside a text literal.
        text: Type of texts.
        wide: Integer type that holds any sum of 64-bit integers.
        wide_sum_form: Sum of 64-bit integers as such a type.
        trim_form: Removes characters at both ends.
        match_form: Whether a regular expression is found in a text.
        micros_form: Microseconds since 1970 of a time stamp.
        divide_form: Integer division of numbers that are not negative.
        hash_form: Some 64-bit hash; results never depend on which.
        key_form: Some 64-bit hash of one text.
        place_form: The place from 1 on of a text in a list; NULL or 0 if it is not in it.
    """

    name: str
    quote: str
    backslash: bool
    text: str
    wide: str
    wide_sum_form: str
    trim_form: str
    match_form: str
    micros_form: str
    divide_form: str
    hash_form: str
    key_form: str
    place_form: str

    def identifier(self, name: str) -> str:
        """A column or table name, quoted."""
        if "\x00" in name:
            raise ValueError("a name holds a NUL character")
        return self.quote + name.replace(self.quote, self.quote * 2) + self.quote

    def literal(self, value: str | float) -> str:
        """A constant, typed: text, whole number or double."""
        if isinstance(value, int):
            return f"CAST({value} AS BIGINT)"
        if isinstance(value, float):
            if not math.isfinite(value):
                raise ValueError("a number in a query must be finite")
            return f"CAST('{value!r}' AS DOUBLE)"
        if "\x00" in value:
            raise ValueError("a text holds a NUL character")
        if self.backslash:
            return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
        return "'" + value.replace("'", "''") + "'"

    def one_of(self, expression: str, values: list[str]) -> str:
        """Whether an expression is one of some texts; never true of none."""
        if not values:
            return "FALSE"
        return f"({expression} IN ({', '.join(self.literal(value) for value in values)}))"

    def trim(self, expression: str) -> str:
        """A text without blanks at its ends."""
        return self.trim_form.format(x=expression, chars=self.literal(BLANKS))

    def filled(self, expression: str) -> str:
        """A text without blanks at its ends; NULL if nothing is left."""
        return f"nullif({self.trim(expression)}, '')"

    def tidy(self, expression: str) -> str:
        """As `filled`, quick where few texts have a blank at an end: only those are trimmed."""
        ends = [f"{expression} LIKE {self.literal('%' + blank)}" for blank in BLANKS]
        # Blanks below "!" are found at the start by their order.
        ends += [
            f"{expression} LIKE {self.literal(blank + '%')}" for blank in BLANKS if blank > "!"
        ]
        some = " OR ".join([f"{expression} < '!'", *ends])
        return f"CASE WHEN {some} THEN {self.filled(expression)} ELSE {expression} END"

    def matches(self, expression: str, pattern: str) -> str:
        """Whether a text matches a regular expression."""
        return self.match_form.format(x=expression, pattern=self.literal(pattern))

    def micros(self, expression: str) -> str:
        """Microseconds since 1970 of a time stamp."""
        return self.micros_form.format(x=expression)

    def divide(self, a: str, b: int) -> str:
        """The whole part of a / b, for a that is not negative."""
        return self.divide_form.format(a=a, b=b)

    def hash(self, columns: list[str]) -> str:
        """A hash that is equal for equal rows of typed columns."""
        return self.hash_form.format(x=", ".join(columns))

    def wide_sum(self, expression: str) -> str:
        """The sum of 64-bit integers, whatever its size."""
        return self.wide_sum_form.format(x=expression)

    def key(self, text: str) -> str:
        """A hash of one text; cheap to join by."""
        return self.key_form.format(x=text)

    def place(self, expression: str, values: list[str]) -> str:
        """The place from 1 on of a text among some; NULL or 0 if it is none of them."""
        listed = ", ".join(self.literal(value) for value in values)
        return self.place_form.format(x=expression, listed=listed)

    def as_text(self, column: str, kind: str) -> str:
        """A column as text, as the same value reads in a CSV file."""
        if kind == "VARCHAR":
            return column
        if kind in ("DOUBLE", "FLOAT"):
            whole = f"CAST(CAST({column} AS BIGINT) AS {self.text})"
            is_whole = f"abs({column}) < 9007199254740992.0 AND {column} = round({column})"
            return f"CASE WHEN {is_whole} THEN {whole} ELSE CAST({column} AS {self.text}) END"
        return f"CAST({column} AS {self.text})"

    def finite(self, expression: str) -> str:
        """A double, or NULL if it is not finite."""
        return f"CASE WHEN abs({expression}) <= {self.literal(LARGEST)} THEN {expression} END"

    def number(self, column: str, kind: str) -> str:
        """A column as a finite double; NULL for anything else."""
        if kind == "VARCHAR":
            return self.finite(f"TRY_CAST({self.trim(column)} AS DOUBLE)")
        if kind == "BOOLEAN":
            return "CAST(NULL AS DOUBLE)"
        if kind in ("DOUBLE", "FLOAT"):
            return self.finite(f"CAST({column} AS DOUBLE)")
        return f"TRY_CAST({column} AS DOUBLE)"


DUCKDB = Dialect(
    name="duckdb",
    quote='"',
    backslash=False,
    text="VARCHAR",
    wide="HUGEINT",
    wide_sum_form="sum({x})",
    trim_form="trim({x}, {chars})",
    match_form="regexp_matches({x}, {pattern})",
    micros_form="epoch_us({x})",
    divide_form="({a} // {b})",
    hash_form="CAST(hash({x}) % 9223372036854775807 AS BIGINT)",
    key_form="hash({x})",
    place_form="list_position([{listed}], {x})",
)
SPARK = Dialect(
    name="spark",
    quote="`",
    backslash=True,
    text="STRING",
    wide="DECIMAL(38, 0)",
    wide_sum_form="sum(CAST({x} AS DECIMAL(38, 0)))",
    trim_form="btrim({x}, {chars})",
    match_form="regexp_like({x}, {pattern})",
    micros_form="unix_micros(CAST({x} AS TIMESTAMP))",
    divide_form="({a} div {b})",
    hash_form="xxhash64({x})",
    key_form="xxhash64({x})",
    place_form="CAST(array_position(array({listed}), {x}) AS INT)",
)
