"""The user's own polygons and rasters."""

CELLS = [
    """# Bring your own polygons and rasters

A study is a folder with a project file. This notebook draws two mines and a small yearly land-cover map,
names them in a `quarry.toml`, builds a database, and asks it what happened.""",
    """import os
import tempfile
from pathlib import Path

import geopandas
import numpy
import rasterio
import shapely
from rasterio.transform import from_origin

import quarrydb

folder = Path(tempfile.mkdtemp())""",
    "## Two mines and a country",
    """mines = geopandas.GeoDataFrame(
    {"site": ["north", "south"]},
    geometry=[shapely.box(10.00, 50.02, 10.02, 50.03), shapely.box(10.01, 50.00, 10.03, 50.01)],
    crs="EPSG:4326",
)
mines.to_file(folder / "mines.gpkg")
country = geopandas.GeoDataFrame(
    {"ISO_A3": ["AAA"], "ADMIN": ["Aland"], "CONTINENT": ["Europe"]},
    geometry=[shapely.box(9, 49, 11, 51)],
    crs="EPSG:4326",
)
country.to_file(folder / "countries.gpkg")""",
    """## Land cover of four years

Forest (1), bare ground (2) and grassland (3): each year the bare ground moves east, and grass follows.""",
    """years = [2005, 2010, 2015, 2020]
transform = from_origin(9.99, 50.04, 0.001, 0.001)
for step, year in enumerate(years):
    codes = numpy.ones((50, 50), dtype="uint8")
    codes[:, : 10 * step] = 3
    codes[:, 10 * step : 10 * step + 12] = 2
    with rasterio.open(
        folder / f"cover_{year}.tif", "w", driver="GTiff", width=50, height=50, count=1,
        dtype="uint8", crs="EPSG:4326", transform=transform,
    ) as raster:
        raster.write(codes, 1)
_ = (folder / "legend.csv").write_text(
    "code,class_name,cover_type,category\\n1,forest,forest,dense vegetation\\n"
    "2,bare ground,bare,mine-related\\n3,grassland,grassland,sparse vegetation\\n"
)""",
    "## The project file",
    """_ = (folder / "quarry.toml").write_text('''
[project]
name = "my first study"

[[polygons]]
name = "own"
path = "mines.gpkg"
id = "site"
licence = "CC BY 4.0"
citation = "Drawn by hand."

[countries]
path = "countries.gpkg"

[landcover]
path = "cover_*.tif"
years_from = 'cover_(?P<year>[0-9]{4})'
legend = "legend.csv"
''')""",
    "## Build and ask",
    """from quarrydb.engine.build import build
from quarrydb.project import load_project

result = build(load_project(folder), workers=1)
database = quarrydb.open(folder / "mines.duckdb")
database.to_polars(
    '''SELECT source_id, round(area_km2, 3) AS area_km2, country
    FROM mine JOIN mine_source USING (mine_id) ORDER BY ALL'''
)""",
    """database.to_polars(
    '''SELECT source_id, year, round(bare_surface_share, 3) AS bare
    FROM mine_bare_surface JOIN mine_source USING (mine_id)
    WHERE year % 5 = 0 ORDER BY source_id, year'''
)""",
    """milestones = database.to_polars(
    '''SELECT source_id, first_developed_year, first_reclaimed_year,
        round(ever_developed_km2, 3) AS ever_developed_km2
    FROM mine_timeline JOIN mine_source USING (mine_id) ORDER BY source_id'''
)
milestones""",
    """print(
    f"{len(milestones)} mines took {milestones['ever_developed_km2'].sum():,.2f} km² of vegetated land, the "
    f"first in {milestones['first_developed_year'].min()}."
)""",
    """## Take it away

`quarry export`, `quarry report` and `quarry map` work on this database as on any other; the licence that
you wrote goes with it.""",
    """from quarrydb.provenance.licence import licence_of, read_sources

[(source.name, source.licence) for source in read_sources(database.connection)]""",
    "database.close()",
]
