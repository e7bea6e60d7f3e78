"""Columns that look like personal data are pointed out; columns that do not are left in peace."""

from pathlib import Path

import pytest

from analysis.logs.personal import luhn, personal_columns
from tests.logs.test_intake_text import read

CARDS = ("4111 1111 1111 1111", "5500-0000-0000-0004", "340000000000009", "6011000000000004")


def found(tmp_path: Path, name: str, *cells: str) -> list[str]:
    text = f"row,{name}\n" + "".join(f'{i},"{cell}"\n' for i, cell in enumerate(cells))
    notices = personal_columns(read(tmp_path, text))
    assert all((notice.code, notice.level) == ("personal_data", "warn") for notice in notices)
    assert all(cell not in notice.text for notice in notices for cell in cells)
    return [notice.text for notice in notices]


@pytest.mark.parametrize(
    ("name", "cells", "kind"),
    (
        ("contact", ("a@example.org", "b.c+d@mail.example.com", "none"), "e-mail addresses"),
        ("address", ("10.0.0.1", "192.168.7.255", "8.8.8.8"), "IP addresses"),
        ("address", ("2001:db8::1", "fe80:0:0:0:1:2:3:4"), "IP addresses"),
        ("contact", ("+49 30 1234567", "+1 (555) 010-9999"), "telephone numbers"),
        ("phone_number", ("030 1234567", "555-010-9999"), "telephone numbers"),
        ("number", CARDS, "card numbers"),
    ),
)
def test_personal_data_is_pointed_out(
    tmp_path: Path, name: str, cells: tuple[str, ...], kind: str
) -> None:
    assert found(tmp_path, name, *cells) == [f'Column "{name}" looks like {kind}.']


@pytest.mark.parametrize(
    ("name", "cells"),
    (
        ("app_version", ("1.2.3.4", "1.2.3.5")),
        ("order", tuple(str(4111111111111110 + i) for i in range(20))),
        ("value", ("1234567", "12.5", "+3")),
        ("ts", ("2025-01-01T10:00:00Z", "2025-01-01 10:00")),
        ("user_id", ("u1", "550e8400-e29b-41d4-a716-446655440000")),
        ("note", ("ask a@example.org", *("nothing here",) * 9)),
        ("blank", ("", "")),
    ),
)
def test_other_columns_are_left_in_peace(tmp_path: Path, name: str, cells: tuple[str, ...]) -> None:
    assert found(tmp_path, name, *cells) == []


def test_the_check_digit() -> None:
    assert all(map(luhn, CARDS))
    assert not luhn("4111111111111112")
