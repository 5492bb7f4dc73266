"""Countries below the map, with where their names stand, and named places of the project."""

import duckdb
import numpy as np
import shapely

from quarrydb.webmap.encode import NONE_16, Block
from quarrydb.webmap.outlines import area_sections

LAND_STEP = 0.01
MOST_PLACES = 20_000


def add_land(block: Block, connection: duckdb.DuckDBPyConnection) -> None:
    """Country outlines, thinned to a kilometre, and labels; ``block`` knows the countries already."""
    rows = connection.execute(
        "SELECT country, ST_AsWKB(geometry) FROM raw.country ORDER BY iso3, source_id, part"
    ).fetchall()
    shapes = shapely.from_wkb([bytes(row[1]) for row in rows])
    thinned = np.array(shapely.simplify(shapes, LAND_STEP, preserve_topology=True), dtype=object)
    position = {name: i for i, name in enumerate(block.header["countries"])}
    block.sections |= {
        **area_sections("land", thinned),
        "land_country": np.array([position.get(row[0], NONE_16) for row in rows], dtype=np.uint16),
    }
    largest: dict[int, shapely.Geometry] = {}
    for (name, _), shape in zip(rows, thinned, strict=True):
        at = position.get(name)
        if at is not None and shape.area > getattr(largest.get(at), "area", 0):
            largest[at] = shape
    by_size = sorted(largest.items(), key=lambda item: -item[1].area)
    block.header["country_labels"] = [_label(at, shape) for at, shape in by_size]
    block.header["places"] = _places(connection)


def _label(country: int, shape: shapely.Geometry) -> tuple[int, float, float, float]:
    """Country, longitude and latitude of its name, and the width that the name has, in degrees."""
    middle = shape.centroid
    place = middle if shape.contains(middle) else shape.representative_point()
    west, _, east, _ = shape.bounds
    return country, round(place.x, 3), round(place.y, 3), round(east - west, 3)


def _places(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, float, float]]:
    """Names and middles of the places that the project looks for mines from, where they have names."""
    there = connection.execute(
        "SELECT 1 FROM duckdb_tables() WHERE schema_name = 'raw' AND table_name = 'place'"
    ).fetchone()
    if there is None:
        return []
    return connection.execute(
        "SELECT place_name, round(ST_X(ST_Centroid(geometry)), 5), round(ST_Y(ST_Centroid(geometry)), 5) "
        "FROM raw.place WHERE place_name <> '' ORDER BY layer, place_id LIMIT $most",
        {"most": MOST_PLACES},
    ).fetchall()
