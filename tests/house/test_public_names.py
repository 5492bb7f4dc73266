"""The library does what the command does: each has a call, which a page names."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

import quarrydb
from quarrydb.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
CALLS = sorted(set(quarrydb.__all__) - {"Database", "SCHEMA_VERSION", "__version__"})
# Of models, of the shell, or said elsewhere in the page.
WITHOUT_A_LINE = {
    "chips", "train", "evaluate", "import-model", "images",
    "datasets", "doctor", "graph", "init", "sql", "views",
}  # fmt: skip


def test_every_name_is_there_and_typed() -> None:
    assert set(quarrydb.LAZY) == set(quarrydb.__all__) - {"SCHEMA_VERSION", "__version__"}
    assert set(quarrydb.__all__) <= set(dir(quarrydb))
    text = (ROOT / "db" / "__init__.py").read_text(encoding="utf-8")
    declared = re.findall(r"^    from (quarrydb\.\S+) import ([^#\n]+)", text, re.MULTILINE)
    pairs = {(name.strip(), module) for module, names in declared for name in names.split(",")}
    assert pairs == {(name, f"quarrydb.{room}") for name, room in quarrydb.LAZY.items()}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_says_what_it_does_and_stands_in_the_page(name: str) -> None:
    call = getattr(quarrydb, name)
    assert inspect.isroutine(call)
    assert inspect.getdoc(call)
    hints = inspect.signature(call)
    assert hints.return_annotation is not inspect.Signature.empty
    page = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
    assert f"{name}(" in page


def test_every_command_has_its_call() -> None:
    page = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
    commands = set(typer.main.get_command(app).commands) - WITHOUT_A_LINE  # type: ignore[attr-defined]
    assert {"build", "segment", "export", "report", "map", "sample", "demo"} <= commands
    assert {name for name in commands if f"`quarry {name}`" not in page} == set()


def test_no_name_is_that_of_a_room() -> None:
    rooms = {path.name for path in (ROOT / "db").iterdir() if (path / "__init__.py").is_file()}
    rooms |= {path.stem for path in (ROOT / "db").glob("*.py")}
    assert not rooms & set(quarrydb.__all__)


def test_asking_for_the_package_imports_no_engine() -> None:
    code = "import quarrydb, sys; print([m for m in ('duckdb', 'pydantic') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
