"""The rooms of the house: each imports only from rooms below it, so that no change runs in a circle."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {
    "db": "quarrydb",
    "loaders": "quarrydb.loaders",
    "inference": "quarrydb.inference",
    "udfs": "quarrydb.udfs",
}

# From the ground up. A room may import from any line above its own, never from its own line or below.
LAYERS = (
    ("errors", "palette", "redact", "scratch", "version"),
    ("files", "html", "memory", "catalog", "udfs", "workers"),
    ("fetch",),
    ("store", "project", "database"),
    ("contract", "provenance"),
    ("progress", "loaders"),
    ("inference",),
    ("engine", "export", "report", "webmap", "demo"),
    ("site",),
    ("cli",),
)
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}


def modules() -> Iterator[tuple[str, Path]]:
    for folder, package in FOLDERS.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT / folder).with_suffix("").parts
            yield ".".join((package, *parts)).removesuffix(".__init__"), path


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "quarrydb":
            yield from (f"quarrydb.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("quarrydb."):
            yield str(node.module)
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.startswith("quarrydb."))


def room(module: str) -> str:
    return module.split(".")[1]


def arrows() -> set[tuple[str, str, str]]:
    """(module, its room, the room that it imports from), without the package's own two files."""
    return {
        (module, room(module), room(other))
        for module, path in modules()
        if module.count(".") and room(module) != "__main__"
        for other in imported(path)
        if room(other) != room(module)
    }


def test_every_room_has_a_layer():
    rooms = {room(module) for module, _ in modules() if module.count(".")} - {"__main__"}
    assert rooms == set(LEVEL)


def test_rooms_import_only_from_below():
    upward = [
        f"{module} imports from {other}"
        for module, own, other in sorted(arrows())
        if LEVEL[other] >= LEVEL[own]
    ]
    assert not upward


@pytest.mark.parametrize(("own", "other"), [("loaders", "inference"), ("inference", "engine")])
def test_the_spine_has_no_back_arrow(own, other):
    assert not [module for module, room_, target in arrows() if (room_, target) == (own, other)]


def test_pytest_collects_every_folder_of_tests(pytestconfig: pytest.Config) -> None:
    """pytest passes by folders named build, dist and such, without a word."""
    passed_by = pytestconfig.getini("norecursedirs")
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    names = {part for folder in folders for part in folder.relative_to(ROOT / "tests").parts}
    assert not [name for name in names if any(fnmatch(name, each) for each in passed_by)]
