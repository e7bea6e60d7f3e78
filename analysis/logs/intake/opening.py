"""Open log files: the one road by which a log comes in, for pages and command line alike."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from analysis.core import LogError
from analysis.logs.intake.finding import find_files
from analysis.logs.intake.kinds import is_parquet
from analysis.logs.intake.limits import DEFAULT_LIMITS, Limits
from analysis.logs.intake.record import from_record, to_record
from analysis.logs.intake.source import Progress, Source

VERSION = "2"
CHILD = "analysis.logs.intake.child"
# The child lies beside this file: its name says how many folders are above them.
ROOT = Path(__file__).resolve().parents[CHILD.count(".")]
# The reading process gets these and nothing else: no secret of ours can reach it.
KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT")
LOGGED = 2_000
# A file that changed this recently may change again within one tick of the file system's clock.
RACY_SECONDS = 5.0


def open_source(
    paths: tuple[str, ...],
    *,
    base: Path,
    work: Path,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> Source:
    """The rows of one log, ready for an engine.

    Text is converted once for its content: a second call finds the converted rows in `work`.

    Args:
        paths: Files or globs; relative ones start at `base`. Several must be parts of one table.
        base: The study file's folder.
        work: Where converted rows are kept; made if it is missing.
        limits: How large a log may be.
        progress: Hears (what is done, share from 0 to 1).

    Raises:
        LogError: The log cannot be read. Nothing half-made is left in `work`.
    """
    files, names = find_files(paths, base)
    work.mkdir(parents=True, exist_ok=True)
    key, settled = _content_key(files, limits)
    memo = work / f"rows-{key}.json"
    if settled and (kept := _kept(memo)) is not None:
        return kept
    scratch = Path(tempfile.mkdtemp(prefix=".intake-", dir=work))
    try:
        request = {
            "files": [str(file) for file in files],
            "names": names,
            "out": str(work.resolve() / f"rows-{key}.parquet"),
            "scratch": str(scratch.resolve()),
            "limits": asdict(limits),
        }
        source = from_record(_ask_child(request, names, limits, progress))
        if settled:
            _write_memo(memo, scratch, source)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return source


def check_upload_size(size: int, name: str, limits: Limits = DEFAULT_LIMITS) -> None:
    """Nothing, if a file may come through the browser.

    Raises:
        LogError: ``upload_too_large``.
    """
    if size > limits.browser_bytes:
        raise LogError(
            "upload_too_large",
            f"The file has {size:,} bytes; uploads may have {limits.browser_bytes:,}.",
            where=name,
            fix="Pack it with gzip or zstd, write it as Parquet, or give its path on the server.",
        )


def _content_key(files: list[Path], limits: Limits) -> tuple[str, bool]:
    """Names what a source depends on: every byte of text, where Parquet lies, and the limits.

    Returns:
        The key, and whether it stands for these bytes: a file that is used in place and has
        changed a moment ago may change again within a tick of the clock.
    """
    settled = True
    digest = hashlib.sha256(f"{VERSION} {sorted(asdict(limits).items())}".encode())
    for file in files:
        with file.open("rb") as opened:
            if is_parquet(opened.read(256)):
                stat = file.stat()
                marks = (str(file), stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
                digest.update(repr(marks).encode())
                settled &= time.time() - max(stat.st_mtime, stat.st_ctime) > RACY_SECONDS
                continue
            opened.seek(0)
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()[:32], settled


def _kept(memo: Path) -> Source | None:
    """What an earlier call made of the same bytes, if all of it is still there."""
    try:
        source = from_record(json.loads(memo.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    made = [*source.files, *([source.rejected_file] if source.rejected_file else [])]
    return source if all(path.is_file() for path in made) else None


def _write_memo(memo: Path, scratch: Path, source: Source) -> None:
    part = scratch / "memo.json"
    part.write_text(json.dumps(to_record(source)), encoding="utf-8")
    part.replace(memo)


def _ask_child(
    request: dict[str, Any], names: list[str], limits: Limits, progress: Progress | None
) -> dict[str, Any]:
    """The child's answer: a source's record.

    Raises:
        LogError: The child's refusal, or ``log_unreadable_limits`` if it died.
    """
    environment = {key: os.environ[key] for key in KEPT_ENVIRONMENT if key in os.environ}
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "TMPDIR": request["scratch"]}
    answer: dict[str, Any] = {}
    with (
        tempfile.TemporaryFile(dir=request["scratch"]) as complaints,
        subprocess.Popen(  # noqa: S603 - our own interpreter and module, no user text
            [sys.executable, "-P", "-m", CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env=environment,
            cwd=request["scratch"],
            text=True,
            encoding="utf-8",
        ) as process,
    ):
        clock = threading.Timer(limits.seconds, process.kill)
        clock.start()
        try:
            answer = _talk(process, request, progress)
        finally:
            clock.cancel()
            process.kill()
        status = process.wait()
        complaints.seek(0)
        complaint = complaints.read().decode(errors="replace")[-LOGGED:]
    if "error" in answer:
        raise LogError(**answer["error"])
    if "source" not in answer:
        raise _dead(status, complaint, names, limits)
    record: dict[str, Any] = answer["source"]
    return record


def _talk(
    process: "subprocess.Popen[str]", request: dict[str, Any], progress: Progress | None
) -> dict[str, Any]:
    """Send the request and listen until the child has said its last word."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        _send(process.stdin, request)
        for line in process.stdout:
            message: dict[str, Any] = json.loads(line)
            if "progress" not in message:
                return message
            if progress is not None:
                text, share = message["progress"]
                progress(text, share)
    except (BrokenPipeError, ValueError):
        return {}
    return {}


def _send(stream: IO[str], request: dict[str, Any]) -> None:
    stream.write(json.dumps(request))
    stream.close()


def _dead(status: int, complaint: str, names: list[str], limits: Limits) -> Exception:
    """What to raise for a child that ended without an answer."""
    lacking = (
        "MemoryError", "bad_alloc", "ArrowMemoryError", "OutOfMemory", "malloc of size",
        "failed to map segment", "Cannot allocate memory",
    )  # fmt: skip
    if status in {0, 1} and not any(word in complaint for word in lacking):
        return RuntimeError(f"The reading process failed:\n{complaint}")
    return LogError(
        "log_unreadable_limits",
        f"Reading was stopped: it needed more than {limits.memory_bytes:,} bytes of memory or "
        f"{limits.seconds} seconds, or the reader died (status {status}).",
        where=", ".join(names[:3]),
        fix="Write the log as Parquet, split it, or raise the limits; is the file damaged?",
    )
