"""A small project whose data lie on a server: two mines, a country, land cover, a yearly indicator."""

from pathlib import Path

import duckdb
import geopandas
import numpy as np
import rasterio
import shapely
from rasterio.transform import from_origin

from quarrydb.database.connection import load_spatial
from tests.worlds import COUNTRY, write_polygons

PIXEL = 0.001
SIDE = 512
YEARS = (2018, 2019, 2020)
MINES = (shapely.box(0.052, 0.051, 0.071, 0.066), shapely.box(0.31, 0.42, 0.34, 0.43))

# What names a build, not its rows.
OWN = ("build_info",)


def write_map(path: Path, values: np.ndarray, shift: float = 0.0) -> None:
    """A tiled GeoTIFF with one band over the world, 0 to 0.512 degrees, or a little beside it."""
    profile = {"driver": "GTiff", "count": 1, "height": SIDE, "width": SIDE, "crs": "EPSG:4326"}
    profile |= {
        "transform": from_origin(-shift, SIDE * PIXEL + shift, PIXEL, PIXEL),
        "dtype": values.dtype,
    }
    profile |= {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate"}
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(values, 1)


def publish(folder: Path) -> None:
    """Write the data into ``folder``, as a publisher has them."""
    folder.mkdir(parents=True, exist_ok=True)
    write_polygons(folder / "mines.gpkg", MINES)
    country = geopandas.GeoDataFrame(COUNTRY, geometry=[shapely.box(-1, -1, 1, 1)], crs="EPSG:4326")
    country.to_file(folder / "countries.gpkg")
    rng = np.random.default_rng(3)
    for year in YEARS:
        codes = rng.choice(np.array([10, 51, 130, 190, 200], "uint8"), (SIDE, SIDE))
        write_map(folder / f"cover_{year}.tif", codes)
        write_map(folder / f"ndvi_{year}.tif", rng.normal(0.5, 0.1, (SIDE, SIDE)).astype("float32"))


def write_project(folder: Path, place: str, network: str = "") -> Path:
    """A project that names the data at ``place``, an address or a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    is_remote = "://" in place
    year = "{year}" if is_remote else "*"
    years = f'years = "{YEARS[0]}-{YEARS[-1]}"\n'
    text = f"""
[project]
name = "test"
[[polygons]]
name = "mines"
path = "{place}/mines.gpkg"
[countries]
path = "{place}/countries.gpkg"
[landcover]
path = "{place}/cover_{year}.tif"
{years}{"" if is_remote else "years_from = 'cover_(?P<year>[0-9]{4})'"}
[[indicator]]
name = "ndvi"
path = "{place}/ndvi_{year}.tif"
{years if is_remote else ""}
[network]
{network}
"""
    (folder / "quarry.toml").write_text(text)
    return folder


def differences(one: Path, other: Path) -> dict[str, int]:
    """Rows of each public view that only one of two databases has."""
    with duckdb.connect() as connection:
        load_spatial(connection)
        connection.execute(f"ATTACH '{one}' AS one (READ_ONLY)")
        connection.execute(f"ATTACH '{other}' AS other (READ_ONLY)")
        views = connection.execute(
            "SELECT view_name FROM duckdb_views() WHERE database_name = 'one' "
            "AND schema_name = 'main' AND NOT internal"
        ).fetchall()
        assert len(views) > 40
        counts = {
            view: connection.execute(
                f"SELECT count(*) FROM ((FROM one.main.{view} EXCEPT ALL FROM other.main.{view}) "
                f"UNION ALL (FROM other.main.{view} EXCEPT ALL FROM one.main.{view}))"
            ).fetchall()[0][0]
            for (view,) in views
            if view not in OWN
        }
    return {view: n for view, n in counts.items() if n}
