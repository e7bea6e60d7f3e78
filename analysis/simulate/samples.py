"""Write the sample studies' logs and truths: `python -m analysis.simulate.samples data/samples`."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from analysis.simulate.experiment import Experiment
from analysis.simulate.files import write_table
from analysis.simulate.list_log import list_log
from analysis.simulate.list_plan import ListPlan
from analysis.simulate.list_scenarios import PLAYLISTS, RECOMMENDER_LISTS, SEARCH_LISTS
from analysis.simulate.list_truth import list_truth
from analysis.simulate.log import ab_log
from analysis.simulate.panel_kinds import panel_log
from analysis.simulate.panel_plan import PanelPlan
from analysis.simulate.panel_scenarios import ASSISTANT_ROLLOUT, WORKSPACE_SWITCH
from analysis.simulate.panel_truth import panel_truth
from analysis.simulate.scenarios import CHECKOUT, ONBOARDING, SEARCH_RANKER
from analysis.simulate.truth import truths
from analysis.study import Study

Plan = Experiment | ListPlan | PanelPlan

# Name of the study file -> what is planted in its log, and the seed.
SAMPLES: Mapping[str, tuple[Plan, int]] = MappingProxyType(
    {
        "assistant_rollout": (ASSISTANT_ROLLOUT, 31),
        "checkout": (CHECKOUT, 11),
        "onboarding": (ONBOARDING, 12),
        "playlist_lists": (PLAYLISTS, 21),
        "recommender_lists": (RECOMMENDER_LISTS, 22),
        "search_lists": (SEARCH_LISTS, 23),
        "search_ranker": (SEARCH_RANKER, 16),
        "workspace_switch": (WORKSPACE_SWITCH, 32),
    }
)
# Samples of real logs: what is known of them was published, not planted.
REAL = ("california_prop99",)


def write_samples(studies: Path, out: Path) -> list[Path]:
    """Write each sample's log and truth.

    Args:
        studies: The folder of the study files.
        out: Where to write; the logs take the names that the studies give them.

    Returns:
        The files written.
    """
    written = []
    for name, (plan, seed) in SAMPLES.items():
        study = Study.read(studies / f"{name}.toml")
        written.append(write_table(_log(plan, seed), out / study.log.path[0]))
        truth = _truth(plan, seed, study)
        path = out / f"{name}.truth.json"
        path.write_text(json.dumps(truth, indent=2) + "\n", encoding="utf-8")
        written.append(path)
    return written


def _log(plan: Plan, seed: int) -> pa.Table:
    if isinstance(plan, ListPlan):
        return list_log(plan, seed)
    return panel_log(plan, seed) if isinstance(plan, PanelPlan) else ab_log(plan, seed)


def _truth(plan: Plan, seed: int, study: Study) -> dict[str, Any]:
    """What is planted: of lists, the rankers' own truth; else one entry a metric."""
    if isinstance(plan, ListPlan):
        return list_truth(plan).to_mapping()
    found = panel_truth(plan, seed, study) if isinstance(plan, PanelPlan) else truths(plan, study)
    return {metric: one.to_mapping() for metric, one in found.items()}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for one in write_samples(folder, folder):
        sys.stdout.write(f"{one}  {one.stat().st_size:,} bytes\n")
