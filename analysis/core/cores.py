"""Work spread over the processor's cores, for functions that let go of Python's lock."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

CORES = os.cpu_count() or 1


def on_all_cores(
    work: Callable[[T], R], items: Iterable[T], *, most: int = CORES, ahead: int = 1
) -> Iterator[R]:
    """What a function makes of each item, in their order; several are at work at once.

    Args:
        work: The function.
        items: Read as they are needed: no more than `most` + `ahead` of them wait or are at work.
        most: Items at work at once.
        ahead: Further items that were read already.
    """
    if most == 1 and not ahead:
        # Here, not in a thread: memory that a thread lets go of is harder to use again.
        yield from map(work, items)
        return
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(most) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) >= most + ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for one in waiting:
                one.cancel()
