"""Tail areas and quantiles that keep their digits far out, from scipy.special alone."""

import math

from scipy import special

SMALLEST = 5e-324
LN10 = math.log(10)
LN2 = math.log(2)


def normal_quantile(tail: float) -> float:
    """The z that a standard normal exceeds with probability `tail`."""
    return -float(special.ndtri(tail))


def normal_upper(z: float) -> float:
    """P(Z > z) of a standard normal."""
    return float(special.ndtr(-z))


def normal_two_sided(z: float) -> float:
    """P(|Z| > |z|), never 0."""
    return max(2 * float(special.ndtr(-abs(z))), SMALLEST)


def normal_two_sided_log10(z: float) -> float:
    """The decimal logarithm of P(|Z| > |z|), exact where the probability underflows."""
    return (LN2 + float(special.log_ndtr(-abs(z)))) / LN10


def student_quantile(tail: float, df: float | None) -> float:
    """The t that a Student t with df degrees of freedom exceeds with probability `tail`.

    df None stands for the normal distribution.
    """
    if df is None:
        return normal_quantile(tail)
    return -float(special.stdtrit(df, tail))


def student_upper(t: float, df: float | None) -> float:
    """P(T > t); df None stands for the normal distribution. Never 0."""
    if df is None:
        return max(normal_upper(t), SMALLEST)
    half = student_two_sided(t, df) / 2
    return max(half, SMALLEST) if t >= 0 else 1 - half


def student_two_sided(t: float, df: float | None) -> float:
    """P(|T| > |t|), never 0; df None stands for the normal distribution.

    The incomplete beta function of df/(df + t²), or its complement at t²/(df + t²):
    whichever argument is the smaller, so that no digits are lost
    (Abramowitz & Stegun 1964, 26.7.1).
    """
    if df is None:
        return normal_two_sided(t)
    return max(_student_tails(t, df), SMALLEST)


def student_two_sided_log10(t: float, df: float | None) -> float:
    """The decimal logarithm of P(|T| > |t|), also where the probability underflows."""
    if df is None:
        return normal_two_sided_log10(t)
    p = _student_tails(t, df)
    if p > 1e-290:
        return math.log10(p)
    # p = I_x(df/2, 1/2) with x = df/(df + t²), by its continued fraction (DLMF 8.17.22).
    a, b = df / 2, 0.5
    log_x = -math.log1p(t / df * t) if abs(t) < 1e150 else math.log(df) - 2 * math.log(abs(t))
    log_y = math.log(_squared_share(t, df))
    front = a * log_x + b * log_y - math.log(a) - float(special.betaln(a, b))
    return (front + math.log(_beta_fraction(math.exp(log_x), a, b))) / LN10


def chi_square_upper(statistic: float, df: float) -> float:
    """P(X > statistic) of a chi-square with df degrees of freedom, never 0."""
    return max(float(special.chdtrc(df, statistic)), SMALLEST)


def f_upper(statistic: float, df_between: float, df_within: float) -> float:
    """P(F > statistic), never 0."""
    share = df_within / (df_within + df_between * statistic)
    return max(float(special.betainc(df_within / 2, df_between / 2, share)), SMALLEST)


def _student_tails(t: float, df: float) -> float:
    if t * t < df:
        return float(special.betaincc(0.5, df / 2, _squared_share(t, df)))
    return float(special.betainc(df / 2, 0.5, df / (df + t * t)))


def _squared_share(t: float, df: float) -> float:
    """t²/(df + t²) without overflow."""
    if abs(t) > 1e150:
        return 1.0
    return t * t / (df + t * t)


def _beta_fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method."""
    tiny = 1e-300
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > tiny else tiny)
    value = d
    for m in range(1, 100_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 + term * d
            d = 1 / (d if abs(d) > tiny else tiny)
            c = 1 + term / c
            c = c if abs(c) > tiny else tiny
            value *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return value
