"""Project files that are wrong or hostile: every mistake with its line, before anything runs."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from quarrydb.project import load_project
from tests.reliability.table import case, tried
from tests.reliability.tools import refusal

HEAD = '[project]\nname = "test"\n'
MINES = '[[polygons]]\nname = "a"\npath = "a.gpkg"\n'

TEXTS = {
    "empty file": "",
    "not TOML": "[project\n",
    "NUL bytes": HEAD + "\0",
    "binary": b"\xff\xfe\x00\x01" * 10,
    "unknown table": HEAD + MINES + "[mines]\n",
    "unknown key": HEAD + MINES + "colour = 1\n",
    "several mistakes": HEAD + MINES + "layer = 3\n[parameters]\nmin_area_km2 = -1\nfoo = 2\n",
    "wrong type": HEAD + MINES + "[parameters]\nmin_area_km2 = []\n",
    "table in place of a list": HEAD + '[polygons]\nname = "a"\n',
    "number that is NaN": HEAD + MINES + "[parameters]\nmin_area_km2 = nan\n",
    "number that is infinite": HEAD + MINES + "[parameters]\ngrid_cell_km = inf\n",
    "no sources": HEAD,
    "two sources of one name": HEAD + MINES + MINES,
    "source name with SQL": HEAD + MINES.replace('"a"', '"a\'; DROP TABLE x"'),
    "path that is not there": HEAD + MINES.replace("a.gpkg", "b.gpkg"),
    "empty path": HEAD + MINES.replace("a.gpkg", ""),
    "path with NUL": HEAD + MINES.replace("a.gpkg", "a\\u0000.gpkg"),
    "path of 5,000 characters": HEAD + MINES.replace("a.gpkg", "a" * 5000),
    "path in a circle of links": HEAD + MINES.replace("a.gpkg", "circle"),
    "path that is a pipe": HEAD + MINES.replace("a.gpkg", "pipe"),
    "path that is a device": HEAD + MINES.replace("a.gpkg", "/dev/zero"),
    "key given twice": HEAD + MINES + 'name = "b"\n',
    "reserved key": HEAD + MINES + "file = 1\n",
    "internal key": 'file = "x"\n' + HEAD + MINES,
}
HOSTILE = {
    "path that is a URL": HEAD + MINES.replace("a.gpkg", "https://127.0.0.1:9/a.gpkg"),
    "path under /vsicurl/": HEAD + MINES.replace("a.gpkg", "/vsicurl/http://127.0.0.1:9/a.gpkg"),
    "path that climbs to /vsicurl/": HEAD + MINES.replace("a.gpkg", "../" * 30 + "vsicurl/x"),
    "database that would overwrite a source": HEAD + 'database = "a.gpkg"\n' + MINES,
    "database that would overwrite a system file": HEAD + 'database = "/etc/passwd"\n' + MINES,
    "database that is a folder": HEAD + 'database = "folder.duckdb"\n' + MINES,
    "database at a URL": HEAD + 'database = "s3://bucket/mines.duckdb"\n' + MINES,
}
CASES = [case("Project file", name, text) for name, text in TEXTS.items()]
CASES += [case("Security", name, text) for name, text in HOSTILE.items()]


@pytest.mark.parametrize("text", CASES)
def test_project_file_is_refused(
    text: str | bytes, tmp_path: Path, happened: Callable[[str], None]
) -> None:
    (tmp_path / "a.gpkg").touch()
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "folder.duckdb").mkdir()
    os.mkfifo(tmp_path / "pipe")
    content = text.encode() if isinstance(text, str) else text
    (tmp_path / "quarry.toml").write_bytes(content)
    happened(refusal(lambda: load_project(tmp_path)).replace("a" * 5000, "a..."))


@tried("Project file", "not there")
def test_missing(tmp_path: Path, happened: Callable[[str], None]) -> None:
    happened(refusal(lambda: load_project(tmp_path / "none")))


@tried("Project file", "nested 5,000 deep")
def test_deep(tmp_path: Path, happened: Callable[[str], None]) -> None:
    (tmp_path / "quarry.toml").write_text(HEAD + "a = " + "[" * 5000 + "]" * 5000)
    happened(refusal(lambda: load_project(tmp_path)))
