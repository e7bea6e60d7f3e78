"""JSON lines: keys of all lines, numbers to the last digit, every line accounted for."""

import gzip
import json
from pathlib import Path

import pytest

from analysis.logs.intake import json_lines
from tests.logs.test_intake_text import read, read_files, refusal, row_numbers, rows


def test_values_become_text_without_a_detour_through_floats(tmp_path: Path) -> None:
    source = read(
        tmp_path,
        '{"id": 9007199254740993, "v": 1.50, "w": 1E400, "t": true, "n": null, "s": "NA"}\n'
        '{"id": 12345678901234567890123, "v": -0.0, "w": 0.1e-5, "t": false, "s": ""}\n',
        "log.jsonl",
    )
    assert source.format == "json lines"
    assert source.names == ("id", "v", "w", "t", "n", "s")
    assert rows(source) == [
        ("9007199254740993", "1.50", "1E400", "true", None, "NA"),
        ("12345678901234567890123", "-0.0", "0.1e-5", "false", None, None),
    ]


def test_nested_values_stay_json_with_their_digits(tmp_path: Path) -> None:
    source = read(tmp_path, '{"a": {"k": [1.10, "ü\\"", null, true]}, "b": []}\n')
    assert rows(source) == [('{"k":[1.10,"ü\\"",null,true]}', "[]")]


def test_keys_are_the_union_of_all_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that comes late opens a new part; the parts meet in one file, in order."""
    monkeypatch.setattr(json_lines, "BATCH_ROWS", 2)
    lines = [{"a": str(i)} | ({"b": "x"} if i > 3 else {}) | ({"c": "y"} if i == 6 else {})
             for i in range(8)]  # fmt: skip
    source = read(tmp_path, "".join(json.dumps(line) + "\n" for line in lines))
    assert source.names == ("a", "b", "c")
    assert rows(source) == [(line["a"], line.get("b"), line.get("c")) for line in lines]
    assert row_numbers(source) == list(range(1, 9))


def test_lines_that_are_no_objects_are_rejected_by_reason(tmp_path: Path) -> None:
    deep = "[" * 100_000
    source = read(
        tmp_path,
        '{"a": 1}\n[1]\n\n{"a": 1, "a": 2}\n{"a": 2}\n{"a": "\\ud800"}\n'
        f'{{"a": 3}}\n{{"a": {deep}\n{{"a": 4}}\n{{"a": 5}}\n{{"a": "\\u0000"}}\n{{"a": 6}}\n',
    )
    assert rows(source) == [(str(i),) for i in range(1, 7)]
    assert row_numbers(source) == [1, 4, 6, 8, 9, 11]
    assert source.rejected_count == {
        "not_an_object": 2,
        "repeated_key": 1,
        "unreadable_text": 2,
    }


def test_a_file_of_mostly_other_lines_is_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path, '{"a": 1}\nx\ny\n', "log.jsonl")
    assert error.code == "too_many_rejected_lines"
    assert "one JSON object" in error.what


def test_one_object_over_several_lines_is_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path, json.dumps([{"a": 1}], indent=2)[1:], "log.json")
    assert error.code == "too_many_rejected_lines"


def test_a_small_array_of_objects_is_accepted(tmp_path: Path) -> None:
    raw = gzip.compress(b'\xef\xbb\xbf [ {"a": 1.0},\n {"b": "x"}, 7, {"a": 1, "a": 2}, {} ]\n')
    source = read(tmp_path, raw, "log.json.gz")
    assert source.format == "json.gz"
    assert rows(source) == [("1.0", None), (None, "x"), (None, None)]
    assert source.rejected_count == {"not_an_object": 1, "repeated_key": 1}


@pytest.mark.parametrize("text", ('[{"a": 1}', '[{"a": 1} {"a": 2}]', '[{"a": 1}] x', "[{]"))
def test_a_broken_array_is_refused(tmp_path: Path, text: str) -> None:
    error = refusal(tmp_path, text, "log.json")
    assert error.code == "json_array_broken"
    assert "line 1" in error.where


def test_a_large_array_is_refused_with_the_way_out(tmp_path: Path) -> None:
    error = refusal(tmp_path, json.dumps([{"a": 1}] * 50), "log.json", array_bytes=100)
    assert error.code == "json_array_too_large"
    assert "100" in error.what
    assert "jq" in error.fix


@pytest.mark.parametrize("text", ("[]", "{}\n{}\n", "[ ]\n"))
def test_json_without_cells_is_refused(tmp_path: Path, text: str) -> None:
    assert refusal(tmp_path, text, "log.json").code in {"log_without_rows", "log_without_columns"}


def test_keys_that_differ_by_case_become_two_columns(tmp_path: Path) -> None:
    source = read(tmp_path, '{"User": 1, "user": 2, "": 3}\n')
    assert source.names == ("User", "user_2", "column_3")
    assert rows(source) == [("1", "2", "3")]
    assert [notice.code for notice in source.notices] == ["columns_renamed"]


def test_limits_hold(tmp_path: Path) -> None:
    assert refusal(tmp_path, json.dumps({"a": "x" * 70_000})).code == "cell_too_long"
    wide = json.dumps({f"k{i}": 1 for i in range(1_001)})
    assert refusal(tmp_path, wide).code == "too_many_columns"
    assert refusal(tmp_path, '{"a": 1}\n' * 9, row_bytes=5).code == "row_too_long"


def test_several_files_need_not_have_the_same_keys(tmp_path: Path) -> None:
    paths = (tmp_path / "a.jsonl", tmp_path / "b.jsonl")
    paths[0].write_text('{"a": 1}\n')
    paths[1].write_text('{"b": 2}\nx\n{"a": 3}\n')
    source = read_files(tmp_path, paths)
    assert rows(source) == [("1", None), (None, "2"), ("3", None)]
    assert row_numbers(source) == [1, 2, 4]
