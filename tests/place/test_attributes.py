"""Names of mines from other data sets: inside, nearest, and which of several."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

import quarrydb
from quarrydb.engine.build import build
from quarrydb.errors import ProjectError
from quarrydb.project import load_project
from tests.sql_world import database
from tests.worlds import write_project

MINES = [
    shapely.box(0, 0, 0.02, 0.02),
    shapely.box(0.1, 0, 0.12, 0.02),
    shapely.box(1, 1, 1.01, 1.01),
]
FIRST = [
    ("near", None, "copper", 0.03, 0.01),  # 1.1 km east of the first mine
    ("inside", "Alpha", None, 0.01, 0.01),
    ("between", "Between", "zinc", 0.055, 0.01),  # 3.9 km from the first, 5 km from the second
    ("second", "Beta", "gold; Copper / silver", 0.11, 0.01),
]
SECOND = [("x", "Other name", "iron", 0.01, 0.012), ("", "Lost", "coal", None, 5.0)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = write_project(tmp_path / "p", {"a": MINES})
    lines = ""
    for name, rows in (("first", FIRST), ("second", SECOND)):
        frame = pd.DataFrame(rows, columns=["id", "mine", "what", "longitude", "latitude"])
        frame.to_csv(folder / f"{name}.csv", index=False)
        lines += (
            f'\n[[attributes]]\nname = "{name}"\npath = "{name}.csv"\ncrs = "EPSG:4326"\n'
            'id = "id"\nlabel = "mine"\ncommodity = "what"\n'
        )
    file = folder / "quarry.toml"
    file.write_text(file.read_text() + lines)
    return folder


def test_matches_names_and_commodities(folder: Path) -> None:
    with quarrydb.connect(build(load_project(folder), workers=1).database) as connection:
        matches = connection.execute(
            'SELECT feature_id, "match", round(distance_km, 2), round(longitude, 1) FROM mine_attribute '
            "JOIN mine USING (mine_id) ORDER BY 1"
        ).fetchall()
        named = connection.execute("SELECT name, commodity FROM mine ORDER BY longitude").fetchall()
        commodities = connection.execute(
            "SELECT commodity, n_mines FROM commodity_summary ORDER BY 1"
        ).fetchall()
        coverage = connection.execute(
            "SELECT source, n_features, n_matched, n_inside, n_mines FROM attribute_coverage"
        ).fetchall()
        issues = connection.execute(
            "SELECT problem FROM raw.load_issue WHERE source = 'second'"
        ).fetchall()
    assert matches == [
        ("inside", "inside", 0.0, 0.0),
        ("near", "nearest", 1.11, 0.0),
        ("second", "inside", 0.0, 0.1),
        ("x", "inside", 0.0, 0.0),
    ]
    # The name is of the first source, which has no commodity: that is the second's, inside before near.
    assert named == [("Alpha", "iron"), ("Beta", "gold; Copper / silver"), (None, None)]
    assert commodities == [("copper", 1), ("gold", 1), ("iron", 1), ("silver", 1)]
    assert coverage == [("first", 4, 3, 2, 2), ("second", 1, 1, 1, 1)]
    assert len(issues) == 1


def test_a_source_that_tells_nothing_is_a_mistake(folder: Path) -> None:
    file = folder / "quarry.toml"
    file.write_text(file.read_text().replace('label = "mine"\ncommodity = "what"\n', ""))
    with pytest.raises(ProjectError, match="label, commodity or operator"):
        load_project(folder)


def test_distances_are_geodesic_also_across_the_180th_meridian() -> None:
    """Features on circles around mines at either edge of the map, far north and south."""
    geod = Geod(ellps="WGS84")
    corners = [(-179.99, 65.0), (179.95, 40.0), (10.0, -65.0)]
    mines = [shapely.box(x, y, x + 0.01, y + 0.01) for x, y in corners]
    wanted, features = {}, []
    for number, mine in enumerate(mines):
        edge = shapely.get_coordinates(shapely.segmentize(mine.exterior, 0.0005))
        for km in (3, 90, 450):
            for azimuth in (20, 100, 200, 280):
                x, y, _ = geod.fwd(mine.centroid.x, mine.centroid.y, azimuth, km * 1000)
                found = geod.inv(np.full(len(edge), x), np.full(len(edge), y), *edge.T)[2]
                wanted[f"{number} {km} {azimuth}"] = (f"m{number}", found.min() / 1000)
                features.append(f"('{number} {km} {azimuth}', 'POINT ({x} {y})')")
    rows = ", ".join(f"('m{i}', '{mine.wkt}')" for i, mine in enumerate(mines))
    tables = {
        "raw.attribute_feature": (
            "SELECT 'a' AS source, id AS feature_id, 480.0 AS within_km, ST_GeomFromText(wkt) AS geometry "
            f"FROM (VALUES {', '.join(features)}) AS t (id, wkt)"
        ),
        "core.mine": (
            f"SELECT id AS mine_id, ST_GeomFromText(wkt) AS geometry FROM (VALUES {rows}) AS t (id, wkt)"
        ),
    }
    with database(["core.attribute_near"], tables) as connection:
        near = connection.execute(
            "SELECT feature_id, mine_id, distance_km FROM core.attribute_near"
        ).fetchall()
    assert {(feature, mine) for feature, mine, _ in near} == {
        (f, m) for f, (m, _) in wanted.items()
    }
    for feature, _, km in near:
        allowed = 1e-4 if wanted[feature][1] < 100 else 2e-3
        assert km == pytest.approx(wanted[feature][1], rel=allowed)
