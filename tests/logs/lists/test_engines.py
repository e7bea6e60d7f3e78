"""A log of lists on a Spark Connect server reads as it does in the embedded engine."""

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from analysis.core import LogError
from analysis.logs import read_lists
from analysis.logs.engines.spark import SparkEngine
from tests.logs.lists.making import joined_of, read, slots_of, study, text_of
from tests.logs.lists.test_shapes import ROWS

HEADER = "event,user_id,impression_id,position,item_id,model,timestamp,value,device"


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """A session on Sail, a Spark Connect server in this process."""
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    # The client takes a main module without a file (pytest's workers) for a doctest of its own.
    main = sys.modules["__main__"]
    if not hasattr(main, "__file__"):
        main.__file__ = __file__
    server = SparkConnectServer(port=0)
    server.start(background=True)
    host, port = server.listening_address
    session = SparkSession.builder.remote(f"sc://{host}:{port}").getOrCreate()
    yield session
    session.stop()
    server.stop()


def rows_with_faults() -> list[list[Any]]:
    """Slots, clicks and purchases in one log, some of them broken."""
    dice = random.Random(7)
    rows = []
    for user, name, place, item, label, hit in ROWS:
        at = f"2026-03-0{dice.randrange(1, 5)}T10:00:00Z"
        device = dice.choice(["phone", "desk", ""])
        shown = str(place) if dice.random() < 0.95 else "top"
        rows.append(["view", user, name, shown, item, label, at, "", device])
        if hit:
            rows.append(["click", user, name, "", item, "", at, "", ""])
            rows.append(["purchase", user, "", "", item, "", "2026-03-05 00:00:00", "9.5", ""])
    return [*rows, rows[0], ["view", "", "A1", "1", "q", "old", "", "", ""]]


def test_two_engines_read_the_same_lists(spark: Any, tmp_path: Path) -> None:
    rows = rows_with_faults()
    embedded = read(tmp_path, text_of(rows, HEADER))
    names = [*HEADER.split(","), "__row"]
    numbered = [[*(cell or None for cell in row), i] for i, row in enumerate(rows, 1)]
    table = pa.table(
        {name: [row[i] for row in numbered] for i, name in enumerate(names)},
        schema=pa.schema([*((name, pa.string()) for name in names[:-1]), ("__row", pa.int64())]),
    )
    spark.createDataFrame(table).createOrReplaceTempView("lists_log")
    engine = SparkEngine(spark, "lists_log")
    distributed = read_lists(study(), base=tmp_path, work=tmp_path / "spark", engine=engine)
    assert slots_of(distributed) == slots_of(embedded)
    assert distributed.counts == embedded.counts
    assert distributed.notices == embedded.notices
    assert distributed.accounting.sha256 == embedded.accounting.sha256
    assert distributed.accounting.left_out == embedded.accounting.left_out
    assert embedded.purchases is not None
    assert distributed.purchases is not None
    for name, value in vars(embedded.purchases).items():
        assert value.tolist() == vars(distributed.purchases)[name].tolist()


def test_cells_that_hold_whole_lists_need_the_embedded_engine(spark: Any, tmp_path: Path) -> None:
    lines = [line.split(",") for line in joined_of(ROWS).splitlines()]
    table = pa.table({name: [row[i] for row in lines[1:]] for i, name in enumerate(lines[0])})
    spark.createDataFrame(table).createOrReplaceTempView("joined_log")
    engine = SparkEngine(spark, "joined_log")
    with pytest.raises(LogError) as refused:
        read_lists(study(), base=tmp_path, work=tmp_path, engine=engine)
    assert refused.value.code == "shape_needs_duckdb"
