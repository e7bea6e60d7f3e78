"""Random logs with every fault: the panel equals one worked out row by row in plain Python."""

import math
import random
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.core import LogError
from analysis.logs import PanelLog
from tests.logs.panels.by_hand import METRICS, ByHand, Row, read_rows
from tests.logs.panels.making import lost, study

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata")
COLUMNS = {"region": "region", "unit": "user", "id": "event_id"}


def random_rows(seed: int, n: int = 120, *, days: int = 8) -> list[Row]:
    """Rows around the changes of the clocks of spring 2026, with all faults."""
    draw = random.Random(seed)
    begin = datetime(2026, 3, draw.choice([5, 26]), tzinfo=UTC)
    rows: list[Row] = []
    hole = draw.randrange(1, days)
    for i in range(n):
        at = begin + timedelta(seconds=draw.randrange(days * 86_400))
        if (at - begin).days == hole and draw.random() < 0.9:
            continue
        text = at.isoformat()
        if draw.random() < 0.3:
            text = at.replace(tzinfo=None).isoformat(sep=" ")
        if draw.random() < 0.05:
            text = draw.choice(["", "yesterday", "2026-02-30", "12:30"])
        rows.append(
            {
                "region": draw.choice(["A", "A", "a ", "B", "B", "\u00c9", "E\u0301", "", " "]),
                "user": draw.choice(["u1", "u2", "u3 ", "u3", "u4", ""]),
                "ts": text,
                "event": draw.choice(["task", "pay", "pay", " pay", "view"]),
                "value": draw.choice(["", "x", "1", "2.50", "-0.75", "1000.01", "0.000001"]),
                "event_id": draw.choice(["", f"e{i}", f"e{i}", f"e{draw.randrange(n)}"]),
            }
        )
    return rows


def compare(panel: PanelLog, by_hand: ByHand, rows: int) -> None:
    """Every number of a panel against the other road's."""
    assert panel.units == by_hand.units
    assert panel.axis.labels == by_hand.labels
    assert tuple(sorted(panel.partial_periods)) == by_hand.partial
    assert panel.log_gaps == by_hand.gaps
    for one in panel.panels:
        expected = [
            [by_hand.cells[one.metric][label, unit] for unit in panel.units]
            for label in panel.axis.labels
        ]
        np.testing.assert_array_equal(one.values, np.array(expected, dtype=float), one.metric)
        assert (one.reasons == 3).tolist() == np.isnan(one.values).tolist()
        assert {x.reason: x.rows for x in one.left_out} == dict(by_hand.lost[one.metric])
        assert one.rows_used == by_hand.used[one.metric]
        assert one.rows_in == rows
    assert panel.accounting.used == by_hand.all_used
    assert panel.accounting.rows == rows == panel.accounting.used + sum(lost(panel).values())


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10**6),
    zone=st.sampled_from(ZONES),
    frequency=st.sampled_from(["day", "week", "month"]),
    end=st.sampled_from([None, None, "2026-03-11", "2026-04-01"]),
    gap=st.sampled_from([None, None, ("2026-03-08", "2026-03-09"), ("2026-03-29", "2026-03-29")]),
)
def test_a_panel_is_what_the_rules_say_row_by_row(
    seed: int, zone: str, frequency: str, end: str | None, gap: tuple[str, str] | None
) -> None:
    rows = random_rows(seed, days=60 if frequency == "month" else 30 if frequency == "week" else 8)
    lens: dict[str, Any] = {"frequency": frequency}
    if end is not None:
        lens["end"] = end
    if gap is not None:
        lens["gaps"] = [list(gap)]
    of = study(METRICS, columns=COLUMNS, log={"timezone": zone}, **lens)
    by_hand = ByHand(rows, zone, frequency, end, gap)
    with tempfile.TemporaryDirectory() as folder:
        if len(by_hand.labels) < 2:
            with pytest.raises(LogError, match=r"no_periods|one_period"):
                read_rows(rows, of, Path(folder))
            return
        panel = read_rows(rows, of, Path(folder))
    compare(panel, by_hand, len(rows))


@settings(max_examples=60)
@given(
    values=st.lists(
        st.floats(allow_nan=False, allow_infinity=False, min_value=-1e290, max_value=1e290),
        min_size=1,
        max_size=30,
    ),
    small=st.booleans(),
)
def test_sums_of_any_numbers_are_exact(values: list[float], small: bool) -> None:
    """As math.fsum, which rounds once; whatever the spread of magnitudes."""
    if small:
        values = [math.remainder(value, 1000.0) / 7 for value in values]
    # Values below 1e-280 are beyond what a sum of metrics is about.
    values = [value if abs(value) > 1e-280 else 0.0 for value in values]
    rows = [
        {"region": "A", "user": "u", "ts": f"2026-04-0{1 + i % 2}T{h}:00:00Z", "event": "pay",
         "value": repr(value), "event_id": ""}
        for i, value in enumerate(values) for h in ("00",)
    ]  # fmt: skip
    rows += [
        {**rows[0], "ts": f"2026-04-0{d}T23:59:59Z", "event": "task", "value": ""} for d in (1, 2)
    ]
    rows.append({**rows[0], "ts": "2026-04-02T00:00:00Z", "event": "task", "value": ""})
    of = study(METRICS[1], columns=COLUMNS)
    with tempfile.TemporaryDirectory() as folder:
        panel = read_rows(rows, of, Path(folder))
    found = panel.panels[0].values[:, 0].tolist()
    short = all(value == round(value, 6) and abs(value) < 1e9 for value in values)
    for i in (0, 1):
        exact = math.fsum(values[i::2])
        # Short decimals are added up as they are written: 0.1 + 0.2 is 0.3.
        assert found[i] == (pytest.approx(exact, rel=1e-12, abs=1e-9) if short else exact)
