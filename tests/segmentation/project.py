"""A planted project on disk: one scene seen in five years, mines that grow, one false detection,
points; and how it is segmented and read.
"""

import csv
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import geopandas
import numpy as np
import shapely
from pyproj import Transformer
from shapely import affinity

import quarrydb
from quarrydb.engine.build import build
from quarrydb.inference.run import segment
from quarrydb.progress import QuietProgress
from quarrydb.project import load_project

from .planted import CRS, ORIGIN, PIXEL_M, blob, paint, scene, write_image

YEARS = range(2016, 2021)
FALSE_YEAR = 2018
TO_LONLAT = Transformer.from_crs(CRS, 4326, always_xy=True)


@dataclass(frozen=True)
class PlantedProject:
    """Folder of a project and what was planted: mines by year and the false
    detection, EPSG:4326.
    """

    folder: Path
    mines: dict
    false_mine: shapely.Polygon


def lonlat(geometry):
    """From the scene's metres to degrees."""
    return shapely.transform(geometry, lambda x, y: TO_LONLAT.transform(x, y), interleaved=False)


def grown(mine, year):
    """A mine in a year: 60 % of its size in 2016, all of it in 2020."""
    factor = 0.6 + 0.1 * (year - 2016)
    return affinity.scale(mine, factor, factor, origin="centroid")


def planted_shapes():
    """Mines by year and the false one in the scene's metres, bare soil, and where the pixels lie."""
    mines, soil, transform = scene(11, n_mines=9)
    mines = [mine for mine in mines if mine.area > 60_000]
    random = np.random.default_rng(5)
    false_mine = blob(random, mines[0].centroid.x + 420, mines[0].centroid.y, 60)
    others = shapely.union_all([mine.buffer(60) for mine in mines])
    by_year = {year: [grown(mine, year) for mine in mines] for year in YEARS}
    return by_year, false_mine.difference(others), soil, transform


def planted_in(folder: Path) -> PlantedProject:
    """What ``plant_project`` writes into ``folder``."""
    by_year, false_mine, *_ = planted_shapes()
    planted = {year: [lonlat(mine) for mine in shapes] for year, shapes in by_year.items()}
    return PlantedProject(folder, planted, lonlat(false_mine))


def plant_project(folder: Path, model: Path) -> PlantedProject:
    """Write images, polygons, countries, points and quarry.toml."""
    by_year, false_mine, soil, transform = planted_shapes()
    rows = []
    for year in YEARS:
        shown = by_year[year] + ([false_mine] if year == FALSE_YEAR else [])
        image = paint(np.random.default_rng(year), 512, shown, soil, transform)
        write_image(folder / "images" / f"clear_{year}.tif", image, transform)
        rows.append((f"clear_{year}", f"images/clear_{year}.tif", f"{year}-08-01", 97.0))
        rows.append((f"hazy_{year}", f"images/hazy_{year}.tif", f"{year}-09-01", 60.0))
        rows.append((f"dry_{year}", f"images/hazy_{year}.tif", f"{year}-02-01", 99.0))
        hazy = np.clip(image * 0.3 + 3000, 1, 10_000).astype(np.uint16)
        write_image(folder / "images" / f"hazy_{year}.tif", hazy, transform)
    with (folder / "images.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("image_id", "path", "date", "clear_percent"))
        writer.writerows(rows)
    outlines = geopandas.GeoSeries([lonlat(mine) for mine in by_year[YEARS[-1]]], crs=4326)
    geopandas.GeoDataFrame(geometry=outlines).to_file(folder / "mines.gpkg", layer="mines")
    write_countries(folder / "countries.geojson")
    write_points(folder / "points.geojson", by_year, soil)
    shutil.copytree(model, folder / "model")
    (folder / "quarry.toml").write_text(PROJECT)
    return planted_in(folder)


def run(folder, years=YEARS):
    """Build, segment, build."""
    project = load_project(folder)
    build(project)
    result = segment(project, list(years), workers=1, device="cpu", progress=QuietProgress())
    build(project)
    return result


def query(folder, sql):
    """All rows of a query of a project's database."""
    with quarrydb.connect(folder / "mines.duckdb") as connection:
        return connection.execute(sql).fetchall()


def everything(folder):
    """All that the segmentation wrote, as comparable rows."""
    tables = [f"segmentation.mine_{year}" for year in YEARS]
    names = [*tables, "raw.segmented_site", "raw.point_probability"]
    return {name: sorted(map(str, query(folder, f"SELECT * FROM {name}"))) for name in names}


PROJECT = """
[project]
name = "planted"

[[polygons]]
name = "planted"
path = "mines.gpkg"

[countries]
path = "countries.geojson"
iso3 = "iso3"
country = "country"
continent = "continent"

[segmentation]
model = "model"
years = [2016, 2020]
reference_year = 2020

[segmentation.images]
path = "images.csv"
licence = "CC0-1.0"

[[segmentation.point]]
name = "seen"
path = "points.geojson"

[parameters]
site_window_factor = 3.0
"""


def middle():
    """Longitude of the scene's middle: the border of the two countries."""
    extent = 512 * PIXEL_M
    return TO_LONLAT.transform(ORIGIN[0] + extent / 2, ORIGIN[1] - extent / 2)[0]


def write_countries(path: Path) -> None:
    """Two countries that share a border through the scene."""
    x = middle()
    features = [
        {
            "type": "Feature",
            "properties": {"iso3": code, "country": name, "continent": "Planted"},
            "geometry": shapely.geometry.mapping(box),
        }
        for code, name, box in (
            ("WST", "Westland", shapely.box(x - 1, -10, x, 0)),
            ("EST", "Eastland", shapely.box(x, -10, x + 1, 0)),
        )
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def write_points(path: Path, by_year: dict, soil: list) -> None:
    """Ten points in mines and ten in bare soil that is no mine, every year."""
    rows = []
    for year, shapes in by_year.items():
        everything = shapely.union_all(shapes)
        rows += [(year, 1, lonlat(mine.representative_point())) for mine in shapes]
        rows += [
            (year, 0, lonlat(place.representative_point()))
            for place in soil
            if not everything.buffer(50).contains(place.representative_point())
        ]
    frame = geopandas.GeoDataFrame(
        {"year": [r[0] for r in rows], "is_mine": [r[1] for r in rows]},
        geometry=[r[2] for r in rows],
        crs=4326,
    )
    frame.to_file(path, driver="GeoJSON")
