"""Write docs/methods.md from the registry of methods; `--check` only says whether it is current."""

import sys
from pathlib import Path

from analysis.methods import METHODS
from analysis.report.heading import LENSES

PAGE = Path(__file__).with_name("methods.md")


def page() -> str:
    """The page as it should be."""
    lines = [
        "# Methods and their sources",
        "",
        "Made from the registries in `analysis/methods`: change it there and `make docs`.",
        "",
    ]
    for lens, methods in METHODS.items():
        lines += [f"## {LENSES[lens]}", "", "| key | method | source |", "|---|---|---|"]
        lines += [f"| `{one.key}` | {one.label} | {one.source} |" for one in methods]
        lines.append("")
    return "\n".join(lines)


def main() -> int:
    """Exit status 1 where the page is not current and `--check` was given."""
    text = page()
    if "--check" in sys.argv[1:]:
        return 0 if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
