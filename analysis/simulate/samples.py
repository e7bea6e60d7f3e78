"""Write the sample studies' logs and truths: `python -m analysis.simulate.samples data/samples`."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from analysis.simulate.experiment import Experiment
from analysis.simulate.files import write_table
from analysis.simulate.log import ab_log
from analysis.simulate.scenarios import CHECKOUT, ONBOARDING, SEARCH_RANKER
from analysis.simulate.truth import truths
from analysis.study import Study

# Name of the study file -> what is planted in its log, and the seed.
SAMPLES: Mapping[str, tuple[Experiment, int]] = MappingProxyType(
    {
        "checkout": (CHECKOUT, 11),
        "onboarding": (ONBOARDING, 12),
        "search_ranker": (SEARCH_RANKER, 16),
    }
)


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
        written.append(write_table(ab_log(plan, seed), out / study.log.path[0]))
        truth = {metric: one.to_mapping() for metric, one in truths(plan, study).items()}
        path = out / f"{name}.truth.json"
        path.write_text(json.dumps(truth, indent=2) + "\n", encoding="utf-8")
        written.append(path)
    return written


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for one in write_samples(folder, folder):
        sys.stdout.write(f"{one}  {one.stat().st_size:,} bytes\n")
