"""Every block of the documentation that is marked as runnable runs, and prints what it shows."""

import re
from pathlib import Path

import pytest

from quarrydb.catalog.objects import read_catalog
from tests.docs import data_page, project_file, reference, runner

ROOT = Path(__file__).parents[2]
# What changed, old names beside today's, and what was measured when.
OLD_NAMES = ("CHANGELOG.md", "schema.md", "performance.md")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BUILDERS = ("start", "extend")
RUNNABLE = [
    pytest.param(page, id=page.stem, marks=[pytest.mark.slow] if page.stem in BUILDERS else [])
    for page in PAGES
    if list(runner.blocks(page.read_text(encoding="utf-8")))
]
LINK = re.compile(r"\[[^\]]+\]\((?P<target>[^)\s]+)\)")


@pytest.fixture
def folder(demo: Path, tmp_path: Path) -> Path:
    """An empty folder with the built demo world in it."""
    (tmp_path / "demo").symlink_to(demo)
    return tmp_path


@pytest.mark.parametrize("page", RUNNABLE)
def test_blocks_run_and_print_what_they_show(page: Path, folder: Path) -> None:
    assert runner.check(page, folder) == []


def test_the_cookbook_answers_twenty_questions_with_their_output() -> None:
    found = list(runner.blocks((ROOT / "docs" / "cookbook.md").read_text(encoding="utf-8")))
    assert len(found) >= 20
    assert all(block.language == "sql" and block.output for block in found)
    assert [block.line for block in found if "│" not in (block.output or "")] == []


def test_the_runner_sees_a_wrong_output_and_renews_it(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python run\nprint(6 * 7)\n```\n\n```text output\n41\n```\n")
    assert "page.md:1 prints\n42\nnot\n41" in runner.check(page, tmp_path)[0]
    assert runner.renew(page, tmp_path) == 1
    assert runner.check(page, tmp_path) == []
    page.write_text("```bash run\nexit 3\n```\n")
    assert "ended with 3" in runner.check(page, tmp_path)[0]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_inside_the_project_lead_somewhere(page: Path) -> None:
    for match in LINK.finditer(page.read_text(encoding="utf-8")):
        target, _, anchor = match["target"].partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), match["target"]
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file), match["target"]


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as Git hosts make them."""
    lines = page.read_text(encoding="utf-8").splitlines()
    heads = [line.lstrip("#").strip() for line in lines if line.startswith("#")]
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def every_page() -> list[Path]:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return sorted(page for page in pages if page.name not in OLD_NAMES)


@pytest.mark.parametrize("page", every_page(), ids=lambda page: page.stem)
def test_files_and_tables_that_a_page_names_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    rooms = "db|sql|loaders|inference|udfs|tests|benchmarks|examples|docs"
    files = re.findall(rf"`((?:{rooms})/[a-z0-9_./-]+)`", text)
    tables = re.findall(r"`((?:raw|core)\.[a-z0-9_]+)`", text)
    assert [name for name in files if not (ROOT / name).exists()] == []
    assert [name for name in tables if name not in read_catalog()] == []


def test_the_command_reference_is_what_the_commands_say() -> None:
    shown = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert shown == reference.page(), "renew it: python -m tests.docs.reference"


def test_the_data_dictionary_is_what_the_comments_say() -> None:
    shown = (ROOT / "docs" / "views.md").read_text(encoding="utf-8")
    assert shown == reference.views_page(), "renew it: python -m tests.docs.reference"


def test_the_reference_of_the_project_file_is_what_the_models_say() -> None:
    shown = (ROOT / "docs" / "project-file.md").read_text(encoding="utf-8")
    assert shown == project_file.page(), "renew it: python -m tests.docs.reference"


def test_the_page_of_data_is_what_the_catalogue_says() -> None:
    shown = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    assert shown == data_page.page(), "renew it: python -m tests.docs.reference"


def test_every_command_ends_in_an_example_that_names_it() -> None:
    for name, command in reference.commands().items():
        assert (command.epilog or "").startswith("Example: quarry"), name
        assert f"quarry {name}" in (command.epilog or ""), name
