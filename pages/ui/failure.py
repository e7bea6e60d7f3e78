"""What a person sees when something fails: a message they can act on, never a traceback."""

import logging
import secrets

import streamlit as st

from analysis.core import VerdictError
from pages.ui.words import plain

log = logging.getLogger("verdict")


def show_error(error: VerdictError) -> None:
    """Show what is wrong, where, and the fix, with the stable code."""
    lines = [plain(error.what)]
    if error.where:
        lines.append(f"**Where:** {plain(error.where)}")
    if error.fix:
        lines.append(f"**What to do:** {plain(error.fix)}")
    lines.append(f":gray[Code: {plain(error.code)}]")
    st.error("  \n".join(lines), icon=":material/error:")


def show_failure(error: Exception) -> bool:
    """Show an error that no page has caught; a fault in Verdict goes to the server's log.

    Returns:
        True: Streamlit need not show anything itself.
    """
    if isinstance(error, VerdictError):
        show_error(error)
        return True
    mark = secrets.token_hex(4)
    log.error("Message %s", mark, exc_info=error)
    st.error(
        "This page met a fault in Verdict itself. Nothing that was saved is lost.  \n"
        f"**What to do:** reload the page; if it stays so, report message `{mark}`, which the"
        " server's log explains.  \n:gray[Code: page_failed]",
        icon=":material/error:",
    )
    return True
