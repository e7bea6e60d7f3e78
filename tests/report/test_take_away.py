"""What can be taken away beside the page: a summary, a table, a picture, a file."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from analysis import report
from analysis.__main__ import main
from analysis.report import preview
from analysis.report.fonts import font, has
from tests.report.made import NAMES, content, with_levels

TOP = Path(__file__).resolve().parents[2]


def test_a_summary_says_word_sentence_scope_guardrails_and_rule() -> None:
    assert report.text_summary(content()).splitlines() == [
        "Checkout: one-page form: Ship",
        content()["verdict"]["headline"],
        "1–14 Sep 2026 · 24,991 units · control v treatment",
        "Guardrails: Purchase conversion: safe; Errors per user: safe",
        f"Rule r4: {content()['verdict']['rule_text']}",
    ]


def test_a_summary_of_a_stopped_study_names_the_cure_and_no_guardrail() -> None:
    said = report.text_summary(content("srm"))
    assert "Find the lost or doubled units before reading any lift." in said
    assert "Guardrails" not in said


def test_a_name_with_line_breaks_stays_on_its_line() -> None:
    made = content()
    made["study"]["name"] = "one\n\ntwo\u2028three"
    assert report.text_summary(made).splitlines()[0] == "one two three: Ship"


def test_the_table_holds_every_comparison_with_full_precision() -> None:
    made = content("arms")
    rows = list(csv.DictReader(io.StringIO(report.csv_text(made))))
    comparisons = [one for metric in made["ab"]["metrics"] for one in metric["comparisons"]]
    assert [float(row["lift"]) for row in rows] == [one["lift"] for one in comparisons]
    assert [row["treatment"] for row in rows] == [one["treatment"] for one in comparisons]


def test_lists_and_panels_give_all_numbers_of_their_lens() -> None:
    for name, field, lens in (
        ("lists_sound", "user_level.wins", "interleaving"),
        ("panel", "att", "synthetic_control"),
    ):
        made = content(name)
        rows = dict(list(csv.reader(io.StringIO(report.csv_text(made))))[1:])
        value = made[lens]
        for part in field.split("."):
            value = value[part]
        assert float(rows[field]) == value


def test_no_cell_of_the_table_runs_in_a_spreadsheet() -> None:
    made = content()
    made["ab"]["metrics"][0]["name"] = '=HYPERLINK("http://evil.example")'
    made["ab"]["metrics"][0]["comparisons"][0]["treatment"] = "@SUM(1)"
    cells = [cell for row in csv.reader(io.StringIO(report.csv_text(made))) for cell in row]
    assert '\'=HYPERLINK("http://evil.example")' in cells
    assert "'@SUM(1)" in cells
    assert not [one for one in cells if one[:1] in "=+@|%" and one and not _is_number(one)]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_small_levels_are_in_no_shared_number() -> None:
    made = content("lists_biased")
    made["interleaving"]["segments"][0]["levels"][2]["user_level"]["n_users"] = 19
    assert "tablet" not in report.csv_text(made)
    shared = json.dumps(report.aggregates(with_levels([30, 4])))
    assert "level-0" in shared
    assert "level-1" not in shared


@pytest.mark.parametrize("name", NAMES)
def test_the_picture_has_the_size_that_chats_ask_for_and_stays_the_same(name: str) -> None:
    first = report.preview_png(content(name))
    with Image.open(io.BytesIO(first)) as image:
        assert image.size == (1200, 630)
        assert image.format == "PNG"
    assert len(first) < 150_000
    assert report.preview_png(content(name)) == first


@pytest.mark.parametrize(
    "name",
    (
        "", " ", "新しいランキング", "\u05e9\u05dc\u05d5\u05dd", "\u0627\u0644",
        "e\u0301" * 40, "\U0001f469\u200d\U0001f467 emoji", "\x00\x1b[31m", "\ud800", "x" * 5000,
        "a b " * 2000, "\u202eevil", "Größe – Ελλάδα – Москва",
    ),
)  # fmt: skip
def test_no_name_breaks_the_picture_or_shows_a_missing_letter(name: str) -> None:
    made = content()
    made["study"]["name"] = name
    made["verdict"]["headline"] = name
    assert report.preview_png(made).startswith(b"\x89PNG")
    assert all(has(letter) for letter in preview.shown(name))


def test_lines_of_a_picture_fit_its_width() -> None:
    drawn = font(34)
    for said in ("word " * 80, "w" * 400, "short", "a " + "b" * 300 + " c"):
        made = preview.lines(said, drawn, most=3, width=600)
        assert 1 <= len(made) <= 3
        assert all(drawn.getlength(line) <= 600 for line in made)
    assert preview.lines("word " * 80, drawn, most=2, width=600)[-1].endswith("…")
    assert preview.lines("short", drawn, width=600) == ["short"]


def test_a_name_in_letters_the_font_has_not_is_left_to_the_page() -> None:
    assert preview.shown("新しいランキング") == ""
    assert preview.shown("Größe – Ελλάδα") == "Größe – Ελλάδα"


def test_the_command_line_writes_the_page_of_the_readout_it_prints(tmp_path: Path) -> None:
    study = TOP / "data" / "samples" / "onboarding.toml"
    page, readout = tmp_path / "report.html", tmp_path / "readout.json"
    assert main(["run", str(study), "--html", str(page), "--json", str(readout)]) == 0
    made = json.loads(readout.read_text(encoding="utf-8"))
    assert page.read_text(encoding="utf-8") == report.page(made)
    assert "Do not use" in page.read_text(encoding="utf-8")


def test_a_page_for_standard_output_comes_alone() -> None:
    study = TOP / "data" / "samples" / "onboarding.toml"
    said = subprocess.run(
        (sys.executable, "-m", "analysis", "run", str(study), "--html", "-"),
        cwd=TOP,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.startswith("<!doctype html>")
    assert said.endswith("</html>\n")
