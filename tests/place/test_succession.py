"""Mines of an earlier build and those that took their place."""

import shutil
from pathlib import Path

import pytest
import shapely

import quarrydb
from quarrydb.engine.build import build
from quarrydb.errors import QuarryError
from quarrydb.project import load_project
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
