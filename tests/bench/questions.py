"""Ask a study whose tables are built something new: `python -m tests.bench.questions LOG`.

The first run builds the tables, and its stages are told. Then every question is another study:
another level, or another set of metrics.
"""

import json
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from analysis import Study, run
from tests.bench.job import study

TIMES = 20
PATIENCE = 60


def main(log: str) -> None:
    """Print the seconds that each stage, and each kind of question, took."""
    with tempfile.TemporaryDirectory() as work:
        taken = stages(log, Path(work))
        until = time.perf_counter() + PATIENCE
        levels, fewer = [], []
        for step in range(1, TIMES + 1):
            if time.perf_counter() > until:
                break
            asked = study(log)
            asked["ab"]["alpha"] = 0.01 + step / 1000
            levels.append(ask(asked, Path(log), Path(work)))
            asked = study(log)
            asked["metrics"] = asked["metrics"][: 1 + step % 3]
            asked["ab"]["alpha"] = 0.1 + step / 1000
            fewer.append(ask(asked, Path(log), Path(work)))
    answer = {f"building: {name}": [seconds] for name, seconds in taken.items()}
    answer["question: another level"] = levels
    answer["question: fewer metrics, another level"] = fewer
    print(json.dumps(answer))


def ask(mapping: dict[str, Any], log: Path, work: Path) -> float:
    """Seconds that a study took."""
    begin = time.perf_counter()
    run(Study.parse(mapping), base=log.parent, work=work)
    return time.perf_counter() - begin


def stages(log: str, work: Path) -> dict[str, float]:
    """Seconds of each stage of the first run, by what it said it was doing."""
    marks: list[tuple[str, float]] = []

    def note(doing: str, share: float) -> None:
        # One line for all metrics: the log is read, and statistics begin.
        name = "statistics" if doing.startswith("Comparing") else doing
        marks.append((name, time.perf_counter()))

    run(Study.parse(study(log)), base=Path(log).parent, work=work, progress=note)
    marks.append(("", time.perf_counter()))
    taken: dict[str, float] = {}
    for (name, begin), (_, end) in pairwise(marks):
        taken[name] = taken.get(name, 0.0) + end - begin
    return taken


main(*sys.argv[1:])
