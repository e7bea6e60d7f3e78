"""Lines that the intake could not split into cells, as entries of an account."""

from analysis.logs.accounting import LeftOut
from analysis.logs.intake import Source


def rejected_lines(source: Source | None) -> list[LeftOut]:
    """Lines that the intake could not split into cells."""
    if source is None:
        return []
    return [
        LeftOut(
            reason,
            n,
            tuple(
                {"row": line.row, "value": line.text}
                for line in source.rejected
                if line.reason == reason
            ),
        )
        for reason, n in sorted(source.rejected_count.items())
        if n
    ]
