"""Work on several cores: results in order, no more read than needed, errors in their place."""

import threading
from collections.abc import Iterator

import pytest

from analysis.core.cores import on_all_cores


def test_results_come_in_the_order_of_the_items_however_long_each_takes() -> None:
    first_is_done = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            assert first_is_done.wait(10)
        elif item == 1:
            first_is_done.set()
        return item * item

    assert list(on_all_cores(work, range(6), most=2)) == [0, 1, 4, 9, 16, 25]


@pytest.mark.parametrize(("most", "ahead"), [(1, 0), (2, 0), (2, 1), (3, 2)])
def test_only_so_many_items_are_read_before_their_results_are_taken(most: int, ahead: int) -> None:
    read: list[int] = []

    def items() -> Iterator[int]:
        for item in range(20):
            read.append(item)
            yield item

    for taken, _ in enumerate(on_all_cores(lambda item: item, items(), most=most, ahead=ahead)):
        assert len(read) <= taken + most + ahead


def test_an_error_is_raised_where_its_result_is_taken_and_nothing_goes_on_after_it() -> None:
    begun: list[int] = []

    def work(item: int) -> int:
        begun.append(item)
        if item == 2:
            raise ValueError(item)
        return item

    results = on_all_cores(work, range(100), most=1, ahead=0)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match="2"):
        next(results)
    assert begun == [0, 1, 2]


def test_nothing_is_made_of_nothing() -> None:
    assert list(on_all_cores(str, [])) == []
