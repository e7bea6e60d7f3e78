"""The way in: which files are meant, the reading process, and nothing left half-done."""

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from analysis.core import LogError
from analysis.logs.intake import Limits, Source, check_upload_size, open_source, opening
from analysis.logs.intake.finding import find_files

DEFAULT = Limits()


def opened(tmp_path: Path, *paths: str, **limits: int) -> Source:
    return open_source(
        paths,
        base=tmp_path,
        work=tmp_path / "work",
        limits=dataclasses.replace(DEFAULT, **limits),
    )


def refused(tmp_path: Path, *paths: str, **limits: int) -> LogError:
    with pytest.raises(LogError) as caught:
        opened(tmp_path, *paths, **limits)
    assert caught.value.fix
    assert not (tmp_path / "work").exists() or not list((tmp_path / "work").iterdir())
    return caught.value


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv"
    path.write_text("a,b\n1,2\nx\n3,4\n")
    return path


class TestFindingFiles:
    """Paths and globs, relative to the study."""

    def test_globs_are_sorted_and_may_be_absolute(self, tmp_path: Path) -> None:
        for name in ("b", "a"):
            (tmp_path / f"{name}.csv").write_text(f"x\n{name}\n")
        files, names = find_files(("*.csv",), tmp_path)
        assert names == ["a.csv", "b.csv"]
        assert find_files((str(tmp_path / "*.csv"),), Path("/"))[0] == files

    def test_a_file_whose_name_looks_like_a_glob_is_found(self, tmp_path: Path) -> None:
        (tmp_path / "log[1].csv").write_text("a\n1\n")
        assert find_files(("log[1].csv",), tmp_path)[1] == ["log[1].csv"]

    def test_files_of_one_name_are_told_apart(self, tmp_path: Path) -> None:
        for folder in ("x", "y"):
            (tmp_path / folder).mkdir()
            (tmp_path / folder / "log.csv").write_text("a\n1\n")
        assert len(set(find_files(("*/log.csv",), tmp_path)[1])) == 2

    def test_a_missing_file_names_what_there_is(self, tmp_path: Path, log: Path) -> None:
        error = refused(tmp_path, "lgo.csv")
        assert (error.code, error.where) == ("log_not_found", "lgo.csv")
        assert "log.csv" in error.what

    @pytest.mark.parametrize(
        ("path", "code"),
        (
            ("https://example.org/log.csv", "log_is_url"),
            ("s3://logs/log.csv", "log_is_url"),
            (".", "log_is_folder"),
            ("a\x00b", "log_not_found"),
            ("x" * 5_000, "log_not_found"),
            ("no/such/*.csv", "log_not_found"),
        ),
    )
    def test_what_is_no_file_is_refused(self, tmp_path: Path, path: str, code: str) -> None:
        assert refused(tmp_path, path).code == code

    def test_a_pipe_is_refused_and_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.csv")
        assert refused(tmp_path, "pipe.csv").code == "log_not_a_file"

    def test_a_file_listed_twice_is_refused(self, tmp_path: Path, log: Path) -> None:
        assert refused(tmp_path, "log.csv", "*.csv").code == "file_twice"

    def test_no_path_is_refused(self, tmp_path: Path) -> None:
        assert refused(tmp_path).code == "log_not_found"


class TestTheReadingProcess:
    """Whatever becomes of it, there is one clear message and no half-made file."""

    def test_it_reads_and_reports_progress(self, tmp_path: Path, log: Path) -> None:
        heard: list[tuple[str, float]] = []
        source = open_source(
            ("log.csv",),
            base=tmp_path,
            work=tmp_path / "deep" / "work",
            progress=lambda text, share: heard.append((text, share)),
        )
        assert (source.rows, source.rejected_count) == (3, {"ragged_line": 1})
        assert heard[0] == ("Reading log.csv", 0.0)
        assert all(0 <= share <= 1 for _, share in heard)
        left = sorted(path.suffix for path in (tmp_path / "deep" / "work").iterdir())
        assert left == [".json", ".parquet", ".parquet"]

    def test_its_refusal_comes_across_whole(self, tmp_path: Path) -> None:
        (tmp_path / "log.csv").write_text("a,b\n1\n2\n")
        error = refused(tmp_path, "log.csv")
        assert error.code == "too_many_rejected_lines"
        assert error.where == "log.csv"

    def test_when_it_hangs_it_is_killed_and_one_message_says_so(
        self, tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real, pipe = opening._send, tmp_path / "pipe"
        os.mkfifo(pipe)
        monkeypatch.setattr(
            opening, "_send", lambda stream, asked: real(stream, asked | {"files": [str(pipe)]})
        )
        error = refused(tmp_path, "log.csv", seconds=1)
        assert error.code == "log_unreadable_limits"
        assert "1 seconds" in error.what
        assert error.where == "log.csv"

    def test_when_memory_runs_out_one_message_says_so(self, tmp_path: Path) -> None:
        line = ",".join(["x" * 500] * 100) + "\n"
        (tmp_path / "log.csv").write_text(",".join(f"c{i}" for i in range(100)) + "\n" + line * 800)
        error = refused(tmp_path, "log.csv", memory_bytes=330_000_000)
        assert error.code == "log_unreadable_limits"
        assert "330,000,000" in error.what

    def test_a_signal_is_one_clear_message(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, log: Path
    ) -> None:
        class Killed(subprocess.Popen):
            def __init__(self, command: list[str], **options: Any) -> None:
                code = f"import os, signal; os.kill(os.getpid(), {int(signal.SIGSEGV)})"
                super().__init__([sys.executable, "-c", code], **options)

        monkeypatch.setattr(subprocess, "Popen", Killed)
        assert refused(tmp_path, "log.csv").code == "log_unreadable_limits"

    def test_a_bug_in_it_is_a_bug_here(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, log: Path
    ) -> None:
        monkeypatch.setattr(opening, "CHILD", "analysis.no_such_module")
        with pytest.raises(RuntimeError, match="no_such_module"):
            opened(tmp_path, "log.csv")

    def test_no_secret_reaches_it(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, log: Path
    ) -> None:
        seen: dict[str, str] = {}

        class Watched(subprocess.Popen):
            def __init__(self, command: list[str], **options: Any) -> None:
                seen.update(options["env"])
                super().__init__(command, **options)

        monkeypatch.setenv("VERDICT_SECRET", "s3cret")
        monkeypatch.setattr(subprocess, "Popen", Watched)
        opened(tmp_path, "log.csv")
        assert "s3cret" not in seen.values()
        assert set(seen) <= {*opening.KEPT_ENVIRONMENT, "PYTHONPATH", "PYTHONUTF8", "TMPDIR"}


class TestKeeping:
    """The same bytes are converted once; other bytes always anew."""

    def test_a_second_call_starts_no_process(
        self, tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = opened(tmp_path, "log.csv")
        monkeypatch.setattr(opening, "CHILD", "analysis.no_such_module")
        assert opened(tmp_path, "log.csv") == first

    def test_one_changed_cell_is_another_log(self, tmp_path: Path, log: Path) -> None:
        first = opened(tmp_path, "log.csv")
        log.write_text(log.read_text().replace("3", "5"))
        assert opened(tmp_path, "log.csv").files != first.files

    def test_lower_limits_are_asked_again(self, tmp_path: Path, log: Path) -> None:
        opened(tmp_path, "log.csv")
        with pytest.raises(LogError) as caught:
            opened(tmp_path, "log.csv", columns=1)
        assert caught.value.code == "too_many_columns"

    def test_a_lost_or_spoiled_memo_is_made_again(self, tmp_path: Path, log: Path) -> None:
        first = opened(tmp_path, "log.csv")
        (memo,) = (tmp_path / "work").glob("*.json")
        memo.write_text("{")
        assert opened(tmp_path, "log.csv") == first
        first.files[0].unlink()
        assert opened(tmp_path, "log.csv") == first
        assert first.files[0].exists()


def test_uploads_have_a_limit_that_is_named() -> None:
    check_upload_size(200 * 1024 * 1024, "log.csv")
    with pytest.raises(LogError) as caught:
        check_upload_size(200 * 1024 * 1024 + 1, "log.csv")
    assert caught.value.code == "upload_too_large"
    assert "209,715,200" in caught.value.what
