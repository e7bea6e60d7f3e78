"""A result held beside past experiments that were run both as interleaving and as A/B tests."""

from collections.abc import Sequence
from dataclasses import replace

from analysis.core.plain import plain
from analysis.interleaving.analyze import Result
from analysis.interleaving.bridge import PastPair, bridge, bridge_notices


def with_past(result: Result, rows: Sequence[tuple[str, float, float, float, float]]) -> Result:
    """The result with its bridge: agreement of the past pairs, and the A/B lift to expect.

    Args:
        result: What the lens found.
        rows: Name, interleaving lift and error, A/B lift and error.
    """
    pairs = [PastPair(*row) for row in rows]
    lift = (result.content.get("position_stratified") or {}).get("lift")
    known = {one.code for one in result.notices}
    said = tuple(one for one in bridge_notices(pairs) if one.code not in known)
    content = result.content | {"bridge": plain(bridge(pairs, lift))}
    return replace(result, content=content, notices=(*result.notices, *said))
