"""The promises of the project as a whole: what no module may do, and what the papers say."""

import ast
import gzip
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

TOP = Path(__file__).resolve().parent.parent
PRODUCT = (TOP / "analysis", TOP / "pages")
BANNED_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
BANNED_CALLS = {"eval", "exec", "compile", "__import__"}
HTML_MODULE = TOP / "pages" / "ui" / "html.py"


def product_files() -> list[Path]:
    """Every Python file of the product."""
    found = [path for folder in PRODUCT for path in folder.rglob("*.py")]
    return sorted([*found, *TOP.glob("*.py")])


def committed(*patterns: str) -> list[Path]:
    """Text files that git knows, or would take, by pattern."""
    listed = subprocess.run(
        ("git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns),
        cwd=TOP,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [TOP / name for name in listed if (TOP / name).is_file()]


def imports(path: Path) -> Iterator[str]:
    """The modules a file imports, as dotted names."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_there_is_a_product_to_look_at() -> None:
    """Otherwise the tests below would pass on nothing."""
    assert len(product_files()) > 10


@pytest.mark.parametrize("path", product_files(), ids=lambda path: str(path.relative_to(TOP)))
def test_nothing_in_the_product_unpickles_or_evaluates(path: Path) -> None:
    assert not {name.split(".")[0] for name in imports(path)} & BANNED_MODULES
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in BANNED_CALLS, f"line {node.lineno}"
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert isinstance(node.value, ast.Constant)
            assert node.value.value is False


def test_streamlit_is_imported_by_screens_only() -> None:
    seen = {
        path.relative_to(TOP).parts[0]
        for path in product_files()
        if any(name.split(".")[0] == "streamlit" for name in imports(path))
    }
    assert seen <= {"app.py", "pages"}


def test_nothing_imports_the_application_or_a_screen() -> None:
    """The import linter knows packages only: app.py is a module, and a screen is a script."""
    for path in product_files():
        names = set(imports(path))
        assert "app" not in {name.split(".")[0] for name in names}, path
        screens = {name for name in names if re.match(r"pages\.(?!ui(\.|$))", name)}
        assert not screens, path


def test_raw_html_is_written_by_one_module_only() -> None:
    """So that one file shows whether everything is escaped."""
    for path in product_files():
        if path == HTML_MODULE:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword):
                assert node.arg != "unsafe_allow_html", f"{path}:{node.value.lineno}"
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                named = (node.value.id, node.attr)
                assert named != ("st", "html"), f"{path}:{node.lineno}"


def test_no_committed_text_names_a_machine_or_its_registry() -> None:
    # Put together here, so that this file does not find itself.
    slash = "/"
    banned = [slash + name + slash for name in ("work", "root", "farm")]
    banned += [
        "file:" + slash * 2,
        "--index" + "-url",
        "--find" + "-links",
        "files.python" + "hosted",
    ]
    for path in committed(
        "*.py", "*.md", "*.toml", "*.txt", "*.lock", "Makefile", ".ci/*", "*.css"
    ):
        text = path.read_text(encoding="utf-8")
        for word in banned:
            assert word not in text.replace("--no-emit-index-url", ""), f"{path}: {word}"


def test_files_of_samples_are_small_and_named_in_their_readme() -> None:
    readme = (TOP / "data" / "README.md").read_text(encoding="utf-8")
    samples = [path for path in (TOP / "data" / "samples").iterdir() if path.is_file()]
    assert samples
    for path in samples:
        assert path.stat().st_size < 2_000_000, path
        assert f"`samples/{path.name}`" in readme, path


def test_the_readme_of_data_counts_rows_right() -> None:
    readme = (TOP / "data" / "README.md").read_text(encoding="utf-8")
    logs = [path for path in (TOP / "data" / "samples").iterdir() if ".csv" in path.suffixes]
    assert len(logs) == 9
    for path in logs:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        rows = raw.count(b"\n") - 1
        assert re.search(rf"`samples/{path.name}` .*\| {rows:,} \|", readme), (path, rows)


def make_targets() -> set[str]:
    """The targets of the Makefile."""
    text = (TOP / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z][a-z-]*):", text, flags=re.MULTILINE))


@pytest.mark.parametrize("name", ("README.md", "data/README.md", "docs/ARCHITECTURE.md"))
def test_commands_in_the_papers_exist(name: str) -> None:
    text = (TOP / name).read_text(encoding="utf-8")
    for target in re.findall(r"^make ([a-z-]+)", text, flags=re.MULTILINE):
        assert target in make_targets()
    command_line = (TOP / "analysis" / "__main__.py").read_text(encoding="utf-8")
    for command in re.findall(r"python -m analysis ([a-z]+)", text):
        assert f'"{command}"' in command_line, command
    for linked in re.findall(r"\]\((?!https?:|#)([^)]+)\)", text):
        assert (TOP / name).parent.joinpath(linked).exists(), linked
    for study in re.findall(r"data/samples/\S+\.toml", text):
        assert (TOP / study).exists(), study


def test_the_make_help_names_every_target() -> None:
    shown = subprocess.run(
        ("make", "--no-print-directory", "help"),
        cwd=TOP,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    hidden = {"help", "install", "install-dev", "chromium", "postgres"}
    assert set(re.findall(r"^make ([a-z]+)", shown, flags=re.MULTILINE)) == make_targets() - hidden


@pytest.mark.parametrize("name", ("requirements", "requirements-dev"))
def test_the_lock_holds_what_the_ranges_ask_for(name: str) -> None:
    """Each direct dependency is locked inside its range, and every locked file has a hash."""
    lock = (TOP / f"{name}.lock").read_text(encoding="utf-8")
    entries = re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", lock, flags=re.MULTILINE)
    assert len(entries) > 20
    asked = (TOP / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    wanted = [Requirement(line) for line in asked if line and line[0] not in "#-"]
    for requirement in wanted:
        versions = [version for package, version in entries if package == requirement.name]
        assert versions, requirement.name
        for version in versions:
            assert requirement.specifier.contains(Version(version)), (requirement, version)
    blocks = re.split(r"^(?=[a-z0-9-]+==)", lock, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in block for block in blocks)


def test_both_locks_hold_the_same_versions() -> None:
    """So that what the tests see is what runs."""
    pattern = re.compile(r"^([a-z0-9-]+==[^\\]+)", flags=re.MULTILINE)
    small = set(pattern.findall((TOP / "requirements.lock").read_text(encoding="utf-8")))
    large = set(pattern.findall((TOP / "requirements-dev.lock").read_text(encoding="utf-8")))
    assert small <= large


def test_one_version_stands_everywhere() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (TOP / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## \[(\d[^\]]*)\]", changelog, flags=re.MULTILINE)
    assert released[0] == project["version"]


def test_no_product_file_is_collected_as_a_test_by_its_name() -> None:
    for path in product_files():
        assert not re.search(r"^test_|_test\.py$", path.name), path
        assert "tests" not in path.relative_to(TOP).parts[:-1], path


def test_docs_hold_short_decision_records() -> None:
    records = sorted((TOP / "docs" / "decisions").glob("*.md"))
    assert len(records) >= 4
    for path in records:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 20, path
