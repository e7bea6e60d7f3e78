"""A small panel made by a formula, with no draw in it: 24 regions, 52 periods, one treated."""

import numpy as np

from analysis.core import Floats

UNITS, PERIODS, START, EFFECT = 24, 52, 40, 3.0


def panel_by_formula() -> Floats:
    """Shape (52, 24): periods by units; unit 0 gains 3 from period 40 on."""
    t, j = np.arange(PERIODS)[:, None], np.arange(UNITS)[None, :]
    noise = ((t**2 * (7 + j) + 31 * j**2 + 17 * t * j + 3 * t) % 103) / 103 - 0.5
    level = 40 + 3 * ((5 * j) % 7)
    wave = 6 * (1 + ((3 * j) % 5) / 4) * np.sin(t / 6)
    base = level + wave + 0.1 * (1 + (2 * j) % 3) * t
    base[:, 0] = 0.5 * base[:, 4] + 0.3 * base[:, 9] + 0.2 * base[:, 14]
    values: Floats = base + 2 * noise
    values[START:, 0] += EFFECT
    return np.round(values, 4)


def panel_text() -> str:
    """The panel as CSV, one row a region and period."""
    values = panel_by_formula()
    lines = ["region,period,sessions,treated_from"]
    for unit in range(UNITS):
        start = str(START) if unit == 0 else ""
        lines += [f"u{unit:02d},{t},{values[t, unit]:.4f},{start}" for t in range(PERIODS)]
    return "\n".join(lines) + "\n"
