"""The panels behind the samples of rollouts: one to a single region, and one to everybody."""

from analysis.simulate.panel_plan import PanelPlan

REGIONS = (
    "Argentina", "Australia", "Austria", "Belgium", "Brazil", "Canada", "Chile", "Colombia",
    "Czechia", "Denmark", "Egypt", "Finland", "France", "Germany", "Greece", "Hungary", "India",
    "Indonesia", "Ireland", "Israel", "Italy", "Japan", "Kenya", "Malaysia", "Mexico",
    "Netherlands", "New Zealand", "Norway", "Peru", "Philippines", "Poland", "Portugal",
    "Singapore", "South Africa", "South Korea", "Spain", "Sweden", "Turkey", "United Kingdom",
    "Vietnam",
)  # fmt: skip
WORKSPACES = (
    "Acorn Legal", "Bluefin Foods", "Cedar Health", "Delta Freight", "Elm Street Bank",
    "Foundry Works", "Granite Homes", "Harbor Media", "Iris Optics", "Juniper Travel",
    "Kestrel Energy", "Lumen Schools",
)  # fmt: skip

# One region has the version; Belgium works in the same workspaces and feels some of it; Vietnam
# opened after the log began; every day ends with a row that adds up all regions.
ASSISTANT_ROLLOUT = PanelPlan(
    REGIONS,
    reached={"Netherlands": 1.0, "Belgium": 0.6},
    first="2026-02-02",
    pre=112,
    post=28,
    lift=0.07,
    cost_lift=0.01,
    complaint_lift=-0.10,
    opened={"Vietnam": 66},
    total="All regions",
)

# Everybody changed on the day on which the holidays ended: most of the rise is the autumn's.
WORKSPACE_SWITCH = PanelPlan(
    WORKSPACES,
    kind="workspace",
    reached=dict.fromkeys(WORKSPACES, 1.0),
    first="2026-05-04",
    pre=98,
    post=28,
    lift=0.02,
    autumn=0.09,
    tasks=300.0,
    noise=0.05,
)
