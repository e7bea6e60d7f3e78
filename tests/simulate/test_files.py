"""Simulated logs as files, and the sample studies that are made of them."""

import gzip
import json
from pathlib import Path

import pandas as pd
import pytest

from analysis.core import LogError, StudyError
from analysis.simulate import KINDS, ab_log, template, write
from analysis.simulate.samples import REAL, SAMPLES, write_samples
from analysis.study import Study


def content(path: Path) -> bytes:
    """A file's bytes; of a gzipped one, what is inside: zlib's versions differ."""
    raw = path.read_bytes()
    return gzip.decompress(raw) if path.suffix == ".gz" else raw


def test_the_samples_are_what_the_simulation_writes_now(project: Path, tmp_path: Path) -> None:
    """`make samples` mends this test after a scenario or a sample's metrics change."""
    folder = project / "data" / "samples"
    written = write_samples(folder, tmp_path)
    assert len(written) == 2 * len(SAMPLES)
    for path in written:
        assert content(path) == content(folder / path.name), path.name


def test_every_sample_study_has_its_log_and_a_truth_for_every_metric(project: Path) -> None:
    folder = project / "data" / "samples"
    assert {path.stem for path in folder.glob("*.toml")} == {*SAMPLES, *REAL}
    for name in SAMPLES:
        study = Study.read(folder / f"{name}.toml")
        truth = json.loads((folder / f"{name}.truth.json").read_text(encoding="utf-8"))
        if study.interleaving is not None:
            continue
        assert list(truth) == [metric.name for metric in study.metrics]
        for one in truth.values():
            assert one["difference"] == pytest.approx(one["treatment"] - one["control"])
            assert one["lift"] == pytest.approx(one["treatment"] / one["control"] - 1)


def test_every_list_sample_says_the_truth_about_the_rankers_of_its_study(project: Path) -> None:
    folder = project / "data" / "samples"
    samples = [name for name in SAMPLES if name.endswith("_lists")]
    assert len(samples) == 3
    for name in samples:
        lens = Study.read(folder / f"{name}.toml").interleaving
        truth = json.loads((folder / f"{name}.truth.json").read_text(encoding="utf-8"))
        assert lens is not None
        assert lens.candidates is not None
        assert list(truth["clicks_per_list_alone"]) == [lens.control, *lens.candidates]
        control, candidate = truth["clicks_per_list_alone"].values()
        assert truth["lift"] == pytest.approx(candidate / control - 1)
        control, candidate = truth["credit_per_list_fair_draft"].values()
        assert truth["fair_share"] == pytest.approx(candidate / (candidate + control))


def test_no_sample_is_larger_than_two_megabytes(project: Path) -> None:
    for path in (project / "data" / "samples").iterdir():
        assert path.stat().st_size < 2_000_000, path.name


@pytest.mark.parametrize("name", ("log.csv", "log.csv.gz", "log.parquet"))
def test_a_log_is_written_in_the_form_its_name_asks_for(name: str, tmp_path: Path) -> None:
    path = write("onboarding", 3, tmp_path / name)
    again = write("onboarding", 3, tmp_path / f"again-{name}")
    assert path.read_bytes() == again.read_bytes()
    log = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    assert len(log) == ab_log(KINDS["onboarding"], 3).num_rows
    assert str(pd.to_datetime(log["ts"], utc=True).min())[:10] == "2026-05-04"


def test_another_ending_or_an_unknown_kind_is_refused_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(LogError, match=r"unknown_format.*\.parquet"):
        write("ab", 1, tmp_path / "log.xlsx")
    with pytest.raises(StudyError, match=r"unknown_kind.*checkout"):
        write("abc", 1, tmp_path / "log.csv")
    with pytest.raises(StudyError, match="lists_ramp"):
        write("abc", 1, tmp_path / "log.csv")
    with pytest.raises(StudyError, match="geo_panel_null"):
        write("abc", 1, tmp_path / "log.csv")
    with pytest.raises(StudyError, match="unknown_lens"):
        template("regression")
    assert not list(tmp_path.iterdir())


def test_the_template_is_a_small_log_with_every_role() -> None:
    text = template("ab")
    header, *rows = text.splitlines()
    assert header == "event_id,ts,user_id,event,variant,value,country,device"
    assert 500 < len(rows) < 3_000
    assert {row.split(",")[4] for row in rows} == {"", "control", "treatment"}
    assert template("ab") == text
