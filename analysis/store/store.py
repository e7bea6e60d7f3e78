"""The store: logs, studies and readouts, safe against kills and rivals."""

from analysis.store.kept_logs import KeepsLogs
from analysis.store.kept_readouts import KeepsReadouts
from analysis.store.kept_studies import KeepsStudies


class Store(KeepsLogs, KeepsStudies, KeepsReadouts):
    """Everything that is saved; cheap to make, safe to use from many threads and processes.

    Each method checks first whether the person it was made for may do that: what no rule
    allows is refused.
    """
