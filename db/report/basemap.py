"""What lies under the maps of a report: the window, and the countries in it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import shapely

from quarrydb.report.facts import named
from quarrydb.report.region import Region

WORLD = (-180.0, -56.0, 180.0, 83.8)
WIDE_SPAN = 240.0  # degrees, from which a window is the whole world
MINIMUM_SPAN, MINIMUM_PLACE_SPAN = 1.5, 0.15
MARGIN = 0.06
TALLEST, WIDEST = 1.1, 2.4  # width over height
AROUND = 1.0  # of a window's size, to each side: a drawing may show more than its window
EQUAL_EARTH = (1.340264, -0.081106, 0.000893, 0.003796)
STEPS = 2_500  # a window is about 1,100 pixels wide: what is finer can't be seen
LIMIT = 84.0  # Mercator grows without end towards the poles

Feature = dict[str, Any]
Bounds = tuple[float, float, float, float]
Shapes = Mapping[str, shapely.Geometry]


@dataclass(frozen=True)
class Basemap:
    """A window with its projection, and the land around it, as GeoJSON for Vega-Lite; ``here`` is the
    outline of the region that the page is about.
    """

    projection: Mapping[str, Any]
    aspect: float
    land: Sequence[Feature]
    here: Sequence[Feature] = ()


def make_basemap(
    connection: duckdb.DuckDBPyConnection, countries: Shapes, region: Region | None = None
) -> Basemap:
    """The window around all mines; of a region around its outline and its mines."""
    outline = read_outline(connection, region) if region else None
    span = MINIMUM_PLACE_SPAN if region else MINIMUM_SPAN
    bounds = window(_bounds(connection, region, outline), span)
    wide, tall, middle = size(bounds)
    here = land({region.name: outline}, bounds) if region and outline else []
    return Basemap(
        _projection(bounds, wide, tall, middle), wide / tall, land(countries, bounds), here
    )


def size(bounds: Bounds) -> tuple[float, float, float]:
    """Width, height and height of the middle of a window on its map, at a scale of 1."""
    west, south, east, north = bounds
    if bounds == WORLD:
        return 2 * equal_earth_x(east), *_span(equal_earth_y(south), equal_earth_y(north))
    low, high = (math.radians(mercator(latitude)) for latitude in (south, north))
    return math.radians(east - west), *_span(low, high)


def _span(low: float, high: float) -> tuple[float, float]:
    return high - low, (low + high) / 2


def _projection(bounds: Bounds, wide: float, tall: float, middle: float) -> Mapping[str, Any]:
    """The window fills the drawing, whatever its size: both are known to the drawing alone."""
    scale = f"min(width / {wide:.6f}, height / {tall:.6f})"
    place = f"[width / 2, height / 2 + {middle:.6f} * {scale}]"
    return {
        "type": "equalEarth" if bounds == WORLD else "mercator",
        "rotate": [-(bounds[0] + bounds[2]) / 2, 0, 0],
        "scale": {"expr": scale},
        "translate": {"expr": place},
    }


def _bounds(
    connection: duckdb.DuckDBPyConnection, region: Region | None, outline: shapely.Geometry | None
) -> Bounds | None:
    query = (
        "SELECT min(longitude), min(latitude), max(longitude), max(latitude) FROM mine "
        "WHERE $layer IS NULL OR mine_id IN (SELECT held.mine_id FROM region_overlap AS held "
        "WHERE held.layer = $layer AND held.region_id = $region_id)"
    )
    row = connection.execute(query, named(region)).fetchone()
    found = [tuple(map(float, row))] if row and row[0] is not None else []
    box = shapely.bounds(outline).tolist() if outline is not None else None
    if box and box[2] - box[0] < WIDE_SPAN:  # not on both ends of the map
        found.append(tuple(box))
    if not found:
        return None
    corners = np.asarray(found)
    west, south = corners[:, :2].min(axis=0).tolist()
    east, north = corners[:, 2:].max(axis=0).tolist()
    return west, south, east, north


def window(bounds: Bounds | None, span: float = MINIMUM_SPAN) -> Bounds:
    """``bounds`` with a margin, neither a strip nor a tower, and at least ``span`` degrees wide; the
    world where they span most of it.
    """
    if bounds is None or bounds[2] - bounds[0] > WIDE_SPAN:
        return WORLD
    west, south, east, north = bounds
    half_x = max(east - west, span) / 2 * (1 + 2 * MARGIN)
    low, high = mercator(max(south, -LIMIT)), mercator(min(north, LIMIT))
    half_y = max(high - low, span / 2) / 2 * (1 + 2 * MARGIN)
    half_x = max(half_x, half_y * TALLEST)
    half_y = max(half_y, half_x / WIDEST)
    x, y = (west + east) / 2, (low + high) / 2
    if half_x > WIDE_SPAN / 2 * (1 + 2 * MARGIN):
        return WORLD
    top = mercator(LIMIT)
    y = min(max(y, half_y - top), top - half_y)
    return x - half_x, latitude(y - half_y), x + half_x, latitude(y + half_y)


def mercator(latitude: float) -> float:
    """Height of a latitude on Mercator's map, in degrees of longitude."""
    return math.degrees(math.asinh(math.tan(math.radians(latitude))))


def latitude(height: float) -> float:
    """The latitude at a height on Mercator's map."""
    return math.degrees(math.atan(math.sinh(math.radians(height))))


def equal_earth_x(longitude: float) -> float:
    """Easting of a longitude on the equator (Savric et al. 2019)."""
    return math.radians(longitude) * 2 / (math.sqrt(3) * EQUAL_EARTH[0])


def equal_earth_y(latitude: float) -> float:
    """Northing of a latitude (Savric et al. 2019)."""
    angle = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(latitude)))
    powers = (1, 3, 7, 9)
    return sum(a * angle**n for a, n in zip(EQUAL_EARTH, powers, strict=True))


def land(countries: Shapes, bounds: Bounds) -> list[Feature]:
    """The countries in a window, each with its name, thinned to what can be seen."""
    fine = (bounds[2] - bounds[0]) / STEPS
    box = shapely.box(*_around(bounds))
    shapes = {name: s for name, s in countries.items() if s.intersects(box)}
    cut = shapely.simplify(shapely.intersection(list(shapes.values()), box), fine)
    found = []
    for name, shape in zip(shapes, cut, strict=True):
        parts = [p for p in shapely.get_parts(shape) if p.area > (4 * fine) ** 2]
        if parts:
            whole = shapely.multipolygons(shapely.get_parts(shapely.segmentize(parts, 400 * fine)))
            found.append(polygon_feature(whole, max(0, math.ceil(-math.log10(fine))), country=name))
    return found


def _around(bounds: Bounds) -> Bounds:
    west, south, east, north = bounds
    x, y = (east - west) * AROUND, (north - south) * AROUND
    return max(west - x, -180), max(south - y, -85), min(east + x, 180), min(north + y, 85)


def read_outline(connection: duckdb.DuckDBPyConnection, region: Region) -> shapely.Geometry | None:
    """A region's outline; None for continents, which have none, and for polygons without area."""
    query = "SELECT ST_AsWKB(geometry) FROM region WHERE layer = $layer AND region_id = $region_id"
    row = connection.execute(query, named(region)).fetchone()
    shape = shapely.from_wkb(bytes(row[0])) if row and row[0] is not None else None
    return None if shape is None or shape.is_empty else shape


def read_countries(connection: duckdb.DuckDBPyConnection) -> dict[str, shapely.Geometry]:
    """Country outlines by name."""
    rows = connection.execute(
        "SELECT country, ST_AsWKB(geometry) FROM raw.country ORDER BY country, part"
    ).fetchall()
    parts: dict[str, list[shapely.Geometry]] = {}
    for name, wkb in rows:
        parts.setdefault(name, []).append(shapely.from_wkb(bytes(wkb)))
    return {name: shapely.geometrycollections(found) for name, found in parts.items()}


def polygon_feature(shape: shapely.Geometry, digits: int, **properties: Any) -> Feature:
    """A polygon as d3 reads it: rings clockwise outside, on a sphere."""
    return _feature(shapely.orient_polygons(shape, exterior_cw=True), digits, **properties)


def _feature(shape: shapely.Geometry, digits: int, **properties: Any) -> Feature:
    plain = shapely.geometry.mapping(shape)
    geometry = {"type": plain["type"], "coordinates": _rounded(plain["coordinates"], digits)}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _rounded(value: Any, digits: int) -> Any:
    if isinstance(value, Iterable):
        return [_rounded(part, digits) for part in value]
    return round(float(value), digits)
