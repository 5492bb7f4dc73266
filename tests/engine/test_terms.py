"""Licences, citations and units are written down without computing anything again."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
import shapely

from quarrydb.database.connection import connect
from quarrydb.database.dictionary import public_views
from quarrydb.engine.build import build
from quarrydb.engine.builder import Builder
from quarrydb.export.datapackage import datapackage
from quarrydb.project import Project, load_project
from quarrydb.provenance.licence import read_sources
from tests.reliability.tools import table_hashes
from tests.worlds import write_project

STEP = "load source terms"


def sections(content: object) -> Iterator[dict[str, Any]]:
    """Every table of a project file that names files."""
    if isinstance(content, dict):
        if "path" in content:
            yield content
        content = list(content.values())
    for part in content if isinstance(content, list) else []:
        yield from sections(part)


def with_terms(project: Project) -> Project:
    """The project with other terms at each of its sources."""
    content = tomllib.loads(project.file.read_text(encoding="utf-8"))
    for number, section in enumerate(sections(content)):
        section |= {"licence": f"licence {number}", "citation": f"Author {number}"}
    for indicator in content["indicator"]:
        indicator["unit"] = "another"
    whole = {**content, "file": project.file}
    return Project.model_validate(whole, context={"root": project.root})


def fingerprints(project: Project) -> Mapping[str, str]:
    """Fingerprint of each step."""
    return {node.name: node.fingerprint for node in Builder(project).plan().steps}


def test_terms_of_any_source_are_one_small_step(demo_project: Project) -> None:
    before, after = fingerprints(demo_project), fingerprints(with_terms(demo_project))
    assert {name for name in before if before[name] != after[name]} == {STEP}
    assert before.keys() == after.keys()
    assert len(before) > 40


def test_every_source_has_its_terms(demo_connection: duckdb.DuckDBPyConnection) -> None:
    """Labels alone have none: their section has no such keys."""
    without = demo_connection.execute(
        "SELECT DISTINCT kind FROM raw.load_file ANTI JOIN raw.source_terms USING (source, kind)"
    ).fetchall()
    assert without == [("labels",)]
    counts = demo_connection.execute(
        "SELECT (SELECT count(*) FROM raw.load), (SELECT count(*) FROM raw.load_file)"
    ).fetchone()
    assert counts is not None
    assert counts[0] == counts[1] > 0
    units = demo_connection.execute(
        "SELECT source, unit FROM raw.source_terms WHERE kind = 'indicator' ORDER BY source"
    ).fetchall()
    assert units == [("ndvi", "1"), ("ntl", "nW/cm2/sr")]


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A built project whose source names no licence."""
    folder = write_project(tmp_path / "world", {"a": [shapely.box(0, 0, 0.02, 0.02)]})
    build(load_project(folder), workers=1)
    return folder


def test_a_licence_looked_up_later_is_in_the_database_and_its_exports(world: Path) -> None:
    file = world / "quarry.toml"
    before = table_hashes(world / "mines.duckdb")
    text = file.read_text(encoding="utf-8")
    said = 'path = "a.gpkg"\nlicence = "CC BY 4.0"\ncitation = "Author 2024"'
    file.write_text(text.replace('path = "a.gpkg"', said), encoding="utf-8")
    assert build(load_project(world), workers=1).n_run == 1
    after = table_hashes(world / "mines.duckdb")
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"raw.source_terms", "raw.build"}
    with connect(world / "mines.duckdb") as connection:
        source = next(s for s in read_sources(connection) if s.name == "a")
        mine = [view for view in public_views(connection) if view.name == "mine"]
        package = datapackage(connection, mine, "csv", {"mine": ["mine.csv"]})
        row = connection.execute("SELECT licences FROM build_info").fetchone()
    assert (source.licence, source.citation) == ("CC BY 4.0", "Author 2024")
    exported = next(item for item in package["sources"] if item["title"] == "a")
    assert (exported["licence"], exported["citation"]) == ("CC BY 4.0", "Author 2024")
    assert row == ("CC BY 4.0",)
