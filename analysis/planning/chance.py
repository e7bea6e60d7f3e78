"""Where a draft's coins come from: a seed in a service, a script in a proof."""

import random
from collections.abc import Sequence
from typing import Protocol


class Chance(Protocol):
    """Draws one of several things."""

    def pick(self, weights: Sequence[float]) -> int:
        """The place of the thing drawn; chances are in proportion to the weights."""
        ...


class Seeded:
    """Draws that a seed decides: the same seed, the same draws, on every machine.

    Args:
        seed: A number or a text. In a service take a secret and the request's id, such as
            ``f"{salt}:{request_id}"``: a new coin for each list, that can be drawn again.
    """

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a coin that must be repeatable

    def pick(self, weights: Sequence[float]) -> int:
        """The place of the thing drawn; chances are in proportion to the weights."""
        return self._random.choices(range(len(weights)), weights)[0]
