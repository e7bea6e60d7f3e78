"""The exact sign-flip test: would users' differences add up so far with their signs drawn anew?"""

import math

import numpy as np

from analysis.core import Floats
from analysis.core.tails import LN2, SMALLEST

DRAWS = 200_000
# Hoeffding: beyond this many standard deviations lies less than 1e-31.
WINDOW = 12


def sign_flip(tau: Floats) -> float | None:
    """P(|S*| >= |S|) for the sum S of the differences, each sign a fair coin.

    Whole differences: exact, from the law of the sum by its Fourier transform. The law is
    tilted so that S is its middle; so the tail keeps its digits however small it is.
    Other differences: 200,000 draws with seed 0.

    Args:
        tau: (users,) candidate minus control credit.
    """
    if tau.size == 0:
        return None
    size, counts = np.unique(np.abs(tau[tau != 0]), return_counts=True)
    users = counts.astype(float)
    observed = abs(float(tau.sum()))
    if not np.array_equal(tau, np.rint(tau)):
        return _drawn(size, users, observed)
    if observed == 0:
        return 1.0
    reach = float(size @ users)
    if observed == reach:
        return max(math.ldexp(1.0, 1 - int(users.sum())), SMALLEST)
    return max(min(1.0, 2 * _tail(size, users, observed, reach)), SMALLEST)


def _tail(size: Floats, users: Floats, observed: float, reach: float) -> float:
    """P(S* >= observed) of a whole observed > 0 below the reach of all signs positive."""
    tilt = _tilt(size, users, observed)
    # The logarithm of cosh, without overflow.
    log_moment = float(users @ (tilt * size + np.log1p(np.exp(-2 * tilt * size)) - LN2))
    wide = 2 * WINDOW * math.sqrt(float(users @ (size * size))) + 3
    n = 1 << math.ceil(math.log2(min(wide, 2 * (reach + observed) + 3)))
    frequency = np.arange(n, dtype=np.int64)
    log_law = np.zeros(n, dtype=complex)
    for one, count in zip(size.astype(np.int64).tolist(), users.tolist(), strict=True):
        angle = 2 * math.pi / n * (frequency * (one % n) % n)
        turned = np.cos(angle) + 1j * math.tanh(tilt * one) * np.sin(angle)
        log_law += count * np.log(np.where(turned == 0, SMALLEST, turned))
    start = int(observed) % n
    angle = 2 * math.pi / n * (frequency * start % n)
    law = np.fft.fft(np.exp(log_law - 1j * angle)).real / n
    above = np.arange(n // 2)
    weighted = float((np.exp(-tilt * above) * law[: n // 2]).sum())
    exponent = log_moment - tilt * observed
    return weighted * math.exp(exponent) if exponent > -740 else 0.0


def _tilt(size: Floats, users: Floats, observed: float) -> float:
    """Where the tilted sum has its mean at the observed one, by bisection."""
    low, high = 0.0, 1.0
    while float(users @ (size * np.tanh(high * size))) < observed and high < 1e3:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        if float(users @ (size * np.tanh(middle * size))) < observed:
            low = middle
        else:
            high = middle
    return low


def _drawn(size: Floats, users: Floats, observed: float) -> float:
    rng = np.random.default_rng(0)
    total = np.zeros(DRAWS)
    for one, count in zip(size.tolist(), users.astype(np.int64).tolist(), strict=True):
        total += one * (2.0 * rng.binomial(count, 0.5, DRAWS) - count)
    hits = int((np.abs(total) >= observed - 1e-12).sum())
    return (1 + hits) / (DRAWS + 1)
