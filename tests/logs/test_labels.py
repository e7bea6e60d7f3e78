"""Arms: spellings merged, control found, names refused with what there is."""

import pytest

from analysis.core import LogError
from analysis.logs.labels import find_arms
from analysis.study import AB


def test_spellings_merge_into_the_most_frequent_one() -> None:
    counts = {"control": 9, "Control ": 2, "CONTROL": 1, "treatment": 5, " treatment": 9}
    arms = find_arms(counts, AB())
    assert arms.names == ("control", "treatment")
    assert {label: arms.names[code] for label, code in arms.code.items()} == {
        "control": "control", "Control ": "control", "CONTROL": "control",
        "treatment": "treatment", " treatment": "treatment",
    }  # fmt: skip
    assert [(repair.rows, repair.text) for repair in arms.repairs] == [
        (9, "' treatment' read as 'treatment'"),
        (1, "'CONTROL' read as 'control'"),
        (2, "'Control ' read as 'control'"),
    ]
    assert arms.notices[0].code == "arm_spellings"
    assert arms.notices[0].text.startswith("12 rows")


def test_the_studys_spelling_wins() -> None:
    arms = find_arms({"control": 9, "b": 8}, AB(control="Control", treatments=("B",)))
    assert arms.names == ("Control", "B")


def test_composed_and_decomposed_letters_are_one_label() -> None:
    assert find_arms({"caf\u00e9": 2, "cafe\u0301": 1, "tea": 1}, AB()).names == (
        "caf\u00e9",
        "tea",
    )


def test_na_and_none_are_labels_and_blanks_are_not() -> None:
    arms = find_arms({"NA": 1, "None": 1, "": 5, "  ": 5}, AB(control="NA"))
    assert arms.names == ("NA", "None")
    assert "" not in arms.code


@pytest.mark.parametrize(
    ("labels", "control"),
    [
        (("b", "a"), "a"),
        (("new", "off"), "off"),
        (("x", "Control", "a"), "Control"),
        (("legacy", "v2"), "legacy"),
        (("blue", "green"), "blue"),
    ],
)
def test_a_control_that_is_not_named_is_guessed_and_told(labels: tuple, control: str) -> None:
    arms = find_arms(dict.fromkeys(labels, 1), AB())
    assert arms.names[0] == control
    assert arms.guessed is not None
    assert control in arms.guessed


def test_an_arm_that_is_planned_but_empty_stays() -> None:
    """It counts in the split test: an arm with 0 units stays in."""
    arms = find_arms({"a": 1, "b": 1}, AB(control="a", allocation={"a": 1.0, "b": 1.0, "c": 1.0}))
    assert arms.names == ("a", "b", "c")


def test_arms_that_the_study_leaves_out_are_others() -> None:
    arms = find_arms({"a": 1, "b": 1, "c": 1}, AB(control="a", treatments=("b",)))
    assert arms.names == ("a", "b")
    assert arms.others == ("c",)


@pytest.mark.parametrize(
    ("counts", "ab", "code"),
    [
        ({"a": 1, "b": 1}, AB(control="z"), "unknown_arm"),
        ({"a": 1, "b": 1}, AB(treatments=("z",)), "unknown_arm"),
        ({f"arm{i}": 1 for i in range(21)}, AB(), "too_many_arms"),
        ({"": 3}, AB(), "no_arms"),
        ({"a": 1, "b": 1, "c": 1}, AB(allocation={"a": 1.0, "b": 1.0}), "arm_without_share"),
    ],
)
def test_arms_that_do_not_fit_are_refused(counts: dict, ab: AB, code: str) -> None:
    with pytest.raises(LogError) as refused:
        find_arms(counts, ab)
    assert refused.value.code == code


def test_a_single_arm_is_told() -> None:
    assert [n.code for n in find_arms({"a": 1}, AB()).notices] == ["one_arm"]
