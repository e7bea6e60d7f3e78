"""From a study to what the A/B wing sees of its log, by the road for its kind of rows."""

from pathlib import Path

import pyarrow as pa

from analysis.logs.ab_log import ABLog
from analysis.logs.engines import Engine
from analysis.logs.events import read_events
from analysis.logs.reader import Progress, Reader
from analysis.logs.units import read_units
from analysis.study import Study


def read_ab(
    study: Study,
    *,
    base: Path,
    work: Path,
    engine: Engine | None = None,
    progress: Progress | None = None,
    keep_left_out: bool = True,
) -> ABLog:
    """The log of a study, ready for the A/B wing.

    Args:
        study: What to look at.
        base: Folder that paths in the study start from.
        work: Folder for built tables; a second question on the same log finds them there.
        engine: An engine with the log open; else the study says which.
        progress: Hears (what is done, share from 0 to 1).
        keep_left_out: Write the rows left out, with their text, beside the tables.

    Raises:
        LogError: The log cannot be read, or does not fit the study.
    """
    report = progress or (lambda _what, _share: None)
    reader = Reader(study, base, work, engine, report, keep_left_out=keep_left_out)
    try:
        mapped = reader.mapped()
        road = read_units if mapped.event is None else read_events
        return road(reader, mapped)
    finally:
        reader.close()
        # What Arrow keeps for later use, the statistics have better use for.
        pa.default_memory_pool().release_unused()
