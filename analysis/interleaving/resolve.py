"""The study with what a log of lists decided written out: columns, control and candidates."""

from dataclasses import fields, replace
from typing import Any

from analysis.logs.list_log import ListLog
from analysis.study import Interleaving, Study


def resolve(study: Study, log: ListLog) -> Study:
    """The study with its rankers and columns filled in."""
    lens = study.interleaving or Interleaving()
    roles = {one.name for one in fields(study.columns)}
    chosen: dict[str, Any] = {
        role: tuple(column) if role == "segments" else column
        for role, column in log.accounting.columns.items()
        if role in roles and column
    }
    control = log.rankers[0] if log.rankers else lens.control
    return replace(
        study,
        columns=replace(study.columns, **chosen),
        interleaving=replace(lens, control=control, candidates=log.rankers[1:]),
    )
