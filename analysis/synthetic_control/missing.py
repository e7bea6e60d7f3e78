"""Cells without a value: which side gives way, donors or periods. Nothing is filled in."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.core import Notice
from analysis.core.wording import agreeing, counted, joined
from analysis.logs.panel_log import PanelLog
from analysis.study_panel import SyntheticControl
from analysis.synthetic_control.donors import Audited
from analysis.synthetic_control.notices import notice

Bools = NDArray[np.bool_]
# With drop_periods a donor goes before its periods do when it misses more than this share.
MISSING_SHARE = 0.2
SHOWN = 8


def observed(
    log: PanelLog,
    lens: SyntheticControl,
    treated: Sequence[int],
    candidates: Sequence[int],
    notices: list[Notice],
) -> tuple[Bools, dict[str, Audited]]:
    """Which periods are kept, and which donors lack cells in them."""
    missing = np.zeros((len(log.axis.labels), len(log.units)), dtype=bool)
    for panel in log.panels:
        missing |= np.isnan(panel.values)
    kept: Bools = np.logical_not(missing[:, treated].any(axis=1))
    if not kept.all():
        names = [log.units[i] for i in treated if missing[:, i].any()]
        notices.append(_missing_periods(log, ~kept, names))
    dropped: dict[str, Audited] = {}
    if lens.missing == "drop_periods":
        often = [
            i for i in candidates if missing[kept, i].mean() > MISSING_SHARE
        ]  # fmt: skip
        _drop(log, often, missing[kept], dropped)
        staying = [i for i in candidates if log.units[i] not in dropped]
        hole: Bools = kept & missing[:, staying].any(axis=1)
        if hole.any():
            names = [log.units[i] for i in staying if missing[kept, i].any()]
            notices.append(_missing_periods(log, hole, names))
            kept = np.logical_and(kept, ~hole)
    else:
        lost = [i for i in candidates if missing[kept, i].any()]
        _drop(log, lost, missing[kept], dropped)
    if dropped:
        lost = [i for i in candidates if log.units[i] in dropped]
        cells = missing[kept][:, lost]
        notices.append(
            notice(
                "missing_cells",
                units=joined([log.units[i] for i in lost[:SHOWN]])
                + (f" and {len(lost) - SHOWN} more" if len(lost) > SHOWN else ""),
                lack=agreeing(len(lost), "lacks", "lack"),
                n=counted(int(cells.sum()), "cell"),
                were=agreeing(len(lost), "was", "were"),
                m=counted(int(cells.any(axis=1).sum()), "period"),
            )
        )
    return kept, dropped


def _drop(
    log: PanelLog, columns: Sequence[int], missing: Bools, dropped: dict[str, Audited]
) -> None:
    for i in columns:
        unit = log.units[i]
        detail = f"no value in {counted(int(missing[:, i].sum()), 'period')}"
        dropped[unit] = Audited(unit, kept=False, reason="missing_cells", detail=detail)


def _missing_periods(log: PanelLog, hole: Bools, names: Sequence[str]) -> Notice:
    labels = [label for label, one in zip(log.axis.labels, hole, strict=True) if one]
    more = f" and {len(labels) - SHOWN} more" if len(labels) > SHOWN else ""
    return notice(
        "missing_periods",
        n=f"{counted(len(labels), 'period')} {agreeing(len(labels), 'was', 'were')}",
        units=joined(list(names[:SHOWN])),
        have=agreeing(len(names), "has", "have"),
        periods=", ".join(labels[:SHOWN]) + more,
    )
