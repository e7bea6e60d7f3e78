"""Verdict: is the new version better, and may we ship it?

>>> from analysis import Study, run
>>> readout = run(Study.read("data/samples/checkout.toml"))  # doctest: +SKIP
>>> readout.to_json()  # doctest: +SKIP
"""

from typing import TYPE_CHECKING, Any

from analysis.core import versions

if TYPE_CHECKING:
    from analysis.readout import Readout, check, run
    from analysis.study import Study

__version__ = versions.VERDICT

__all__ = ["Readout", "Study", "__version__", "check", "run"]


def __getattr__(name: str) -> Any:
    """Load the public names when they are first asked for: a view page needs few of them."""
    if name == "Study":
        from analysis import study

        return study.Study
    if name in ("Readout", "check", "run"):
        from analysis import readout

        return getattr(readout, name)
    raise AttributeError(name)
