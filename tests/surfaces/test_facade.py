"""The facade: SQL, ibis, geopandas and polars give the same rows."""

import subprocess
import sys
from pathlib import Path

import pytest

import quarrydb
from quarrydb.errors import DatabaseError


def test_every_way_gives_the_same_mines(demo_database: Path) -> None:
    with quarrydb.open(demo_database) as database:
        wanted = database.sql("SELECT count(*), sum(area_km2) FROM mine").fetchone()
        frame = database.to_polars("mine")
        shapes = database.to_geopandas("mine")
        expression = database.ibis().table("mine")
        by_ibis = expression.aggregate(
            n=expression.count(), area=expression.area_km2.sum()
        ).execute()
    assert wanted is not None
    assert (frame.height, len(shapes), by_ibis.n[0]) == (wanted[0],) * 3
    assert frame["area_km2"].sum() == pytest.approx(wanted[1], rel=1e-12)
    assert by_ibis.area[0] == pytest.approx(wanted[1], rel=1e-12)


def test_geometry_has_longitude_first_and_its_area(demo_database: Path) -> None:
    with quarrydb.open(demo_database) as database:
        mines = database.to_geopandas("mine")
    assert mines.crs.to_epsg() == 4326
    x, y = mines.representative_point().x, mines.representative_point().y
    assert ((x - mines.longitude).abs() < 0.2).all()
    assert ((y - mines.latitude).abs() < 0.2).all()
    projected = mines.to_crs("EPSG:6933").area / 1e6
    assert projected.sum() == pytest.approx(mines.area_km2.sum(), rel=1e-4)


def test_queries_take_bound_values(demo_database: Path) -> None:
    with quarrydb.open(demo_database) as database:
        rows = database.to_polars("SELECT mine_id FROM mine WHERE area_km2 > ?", [0.5])
        same = database.sql("SELECT count(*) FROM mine WHERE area_km2 > $least", {"least": 0.5})
        assert rows.height == same.fetchall()[0][0]


def test_ibis_measures_geometry_offline(demo_database: Path) -> None:
    with quarrydb.open(demo_database) as database:
        mines = database.ibis().table("mine")
        frame = mines.select("mine_id", "geometry").limit(3).execute()
        area = mines.aggregate(degrees=mines.geometry.area().sum()).execute().degrees[0]
        shapes = database.to_geopandas("mine")
    assert list(frame.geometry.geom_type) == ["Polygon"] * 3
    assert area == pytest.approx(shapes.geometry.area.sum(), rel=1e-9)


def test_an_unknown_view_names_the_near_ones(demo_database: Path) -> None:
    with quarrydb.open(demo_database) as database:
        with pytest.raises(DatabaseError, match=r"no view mines .*Did you mean mine"):
            database.table("mines")
        with pytest.raises(DatabaseError, match="no geometry column"):
            database.to_geopandas("country_summary")
        assert database.describe("mine").columns[0].name == "mine_id"


def test_the_facade_can_not_write(demo_database: Path) -> None:
    with quarrydb.open(demo_database) as database, pytest.raises(DatabaseError, match="read-only"):
        database.sql("CREATE TABLE mine_of_mine (a INT)").fetchall()


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys, quarrydb.cli.app; "
        "print([m for m in ('duckdb', 'pandas', 'geopandas', 'ibis', 'torch', 'polars', 'sqlglot') "
        "if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
