"""The panels that can be simulated by name."""

from collections.abc import Mapping
from types import MappingProxyType

import pyarrow as pa

from analysis.simulate.geo import GeoPlan
from analysis.simulate.panel import geo_table, panel_table
from analysis.simulate.panel_plan import PanelPlan
from analysis.simulate.panel_scenarios import ASSISTANT_ROLLOUT, REGIONS, WORKSPACE_SWITCH

# Twenty-four regions, of which the first has the version; nothing else is the matter.
PLAIN = PanelPlan(REGIONS[:24], reached={REGIONS[0]: 1.0}, pre=84, post=21, lift=0.08, tells=True)

PANEL_KINDS: Mapping[str, PanelPlan | GeoPlan] = MappingProxyType(
    {
        "panel": PLAIN,
        "geo_panel": GeoPlan(lift=0.08),
        "geo_panel_null": GeoPlan(),
        "assistant_rollout": ASSISTANT_ROLLOUT,
        "workspace_switch": WORKSPACE_SWITCH,
    }
)


def panel_log(plan: PanelPlan | GeoPlan, seed: int) -> pa.Table:
    """The table of a plan."""
    return geo_table(plan, seed) if isinstance(plan, GeoPlan) else panel_table(plan, seed)
