"""A log of lists that is open: where it runs, what is asked of it, what its columns are."""

from dataclasses import dataclass
from pathlib import Path

from analysis.logs.engines import Engine
from analysis.logs.intake import Source
from analysis.logs.lists.headers import Fields
from analysis.logs.lists.shapes import Shape
from analysis.study import Interleaving, Study


@dataclass(frozen=True)
class Opened:
    """An open log.

    Attributes:
        engine: With the log, and the file of events beside it.
        study: What to look at.
        fields: Of the log.
        shape: How its rows tell of lists.
        sources: ``log`` and maybe ``events``; empty for a table elsewhere.
        work: Folder for what is written.
    """

    engine: Engine
    study: Study
    fields: Fields
    shape: Shape
    sources: dict[str, Source]
    work: Path

    @property
    def lens(self) -> Interleaving:
        """What the study asks of lists."""
        return self.study.interleaving or Interleaving()

    @property
    def rows(self) -> int:
        """Data rows of the log, lines that could not be read included."""
        if "log" in self.sources:
            return self.sources["log"].rows
        return int(self.engine.run("SELECT count(*) AS n FROM log").column("n").to_pylist()[0])
