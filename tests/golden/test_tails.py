"""Variances that keep their digits, and tail areas far out."""

import math
from decimal import Decimal, getcontext

import numpy as np
import pytest

from analysis.ab.means import welch
from analysis.core import Moments, tails


def test_six_hundred_pairs_around_half_a_billion_have_a_deviation_of_a_quarter() -> None:
    """A column of exact binary fractions: mean and deviation are known without rounding.

    Raw sums of squares give 0 here.
    """
    pairs = np.tile([500000000.25, 500000000.75], 600)
    moments = Moments.of(y=np.concatenate([[500000000.5], pairs]))
    assert moments.mean("y") == 500000000.5
    assert math.sqrt(moments.variance("y")) == 0.25


def test_arms_around_4e11_that_differ_by_a_quarter_are_told_apart() -> None:
    """Values 4e11 + 0.25 j with an alternating half: D = 0.25, s^2 = 25/99, t = 3.5178...

    Closed form: t = 0.25 / sqrt(2 * (25 / 99) / 100).
    """
    half = np.tile([0.5, -0.5], 50)
    one, nil = Moments.of(y=4e11 + 0.25 + half), Moments.of(y=4e11 + half)
    effect = welch(one, nil)
    assert effect.difference == 0.25
    assert effect.statistic == pytest.approx(0.25 / math.sqrt(2 * (25 / 99) / 100), rel=1e-9)


@pytest.mark.parametrize(
    ("z", "p"), [(5, 5.733031438e-07), (10, 1.523970605e-23), (35, 2.249821413e-268)]
)
def test_two_sided_normal_tails(z: float, p: float) -> None:
    assert tails.normal_two_sided(z) == pytest.approx(p, rel=1e-9)


def test_the_logarithm_goes_on_where_the_probability_underflows() -> None:
    assert tails.normal_two_sided_log10(60) == pytest.approx(-783.606399168, rel=1e-12)
    assert tails.normal_two_sided(60) == 5e-324


@pytest.mark.parametrize(
    ("t", "df", "p"),
    [(9, 50, 4.921845781e-12), (15, 4000, 1.593502794e-49), (25, 100000, 1.621776555e-137)],
)
def test_two_sided_student_tails(t: float, df: float, p: float) -> None:
    assert tails.student_two_sided(t, df) == pytest.approx(p, rel=1e-9)
    assert tails.student_two_sided_log10(t, df) == pytest.approx(math.log10(p), rel=1e-9)


def test_the_last_double_before_underflow_is_not_zero() -> None:
    """|z| = 37 lies far beyond where 1 - cdf is 0 (beyond 8.3)."""
    assert tails.normal_two_sided(37) == pytest.approx(1.1451214e-299, rel=1e-3)


def slow_normal_tail(z: float) -> Decimal:
    """P(|Z| > z) by the continued fraction of Laplace with 60 digits (DLMF 7.9.1)."""
    getcontext().prec = 60
    x = Decimal(z)
    fraction = x
    for k in range(4000, 0, -1):
        fraction = x + Decimal(k) / fraction
    pi = Decimal("3.14159265358979323846264338327950288419716939937510582097494")
    return 2 * (-x * x / 2).exp() / (2 * pi).sqrt() / fraction


@pytest.mark.parametrize("z", [2.5, 4.0, 8.125, 12.0, 20.5, 30.0, 37.0, 45.0])
def test_normal_tails_agree_with_sixty_digit_arithmetic(z: float) -> None:
    slow = slow_normal_tail(z)
    if slow > Decimal("1e-300"):
        assert tails.normal_two_sided(z) == pytest.approx(float(slow), rel=1e-12)
    assert tails.normal_two_sided_log10(z) == pytest.approx(float(slow.log10()), rel=1e-14)


def slow_student_tail(t: float, df: int) -> Decimal:
    """P(|T| > t) for even df by the finite series of the integrated density, 80 digits.

    Abramowitz & Stegun (1964) 26.7.4: for even df the central area is
    sin(a) (1 + 1/2 cos(a)^2 + 1*3/(2*4) cos(a)^4 + ...) with tan(a) = t/sqrt(df).
    """
    getcontext().prec = 400
    square = Decimal(t) ** 2 / (Decimal(df) + Decimal(t) ** 2)
    cosine = 1 - square
    term = total = Decimal(1)
    for k in range(1, df // 2):
        term *= cosine * (2 * k - 1) / (2 * k)
        total += term
    return 1 - square.sqrt() * total


@pytest.mark.parametrize(
    ("t", "df"),
    [
        (0.3, 4),
        (2.0, 10),
        (9.0, 50),
        (40.0, 24),
        (15.0, 4000),
        (300.0, 60),
        (1e5, 40),
        (38.0, 3000),
        (60.0, 1000),
        (1e12, 20),
    ],
)
def test_student_tails_agree_with_four_hundred_digit_arithmetic(t: float, df: int) -> None:
    slow = slow_student_tail(t, df)
    if slow > Decimal("1e-300"):
        assert tails.student_two_sided(t, df) == pytest.approx(float(slow), rel=1e-8)
    assert tails.student_two_sided_log10(t, df) == pytest.approx(float(slow.log10()), rel=1e-11)


@pytest.mark.parametrize("df", [1.0, 3.7, 29.0, 1000.5, None])
@pytest.mark.parametrize("tail", [0.4, 0.05, 0.025, 1e-4, 1e-9])
def test_a_quantile_undoes_its_tail(df: float | None, tail: float) -> None:
    t = tails.student_quantile(tail, df)
    assert tails.student_two_sided(t, df) == pytest.approx(2 * tail, rel=1e-9)
    assert tails.student_upper(t, df) == pytest.approx(tail, rel=1e-9)
    assert tails.student_upper(-t, df) == pytest.approx(1 - tail, rel=1e-12)


@pytest.mark.parametrize("df", [2, 7, 40])
def test_chi_square_and_f_tails_agree_with_scipy_and_each_other(df: int) -> None:
    from scipy import stats

    for x in (0.2, 3.0, 50.0, 900.0):
        assert tails.chi_square_upper(x, df) == pytest.approx(stats.chi2.sf(x, df), rel=1e-9)
        assert tails.f_upper(x, df, 31) == pytest.approx(stats.f.sf(x, df, 31), rel=1e-9)
    assert tails.f_upper(9.0**2, 1, df) == pytest.approx(tails.student_two_sided(9.0, df), rel=1e-9)
