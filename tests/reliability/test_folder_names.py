"""Folders and projects with names that DuckDB, GDAL or a page could take for something else."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

import quarrydb
from quarrydb import inference
from quarrydb.engine.build import build
from quarrydb.loaders.vector_file import read_vector
from quarrydb.project import load_project
from quarrydb.report import write_report
from quarrydb.webmap import write_map
from tests.reliability.faults import Hashes
from tests.reliability.small import write_small
from tests.reliability.table import case, tried
from tests.reliability.test_network import FEATURE
from tests.reliability.tools import refusal, table_hashes

ODD = "year=2016 ü'\"!a;b#c*[d]{e}%20&$(f)\n.zip"
REFUSED = [
    case("Security", "project in a folder named with a question mark", "a?b"),
    case("Security", "project in a folder whose name is no UTF-8", os.fsdecode(b"a\xffb")),
]
HEAD = '[project]\nname = "test"\n[[polygons]]\nname = "a"\npath = "a.gpkg"\n'


@pytest.mark.parametrize("name", REFUSED)
def test_folder_is_refused(name: str, tmp_path: Path, happened: Callable[[str], None]) -> None:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "a.gpkg").touch()
    (folder / "quarry.toml").write_text(HEAD)
    happened(refusal(lambda: load_project(folder)))


@tried(
    "Security", "project in a folder named like a partition, an archive, a pattern and an address"
)
def test_folder_with_an_odd_name(
    tmp_path: Path, expected: Hashes, happened: Callable[[str], None]
) -> None:
    write_small(tmp_path / "plain").rename(tmp_path / ODD)
    project = load_project(tmp_path / ODD)
    build(project, workers=1)
    assert table_hashes(project.database).keys() == expected.keys()
    assert table_hashes(project.database)["core.mine"] == expected["core.mine"]
    assert [path.name for path in tmp_path.iterdir()] == [ODD]
    happened("Built as in any other; nothing is written beside it.")


def test_shards_are_read_without_partitions() -> None:
    """A folder ``year=2016`` on the way to a shard would be a column of it."""
    folders = [Path(*module.__path__) for module in (quarrydb, inference)]
    for file in (file for folder in folders for file in folder.rglob("*.py")):
        for call in re.findall(r"read_parquet\(\?[^)]*\)", file.read_text(encoding="utf-8")):
            assert "hive_partitioning = false" in call, file


@pytest.mark.parametrize("name", ["a!b.geojson", "a;b.geojson", "a\nb.geojson", "a.zip!b.geojson"])
def test_file_with_an_odd_name(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(json.dumps({"type": "FeatureCollection", "features": [FEATURE]}))
    assert read_vector(tmp_path / name).ids == ["0"]


@tried("Security", "project called as a place in a page's template")
def test_project_called_as_a_template(project: Path, happened: Callable[[str], None]) -> None:
    name = "__SCRIPT__{{ 7 * 7 }}{% raw %}</script><script>alert(1)</script>"
    with duckdb.connect(str(project / "mines.duckdb")) as connection:
        connection.execute("UPDATE raw.build SET project = ?", [name])
    with quarrydb.open(project / "mines.duckdb") as database:
        write_map(database.connection, project / "map.html")
        write_report(database.connection, project / "report")
    for page in ("map.html", "report/index.html"):
        html = (project / page).read_text(encoding="utf-8")
        assert "__SCRIPT__{{ 7 * 7 }}{% raw %}&lt;/script&gt;" in html, page
        assert "<script>alert(1)" not in html, page
    happened("Shown as it is written, in the map and the report.")
