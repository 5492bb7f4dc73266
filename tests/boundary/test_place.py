"""Places of mines where outlines are missing, or far, or on the other side of the antimeridian."""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import geopandas
import pytest
import shapely

import quarrydb
from quarrydb.engine.build import build
from quarrydb.project import load_project
from tests.worlds import write_polygons

SIDE = 0.01


def built(
    folder: Path, mines: Sequence[shapely.Polygon], countries: dict[str, shapely.Polygon]
) -> duckdb.DuckDBPyConnection:
    """The database of some mines and countries."""
    write_polygons(folder / "mines.gpkg", mines)
    lines = ["[project]", 'name = "test"', "[[polygons]]", 'name = "a"', 'path = "mines.gpkg"']
    if countries:
        columns = {"ISO_A3": list(countries), "ADMIN": list(countries), "CONTINENT": "Asia"}
        outlines = list(countries.values())
        frame = geopandas.GeoDataFrame(columns, geometry=outlines, crs="EPSG:4326")
        frame.to_file(folder / "countries.gpkg")
        lines += ["[countries]", 'path = "countries.gpkg"']
    (folder / "quarry.toml").write_text("\n".join(lines) + "\n")
    return quarrydb.connect(build(load_project(folder)).database)


def test_an_offshore_mine_takes_the_nearest_country(tmp_path: Path) -> None:
    """A corner of the mine lies in line with a border of the farther country, at 5 degrees north."""
    mine = shapely.Polygon([(10.0, 5.0), (10.02, 5.01), (10.02, 4.99)])
    countries = {"AAA": shapely.box(6.0, 5.0, 9.6, 8.0), "ZZZ": shapely.box(10.12, 3.0, 12.0, 8.0)}
    with built(tmp_path, [mine], countries) as database:
        ((iso3, distance),) = database.sql(
            "SELECT iso3, distance_km FROM core.mine_country"
        ).fetchall()
    assert iso3 == "ZZZ"
    assert distance == pytest.approx(0.1 * 111.19508, rel=0.01)


def test_the_nearest_country_may_lie_across_the_antimeridian(tmp_path: Path) -> None:
    mine = shapely.box(179.90, 0.0, 179.90 + SIDE, SIDE)
    countries = {
        "AAA": shapely.box(175.0, -1.0, 179.6, 1.0),
        "ZZZ": shapely.box(-179.99, -1, -175, 1),
    }
    with built(tmp_path, [mine], countries) as database:
        ((iso3, distance),) = database.sql(
            "SELECT iso3, distance_km FROM core.mine_country"
        ).fetchall()
    assert iso3 == "ZZZ"
    assert distance == pytest.approx(0.1 * 111.19508, rel=0.01)


def test_places_are_unknown_without_outlines(tmp_path: Path) -> None:
    with built(tmp_path, [shapely.box(0, 0, SIDE, SIDE)], {}) as database:
        place = "SELECT country, is_offshore, protected_area_km2 FROM mine"
        assert database.sql(place).fetchall() == [(None, None, None)]
        assert database.sql("SELECT protected_density_share FROM grid_density").fetchall() == [
            (None,)
        ]
        printed = database.sql("FROM published_comparison")
        assert printed.filter("metric IN ('countries', 'kba_polygons')").count(
            "computed"
        ).fetchall() == [(0,)]
