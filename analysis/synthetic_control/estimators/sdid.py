"""Synthetic difference in differences, with its plain difference in differences beside it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.core import Floats
from analysis.synthetic_control.weights import Weights, simplex

# A placebo as large as the effect up to rounding counts as larger.
TIE = 1 - 1e-9


@dataclass(frozen=True)
class Sdid:
    """An effect by weighted donors and weighted pre-periods, and its placebos.

    Attributes:
        att: Mean effect a post-period, in the metric's unit.
        did: The same with equal weights: difference in differences.
        omega: (donors,) weights on the simplex.
        lambda_: (pre-periods,) weights on the simplex.
        sigma: Standard deviation of the donors' first differences before the start.
        zeta_omega, zeta_lambda: Penalties of the two fits.
        placebo_atts: (donors,) effect of each donor taken as treated, the treated absent;
            empty where it has no meaning.
        se_placebo: Their standard deviation (divisor: their number); None without them.
        rank: Place of the effect's size among theirs, 1 = largest; ties count against it.
        p_rank: rank / (donors + 1).
        duality_gap: Largest of all fits, relative.
    """

    att: float
    did: float
    omega: Floats
    lambda_: Floats
    sigma: float
    zeta_omega: float
    zeta_lambda: float
    placebo_atts: Floats
    se_placebo: float | None
    rank: int | None
    p_rank: float | None
    duality_gap: float


@dataclass(frozen=True)
class _Fit:
    att: float
    omega: Weights
    periods: Weights


def sdid(
    before: Floats,
    after: Floats,
    target: int,
    pool: NDArray[np.intp],
    n_treated: int = 1,
    *,
    placebo_atts: Floats | None = None,
) -> Sdid:
    """Effect on one unit, or on the mean of several, with exact weights and all placebos.

    With one treated unit there are only as many placebos as donors, so all are taken: no draw
    stands behind the error. The penalties stay those of the treated fit; weights are solved anew.

    Args:
        before: (pre-periods, units) raw values, at least 2 periods.
        after: (post-periods, units).
        target: The treated unit.
        pool: (donors,) at least 1.
        n_treated: Units behind the treated series; it enters the penalty.
        placebo_atts: (donors,) effects of the placebos where they are known already.

    Returns:
        Placebos only with at least 2 donors and no more treated units than donors.

    Raises:
        SolverError: Weights cannot be certified.

    Source:
        Arkhangelsky, Athey, Hirshberg, Imbens, Wager (2021), AER 111, 4088-4118, algorithms 1
        and 4 (here without draws).
    """
    steps = np.diff(before[:, pool], axis=0)
    sigma = float(steps.std(ddof=1)) if steps.size > 1 else 0.0
    zeta_omega = float((n_treated * after.shape[0]) ** 0.25) * sigma
    zeta_lambda = 1e-6 * sigma
    fit = _fit(before, after, target, pool, zeta_omega, zeta_lambda)
    gaps = before[:, target] - before[:, pool].mean(axis=1)
    later = after[:, target] - after[:, pool].mean(axis=1)
    fits = [fit]
    rank = p_rank = error = None
    placebos = np.empty(0)
    if pool.size >= 2 and n_treated <= pool.size:
        others = [] if placebo_atts is not None else [pool[pool != donor] for donor in pool]
        fits += [
            _fit(before, after, int(donor), rest, zeta_omega, zeta_lambda)
            for donor, rest in zip(pool, others, strict=False)
        ]
        placebos = np.array([one.att for one in fits[1:]])
        if placebo_atts is not None:
            placebos = placebo_atts
        error = float(placebos.std())
        rank = 1 + int(np.sum(np.abs(placebos) >= abs(fit.att) * TIE))
        p_rank = rank / (pool.size + 1)
    return Sdid(
        att=fit.att,
        did=float(later.mean() - gaps.mean()),
        omega=fit.omega.weights,
        lambda_=fit.periods.weights,
        sigma=sigma,
        zeta_omega=zeta_omega,
        zeta_lambda=zeta_lambda,
        placebo_atts=placebos,
        se_placebo=error,
        rank=rank,
        p_rank=p_rank,
        duality_gap=max(max(one.omega.duality_gap, one.periods.duality_gap) for one in fits),
    )


def _fit(
    before: Floats,
    after: Floats,
    target: int,
    pool: NDArray[np.intp],
    zeta_omega: float,
    zeta_lambda: float,
) -> _Fit:
    misses = before[:, pool] - before[:, [target]]
    omega = simplex(misses - misses.mean(axis=0), zeta_omega**2 * misses.shape[0])
    periods = period_weights(before, after, pool, zeta_lambda)
    later = after[:, pool] - after[:, [target]]
    change = periods.weights @ misses - later.mean(axis=0)
    return _Fit(float(change @ omega.weights), omega, periods)


def period_weights(
    before: Floats, after: Floats, pool: NDArray[np.intp], zeta_lambda: float
) -> Weights:
    """Weights (pre-periods,): which mean of the donors' pre-periods foretells their post mean?"""
    across = (before[:, pool] - after[:, pool].mean(axis=0)).T
    return simplex(across - across.mean(axis=0), zeta_lambda**2 * pool.size)
