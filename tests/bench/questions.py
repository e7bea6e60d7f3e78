"""Ask a study whose tables are built something new: `python -m tests.bench.questions LOG`.

The first run builds the tables; it is not counted. Then every question is another study: another
level, another metric, another correction, another set of segments.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from analysis import Study, run
from tests.bench.job import study


def main(log: str) -> None:
    """Print the seconds that each kind of question took."""
    with tempfile.TemporaryDirectory() as work:

        def ask(mapping: dict[str, object]) -> float:
            begin = time.perf_counter()
            run(Study.parse(mapping), base=Path(log).parent, work=Path(work))
            return time.perf_counter() - begin

        ask(study(log))
        levels, fewer = [], []
        for step in range(1, 21):
            asked = study(log)
            asked["ab"]["alpha"] = 0.01 + step / 1000
            levels.append(ask(asked))
            asked = study(log)
            asked["metrics"] = asked["metrics"][: 1 + step % 3]
            asked["ab"]["alpha"] = 0.1 + step / 1000
            fewer.append(ask(asked))
    print(json.dumps({"another level": levels, "fewer metrics, another level": fewer}))


main(*sys.argv[1:])
