"""How numbers, dates and a stranger's text are said on screen."""

import doctest
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.core.wording import MINUS
from pages.ui import words

HELLO = "\u05e9\u05dc\u05d5\u05dd"


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(words).failed == 0


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.067, "+6.7%"),
        (-0.009, f"{MINUS}0.9%"),
        (0.0, "0.0%"),
        (12.345, "+1,234.5%"),
        (None, words.NONE),
    ],
)
def test_a_lift_has_its_sign_a_true_minus_and_one_decimal(value: float | None, said: str) -> None:
    assert words.lift(value) == said


def test_a_bound_that_is_not_zero_never_reads_as_zero() -> None:
    assert words.lift_interval(0.0002, 0.083) == "+0.02% to +8.3%"


def test_an_interval_with_a_missing_end_is_a_dash() -> None:
    assert words.lift_interval(None, 0.1) == words.NONE
    assert words.difference_interval(0.1, None, "mean") == words.NONE


def test_the_change_of_a_rate_is_said_in_points() -> None:
    assert words.difference(-0.0123, "proportion") == f"{MINUS}1.23 points"
    assert words.difference_interval(-0.0123, 0.02, "retention") == f"{MINUS}1.23 to +2.00 points"
    assert words.difference(3.5, "mean") == "+3.50"


def test_a_rate_is_shown_in_per_cent_and_a_mean_in_its_own_unit() -> None:
    assert words.level_value(0.463, "proportion") == "46.3%"
    assert words.level_value(0.463, "mean") == "0.463"
    assert words.level_value(0.0, "proportion") == "0%"


@pytest.mark.parametrize(
    ("p", "log10", "said"),
    [
        (0.03, None, "p = 0.03"),
        (0.34, None, "p = 0.34"),
        (0.00005, None, "p < 0.0001"),
        (5e-324, -783.6, "p < 1e-300"),
        (1e-299, -299.0, "p < 0.0001"),
        (0.999, None, "p > 0.99"),
        (None, None, words.NONE),
    ],
)
def test_a_p_value_is_never_said_to_be_zero(
    p: float | None, log10: float | None, said: str
) -> None:
    assert words.p_value(p, log10) == said


@given(st.floats(min_value=1e-310, max_value=0.9, exclude_min=True))
def test_a_p_value_reads_on_the_same_side_of_alpha_as_it_is(p: float) -> None:
    said = words.p_value(p)
    if not said.startswith("p = "):
        return
    shown = float(said.removeprefix("p = "))
    assert (shown <= 0.05) == (p <= 0.05)


def test_a_p_value_in_a_table_keeps_its_size() -> None:
    assert words.p_exact(1.5234e-23) == "1.52e-23"
    assert words.p_exact(0.0, -400.0) == "< 1e-300"


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2026-09-01T00:00:12Z", "2026-09-14T23:58:00Z", "1–14 Sep 2026"),
        ("2026-08-28", "2026-09-14", "28 Aug – 14 Sep 2026"),
        ("2025-12-30", "2026-01-02", "30 Dec 2025 – 2 Jan 2026"),
        ("2026-09-14", "2026-09-14", "14 Sep 2026"),
        (None, None, words.NONE),
    ],
)
def test_a_range_of_days_says_month_and_year_once(
    first: str | None, last: str | None, said: str
) -> None:
    assert words.days(first, last) == said


def test_counts_have_thousands_separators_and_their_noun() -> None:
    assert words.counted(24991, "unit") == "24,991 units"
    assert words.counted(1, "note") == "1 note"


def test_the_level_follows_alpha() -> None:
    assert [words.level(alpha) for alpha in (0.05, 0.01, 0.1, 0.05 / 3)] == [
        "95%", "99%", "90%", "98.33%",
    ]  # fmt: skip


def test_markdown_html_and_latex_marks_are_shown_as_typed() -> None:
    said = words.plain("**b** <i> $x$ [l](u) `c` # h")
    for mark in "*<>$[]()`#":
        assert f"\\{mark}" in said
        assert mark not in said.replace(f"\\{mark}", "")


def test_addresses_and_emoji_codes_are_broken_up() -> None:
    said = words.plain("http://evil.example www.evil.example a@b.example :smile: :red[x]")
    bare = said.replace("\\", "")
    for mark in ("http://", "www.", "@b", ":smile", ":red"):
        assert mark not in bare


def test_marks_that_turn_text_round_are_dropped_and_right_to_left_letters_shut_in() -> None:
    assert words.isolated("a\u202eb") == "ab"
    assert words.isolated(HELLO) == f"\u2068{HELLO}\u2069"
    assert words.plain(HELLO).startswith("\u2068")


@given(st.text())
def test_text_for_markdown_is_one_line_without_direction_marks(text: str) -> None:
    said = words.plain(text)
    assert not any(mark in said for mark in "\n\r\t\x00\u2028\u202e\u2067")


def test_a_scale_of_any_numbers_stays_readable() -> None:
    rng = random.Random(5)
    for _ in range(200):
        value = rng.uniform(-1, 1) * 10 ** rng.randint(-9, 18)
        said = words.number(value)
        assert len(said) <= 24
        assert "nan" not in said
