"""The experiments that can be simulated by name, and the small example logs."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from analysis.core import StudyError
from analysis.simulate.experiment import Experiment, mean_for_share, planned
from analysis.simulate.files import csv_text, write_table
from analysis.simulate.list_kinds import LIST_KINDS
from analysis.simulate.list_log import list_log
from analysis.simulate.log import ab_log
from analysis.simulate.panel_kinds import PANEL_KINDS, PLAIN, panel_log
from analysis.simulate.scenarios import CHECKOUT, ONBOARDING, SEARCH_RANKER

SHAPE = 1.5

# A shop: pages load, a fifth of the users buy.
_BUYERS = mean_for_share(0.2, SHAPE)
_PAGES = planned("page_load", 3.0, value=800.0, spread=0.4, unit_spread=0.3, decimals=0)
_SAME = Experiment(
    (_PAGES, planned("purchase", _BUYERS, value=42.0, spread=0.6)), units=20_000, shape=SHAPE
)
_BETTER = replace(
    _SAME,
    events=(
        _PAGES,
        planned(
            "purchase",
            _BUYERS,
            lift=mean_for_share(0.22, SHAPE) / _BUYERS - 1,
            value=42.0,
            spread=0.6,
        ),
    ),
)

KINDS: Mapping[str, Experiment] = MappingProxyType(
    {
        "aa": _SAME,
        "ab": _BETTER,
        "broken_split": replace(_BETTER, lost={"treatment": 0.08}),
        "heavy_users": replace(_SAME, shape=0.2),
        "checkout": CHECKOUT,
        "search_ranker": SEARCH_RANKER,
        "onboarding": ONBOARDING,
    }
)


def write(kind: str, seed: int, out: str | Path) -> Path:
    """Write the log of a simulated experiment.

    Args:
        kind: One of KINDS, of LIST_KINDS or of PANEL_KINDS.
        seed: The same kind and seed give the same bytes.
        out: A file name that ends in .csv, .csv.gz or .parquet.

    Returns:
        The file written.

    Raises:
        StudyError: There is no such kind.
        LogError: The file's name asks for another form.
    """
    if kind in LIST_KINDS:
        return write_table(list_log(LIST_KINDS[kind], seed), out)
    if kind in PANEL_KINDS:
        return write_table(panel_log(PANEL_KINDS[kind], seed), out)
    if kind not in KINDS:
        raise StudyError(
            "unknown_kind",
            f"No experiment of kind {kind!r} can be simulated.",
            where="simulate",
            fix=f"Choose one of {', '.join((*KINDS, *LIST_KINDS, *PANEL_KINDS))}.",
        )
    return write_table(ab_log(KINDS[kind], seed), out)


def template(lens: str) -> str:
    """A small valid example log for a lens, as CSV text.

    Raises:
        StudyError: There is no template for that lens.
    """
    if lens == "interleaving":
        small = replace(LIST_KINDS["lists_better"], users=120, queries=40, slots=6)
        return csv_text(list_log(small, seed=1)).decode()
    if lens == "synthetic_control":
        panel = replace(PLAIN, units=PLAIN.units[:12], pre=42, post=14)
        return csv_text(panel_log(panel, seed=1)).decode()
    if lens != "ab":
        raise StudyError(
            "unknown_lens",
            f"There is no example log for {lens!r}.",
            where="template",
            fix="This version has: ab, interleaving, synthetic_control.",
        )
    return csv_text(ab_log(replace(_BETTER, units=200), seed=1)).decode()
