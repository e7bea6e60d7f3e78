"""Was the split right? Unit counts against the planned shares, once, by look and by slice."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from analysis.core.corrections import adjust_p_values
from analysis.core.tails import chi_square_upper, normal_quantile

ALARM = 0.001
WATCH = 0.01
MOST_MIXED = 0.01
SMALL_EXPECTED = 5


@dataclass(frozen=True)
class Split:
    """Observed unit counts against planned shares.

    Attributes:
        chi2: Pearson statistic.
        df: Arms minus 1.
        p: Its p-value.
        p_exact: Two arms: exact binomial p.
        share_control: Observed share of control.
        expected_low, expected_high: Range in which that share falls at 1 - alpha.
        smallest_expected: Smallest expected count.
    """

    chi2: float
    df: int
    p: float
    p_exact: float | None
    share_control: float
    expected_low: float
    expected_high: float
    smallest_expected: float

    @property
    def alarm_p(self) -> float:
        """The p that decides: the exact one where an expected count is below 5."""
        if self.p_exact is not None and self.smallest_expected < SMALL_EXPECTED:
            return self.p_exact
        return self.p


def check_split(
    counts: Sequence[int], weights: Sequence[float], alpha: float = 0.05, *, exact: bool = True
) -> Split | None:
    """Test of unit counts against planned shares; None without units or a second arm.

    Args:
        counts: Units by arm, control first; an arm with none stays in.
        weights: Planned shares in the same order, relative to their sum.
        alpha: Level of the expected range of the control's share.
        exact: Whether the exact p is wanted also where it does not decide.

    Source:
        Pearson (1900), Phil. Mag. 50, 157-175; Fabijan et al. (2019), KDD, 2156-2164
        (sample-ratio mismatch).
    """
    total = sum(counts)
    if total == 0 or len(counts) < 2:
        return None
    shares = [weight / sum(weights) for weight in weights]
    chi2 = sum((n - total * w) ** 2 / (total * w) for n, w in zip(counts, shares, strict=True))
    w = shares[0]
    smallest = total * min(shares)
    two = len(counts) == 2 and (exact or smallest < SMALL_EXPECTED)
    half = normal_quantile(alpha / 2) * math.sqrt(w * (1 - w) / total)
    return Split(
        chi2=chi2,
        df=len(counts) - 1,
        p=chi_square_upper(chi2, len(counts) - 1) if chi2 > 0 else 1.0,
        p_exact=exact_binomial(counts[0], total, w) if two else None,
        share_control=counts[0] / total,
        expected_low=w - half,
        expected_high=w + half,
        smallest_expected=smallest,
    )


def exact_binomial(successes: int, n: int, rate: float) -> float:
    """Two-sided exact binomial p: all outcomes no likelier than the observed.

    Source:
        Clopper, Pearson (1934), Biometrika 26, 404-413 (the distribution); Conover (1971).
    """
    if rate == 0.5:
        fewer = min(successes, n - successes)
        return _probability(1.0 if 2 * fewer == n else 2 * _at_most(fewer, n, rate))
    if successes > n * rate:
        return exact_binomial(n - successes, n, 1 - rate)
    limit = _log_chance(successes, n, rate) + math.log1p(1e-7)
    # Beyond the mean chances fall: find the first outcome that is no likelier.
    low, high = math.ceil(n * rate), n + 1
    while low < high:
        middle = (low + high) // 2
        if _log_chance(middle, n, rate) <= limit:
            high = middle
        else:
            low = middle + 1
    if low <= successes:
        return 1.0
    upper = float(special.betainc(low, n - low + 1, rate)) if low <= n else 0.0
    return _probability(_at_most(successes, n, rate) + upper)


def _at_most(k: int, n: int, rate: float) -> float:
    """The chance of at most k successes, k below n."""
    return float(special.betaincc(k + 1, n - k, rate))


def _probability(p: float) -> float:
    return min(1.0, max(p, 5e-324))


def _log_chance(k: int, n: int, rate: float) -> float:
    """Logarithm of the chance of k successes."""
    return float(
        special.gammaln(n + 1.0)
        - special.gammaln(k + 1.0)
        - special.gammaln(n - k + 1.0)
        + special.xlogy(k, rate)
        + special.xlog1py(n - k, -rate)
    )


def sequential_split(
    looks: Sequence[Sequence[int]], weights: Sequence[float], concentration: float
) -> list[tuple[float, float]]:
    """For each look: log Bayes factor against the planned shares, and the running p.

    Args:
        looks: Cumulative unit counts by arm, one row a look.
        weights: Planned shares, relative to their sum.
        concentration: Weight of the Dirichlet prior around the planned shares.

    Source:
        Lindon, Malek (2022), NeurIPS 35, "Anytime-valid inference for multinomial count
        data".
    """
    shares = np.array(weights, dtype=float) / sum(weights)
    prior = concentration * shares
    found = []
    lowest = 1.0
    for counts in looks:
        n = np.array(counts, dtype=float)
        log_factor = float(
            special.gammaln(concentration)
            - special.gammaln(concentration + n.sum())
            + (special.gammaln(prior + n) - special.gammaln(prior)).sum()
            - (n * np.log(shares)).sum()
        )
        lowest = min(lowest, math.exp(-log_factor) if log_factor > -700 else 1.0)
        found.append((log_factor, max(lowest, 5e-324)))
    return found


def check_slices(
    slices: Mapping[tuple[str, str], Sequence[int]], weights: Sequence[float]
) -> list[tuple[str, str, Split, float]]:
    """The split within each (column, level), with p adjusted over all slices by Holm."""
    tested = [
        (column, level, split)
        for (column, level), counts in slices.items()
        if (split := check_split(counts, weights, exact=False)) is not None
    ]
    adjusted = adjust_p_values([split.alarm_p for _, _, split in tested], "holm")
    return [
        (column, level, split, float(p if p is not None else 1.0))
        for (column, level, split), p in zip(tested, adjusted, strict=True)
    ]


def allocation(table: Mapping[str, Sequence[int]]) -> tuple[float, float] | None:
    """Chi-square of arm by stratum counts, and its p: does the split drift over strata?

    Args:
        table: Stratum -> unit counts by arm.
    """
    counts = np.array([row for row in table.values() if sum(row) > 0], dtype=float)
    if counts.size == 0:
        return None
    counts = counts[:, counts.sum(axis=0) > 0]
    if counts.shape[0] < 2 or counts.shape[1] < 2:
        return None
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    chi2 = float(((counts - expected) ** 2 / expected).sum())
    df = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    return chi2, (chi_square_upper(chi2, df) if chi2 > 0 else 1.0)
