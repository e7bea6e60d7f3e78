"""Text from outside never becomes SQL, whatever it holds."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.logs import read_ab
from analysis.logs.sql import DUCKDB, SPARK
from tests.logs.making import study

HOSTILE = (
    "it's",
    'say "hi"',
    "a`b",
    "x; DROP TABLE units; --",
    "' OR '1'='1",
    "back\\slash",
    "<img src=x onerror=alert(1)>",
    "名前 ✓",
    "{0} %s $1 ${x}",
    "line\nbreak",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_of_a_column_arm_event_or_segment_is_only_a_name(
    tmp_path: Path, name: str
) -> None:
    arms = [name, "plain " + name]
    rows = [(f"u{i}", event, arms[i % 2] if event == "seen" + name else None, name, i)
            for i in range(6) for event in ("seen" + name, "did" + name)]  # fmt: skip
    columns = [f"{role} {name}" for role in ("unit", "event", "arm", "segment", "value")]
    table = {column: [row[i] for row in rows] for i, column in enumerate(columns)}
    pq.write_table(pa.table(table), tmp_path / "log.parquet")
    of = study(
        "log.parquet",
        [{"name": name, "event": "did" + name, "kind": "sum", "covariate": columns[4]}],
        columns={"unit": columns[0], "event": columns[1], "arm": columns[2],
                 "segments": [columns[3]], "value": columns[4]},
        control=name,
        exposure="seen" + name,
    )  # fmt: skip
    log = read_ab(of, base=tmp_path, work=tmp_path / "work")
    assert log.units == {name.strip(): 3, "plain " + name: 3}
    moments = log.metric(of.metrics[0]).arms[name].observed
    assert moments.sum("y") == 0 + 2 + 4
    assert list(log.exposed_by_segment[columns[3]]) == [name]


@pytest.mark.parametrize("dialect", [DUCKDB, SPARK], ids=lambda one: one.name)
def test_a_nul_character_is_no_name(dialect: object) -> None:
    with pytest.raises(ValueError, match="NUL"):
        dialect.identifier("a\x00b")  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="NUL"):
        dialect.literal("a\x00b")  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", HOSTILE)
def test_literals_come_back_as_they_went_in(text: str) -> None:
    import duckdb

    query = f"SELECT {DUCKDB.literal(text)} AS {DUCKDB.identifier(text)}"
    with duckdb.connect() as connection:
        found = connection.sql(query)
        assert found.fetchall() == [(text,)]
        assert found.columns == [text]
