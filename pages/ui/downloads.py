"""What can be taken away from a readout beside its tables: the readout, the study, their names."""

from collections.abc import Mapping
from typing import Any

Content = Mapping[str, Any]


def file_name(readout_id: str, content: Content, what: str, ending: str) -> str:
    """A name that says which readout of which log it is: no two readouts share one.

    Streamlit may give two downloads of equal length one address; different names keep them
    apart.
    """
    log = str(content["log"]["sha256"])[:8]
    return f"verdict-{readout_id[:12]}-{log}-{what}.{ending}"


def readout_json(content: Content) -> str:
    """The readout as it is saved."""
    from analysis.readout import Readout

    return Readout(dict(content)).to_json()


def study_toml(content: Content) -> str:
    """The study file that makes this readout again, defaults written out."""
    from analysis.study import Study

    return Study.parse(content["study"]).to_toml()
