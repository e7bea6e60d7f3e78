"""Numbers as people read them: signs, percent, intervals and p-values."""

MINUS = "−"


def signed_percent(share: float, digits: int = 1) -> str:
    """A lift such as +6.7% or −0.9%; more digits where one would round it away."""
    percent = share * 100
    while digits < 3 and percent and round(abs(percent), digits) == 0:
        digits += 1
    return _signed(percent, digits) + "%"


def signed_number(value: float) -> str:
    """A difference with its sign and three significant digits."""
    sign = MINUS if value < 0 else "+" if value > 0 else ""
    return sign + number(abs(value))


def number(value: float) -> str:
    """Three significant digits, thousands separated; all digits of large whole parts."""
    if value == 0:
        return "0"
    sign = MINUS if value < 0 else ""
    size = abs(value)
    # Rounded first: 9.999 reads as 10.0.
    exponent = int(f"{size:.2e}".partition("e")[2])
    if exponent >= 15 or exponent < -6:
        return f"{sign}{size:.2e}"
    return f"{sign}{size:,.{max(0, 2 - exponent)}f}"


def count(n: int) -> str:
    """A count with thousands separated."""
    return f"{n:,}"


def counted(n: int, noun: str) -> str:
    """A count and what is counted.

    >>> counted(1, "row"), counted(2_000, "row"), counted(0, "event id")
    ('1 row', '2,000 rows', '0 event ids')
    """
    return f"{n:,} {noun}" + ("" if n == 1 else "s")


def agreeing(n: int, one: str, several: str) -> str:
    """The verb or word that goes with a count.

    >>> agreeing(1, "was", "were"), agreeing(2, "was", "were")
    ('was', 'were')
    """
    return one if n == 1 else several


def p_value(p: float | None) -> str:
    """``p = 0.03``, ``p < 0.0001``, ``p < 1e-300``; never 0.000."""
    if p is None:
        return "no p-value"
    if p < 1e-300:
        return "p < 1e-300"
    if p < 1e-4:
        return "p < 0.0001"
    digits = 4 if p < 1e-3 else 3 if p < 1e-2 else 2
    text = f"{p:.{digits}f}"
    return f"p = {text}"


def level(alpha: float) -> str:
    """The level of an interval, such as 95%."""
    return f"{100 * (1 - alpha):.4g}%"


def lift_interval(low: float | None, high: float | None) -> str:
    """``+2.6% to +10.8%``."""
    ends = [signed_percent(end) if end is not None else "no bound" for end in (low, high)]
    return " to ".join(ends)


def difference_interval(low: float | None, high: float | None) -> str:
    """Like `lift_interval`, in the metric's unit."""
    ends = [signed_number(end) if end is not None else "no bound" for end in (low, high)]
    return " to ".join(ends)


def joined(names: list[str]) -> str:
    """``A``, ``A and B``, ``A, B and C``."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _signed(value: float, digits: int) -> str:
    text = f"{abs(value):,.{digits}f}"
    if float(text.replace(",", "")) == 0:
        return text
    return (MINUS if value < 0 else "+") + text
