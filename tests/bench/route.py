"""One route, in its own process: `python -m tests.bench.route NAME LOG` prints what it found."""

import importlib
import json
import sys
import time


def main(name: str, log: str) -> None:
    """Import the route, do the job, and print its answer and the time apart from imports."""
    begin = time.perf_counter()
    route = importlib.import_module(f"tests.bench.routes.{name}")
    imported, used = time.perf_counter(), time.process_time()
    answer = route.moments(log)
    print(
        json.dumps(
            {
                "imports": imported - begin,
                "wall": time.perf_counter() - imported,
                "cpu": time.process_time() - used,
                "moments": answer,
            }
        )
    )


main(*sys.argv[1:])
