"""The menu and the way from an address to a page.

There is no `pages/` folder beside this file, so Streamlit's older way of finding pages never
starts: a deep link into a cold process ends on its page, inside the menu.
"""

import base64
from functools import cache
from pathlib import Path

import streamlit as st

from pages.ui import frame, visitor

PAGES = Path(__file__).resolve().parents[1]


def main() -> None:
    """Show the page that the address names."""
    st.set_page_config(
        page_title="Verdict",
        page_icon=_favicon(),
        layout="wide",
        menu_items={"Get help": None, "Report a bug": None, "About": None},
    )
    st.logo(str(frame.ASSETS / "logo.svg"), icon_image=str(frame.ASSETS / "mark.svg"))
    visitor.let_in()
    frame.carry_study()
    page = st.navigation(
        [
            _page("studies", "Studies", "lists", "", "All saved studies and their verdicts."),
            *_for("write", "new_study", "New study", "add_circle", "From a log to a verdict."),
            _page("ab", "A/B", "compare_arrows", "ab", "The open study's A/B readout."),
            _page(
                "interleaving", "Interleaving", "format_list_numbered", "interleaving",
                "Which ranker people choose, in the open study's lists.",
            ),
            _page(
                "synthetic_control", "Synthetic control", "ssid_chart", "synthetic_control",
                "What would have happened without the launch, in the open study's panel.",
            ),
            _page(
                "data_health", "Data health", "fact_check", "data_health",
                "What came in, what was left out of the open study, and why.",
            ),
            *_for(
                "write", "planning", "Planning", "event_upcoming",
                "Before launch: what a test would show, and on which units.",
            ),
            *_for("share", "links", "Links", "link", "Every share link, and the way to end it."),
            *_for("audit", "activity", "Activity", "history", "Who did what; for admins."),
            _page("guide", "Guide", "menu_book", "guide", "How to read a readout; log formats."),
        ]
    )  # fmt: skip
    visitor.sign_out()
    page.run()


@cache
def _favicon() -> str:
    """The icon inside the page: as a file it would be closed to who has not signed in yet."""
    picture = base64.b64encode((frame.ASSETS / "favicon.png").read_bytes())
    return f"data:image/png;base64,{picture.decode()}"


def _for(action: str, file: str, title: str, icon: str, about: str) -> list[st.Page]:
    """A page for those who may do that; it is not there for others."""
    return [_page(file, title, icon, file, about)] if visitor.may(action) else []


def _page(file: str, title: str, icon: str, path: str, about: str) -> st.Page:
    return st.Page(
        PAGES / f"{file}.py",
        title=title,
        icon=f":material/{icon}:",
        url_path=path or None,
        default=not path,
        help=about,
    )


if __name__ == "__main__":
    main()
