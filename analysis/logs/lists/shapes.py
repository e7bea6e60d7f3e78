"""Which of the accepted shapes a log of lists has, told in a fixed order."""

from dataclasses import dataclass

from analysis.core import LogError
from analysis.logs.engines import Engine
from analysis.logs.lists.headers import Fields

SHOWN = ("serp", "search", "impression", "view", "shown", "exposure")
CLICKS = ("click", "tap", "select", "open")
PURCHASES = ("purchase", "order", "buy", "booking", "conversion")
JSON_COLUMNS = ("items", "results", "slots", "list")
WINS, LOSSES, TIES = ("wins", "win"), ("losses", "loss"), ("ties", "tie", "draws")
CREDIT = {
    "x": ("x", "candidate_credit", "credit_candidate", "candidate_clicks", "clicks_candidate"),
    "y": ("y", "control_credit", "credit_control", "control_clicks", "clicks_control"),
}
SUMS = ("n", "sum_x", "sum_y", "sum_n", "sum_xx", "sum_yy", "sum_nn", "sum_xy", "sum_xn", "sum_yn")
SHOWN_CODE, CLICK_CODE, PURCHASE_CODE, OTHER_CODE = 0, 1, 2, 3


@dataclass(frozen=True)
class Shape:
    """How the rows of a log tell of lists.

    Attributes:
        name: ``json``, ``joined``, ``events``, ``long``, ``aggregated`` or ``position``.
        items: Column that holds a list's objects or its items.
        models: Column of a list's rankers, of a joined log.
        clicks: Column of a list's clicks, of a joined log.
        kinds: Whether rows say by `event` what they are.
    """

    name: str
    items: str = ""
    models: str = ""
    clicks: str | None = None
    kinds: bool = False

    @property
    def whole_lists(self) -> bool:
        """One row a list, not a slot."""
        return self.name in ("json", "joined")


def recognise(engine: Engine, fields: Fields) -> Shape:
    """The shape of the log.

    Raises:
        LogError: ``no_list_columns``: the log is of no accepted shape.
    """
    for header in JSON_COLUMNS:
        column = fields.named(header)
        if column is not None and _holds_objects(engine, column, fields.kinds[column]):
            return Shape("json", items=column)
    items, models = fields.named("items"), fields.named("models")
    if items is not None and models is not None:
        return Shape("joined", items=items, models=models, clicks=fields.named("clicks"))
    kinds = False
    if fields.has("event"):
        counts, slots = _events(engine, fields)
        kinds = bool(counts[SHOWN_CODE] or counts[CLICK_CODE])
        if kinds and fields.has("impression_id") and 2 * slots <= counts[SHOWN_CODE]:
            return Shape("events", kinds=True)
    if fields.has("impression_id") and any(map(fields.has, ("position", "item_id", "model"))):
        return Shape("long", kinds=kinds)
    if _aggregated(fields):
        return Shape("aggregated")
    if any(map(fields.has, ("position", "clicked", "model"))):
        return Shape("position", kinds=kinds)
    raise LogError(
        "no_list_columns",
        "No column tells of lists: none is a list id, a position, a ranker or a click; the log "
        f"has {', '.join(fields.kinds)}.",
        where="columns",
        fix='Name them: [columns] list = "...", position = "...", model = "...", clicked = "...".',
    )


def _holds_objects(engine: Engine, column: str, kind: str) -> bool:
    """Whether most cells start as an array of objects."""
    if kind not in ("VARCHAR", "JSON"):
        return False
    dialect = engine.dialect
    name = f"CAST({dialect.identifier(column)} AS {dialect.text})"
    starts = dialect.matches(name, r"^\s*\[\s*(\{|\]\s*$)")
    found = engine.run(
        f"SELECT count({name}) AS filled, count(CASE WHEN {starts} THEN 1 END) AS objects FROM log"
    ).to_pylist()[0]
    return bool(found["filled"]) and 2 * found["objects"] > found["filled"]


def kind_code(engine: Engine, column: str, kind: str) -> str:
    """SQL for what an event row is: shown, click, purchase or other."""
    dialect = engine.dialect
    text = f"lower({dialect.trim(dialect.as_text(dialect.identifier(column), kind))})"
    cases = " ".join(
        f"WHEN {dialect.one_of(text, list(names))} THEN {code}"
        for names, code in ((SHOWN, SHOWN_CODE), (CLICKS, CLICK_CODE), (PURCHASES, PURCHASE_CODE))
    )
    return f"CAST(CASE {cases} ELSE {OTHER_CODE} END AS TINYINT)"


def _events(engine: Engine, fields: Fields) -> tuple[dict[int, int], int]:
    """Rows of each kind, and how many shown rows look like slots."""
    dialect = engine.dialect
    code = kind_code(engine, fields.of["event"], fields.kinds[fields.of["event"]])
    slot = "FALSE"
    for name in ("item_id", "position"):
        if fields.has(name):
            column = fields.of[name]
            text = dialect.as_text(dialect.identifier(column), fields.kinds[column])
            slot += f" OR {dialect.filled(text)} IS NOT NULL"
    found = engine.run(
        f"SELECT kind, count(*) AS n, count(CASE WHEN slot THEN 1 END) AS slots FROM "
        f"(SELECT {code} AS kind, {slot} AS slot FROM log) q GROUP BY kind"
    ).to_pylist()
    counts = dict.fromkeys((SHOWN_CODE, CLICK_CODE, PURCHASE_CODE, OTHER_CODE), 0)
    counts |= {row["kind"]: row["n"] for row in found}
    slots = sum(row["slots"] for row in found if row["kind"] == SHOWN_CODE)
    return counts, slots


def _aggregated(fields: Fields) -> bool:
    won = fields.named(*WINS) is not None and fields.named(*LOSSES) is not None
    credit = all(fields.named(*CREDIT[side]) is not None for side in ("x", "y"))
    sums = all(fields.named(header) is not None for header in SUMS[:3])
    return won or credit or sums or len(credit_columns(fields)) >= 2


def credit_columns(fields: Fields) -> dict[str, str]:
    """Label, as far as a header can hold it -> its column of credit."""
    found = {}
    for header, name in fields.plain.items():
        if header.startswith("credit_") and header.removeprefix("credit_"):
            found[header.removeprefix("credit_")] = name
    return found
