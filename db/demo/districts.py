"""Districts: countries cut along straight lines, one of which runs through a mine of each."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from quarrydb.demo.files import write_layer, write_truth
from quarrydb.demo.land import invented_name
from quarrydb.demo.random_streams import stream
from quarrydb.demo.truth import overlaps
from quarrydb.demo.world import CRS, World

DISTRICT_FILE = "geoboundaries/geoBoundariesCGAZ_ADM1.gpkg"
PER_COUNTRY = 4
# Half of the way between the two centres whose border cuts a mine, degrees.
HALF = np.array([0.4, 0.15])
SMALLEST = 4.0  # a country of fewer square degrees is one district


def render_districts(world: World, folder: Path) -> None:
    """Write the districts as geoBoundaries lays them out, and the truth: mine, district, area_km2."""
    districts = make_districts(world)
    write_layer(districts, folder / DISTRICT_FILE, layer="globalADM1")
    mine, district, area = overlaps(world.mines, districts)
    rows = {"mine": mine, "district": districts.shapeID.to_numpy()[district], "area_km2": area}
    write_truth(pd.DataFrame(rows), folder, "mine_district")


def make_districts(world: World) -> gpd.GeoDataFrame:
    """Districts that fill the countries: shapeName, shapeID, shapeGroup (the country's code), shapeType."""
    rng = stream(world.seed, "districts")
    names: set[str] = set(world.countries.country)
    centres = shapely.centroid(world.mines.geometry.to_numpy()[np.argsort(-world.mines.area_km2)])
    records: list[dict[str, object]] = []
    for country in world.countries.itertuples():
        parts = cut(country.geometry, centres[shapely.within(centres, country.geometry)], rng)
        records += [
            {
                "shapeName": invented_name(rng, names),
                "shapeID": f"{country.iso3}-ADM1-{number:03}",
                "shapeGroup": country.iso3,
                "shapeType": "ADM1",
                "geometry": part,
            }
            for number, part in enumerate(parts, start=1)
        ]
    return gpd.GeoDataFrame(records, crs=CRS)


def cut(
    country: shapely.Geometry, mines: np.ndarray, rng: np.random.Generator
) -> list[shapely.Geometry]:
    """The ground nearest to each of a few centres; the first of ``mines`` lies between two of them."""
    if shapely.area(country) < SMALLEST:
        return [country]
    centres = shapely.points(spots(country, PER_COUNTRY, rng))
    if len(mines):
        middle = shapely.get_coordinates(mines[:1])[0]
        far = centres[shapely.distance(centres, mines[0]) > 1][: PER_COUNTRY - 2]
        centres = np.concatenate([shapely.points([middle - HALF, middle + HALF]), far])
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(centres), extend_to=country)
    )
    parts = shapely.intersection(cells, country)
    corners = shapely.bounds(parts)
    parts = parts[np.lexsort([corners[:, 1], corners[:, 0]])]
    return [part for part in parts if not shapely.is_empty(part)]


def spots(land: shapely.Geometry, n: int, rng: np.random.Generator) -> np.ndarray:
    """``n`` places on ``land``, shape (n, 2)."""
    west, south, east, north = shapely.bounds(land)
    found = np.empty((0, 2))
    while len(found) < n:
        tried = rng.uniform([west, south], [east, north], (4 * n, 2)).round(5)
        found = np.concatenate([found, tried[shapely.contains_xy(land, *tried.T)]])
    return found[:n]
