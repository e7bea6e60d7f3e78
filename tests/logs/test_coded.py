"""Rows coded in this process and rows grouped in SQL: two roads to the same bytes."""

import dataclasses
import random
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from analysis.core import LogError
from analysis.logs import coder, read_ab
from analysis.logs.coder import Coder
from analysis.logs.engines import DuckDBEngine
from analysis.logs.events.coded import spool
from analysis.logs.events.coded.events import in_order as sorted_with_places
from analysis.logs.events.coded.spool import Spool
from analysis.logs.events.coded.sums import wide_sums
from analysis.logs.sql import DUCKDB
from analysis.logs.texts import in_order, signs, some_odd
from tests.logs.making import COLUMNS, dump, study
from tests.logs.random_logs import Row, random_rows, read_rows, with_faults
from tests.logs.test_event_invariance import AB, ALL, as_typed_parquet, same

BERLIN = {"timezone": "Europe/Berlin"}
NEW_YORK = study("log.parquet", ALL, columns=COLUMNS, log={"timezone": "America/New_York"}, **AB)
EVERY_ROW: dict[str, Any] = {"window_days": 2, "pre_days": 1}
FROM_ANY_ARM = study("log.parquet", ALL, columns=COLUMNS, **EVERY_ROW)
TEXTS = st.lists(st.text(max_size=12), unique=True, max_size=40)


def both_roads(rows: list[Row], of: Any, folder: Path) -> tuple[Any, Any]:
    coded = dump(read_rows(rows, of, folder, "coded"), of)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DuckDBEngine, "at_hand", False)
        grouped = dump(read_rows(rows, of, folder, "grouped"), of)
    return coded, grouped


def with_values(rows: list[Row], seed: int, kind: str) -> list[Row]:
    """The same log with other values, and some that are no numbers."""
    draw = random.Random(seed)
    forms = {
        "digits": lambda: repr(draw.gauss(0, 1) / 7),
        "sizes": lambda: repr(draw.gauss(0, 1) * 10.0 ** draw.randrange(-20, 20)),
        "large": lambda: str(draw.randrange(-(10**15), 10**15)),
        "extreme": lambda: draw.choice(["1e200", "-3e199", "2.5"]),
        "halves": lambda: repr(draw.randrange(-9, 9) + 0.0000005),
    }
    changed = []
    for row in rows:
        value = forms[kind]() if row["event"] == "purchase" else row["value"]
        if draw.random() < 0.05:
            value = draw.choice(["", "n/a", "nan", "inf"])
        changed.append({**row, "value": value})
    return changed


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 10_000), units=st.integers(3, 40), faulty=st.booleans())
@example(seed=1, units=12, faulty=True)
def test_both_roads_give_the_same_bytes(
    tmp_path: Path, seed: int, units: int, faulty: bool
) -> None:
    rows = random_rows(seed, units)
    rows = with_faults(rows, seed) if faulty else rows
    for of in (NEW_YORK, FROM_ANY_ARM):
        try:
            coded, grouped = both_roads(rows, of, tmp_path)
        except LogError as refused:
            # Some small logs lack an event that a metric names.
            assert refused.code in ("unknown_event", "no_values", "unknown_arm")  # noqa: PT017
            continue
        assert same(coded, grouped)


@pytest.mark.parametrize("kind", ["digits", "sizes", "large", "extreme", "halves"])
def test_values_of_every_size_give_the_same_bytes(tmp_path: Path, kind: str) -> None:
    rows = with_values(random_rows(11, 60), 3, kind)
    coded, grouped = both_roads(rows, NEW_YORK, tmp_path)
    assert same(coded, grouped)


def test_many_events_and_arm_spellings_give_the_same_bytes(tmp_path: Path) -> None:
    rows = random_rows(12, 50)
    for i, row in enumerate(rows):
        if row["event"] == "view":
            row["event"] = f"view {i % 40}"
            row["variant"] = f"seen in {i % 30}"
        elif row["variant"] and i % 3 == 0:
            row["variant"] = f" {row['variant'].upper()} "
    coded, grouped = both_roads(rows, NEW_YORK, tmp_path)
    assert same(coded, grouped)


def test_exposures_without_an_arm_give_the_same_bytes(tmp_path: Path) -> None:
    rows = random_rows(13, 50)
    for row in rows[::7]:
        row["variant"] = "  " if row["event"] == "exposure" else row["variant"]
    coded, grouped = both_roads(rows, NEW_YORK, tmp_path)
    assert coded["log"]["accounting"]["units"]["blank_arms"] > 0
    assert same(coded, grouped)


def test_ids_of_any_script_and_length_give_the_same_bytes(tmp_path: Path) -> None:
    rows = random_rows(14, 50)
    forms = ["{}", "user-{:0>12}", "{:0>40}", "é{}", "日本{}", "{}\U0001f600", "u", "u\u0300{}"]
    for row in rows:
        row["user"] = forms[sum(row["user"].encode()) % len(forms)].format(row["user"])
    coded, grouped = both_roads(rows, NEW_YORK, tmp_path)
    assert same(coded, grouped)


def test_ids_that_share_a_hash_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = with_faults(random_rows(15, 40), 15)
    coded, grouped = both_roads(rows, NEW_YORK, tmp_path)
    weak = dataclasses.replace(DUCKDB, key_form="hash({x}) % 7")
    monkeypatch.setattr(DuckDBEngine, "dialect", weak)
    crowded = dump(read_rows(rows, NEW_YORK, tmp_path, "crowded"), NEW_YORK)
    assert same(coded, grouped)
    assert same(coded, crowded)


def test_rows_that_go_through_files_and_in_portions_give_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_typed_parquet(random_rows(3, units=60), tmp_path / "log.parquet")
    of = study("log.parquet", ALL, columns=COLUMNS, log=BERLIN, **AB)
    whole = dump(read_ab(of, base=tmp_path, work=tmp_path / "a"), of)
    monkeypatch.setattr("analysis.logs.events.coded.events.ROWS_AT_ONCE", 40)
    monkeypatch.setattr(spool, "MOST_IN_MEMORY", 100)
    monkeypatch.setattr("analysis.logs.events.coded.events.MOST_IN_MEMORY", 100)
    portions = dump(read_ab(of, base=tmp_path, work=tmp_path / "b"), of)
    assert same(whole, portions)


@given(st.lists(st.lists(st.integers(0, 60), max_size=60), max_size=12))
def test_codes_are_dense_and_tell_keys_apart(batches: list[list[int]]) -> None:
    table = Coder()
    known: dict[int, int] = {}
    for batch in batches:
        keys = np.array(batch, dtype=np.uint64) * np.uint64(2**40)
        codes, new = table.codes(keys)
        for place, code in zip(new, range(len(known), table.size), strict=True):
            known[batch[place]] = code
        assert [known[key] for key in batch] == codes.tolist()
    assert sorted(known.values()) == list(range(table.size))


def test_a_table_of_codes_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = np.random.default_rng(1).integers(0, 2**64, 30_000, dtype=np.uint64)
    table = Coder()
    first = np.concatenate([table.codes(keys[i : i + 700])[0] for i in range(0, keys.size, 700)])
    again, new = table.codes(keys)
    assert new.size == 0
    assert (first == again).all()
    assert np.unique(first).size == np.unique(keys).size
    monkeypatch.setattr(coder, "MOST_CODES", 10)
    with pytest.raises(LogError) as refused:
        table.codes(np.arange(2**19, dtype=np.uint64))
    assert refused.value.code == "too_many_units"


@given(TEXTS)
@example(["", "a", "a\x00", "ab", "abcdefgh", "abcdefgh\x00", "abcdefghi", "abcdefg"])
@example(["user-1", "user-10", "user-2"])
def test_texts_are_ordered_by_their_bytes(texts: list[str]) -> None:
    for column in (pa.array(texts, pa.string()), pa.array(texts, pa.large_string())):
        found = [texts[i] for i in in_order(column)]
        assert found == sorted(texts, key=str.encode)


@given(TEXTS)
def test_a_sign_depends_on_its_text_only(texts: list[str]) -> None:
    whole = signs(pa.array(texts, pa.string()))
    single = [int(signs(pa.array([text], pa.string()))[0]) for text in texts]
    assert whole.tolist() == single
    short = [text for text in texts if len(text.encode()) <= 8]
    assert len({int(signs(pa.array([text]))[0]) for text in short}) == len(short)


@pytest.mark.parametrize("odd", ["", " ", " a", "a ", "\ufeffa", "a\u00a0", None])
def test_an_odd_id_is_seen(odd: str | None) -> None:
    assert some_odd(pa.array(["a", odd, "b"], pa.string()))
    assert not some_odd(pa.array(["a", "a b", "b\u0300"], pa.string()))


@given(st.lists(st.integers(-(2**110), 2**110), min_size=1, max_size=30), st.integers(1, 5))
def test_wide_sums_are_exact_before_they_are_rounded(numbers: list[int], run: int) -> None:
    doubles = [float(number) for number in numbers]
    first = np.arange(0, len(doubles), run)
    found = wide_sums(np.array(doubles), first)
    for total, start in zip(found, first, strict=True):
        exact = sum(int(one) for one in doubles[start : start + run])
        assert abs(int(total) - exact) <= abs(exact) / 2**52


@given(st.lists(st.integers(0, 2**62), min_size=1, max_size=40))
def test_numbers_are_ordered_with_their_places(numbers: list[int]) -> None:
    given_numbers = np.array(numbers, dtype=np.int64)
    ordered, places = sorted_with_places(given_numbers)
    assert ordered.tolist() == sorted(numbers)
    assert given_numbers[places].tolist() == ordered.tolist()
    assert sorted(places.tolist()) == list(range(len(numbers)))


def test_a_spool_gives_back_what_came_in(tmp_path: Path) -> None:
    pile = Spool(tmp_path, 100)
    chunks: list[dict[str, Any]] = [
        {"a": np.arange(n), "b": np.arange(n, dtype=np.int8)} for n in (3, 50, 0, 7)
    ]
    for chunk in chunks:
        pile.add(chunk)
    for _ in range(2):
        for chunk, (b, a) in zip(chunks, pile.chunks("b", "a"), strict=True):
            assert (chunk["a"] == a).all()
            assert (chunk["b"] == b).all()
            assert (b.dtype, a.dtype) == (np.dtype(np.int8), np.dtype(np.int64))
    assert not list(tmp_path.iterdir())
    pile.close()
    assert not list(pile.chunks("a"))
