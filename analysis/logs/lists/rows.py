"""Typed rows of list logs in SQL: one view of data rows, one of slots, whatever the shape."""

from dataclasses import dataclass

from analysis.core import LogError
from analysis.logs.engines import Engine
from analysis.logs.lists import cells
from analysis.logs.lists.headers import KEYS, Fields, plain_header
from analysis.logs.lists.shapes import CLICK_CODE, SHOWN_CODE, Shape, kind_code
from analysis.logs.sql import Dialect
from analysis.logs.sql.times import kind_of_time, time_columns

# Times that are none.
NO_TIME, BAD_TIME = -(2**63), -(2**63) + 1
# Fields that are names, and how the views call them.
LIST_NAMES = {
    "who": "user_id", "list_id": "impression_id", "ctx": "context", "day_name": "day",
}  # fmt: skip
SLOT_NAMES = {"label": "model", "item": "item_id"}
FLAGS = {"y": "clicked", "conv": "converted", "comp": "competitive", "rnd": "randomized"}


@dataclass(frozen=True)
class Views:
    """What the views hold.

    Attributes:
        lists: View of data rows.
        slots: View of slots; the same one if a data row is a slot.
        list_names: Columns of names of the data rows, as the view calls them.
        slot_names: Columns of names of the slots.
        list_numbers: Other columns of the data rows.
        slot_numbers: Other columns of the slots.
        has: Fields that the log has.
        ranks: Label -> column of the slots with its ranks.
    """

    lists: str
    slots: str
    list_names: tuple[str, ...]
    slot_names: tuple[str, ...]
    list_numbers: tuple[str, ...]
    slot_numbers: tuple[str, ...]
    has: frozenset[str]
    ranks: dict[str, str]


def time_code(column: str, kind: str, dialect: Dialect) -> str:
    """UTC microseconds; marks for blank cells and for what is no time."""
    if kind_of_time(kind) == "none":
        return f"CASE WHEN {column} IS NULL THEN {_big(NO_TIME)} ELSE {_big(BAD_TIME)} END"
    micros, _ = time_columns(column, kind, "UTC", dialect)
    blank = f"{column} IS NULL"
    if kind == "VARCHAR":
        blank = f"{dialect.filled(column)} IS NULL"
    return f"coalesce({micros}, CASE WHEN {blank} THEN {_big(NO_TIME)} ELSE {_big(BAD_TIME)} END)"


def _big(number: int) -> str:
    return f"CAST('{number}' AS BIGINT)"


def open_rows(engine: Engine, fields: Fields, shape: Shape) -> Views:
    """Make the views of a log."""
    if shape.whole_lists:
        return _whole_lists(engine, fields, shape)
    columns = _list_columns(engine, fields) | _slot_columns(engine, fields)
    ranks = {}
    for i, (label, column) in enumerate(fields.ranks.items()):
        name = engine.dialect.identifier(column)
        columns[f"r{i}"] = cells.rank(name, fields.kinds[column], engine.dialect)
        ranks[label] = f"r{i}"
    where = ""
    if shape.kinds:
        code = kind_code(engine, fields.of["event"], fields.kinds[fields.of["event"]])
        where = f" WHERE {code} = {SHOWN_CODE}"
        if shape.name == "events":
            columns["kind"] = code
            where = f" WHERE {code} IN ({SHOWN_CODE}, {CLICK_CODE})"
    select = ", ".join(f"{expression} AS {name}" for name, expression in columns.items())
    engine.view("slot_rows", f"SELECT __row AS row_no, {select} FROM log{where}")
    names = tuple(one for one in columns if one in SLOT_NAMES)
    list_names = tuple(one for one in columns if one in LIST_NAMES or one.startswith("s_"))
    numbers = tuple(one for one in columns if one not in names and one not in list_names)
    return Views(
        lists="slot_rows",
        slots="slot_rows",
        list_names=list_names,
        slot_names=names,
        list_numbers=tuple(one for one in numbers if one == "t"),
        slot_numbers=tuple(one for one in numbers if one != "t"),
        has=frozenset(fields.of),
        ranks=ranks,
    )


def _list_columns(engine: Engine, fields: Fields) -> dict[str, str]:
    """What is said of a list, by the views' names."""
    dialect = engine.dialect
    columns = {
        name: dialect.identifier(fields.of[field])
        for name, field in LIST_NAMES.items()
        if fields.has(field)
    }
    for i, column in enumerate(fields.segments):
        columns[f"s_{i}"] = dialect.identifier(column)
    if fields.has("timestamp"):
        column = fields.of["timestamp"]
        columns["t"] = time_code(dialect.identifier(column), fields.kinds[column], dialect)
    return columns


def _slot_columns(engine: Engine, fields: Fields) -> dict[str, str]:
    """What is said of a slot, by the views' names."""
    dialect = engine.dialect
    columns = {
        name: dialect.identifier(fields.of[field])
        for name, field in SLOT_NAMES.items()
        if fields.has(field)
    }
    if fields.has("position"):
        column = fields.of["position"]
        columns["pos"] = cells.position(dialect.identifier(column), fields.kinds[column], dialect)
    for name, field in FLAGS.items():
        if fields.has(field):
            column = fields.of[field]
            columns[name] = cells.flag(dialect.identifier(column), fields.kinds[column], dialect)
    for name, field in (("prop", "propensity"), ("v", "value")):
        if fields.has(field):
            column = fields.of[field]
            number = dialect.number(dialect.identifier(column), fields.kinds[column])
            columns[name] = _nan(number)
    return columns


def _nan(number: str) -> str:
    return f"coalesce({number}, CAST('nan' AS DOUBLE))"


def _whole_lists(engine: Engine, fields: Fields, shape: Shape) -> Views:
    """Views of a log with one row a list: its slots are taken out of the cells."""
    if engine.dialect.name != "duckdb":
        raise LogError(
            "shape_needs_duckdb",
            "Rows that hold a whole list in one cell are read by the embedded engine only.",
            where="log.engine",
            fix='Use engine = "duckdb", or write one row a slot.',
        )
    lists = _list_columns(engine, fields)
    if fields.has("randomized"):
        # The order of a whole list was drawn at random, or not.
        column = fields.of["randomized"]
        name, kind = engine.dialect.identifier(column), fields.kinds[column]
        lists["rnd"] = cells.flag(name, kind, engine.dialect)
    inside, parts, good = (_json if shape.name == "json" else _joined)(engine, shape)
    listed = "".join(f", {expression} AS {name}" for name, expression in lists.items())
    good_row = f"CASE WHEN {good} THEN 1 ELSE 0 END"
    engine.table(
        "list_rows",
        f"SELECT __row AS row_no{listed}, CAST({good_row} AS TINYINT) AS good, {parts} FROM log",
    )
    exploded = (
        "SELECT row_no, CAST(generate_subscripts(parts, 1) - 1 AS INTEGER) AS place, "
        "unnest(parts) AS o FROM list_rows WHERE good = 1"
    )
    if shape.name == "joined":
        more = "".join(f", unnest({name}) AS {name}" for name in inside)
        exploded = exploded.replace(" FROM list_rows", f"{more} FROM list_rows")
    columns = _inside_json(engine, exploded) if shape.name == "json" else _inside_joined(inside)
    list_numbers = [name for name in ("t", "rnd") if name in lists and name not in columns]
    select = ", ".join(f"{expression} AS {name}" for name, expression in columns.items())
    engine.table("slot_rows", f"SELECT row_no, place, {select} FROM ({exploded}) e")
    names = tuple(one for one in columns if one in SLOT_NAMES)
    fields_of = SLOT_NAMES | FLAGS | {"prop": "propensity", "v": "value", "pos": "position"}
    list_fields = (*LIST_NAMES.values(), "timestamp", "event", "randomized")
    return Views(
        lists="list_rows",
        slots="slot_rows",
        list_names=tuple(one for one in lists if one not in ("t", "rnd")),
        slot_names=names,
        list_numbers=(*list_numbers, "good"),
        slot_numbers=("place", *(one for one in columns if one not in names)),
        has=frozenset(one for one in fields.of if one in list_fields)
        | {fields_of[one] for one in columns},
        ranks={},
    )


def _json(engine: Engine, shape: Shape) -> tuple[tuple[str, ...], str, str]:
    column = f"CAST({engine.dialect.identifier(shape.items)} AS VARCHAR)"
    is_array = f"json_valid({column}) AND json_type({column}) = 'ARRAY'"
    array = f"CASE WHEN {is_array} THEN {column} END"
    # A NULL among the objects is no slot that anything is known of.
    return (), f"TRY_CAST({array} AS JSON[]) AS parts", f"coalesce({is_array}, FALSE)"


def _joined(engine: Engine, shape: Shape) -> tuple[tuple[str, ...], str, str]:
    dialect = engine.dialect
    pieces = {"parts": shape.items, "models": shape.models}
    if shape.clicks is not None:
        pieces["clicks"] = shape.clicks
    # A list without items and rankers is empty; with either it has at least one slot.
    blank = " AND ".join(
        f"{dialect.filled(dialect.identifier(column))} IS NULL"
        for column in (shape.items, shape.models)
    )
    split = {
        name: f"CASE WHEN {blank} THEN CAST([] AS VARCHAR[]) ELSE "
        f"string_split(coalesce({dialect.identifier(column)}, ''), '|') END"
        for name, column in pieces.items()
    }
    equal = " AND ".join(
        f"len({split['parts']}) = len({split[name]})" for name in split if name != "parts"
    )
    listed = ", ".join(f"{expression} AS {name}" for name, expression in split.items())
    return tuple(name for name in split if name != "parts"), listed, f"({equal})"


def _inside_joined(inside: tuple[str, ...]) -> dict[str, str]:
    from analysis.logs.sql import DUCKDB

    columns = {"item": "o", "label": "models", "pos": "CAST(place + 1 AS SMALLINT)"}
    if "clicks" in inside:
        columns["y"] = cells.flag("clicks", "VARCHAR", DUCKDB)
    return columns


def _inside_json(engine: Engine, exploded: str) -> dict[str, str]:
    """Fields of the objects, by their keys."""
    dialect = engine.dialect
    found = engine.run(
        f"SELECT DISTINCT unnest(json_keys(o)) AS k FROM ({exploded}) e "
        "WHERE json_type(o) = 'OBJECT' ORDER BY k LIMIT 1000"
    )
    keys: dict[str, str] = {}
    for key in found.column("k").to_pylist():
        keys.setdefault(plain_header(key), key)
    texts = {}
    for field, headers in KEYS.items():
        # Objects may differ in which of the names they use.
        mine = [_value(keys[header], dialect) for header in headers if header in keys]
        if mine:
            texts[field] = f"coalesce({', '.join(mine)})" if len(mine) > 1 else mine[0]
    columns = {name: texts[field] for name, field in SLOT_NAMES.items() if field in texts}
    columns["pos"] = "CAST(place + 1 AS SMALLINT)"
    if "position" in texts:
        columns["pos"] = cells.position(texts["position"], "VARCHAR", dialect)
    for name, field in FLAGS.items():
        if field in texts:
            columns[name] = cells.flag(texts[field], "VARCHAR", dialect)
    for name, field in (("prop", "propensity"), ("v", "value")):
        if field in texts:
            columns[name] = _nan(dialect.number(texts[field], "VARCHAR"))
    return columns


def _value(key: str, dialect: Dialect) -> str:
    """The text of one key of an object."""
    pointer = "/" + key.replace("~", "~0").replace("/", "~1")
    return f"json_extract_string(o, {dialect.literal(pointer)})"
