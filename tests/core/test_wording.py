"""Numbers as people read them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.core import wording


@pytest.mark.parametrize(
    ("alpha", "text"), [(0.05, "95%"), (0.1, "90%"), (0.001, "99.9%"), (0.05 / 3, "98.33%")]
)
def test_the_level_of_an_interval_follows_alpha(alpha: float, text: str) -> None:
    assert wording.level(alpha) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (None, "no p-value"),
        (0.5, "p = 0.50"),
        (0.0123, "p = 0.01"),
        (0.00123, "p = 0.001"),
        (0.000234, "p = 0.0002"),
        (1e-5, "p < 0.0001"),
        (1e-299, "p < 0.0001"),
        (5e-324, "p < 1e-300"),
    ],
)
def test_a_p_value_never_reads_as_zero(p: float | None, text: str) -> None:
    assert wording.p_value(p) == text


@given(st.floats(5e-324, 1))
def test_no_p_value_reads_as_zero(p: float) -> None:
    text = wording.p_value(p)
    digits = text.split(" ")[2]
    assert float(digits) > 0


@given(st.floats(-10, 10))
def test_a_lift_shows_its_sign(lift: float) -> None:
    text = wording.signed_percent(lift)
    assert text.endswith("%")
    shown = float(text[:-1].replace(",", "").replace(wording.MINUS, "-"))
    assert shown == pytest.approx(100 * lift, abs=0.0501)
    assert shown == 0 or math.copysign(1, shown) == math.copysign(1, lift)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (12.345, "12.3"), (1234.5, "1,234"), (0.00123456, "0.00123"), (-3.456, "−3.46")],
)
def test_numbers_have_three_significant_digits(value: float, text: str) -> None:
    assert wording.number(value) == text


@pytest.mark.parametrize("value", [9.999, 99.97, 0.9999, 0.09999])
def test_rounding_up_to_the_next_power_of_ten_keeps_three_digits(value: float) -> None:
    digits = wording.number(value).replace(".", "").lstrip("0")
    assert len(digits) == 3


def test_an_interval_without_a_bound_says_so() -> None:
    assert wording.lift_interval(0.026, 0.108) == "+2.6% to +10.8%"
    assert wording.lift_interval(0.5, None) == "+50.0% to no bound"
    assert wording.difference_interval(-0.25, None) == "−0.250 to no bound"


def test_names_are_joined_as_in_a_sentence() -> None:
    assert wording.joined([]) == ""
    assert wording.joined(["A"]) == "A"
    assert wording.joined(["A", "B"]) == "A and B"
    assert wording.joined(["A", "B", "C"]) == "A, B and C"
