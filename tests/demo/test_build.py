"""A build of the demo world: vertices as planted, problems recorded, green taken from rasters."""

from pathlib import Path

import duckdb
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import quarrydb
from quarrydb.demo import write_demo
from quarrydb.demo.match import match_mines, read_mines
from quarrydb.engine.build import build
from quarrydb.project import load_project


def test_planted_vertices_come_back(demo: Path, demo_connection: duckdb.DuckDBPyConnection) -> None:
    planted = gpd.read_parquet(demo / "truth/mine.parquet").set_index("mine").geometry
    built = read_mines(demo_connection).set_index("mine_id").geometry
    pairs = match_mines(demo, demo_connection)
    assert pairs.mine.to_list() == planted.index.to_list()
    found, plan = built.loc[pairs.mine_id].to_numpy(), planted.to_numpy()
    moved = shapely.area(shapely.symmetric_difference(found, plan)) / shapely.area(plan)
    assert moved.max() < 1e-6
    # The vertex where a bow tie crosses itself, or three polygons meet, may stand twice or not.
    extra = shapely.get_num_coordinates(found) - shapely.get_num_coordinates(plan)
    assert (extra == 0).mean() > 0.95


def test_planted_problems_were_recorded(
    demo: Path, demo_connection: duckdb.DuckDBPyConnection
) -> None:
    planted = pd.read_parquet(demo / "truth/load_issue.parquet").groupby("source").problem
    rows = demo_connection.execute("SELECT source, problem, n FROM raw.load_issue").df()
    words = {
        "null": "no geometry",
        "empty": "geometry is empty",
        "3-D": "3-D coordinates",
        "multipart": "several parts",
        "invalid": "self-intersection",
    }
    for source, problems in planted:
        found = rows[rows.source == source]
        for problem, n in problems.value_counts().items():
            is_it = found.problem.str.contains(words[str(problem)])
            # A repaired bow tie has several parts too.
            assert found.n[is_it].sum() >= n, (source, problem)


@pytest.fixture(scope="module")
def from_rasters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small world built with stable green from break counts and land cover."""
    folder = tmp_path_factory.mktemp("green-raster")
    write_demo(folder, scale=0.3, only=["polygons", "landcover"])
    text = (folder / "quarry_green_raster.toml").read_text()
    (folder / "quarry_green_raster.toml").write_text(text.split("[landcover]")[0])
    build(load_project(folder / "quarry_green_raster.toml"), workers=1)
    return folder


@pytest.mark.slow
def test_pixel_objects_are_erased_as_planted(from_rasters: Path) -> None:
    """What erasing leaves of each outline is what the truth says, before simplification."""
    planted = gpd.read_parquet(from_rasters / "truth/outline.parquet")
    left = pd.read_parquet(from_rasters / "truth/outline_raster.parquet").set_index("outline")
    one_tile = left.n_tiles == 1
    with quarrydb.connect(from_rasters / "mines_green_raster.duckdb") as connection:
        table = connection.execute(
            "SELECT ST_Area_Spheroid(geometry) / 1e6 AS area_km2, geometry::BLOB AS geometry "
            "FROM core.erased"
        ).to_arrow_table()
    shapes = shapely.from_wkb(table["geometry"].to_numpy())
    part, outline = shapely.STRtree(planted.geometry.to_numpy()).query(
        shapely.point_on_surface(shapes), predicate="within"
    )
    area = table["area_km2"].to_numpy()[part]
    found = np.bincount(outline, area, len(planted))
    np.testing.assert_allclose(found[one_tile], left.area_km2[one_tile], rtol=1e-6, atol=1e-7)


def test_districts_and_register_are_as_planted(
    demo: Path, demo_connection: duckdb.DuckDBPyConnection
) -> None:
    pairs = match_mines(demo, demo_connection).set_index("mine_id").mine
    found = demo_connection.execute(
        "SELECT mine_id, region_id AS district, area_km2 FROM region_overlap WHERE layer = 'district'"
    ).df()
    found = found.assign(mine=found.mine_id.map(pairs)).set_index(["mine", "district"]).area_km2
    planted = pd.read_parquet(demo / "truth/mine_district.parquet")
    planted = planted.set_index(["mine", "district"]).area_km2
    assert planted.index.get_level_values("mine").has_duplicates
    # Some square metres: a border gets nodes where it is cut, and edges between nodes are geodesics.
    pd.testing.assert_series_equal(
        found.sort_index(), planted.sort_index(), check_names=False, rtol=1e-6, atol=2e-5
    )
    told = demo_connection.execute("SELECT mine_id, feature_id, match FROM mine_attribute").df()
    told = told.assign(mine=told.mine_id.map(pairs)).set_index("feature_id")[["mine", "match"]]
    register = pd.read_parquet(demo / "truth/register.parquet").set_index("mine_id")
    register = register[register.match != "none"]
    pd.testing.assert_frame_equal(told.sort_index(), register.sort_index(), check_names=False)
