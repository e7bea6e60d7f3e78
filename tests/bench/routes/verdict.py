"""Verdict: the tables of a study read from the log, with all its accounting of rows."""

import tempfile
from itertools import combinations
from pathlib import Path

from analysis.core import Moments as Found
from analysis.logs import read_ab
from analysis.study import Study
from tests.bench.job import PAIRS, Moments, study

# Metric -> the job's names for the columns that its moments have.
NAMES = {
    "Buyers": {"y": "purchased", "x": "pre_purchased"},
    "Revenue": {"y": "revenue", "x": "pre_revenue"},
    "Page loads": {"y": "page_loads", "x": "pre_page_loads"},
    "Latency": {"y": "latency", "d": "page_loads", "x": "pre_latency", "xd": "pre_page_loads"},
}


def moments(log: str) -> Moments:
    """The job's answer."""
    with tempfile.TemporaryDirectory() as work:
        asked = Study.parse(study(log))
        tables = read_ab(asked, base=Path(log).parent, work=Path(work), keep_left_out=False)
        answer: Moments = {arm: {"n": float(tables.units[arm])} for arm in tables.arms}
        for metric, table in zip(asked.metrics, tables.tables(asked.metrics), strict=True):
            for arm, cell in table.arms.items():
                answer[arm].update(_numbers(cell.observed, NAMES[metric.name]))
    return answer


def _numbers(found: Found, names: dict[str, str]) -> dict[str, float]:
    numbers = {}
    for column, name in names.items():
        numbers[f"mean {name}"] = found.mean(column)
        numbers[f"var {name}"] = found.variance(column)
    for a, b in combinations(found.columns, 2):
        pair = (names[a], names[b])
        pair = pair if pair in PAIRS else pair[::-1]
        numbers[f"cov {pair[0]} x {pair[1]}"] = found.covariance(a, b)
    return numbers
