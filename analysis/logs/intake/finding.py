"""Which files a study's paths mean."""

import glob
import os
from pathlib import Path

from analysis.core import LogError


def find_files(paths: tuple[str, ...], base: Path) -> tuple[list[Path], list[str]]:
    """Every file that the paths mean, in order, and what to call it in messages.

    Raises:
        LogError: ``log_not_found``, ``log_is_url``, ``log_is_folder``, ``log_not_a_file``,
            ``file_twice``.
    """
    files: list[Path] = []
    for path in paths:
        if "://" in path:
            raise LogError(
                "log_is_url",
                "Logs are not fetched from addresses.",
                where=path[:100],
                fix="Download the file and give its path.",
            )
        found = _matches(path, base)
        if not found:
            raise _not_found(path, base)
        files += found
    seen: set[Path] = set()
    for file in files:
        _refuse_no_file(file)
        if file.resolve() in seen:
            raise LogError(
                "file_twice",
                "The file is listed twice, so its rows would count twice.",
                where=file.name,
                fix="List each file once.",
            )
        seen.add(file.resolve())
    if not files:
        raise LogError("log_not_found", "No log is given.", fix="Set path under [log].")
    plain = [file.name for file in files]
    names = plain if len(set(plain)) == len(plain) else [str(file) for file in files]
    return [file.resolve() for file in files], names


def _matches(path: str, base: Path) -> list[Path]:
    whole = base / path
    try:
        if whole.exists():
            return [whole]
    except (OSError, ValueError):
        return []
    if "\x00" in path:
        return []
    # Path.glob refuses absolute patterns, which a study may have.
    matches = sorted(glob.glob(path, root_dir=base, recursive=True))  # noqa: PTH207
    return [base / match for match in matches if not (base / match).is_dir()]


def _not_found(path: str, base: Path) -> LogError:
    folder = (base / path).parent
    try:
        beside = sorted(entry.name for entry in folder.iterdir() if entry.is_file())
    except (OSError, ValueError):
        beside = []
    has = f" Its folder has {', '.join(beside[:5])}." if beside else ""
    return LogError(
        "log_not_found",
        f"There is no such file.{has}",
        where=path[:200],
        fix="Check the path; it is relative to the study file.",
    )


def _refuse_no_file(file: Path) -> None:
    if file.is_dir():
        raise LogError(
            "log_is_folder",
            "This is a folder.",
            where=file.name,
            fix=f'Name its files, for example "{file.name}/*.parquet".',
        )
    if not file.is_file():
        raise LogError(
            "log_not_a_file",
            "This is a device or a pipe, not a file.",
            where=file.name,
            fix="Write the log to a file first.",
        )
    if not os.access(file, os.R_OK):
        raise LogError(
            "log_not_readable",
            "The file may not be read by this user.",
            where=file.name,
            fix="Change its permissions.",
        )
