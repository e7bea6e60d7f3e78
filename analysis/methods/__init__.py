"""Every method by lens, with the paper it comes from: light enough for a page that only reads."""

from analysis.core.method import Method
from analysis.methods import ab, interleaving

METHODS: dict[str, tuple[Method, ...]] = {
    "ab": ab.METHODS,
    "interleaving": interleaving.METHODS,
}

__all__ = ["METHODS", "Method"]
