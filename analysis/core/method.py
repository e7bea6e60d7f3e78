"""A method and whom to thank for it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    """A method by its name on screen, with the paper it comes from."""

    key: str
    label: str
    source: str
