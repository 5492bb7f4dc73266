"""Mines of an earlier build and those that took their place."""

import shutil
from pathlib import Path

import geopandas
import pytest
import shapely

import quarrydb
from quarrydb.engine.build import build
from quarrydb.errors import ProjectError, QuarryError
from quarrydb.loaders.previous import run_previous
from quarrydb.loaders.vector_clean import geodesic_area_km2
from quarrydb.project import load_project
from quarrydb.project.places import PreviousSource
from tests.reliability.tools import context_of
from tests.sql_world import database
from tests.worlds import write_polygons, write_project

OLD = [
    shapely.box(0, 0, 0.01, 0.01),  # stays
    shapely.box(0.1, 0, 0.12, 0.01),  # falls into two
    shapely.box(0.2, 0, 0.21, 0.01),  # goes
]
NEW = [
    OLD[0],
    shapely.box(0.1, 0, 0.105, 0.01),
    shapely.box(0.11, 0, 0.13, 0.01),
    shapely.box(0.3, 0, 0.31, 0.01),
]


def succeed(tmp_path: Path, previous: str) -> list[tuple]:
    """Rows of mine_succession with the longitudes of both, after a new edition of the polygons."""
    folder = write_project(tmp_path / "p", {"a": OLD})
    database = build(load_project(folder), workers=1).database
    shutil.copy(database, folder / "old.duckdb")
    with quarrydb.connect(database) as connection:
        ids = connection.execute("SELECT mine_id FROM mine ORDER BY longitude").fetchall()
    (folder / "a.gpkg").unlink()
    write_polygons(folder / "a.gpkg", NEW)
    (folder / "text.duckdb").write_text("no database")
    file = folder / "quarry.toml"
    file.write_text(f'{file.read_text()}\n[[previous]]\nname = "old"\npath = "{previous}"\n')
    with quarrydb.connect(build(load_project(folder), workers=1).database) as connection:
        rows = connection.execute(
            "SELECT old_mine_id, longitude, share_old, share_new FROM mine_succession "
            "LEFT JOIN mine USING (mine_id) WHERE old_build = 'old' ORDER BY 1, 2"
        ).fetchall()
    order = [mine_id for (mine_id,) in ids]
    return sorted((order.index(row[0]), *row[1:]) for row in rows)


def test_mines_that_stay_fall_apart_and_go(tmp_path: Path) -> None:
    rows = succeed(tmp_path, "old.duckdb")
    assert [row[0] for row in rows] == [0, 1, 1, 2]
    assert rows[0][2:] == (1, 1)
    assert rows[1][2:] == pytest.approx((0.25, 1), rel=1e-6)
    assert rows[2][2:] == pytest.approx((0.5, 0.5), rel=1e-6)
    assert rows[3][1:] == (None, 0, None)


def test_what_is_no_database_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(QuarryError, match=r"text\.duckdb"):
        succeed(tmp_path, "text.duckdb")


def test_an_equal_id_is_no_proof_of_an_equal_outline() -> None:
    """Of a file that somebody cut, or filled in wrong: half of a mine, its neighbour, and the mine itself."""
    mine = shapely.box(0, 0, 0.01, 0.01)
    old = {
        "half": shapely.box(0, 0, 0.005, 0.01),
        "beside": shapely.box(0.01, 0, 0.02, 0.01),
        "same": mine,
    }
    rows = ", ".join(f"('{name}', '{shape.wkt}')" for name, shape in old.items())
    tables = {
        "raw.previous_mine": (
            "SELECT build AS old_build, 'm' AS old_mine_id, ST_GeomFromText(wkt) AS geometry "
            f"FROM (VALUES {rows}) AS t (build, wkt)"
        ),
        "core.mine": (
            f"SELECT 'm' AS mine_id, {geodesic_area_km2(mine)} AS area_km2, "
            f"ST_GeomFromText('{mine.wkt}') AS geometry"
        ),
    }
    with database(["core.succession"], tables) as connection:
        found = connection.execute(
            "SELECT old_build, share_old, share_new FROM core.succession"
        ).fetchall()
    assert found == [("half", pytest.approx(1), pytest.approx(0.5)), ("same", 1, 1)]


def test_the_projects_own_database_is_no_earlier_build(tmp_path: Path) -> None:
    """A build replaces it: the next one would compare the mines with themselves."""
    folder = write_project(tmp_path / "p", {"a": OLD})
    (folder / "mines.duckdb").touch()
    (folder / "link.duckdb").symlink_to("mines.duckdb")
    file = folder / "quarry.toml"
    file.write_text(f'{file.read_text()}\n[[previous]]\nname = "old"\npath = "link.duckdb"\n')
    with pytest.raises(ProjectError, match="old is this project's own database"):
        load_project(folder)


def test_ids_of_earlier_mines_in_an_encoding_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "old.shp"
    frame = geopandas.GeoDataFrame({"mine_id": ["M\u00edna"]}, geometry=OLD[:1], crs=4326)
    frame.to_file(path, encoding="cp1252")
    path.with_suffix(".cpg").unlink()
    values = {"name": "old", "path": str(path), "encoding": "cp1252"}
    source = PreviousSource.model_validate(values, context={"root": tmp_path, "remotes": {}})
    parts = [part for part in tmp_path.iterdir() if part.stem == "old"]
    tables = run_previous(context_of(tmp_path, parts), source=source)
    assert tables["raw.previous_mine"]["old_mine_id"].to_pylist() == ["M\u00edna"]
