"""The command line: what it prints, where, and with which exit status."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from analysis import Study
from analysis.__main__ import main

TOP = Path(__file__).resolve().parent.parent
SAMPLE = str(TOP / "data" / "samples" / "onboarding.toml")

STUDY = """
[log]
path = "log.csv"
[columns]
unit = "user"
arm = "variant"
[[metrics]]
name = "spent"
kind = "mean"
[ab]
control = "a"
"""


def written(folder: Path, log: str, study: str = STUDY) -> str:
    """A study file with its log beside it."""
    (folder / "log.csv").write_text(log)
    (folder / "study.toml").write_text(study)
    return str(folder / "study.toml")


GOOD = "user,variant,spent\n" + "".join(f"u{i},{'ab'[i % 2]},{i % 7}\n" for i in range(80))


def test_run_prints_a_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", SAMPLE]) == 0
    out = capsys.readouterr().out
    assert "DO NOT USE" in out
    assert "sample_ratio_mismatch" in out


def test_json_goes_to_standard_output_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", SAMPLE, "--json", "-"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["verdict"]["decision"] == "do_not_use"
    assert content["verdict"]["rule"] == "r1"


def test_json_is_the_same_bytes_each_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "1.json", tmp_path / "2.json"
    for out in (first, second):
        assert main(["run", SAMPLE, "--json", str(out)]) == 0
    assert first.read_bytes() == second.read_bytes()
    assert "DO NOT USE" in capsys.readouterr().out


def test_a_path_is_relative_to_the_study_file(tmp_path: Path) -> None:
    study = written(tmp_path, GOOD)
    done = subprocess.run(
        (sys.executable, "-m", "analysis", "run", study, "--json", "-"),
        cwd=TOP,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["log"]["rows"] == 80


def test_another_log_may_be_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = written(tmp_path, GOOD)
    other = tmp_path / "other.csv"
    other.write_text(GOOD.replace("u1,", "v1,"))
    assert main(["run", study, "--log", str(other), "--json", "-"]) == 0
    capsys.readouterr()


def test_check_gives_no_result(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", SAMPLE]) == 0
    out = capsys.readouterr().out
    assert "rows" in out
    assert "First task done" not in out


def test_a_suggested_study_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["template", "ab"]) == 0
    log = tmp_path / "log.csv"
    log.write_text(capsys.readouterr().out)
    assert main(["suggest", str(log)]) == 0
    study = tmp_path / "study.toml"
    study.write_text(capsys.readouterr().out)
    assert Study.read(study).metrics
    assert main(["run", str(study)]) == 0


def test_a_simulated_log_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    one, two = tmp_path / "1.csv", tmp_path / "2.csv"
    for out in (one, two):
        assert main(["simulate", "ab", "--seed", "3", "--out", str(out)]) == 0
    assert one.read_bytes() == two.read_bytes()


def test_a_saved_run_is_found_in_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VERDICT_HOME", str(tmp_path / "home"))
    assert main(["run", SAMPLE, "--save"]) == 0
    from analysis.store import Store

    names = [row.name for row in Store.open(tmp_path / "home").studies()]
    assert "Onboarding checklist" in names
    capsys.readouterr()


@pytest.mark.parametrize(
    ("log", "study", "code", "said"),
    (
        (GOOD, STUDY + "alhpa = 0.05\n", "unknown_key", "alpha"),
        (GOOD, STUDY + "alpha = 0.6\n", "out_of_range", "0.5"),
        (GOOD, STUDY.replace("[ab]", "[synthetic_control]"), "unknown_key", "synthetic_control"),
        (GOOD, STUDY.replace('kind = "mean"', 'kind = "quantile"'), "not_available", "mean"),
        (GOOD, STUDY + 'design = "bayesian"\n', "not_available", "fixed"),
        (GOOD, STUDY.replace('"variant"', '"arm"'), "unknown_column", "variant"),
        (GOOD, STUDY.replace('"a"', '"c"'), "", "b"),
        (GOOD, STUDY.replace("log.csv", "none.csv"), "log_not_found", "none.csv"),
        (GOOD, "this is no toml", "study_unreadable", "line"),
        ("", STUDY, "empty_log", "log.csv"),
        ("user,variant,spent\n", STUDY, "log_without_rows", "log.csv"),
        ("%PDF-1.4 what", STUDY, "unsupported_file", "PDF"),
    ),
)
def test_what_cannot_be_used_is_said_with_code_and_fix(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], log: str, study: str, code: str, said: str
) -> None:
    assert main(["run", written(tmp_path, log, study)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"[{code}" in captured.err
    assert said in captured.err
    assert "Traceback" not in captured.err


def test_a_missing_study_file_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", os.devnull + "/none.toml"]) == 2
    assert "Traceback" not in capsys.readouterr().err
