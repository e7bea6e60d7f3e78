"""The menu and the way from an address to a page.

There is no `pages/` folder beside this file, so Streamlit's older way of finding pages never
starts: a deep link into a cold process ends on its page, inside the menu.
"""

from pathlib import Path

import streamlit as st

from pages.ui import frame

PAGES = Path(__file__).resolve().parents[1]


def main() -> None:
    """Show the page that the address names."""
    st.set_page_config(
        page_title="Verdict",
        page_icon=str(frame.ASSETS / "favicon.png"),
        layout="wide",
        menu_items={"Get help": None, "Report a bug": None, "About": None},
    )
    st.logo(str(frame.ASSETS / "logo.svg"), icon_image=str(frame.ASSETS / "mark.svg"))
    page = st.navigation(
        [
            _page("studies", "Studies", "lists", "", "All saved studies and their verdicts."),
            _page("new_study", "New study", "add_circle", "new_study", "From a log to a verdict."),
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
            _page("guide", "Guide", "menu_book", "guide", "How to read a readout; log formats."),
        ]
    )  # fmt: skip
    page.run()


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
