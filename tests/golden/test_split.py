"""Split tests: hand-checked counts and a published exact binomial."""

import pytest

from analysis.ab.split import check_split, exact_binomial, sequential_split


def test_two_arms_a_little_off() -> None:
    split = check_split([5120, 4880], [1, 1])
    assert split is not None
    assert split.chi2 == pytest.approx(5.76, rel=1e-12)
    assert split.p == pytest.approx(0.01639507185, rel=1e-9)
    assert split.share_control == 0.512
    assert split.expected_low == pytest.approx(0.4902001801, rel=1e-9)
    assert split.expected_high == pytest.approx(1 - 0.4902001801, rel=1e-9)


def test_three_arms_on_planned_weights() -> None:
    split = check_split([5120, 4880, 2430], [2, 2, 1])
    assert split is not None
    assert split.chi2 == pytest.approx(7.3692679, rel=1e-7)
    assert split.p == pytest.approx(0.02510636322, rel=1e-9)
    assert split.df == 2
    assert split.p_exact is None


@pytest.mark.parametrize(
    ("successes", "n", "rate", "p"),
    [(9, 11, 0.5, 0.0654296875), (2, 12, 0.4, 0.1407532442)],
)
def test_small_counts_are_tested_exactly(successes: int, n: int, rate: float, p: float) -> None:
    assert exact_binomial(successes, n, rate) == pytest.approx(p, rel=1e-9)


def test_mendelian_inheritance_of_peas() -> None:
    """Conover (1971), p. 97f: 682 of 925 plants at 3/4; R's binom.test gives 0.3825."""
    assert exact_binomial(682, 925, 0.75) == pytest.approx(0.382491559575, rel=1e-11)


def test_the_sequential_test_look_by_look() -> None:
    looks = sequential_split([(260, 240), (535, 465), (1090, 910)], [1, 1], 100.0)
    factors = [factor for factor, _ in looks]
    p_values = [p for _, p in looks]
    assert factors == pytest.approx([-0.5640114549, 1.029588238, 6.202805724], abs=1e-8)
    assert p_values == pytest.approx([1, 0.3571539929, 0.002023744596], rel=1e-8)
