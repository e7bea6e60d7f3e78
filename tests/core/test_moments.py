"""Moments: any split adds up to the whole, and large offsets cost no digits."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.core import Floats, Moments, pooled

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 3))
COLUMNS = st.integers(2, 40).flatmap(
    lambda n: st.tuples(*[st.lists(NUMBERS, min_size=n, max_size=n) for _ in range(2)])
)


def exact(column: Floats) -> tuple[Fraction, Fraction]:
    """Mean and sample variance of the doubles, in rational numbers."""
    numbers = [Fraction(float(x)) for x in column]
    mean = sum(numbers, Fraction(0)) / len(numbers)
    return mean, sum(((x - mean) ** 2 for x in numbers), Fraction(0)) / (len(numbers) - 1)


def close(one: Moments, other: Moments) -> None:
    """The same means and centred products, up to rounding of the sums."""
    assert one.n == other.n
    for i, name in enumerate(one.columns):
        mean = other.mean(name)
        # Of n numbers a sum's rounding is below n epsilon times their size (Higham 2002, ch. 4).
        size = math.sqrt(mean * mean + float(other.centred()[i, i]) / other.n)
        bound = 4 * other.n * np.finfo(float).eps * size
        assert one.mean(name) == pytest.approx(mean, rel=1e-12, abs=bound)
    scale = float(np.abs(other.centred()).max()) + 1e-9
    assert np.allclose(one.centred(), other.centred(), rtol=1e-9, atol=1e-11 * scale)


@given(COLUMNS, st.integers(0, 40), st.integers(0, 40))
def test_any_split_of_the_units_adds_up_to_the_whole(
    columns: tuple[list[float], list[float]], first: int, second: int
) -> None:
    y, x = (np.array(column) for column in columns)
    cuts = sorted((min(first, y.size), min(second, y.size)))
    parts = [
        Moments.of(y=part_y, x=part_x)
        for part_y, part_x in zip(np.split(y, cuts), np.split(x, cuts), strict=True)
    ]
    close(pooled(parts), Moments.of(y=y, x=x))
    close(pooled(parts[::-1]), Moments.of(y=y, x=x))


@given(COLUMNS, NUMBERS)
def test_a_constant_column_may_be_added_afterwards(
    columns: tuple[list[float], list[float]], constant: float
) -> None:
    y = np.array(columns[0])
    close(Moments.of(y=y).with_column("x", constant), Moments.of(y=y, x=np.full(y.size, constant)))


@given(COLUMNS)
def test_columns_may_be_dropped_and_reordered(columns: tuple[list[float], list[float]]) -> None:
    y, x = (np.array(column) for column in columns)
    close(Moments.of(y=y, x=x).keeping(("x", "y")), Moments.of(x=x, y=y))
    close(Moments.of(y=y, x=x).keeping(("x",)), Moments.of(x=x))


@given(COLUMNS, st.floats(-100, 100), st.floats(-100, 100))
def test_the_variance_of_a_combination_is_that_of_the_combined_column(
    columns: tuple[list[float], list[float]], a: float, b: float
) -> None:
    y, x = (np.array(column) for column in columns)
    moments = Moments.of(y=y, x=x)
    combined = (a * (y - y.mean()) + b * (x - x.mean())).var(ddof=1)
    size = a * a * y.var(ddof=1) + b * b * x.var(ddof=1)
    found = moments.combination_variance({"y": a, "x": b})
    assert found == pytest.approx(combined, rel=1e-7, abs=1e-12 * size + 1e-300)
    covariance = moments.combination_covariance({"y": 1.0}, {"x": 1.0})
    expected = np.cov(y, x)[0, 1]
    bound = math.sqrt(y.var() * x.var())
    assert covariance == pytest.approx(expected, rel=1e-9, abs=1e-12 * bound + 1e-300)


@given(COLUMNS, NUMBERS)
def test_another_shift_changes_nothing(
    columns: tuple[list[float], list[float]], shift: float
) -> None:
    moments = Moments.of(y=np.array(columns[0]))
    near = moments.shift + np.array([shift / 1e6])
    close(moments.shifted(near), moments)


@pytest.mark.parametrize("offset", [0.0, 1e7, 1e9, 4e11])
@pytest.mark.parametrize("parts", [1, 3, 50])
def test_large_offsets_with_a_small_spread_keep_their_variance(offset: float, parts: int) -> None:
    """Against the exact rational variance of the very doubles."""
    column = offset + np.random.default_rng(3).normal(0, 0.1, 1000)
    mean, variance = exact(column)
    merged = pooled([Moments.of(y=part) for part in np.array_split(column, parts)])
    assert merged.mean("y") == pytest.approx(float(mean), rel=1e-15)
    assert merged.variance("y") == pytest.approx(float(variance), rel=1e-10)
    assert abs(merged.variance("y") - 0.01) < 0.002 or offset > 1e10


def test_a_difference_of_large_means_keeps_the_digits_that_they_share() -> None:
    rng = np.random.default_rng(4)
    one, nil = 1e9 + rng.normal(0.01, 0.1, 500), 1e9 + rng.normal(0, 0.1, 400)
    expected = exact(one)[0] - exact(nil)[0]
    found = Moments.of(y=one).mean_minus(Moments.of(y=nil), "y")
    assert found == pytest.approx(float(expected), rel=1e-10)


def test_counts_and_summaries_are_moments_too() -> None:
    column = np.repeat([1.0, 0.0], [7, 13])
    close(Moments.of_counts(7, 20), Moments.of(y=column))
    close(Moments.of_summary(20, 0.35, float(column.var(ddof=1))), Moments.of(y=column))
    assert Moments.of_counts(0, 0).n == 0


def test_no_units_add_nothing() -> None:
    some = Moments.of(y=np.array([1.0, 4.0]))
    assert Moments.empty(("y",)) + some == some
    assert (some + Moments.empty(("y",))).mean("y") == 2.5


def test_a_sum_of_counts_is_whole() -> None:
    """A hundred merges leave the number of successes an integer to well below one half."""
    rng = np.random.default_rng(9)
    parts = [Moments.of(y=(rng.random(997) < 0.003).astype(float)) for _ in range(100)]
    total = sum(round(part.sum("y")) for part in parts)
    assert pooled(parts).sum("y") == pytest.approx(total, abs=1e-6)
