"""Panels whose numbers are known: public ones, one by formula, random ones."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from analysis.core import Floats

ROOT = Path(__file__).parents[2]
PANELS = ROOT / "tests" / "golden" / "panels"


@dataclass(frozen=True)
class Public:
    """A panel with names.

    Attributes:
        units, years: Of columns and rows.
        columns: Name = (periods, units); NaN where there is no value.
    """

    units: tuple[str, ...]
    years: tuple[int, ...]
    columns: dict[str, Floats]

    def rows(self, column: str, first: int, last: int) -> Floats:
        """(periods, units) from first to last year, both included."""
        kept = [first <= year <= last for year in self.years]
        return self.columns[column][kept]

    def mean(self, column: str, years: Iterable[int]) -> Floats:
        """(units,) mean of the values present."""
        places = [self.years.index(year) for year in years]
        return np.nanmean(self.columns[column][places], axis=0)

    def others(self, *left_out: str) -> np.ndarray:
        """Places of all other units."""
        return np.array([i for i, unit in enumerate(self.units) if unit not in left_out])


def _read(path: Path, unit: str, year: str, delimiter: str = ",") -> Public:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=delimiter))
    units = tuple(sorted({row[unit] for row in rows}))
    years = tuple(sorted({int(row[year]) for row in rows}))
    names = [name for name in rows[0] if name not in (unit, year)]
    columns = {name: np.full((len(years), len(units)), np.nan) for name in names}
    for row in rows:
        for name in names:
            if row[name]:
                columns[name][years.index(int(row[year])), units.index(row[unit])] = float(
                    row[name]
                )
    return Public(units, years, columns)


@cache
def prop99() -> Public:
    """Cigarette packs a head, 39 states, 1970-2000; California's tax rose in 1989."""
    return _read(ROOT / "data" / "samples" / "california_prop99.csv", "State", "Year", ";")


@cache
def prop99_predictors() -> Floats:
    """(7, 39) predictors of Abadie, Diamond, Hainmueller (2010), in the order of their table 1."""
    panel = prop99()
    with (PANELS / "prop99_predictors.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["state"]: row for row in csv.DictReader(file)}
    means = [
        [float(rows[unit][name]) for unit in panel.units]
        for name in ("income", "price", "young", "beer")
    ]
    sales = [panel.mean("PacksPerCapita", [year]) for year in (1975, 1980, 1988)]
    return np.array([*means, *sales])


@cache
def basque() -> Public:
    """GDP a head of 17 Spanish regions, 1955-1997; terrorism from 1970."""
    return _read(PANELS / "basque.csv", "region", "year")


@cache
def germany() -> Public:
    """GDP a head of 17 countries, 1960-2003; reunification in 1990."""
    return _read(PANELS / "german_reunification.csv", "country", "year")


def formula() -> Floats:
    """(52, 24) a panel without a file; unit 0 is treated from period 40."""
    t, j = np.arange(52)[:, None], np.arange(24)
    noise = ((t**2 * (7 + j) + 31 * j**2 + 17 * t * j + 3 * t) % 103) / 103 - 0.5
    wave = 6 * (1 + ((3 * j) % 5) / 4) * np.sin(t / 6)
    base = 40 + 3 * ((5 * j) % 7) + wave + 0.1 * (1 + (2 * j) % 3) * t
    base[:, 0] = 0.5 * base[:, 4] + 0.3 * base[:, 9] + 0.2 * base[:, 14]
    values = base + 2 * noise
    values[40:, 0] += 3
    return np.round(values, 4)


def random_panel(seed: int, periods: int, units: int) -> Floats:
    """(periods, units) common shocks, own trends and noise."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(periods, 2)).cumsum(axis=0)
    loads = rng.uniform(0.5, 1.5, size=(2, units))
    return 20 + rng.normal(0, 3, units) + common @ loads + rng.normal(0, 0.5, (periods, units))
