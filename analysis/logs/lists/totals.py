"""Logs that hold sums of users or of the whole, not slots."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis.core import Floats, LogError, Notice
from analysis.logs.accounting import Accounting, LeftOut
from analysis.logs.engines import Engine
from analysis.logs.intake import Source
from analysis.logs.labels import shown
from analysis.logs.list_log import ListLog, Lists, Slots, Totals
from analysis.logs.lists.headers import Fields, plain_header
from analysis.logs.lists.notice_form import notice
from analysis.logs.lists.rankers import CONTROLS, label_key
from analysis.logs.lists.shapes import CREDIT, LOSSES, SUMS, TIES, WINS, credit_columns
from analysis.logs.rejected import rejected_lines
from analysis.study import Interleaving, Study

LISTS = ("n", "lists", "n_lists", "impressions", "n_impressions")
NOTHING = np.empty(0, dtype=np.int32)


def read_totals(engine: Engine, study: Study, fields: Fields, source: Source | None) -> ListLog:
    """The log as the wing sees it: no slots, only totals.

    Raises:
        LogError: ``unknown_ranker``, ``two_rankers_needed`` or ``no_usable_rows``.
    """
    lens = study.interleaving or Interleaving()
    names, columns = _columns(fields, lens)
    wanted = list(columns.values())
    dialect = engine.dialect
    numbers = ", ".join(
        f"{dialect.number(dialect.identifier(column), fields.kinds[column])} AS c{i}"
        for i, column in enumerate(wanted)
    )
    user = "''"
    if fields.has("user_id"):
        column = fields.of["user_id"]
        text = dialect.filled(dialect.as_text(dialect.identifier(column), fields.kinds[column]))
        user = f"coalesce({text}, '')"
    order = ", ".join(f"c{i}" for i in range(len(wanted)))
    found = engine.run(
        f"SELECT __row AS row_no, {user} AS who, {numbers} FROM log ORDER BY who, {order}, row_no"
    )
    values: dict[str, Floats] = {
        name: found.column(f"c{i}").to_numpy().astype(float) for i, name in enumerate(columns)
    }
    row = found.column("row_no").to_numpy()
    bad = np.zeros(row.size, dtype=bool)
    for name, column_of in values.items():
        squares = name.startswith("sum_") and len(name) == 6
        bad |= np.isnan(column_of)
        if squares or not name.startswith("sum_"):
            bad |= column_of < 0
    who = found.column("who").to_pylist()
    repeated = _repeated(who, bad) if fields.has("user_id") else np.zeros(row.size, dtype=bool)
    kept = ~bad & ~repeated
    if not kept.any():
        raise LogError(
            "no_usable_rows",
            f"No row has numbers in all of {shown(columns.values())}.",
            where="log.path",
            fix="Check that these columns hold counts.",
        )
    values = {name: column_of[kept] for name, column_of in values.items()}
    digest = hashlib.sha256("\x00".join([*names, *values]).encode())
    for column_of in values.values():
        digest.update(np.ascontiguousarray(column_of).tobytes())
    left_out = [
        LeftOut(reason, int(gone.sum()), tuple({"row": int(one), "value": ""} for one in rows[:5]))
        for reason, gone in (("bad_number", bad), ("repeated_user", repeated & ~bad))
        if (rows := np.sort(row[gone])).size
    ]
    left_out += rejected_lines(source)
    rows_in = source.rows if source is not None else row.size
    totals = _totals(values)
    users = int(kept.sum()) if totals.x is not None and fields.has("user_id") else 0
    notices: list[Notice] = list(source.notices) if source is not None else []
    if bad.any() or repeated.any():
        notices.append(
            notice(
                "rows_left_out",
                "warn",
                f"{int((bad | repeated).sum()):,} rows hold no usable counts, or a user again, "
                "and were left out.",
                "Write one row of counts a user.",
            )
        )
    return ListLog(
        rankers=names,
        users=users,
        lists=int(values["n"].sum()) if "n" in values and "sum_x" not in values else 0,
        days=(),
        shape="aggregated",
        slots=Slots(NOTHING, None, NOTHING.astype(np.int8), NOTHING.astype(bool)),
        table=Lists(None),
        bots=None,
        purchases=None,
        totals=totals,
        counts={"rows_in_file": rows_in, "rows_unusable": int((bad | repeated).sum())},
        has={"user_id": fields.has("user_id")},
        accounting=Accounting(
            sha256=digest.hexdigest(),
            rows=rows_in,
            used=rows_in - sum(one.rows for one in left_out),
            left_out=tuple(left_out),
            repairs=(),
            columns=dict(columns),
            guessed={name: f'It is named "{column}".' for name, column in columns.items()},
            units={"rows_in_log": rows_in},
            format=source.format if source is not None else "table",
        ),
        notices=tuple(notices),
    )


def _columns(fields: Fields, lens: Interleaving) -> tuple[tuple[str, ...], dict[str, str]]:
    """Names of control and candidate, and the columns of what the log holds."""
    names = (lens.control or "control", (lens.candidates or ("candidate",))[0])

    def first(headers: Sequence[str]) -> dict[str, str]:
        column = fields.named(*headers)
        return {headers[0]: column} if column is not None else {}

    sums = {header: name for header in SUMS if (name := fields.named(header)) is not None}
    if {"n", "sum_x", "sum_y"} <= sums.keys():
        return names, sums
    if won := first(WINS):
        return names, won | first(LOSSES) | first(TIES) | _lists(fields)
    x, y = (fields.named(*CREDIT[side]) for side in ("x", "y"))
    if x is not None and y is not None:
        return names, {"x": x, "y": y} | _lists(fields)
    of = credit_columns(fields)
    control, candidate = _pair(tuple(of), lens)
    pair = {"x": of[candidate], "y": of[control]} | _lists(fields)
    return (lens.control or control, (lens.candidates or (candidate,))[0]), pair


def _lists(fields: Fields) -> dict[str, str]:
    column = fields.named(*LISTS)
    return {"n": column} if column is not None else {}


def _pair(labels: Sequence[str], lens: Interleaving) -> tuple[str, str]:
    """Control and candidate among the labels of columns called ``credit_<label>``."""
    said = [lens.control, *(lens.candidates or ())]
    for name in said:
        if name is not None and plain_header(label_key(name)) not in labels:
            raise LogError(
                "unknown_ranker",
                f'There is no column of credit for "{name}"; there is {shown(labels)}.',
                where="interleaving",
                fix="Write the ranker as the column has it.",
            )
    usual = [label for name in CONTROLS for label in labels if label == name]
    control = plain_header(label_key(lens.control)) if lens.control else (usual or [labels[0]])[0]
    others = [label for label in labels if label != control]
    if lens.candidates:
        others = [plain_header(label_key(name)) for name in lens.candidates]
    if len(others) != 1:
        raise LogError(
            "two_rankers_needed",
            f"Sums of credit compare two rankers, and there are {shown([control, *others])}.",
            where="interleaving.candidates",
            fix="Name one control and one candidate.",
        )
    return control, others[0]


def _repeated(who: list[Any], bad: Any) -> Any:
    """Rows whose user has an earlier row; blank users are nobody's."""
    seen: set[str] = set()
    found = np.zeros(len(who), dtype=bool)
    for i, name in enumerate(who):
        if bad[i] or not name:
            continue
        found[i] = name in seen
        seen.add(name)
    return found


def _totals(values: dict[str, Floats]) -> Totals:
    if "sum_x" in values:
        return Totals("users", sums={name: float(one.sum()) for name, one in values.items()})
    lists = values.get("n")
    if "wins" in values:
        wins, losses = values["wins"], values["losses"]
        ties = values.get("ties")
        if ties is None:
            ties = np.maximum(lists - wins - losses, 0) if lists is not None else 0 * wins
        several = wins.size > 1
        return Totals(
            "lists",
            wins=int(wins.sum()),
            losses=int(losses.sum()),
            ties=int(ties.sum()),
            x=wins if several else None,
            y=losses if several else None,
            n=wins + losses + ties if several else None,
        )
    x, y = values["x"], values["y"]
    if x.size == 1:
        return Totals("users", sums={"n": 1.0, "sum_x": float(x[0]), "sum_y": float(y[0])})
    return Totals(
        "users",
        wins=int((x > y).sum()),
        losses=int((x < y).sum()),
        ties=int((x == y).sum()),
        x=x,
        y=y,
        n=lists,
    )
