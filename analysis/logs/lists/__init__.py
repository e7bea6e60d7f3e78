"""Lists that several rankers filled: from any accepted shape of log to arrays of slots."""

from analysis.logs.lists.read import read_lists
from analysis.logs.lists.suggest import suggest_lists

__all__ = ["read_lists", "suggest_lists"]
