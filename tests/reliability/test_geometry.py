"""Geometries that are wrong, odd or at the edges of the map."""

import json
import sqlite3
import struct
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import geopandas
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from pyproj import CRS, Geod

from quarrydb.engine.build import build
from quarrydb.project import load_project
from tests.reliability.table import case, tried
from tests.reliability.tools import Tables, load_polygons, outcome, refusal
from tests.worlds import write_project

GOOD = shapely.box(10, 0, 10.1, 0.1)
BOW_TIE = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
SPIKE = shapely.Polygon([(0, 0), (1, 0), (1, 1), (0.5, 1), (0.5, 3), (0.5, 1), (0, 1)])
TWICE_AROUND = shapely.Polygon([(0, 0), (1, 0), (1, 1), (0, 1)] * 2)
HOLE_OUTSIDE = shapely.Polygon(
    [(0, 0), (1, 0), (1, 1), (0, 1)], holes=[[(2, 2), (3, 2), (3, 3), (2, 3)]]
)
OVERLAPPING_PARTS = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(0.5, 0, 1.5, 1)])
FLAT = shapely.Polygon([(0, 0), (1, 0), (2, 0)])
NAN = shapely.Polygon([(0, 0), (1, 0), (np.nan, 1)])
INFINITE = shapely.Polygon([(0, 0), (1, 0), (np.inf, 1)])
HEIGHT = shapely.Polygon([(0, 0, 9), (1, 0, 9), (1, 1, 9)])
FAR_NORTH = shapely.box(10, 89, 11, 95)
FAR_EAST, TOO_FAR_EAST = shapely.box(190, 10, 191, 11), shapely.box(400, 10, 401, 11)
OVER_THE_EDGE = shapely.box(175, 10, 190, 11)
OVER_180 = shapely.Polygon([(179.5, 0), (-179.5, 0), (-179.5, 1), (179.5, 1)])
AROUND_POLE = shapely.Polygon([(-120, 85), (0, 85), (120, 85)])
MIXED = shapely.GeometryCollection([shapely.box(0, 0, 1, 1), shapely.Point(5, 5)])
POINT, LINE = shapely.Point(0, 0), shapely.LineString([(0, 0), (1, 1)])
SLIVER = shapely.Polygon([(0, 0), (1e-13, 0), (1e-13, 1e-13)])

Shapes = Sequence[shapely.Geometry | None]


def write(folder: Path, shapes: Shapes, crs: str = "EPSG:4326") -> Path:
    """A GeoPackage of these shapes in this order."""
    path = folder / "mines.gpkg"
    frame = geopandas.GeoDataFrame({"n": range(len(shapes))}, geometry=list(shapes), crs=crs)
    pyogrio.write_dataframe(frame, path, layer="mines", driver="GPKG", geometry_type="Unknown")
    return path


def area_km2(tables: Tables) -> float:
    """Geodesic area of all loaded polygons, by pyproj."""
    shapes = shapely.from_wkb(tables["raw.polygon"]["geometry"].to_pylist())
    assert shapely.is_valid(shapes).all()
    assert (shapely.get_type_id(shapes) == 3).all()
    return sum(abs(Geod(ellps="WGS84").geometry_area_perimeter(s)[0]) for s in shapes) / 1e6


def expected_km2(shape: shapely.Geometry) -> float:
    return abs(Geod(ellps="WGS84").geometry_area_perimeter(shape)[0]) / 1e6


TRIANGLES = shapely.MultiPolygon(
    [shapely.Polygon([(0, 0), (0.5, 0.5), (0, 1)]), shapely.Polygon([(1, 0), (1, 1), (0.5, 0.5)])]
)
SQUARE = shapely.box(0, 0, 1, 1)
EAST, WEST = shapely.box(179.5, 0, 180, 1), shapely.box(-180, 0, -179.5, 1)
KEPT = [
    case("Geometry", "bow-tie", BOW_TIE, TRIANGLES),
    case("Geometry", "spike", SPIKE, SQUARE),
    case("Geometry", "ring that goes round twice", TWICE_AROUND, SQUARE),
    case("Geometry", "hole outside its polygon", HOLE_OUTSIDE, None),
    case("Geometry", "parts that overlap", OVERLAPPING_PARTS, shapely.box(0, 0, 1.5, 1)),
    case("Geometry", "three dimensions", HEIGHT, shapely.force_2d(HEIGHT)),
    case("Geometry", "polygon over the 180th meridian", OVER_180, shapely.union_all([EAST, WEST])),
    case("Geometry", "beyond the 180th meridian", FAR_EAST, shapely.box(-170, 10, -169, 11)),
    case(
        "Geometry",
        "over the 180th meridian, to 190 degrees",
        OVER_THE_EDGE,
        shapely.union_all([shapely.box(175, 10, 180, 11), shapely.box(-180, 10, -170, 11)]),
    ),
    case("Geometry", "collection of a polygon and a point", MIXED, SQUARE),
]
LOST = [
    case("Geometry", "no geometry (NULL)", None),
    case("Geometry", "empty geometry", shapely.Polygon()),
    case("Geometry", "polygon without area", FLAT),
    case("Geometry", "coordinate NaN", NAN),
    case("Geometry", "coordinate infinite", INFINITE),
    case("Geometry", "beyond the pole", FAR_NORTH),
    case("Geometry", "beyond 360 degrees", TOO_FAR_EAST),
    case("Geometry", "ring around the pole", AROUND_POLE),
    case("Geometry", "point", POINT),
    case("Geometry", "line", LINE),
]


@pytest.mark.parametrize(("shape", "expected"), KEPT)
def test_shape_is_mended(
    shape: shapely.Geometry,
    expected: shapely.Geometry | None,
    tmp_path: Path,
    happened: Callable[[str], None],
) -> None:
    tables = load_polygons(tmp_path, write(tmp_path, [GOOD, shape]))
    assert area_km2(tables) > expected_km2(GOOD)
    if expected is not None:
        shapes = shapely.from_wkb(tables["raw.polygon"]["geometry"].to_pylist())
        wanted = shapely.union_all([GOOD, expected])
        assert shapely.area(shapely.symmetric_difference(shapely.union_all(shapes), wanted)) < 1e-12
    happened(outcome(tables))


@pytest.mark.parametrize("shape", LOST)
def test_shape_is_set_aside(
    shape: shapely.Geometry | None, tmp_path: Path, happened: Callable[[str], None]
) -> None:
    row = [shapely.box(x, 0, x + 0.1, 0.1) for x in np.arange(10, 20, 0.2)]
    tables = load_polygons(tmp_path, write(tmp_path, [*row, shape]))
    assert area_km2(tables) == pytest.approx(sum(map(expected_km2, row)), rel=1e-9)
    happened(outcome(tables))


@tried("Geometry", "only geometries that can't be used")
def test_nothing_is_left(tmp_path: Path, happened: Callable[[str], None]) -> None:
    path = write(tmp_path, [POINT, LINE])
    happened(refusal(lambda: load_polygons(tmp_path, path)))


@tried("Geometry", "ring that is not closed")
def test_unclosed_ring(tmp_path: Path, happened: Callable[[str], None]) -> None:
    open_ring = bytearray(shapely.to_wkb(SQUARE))
    del open_ring[-16:]
    open_ring[9:13] = (4).to_bytes(4, "little")
    path = tmp_path / "mines.parquet"
    geo = {"version": "1.0.0", "primary_column": "geometry"}
    geo["columns"] = {"geometry": {"encoding": "WKB", "geometry_types": [], "crs": None}}
    wkb = [shapely.to_wkb(GOOD), bytes(open_ring)]
    table = pa.table({"geometry": pa.array(wkb, pa.binary())})
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), path)
    tables = load_polygons(tmp_path, path, crs="EPSG:4326")
    assert area_km2(tables) == pytest.approx(expected_km2(GOOD) + expected_km2(SQUARE), rel=1e-9)
    happened(outcome(tables))


@tried("Geometry", "curve polygon")
def test_curve(tmp_path: Path, happened: Callable[[str], None]) -> None:
    path = write(tmp_path, [GOOD, shapely.box(0, 0, 0.2, 0.2)])
    header = b"GP\x00\x01" + (4326).to_bytes(4, "little")
    with closing(sqlite3.connect(path)) as connection:
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (trigger,) in connection.execute(triggers).fetchall():
            connection.execute(f'DROP TRIGGER "{trigger}"')
        connection.execute("UPDATE mines SET geom = ? WHERE n = 1", [header + curve_wkb()])
        connection.commit()
    tables = load_polygons(tmp_path, path)
    circle = expected_km2(shapely.Point(0.1, 0).buffer(0.1, quad_segs=10_000))
    assert area_km2(tables) == pytest.approx(expected_km2(GOOD) + circle, rel=2e-3)
    happened(outcome(tables))


def curve_wkb() -> bytes:
    """ISO WKB of a circle of radius 0.1 around (0.1, 0)."""
    points = [(0.0, 0.0), (0.1, 0.1), (0.2, 0.0), (0.1, -0.1), (0.0, 0.0)]
    ring = struct.pack("<BII", 1, 8, len(points)) + b"".join(struct.pack("<dd", *p) for p in points)
    return struct.pack("<BII", 1, 10, 1) + ring


@tried("Geometry", "the same polygon twice")
def test_duplicate_polygons(tmp_path: Path, happened: Callable[[str], None]) -> None:
    happened(outcome(load_polygons(tmp_path, write(tmp_path, [GOOD, GOOD, SQUARE]))))


CRS_MISTAKES = [
    case("Geometry", "metres labelled EPSG:4326", [shapely.box(5e5, 7e6, 5.01e5, 7.01e6)]),
    case(
        "Geometry",
        "latitude before longitude, some longitudes past 90",
        [shapely.box(-23, -70, -22.9, -69.9)] * 9 + [shapely.box(-23, 120, -22.9, 120.1)],
    ),
]


@pytest.mark.parametrize("shapes", CRS_MISTAKES)
def test_false_crs(shapes: Shapes, tmp_path: Path, happened: Callable[[str], None]) -> None:
    path = write(tmp_path, shapes)
    happened(refusal(lambda: load_polygons(tmp_path, path)))


@tried("Geometry", "latitude before longitude, all of it within 90 degrees")
def test_swapped_within_90(tmp_path: Path, happened: Callable[[str], None]) -> None:
    """Nothing in the file tells; the countries do: mines at 50 W, 10 S given as 10 W, 50 S."""
    right = [
        shapely.box(x / 2 - 10, y + 20, x / 2 - 9.9, y + 20.1) for x in range(20) for y in range(4)
    ]
    wrong = [shapely.transform(shape, lambda xy: xy[:, ::-1]) for shape in right]
    write_project(tmp_path / "project", {"right": right, "wrong": wrong})
    warnings = build(load_project(tmp_path / "project"), workers=1).warnings
    told = [str(w) for w in warnings if w.check.name.endswith("warn_swapped_axes")]
    assert len(told) == 1
    assert "wrong" in told[0]
    assert "right" not in told[0]
    happened(f"Loaded, and the build notes: {told[0]}")


NO_PLACE = (
    'ENGCRS["quarry",EDATUM["gate"],CS[Cartesian,2],AXIS["x",east],AXIS["y",north],'
    'LENGTHUNIT["metre",1]]'
)
UNITLESS = CRS.from_epsg(4326).to_json().replace('"unit":', '"unity":')
CRS_LEFT = [
    case("Geometry", "unknown CRS in the project file", "EPSG:999999"),
    case("Geometry", "CRS of a building site, somewhere on the Earth", NO_PLACE),
    case("Geometry", "CRS whose axes have no unit", UNITLESS),
]


@pytest.mark.parametrize("crs", CRS_LEFT)
def test_unusable_crs(crs: str, tmp_path: Path, happened: Callable[[str], None]) -> None:
    path = tmp_path / "mines.fgb"
    frame = geopandas.GeoDataFrame({"n": [1]}, geometry=[GOOD])
    pyogrio.write_dataframe(frame, path, driver="FlatGeobuf")
    said = refusal(lambda: load_polygons(tmp_path, path, crs=crs.replace('"', r"\"")))
    assert "is unknown or has no place on the Earth" in said
    happened(said.partition(":")[0] + ": CRS is unknown or has no place on the Earth.")


@tried("Geometry", "metres in their true CRS")
def test_projected(tmp_path: Path, happened: Callable[[str], None]) -> None:
    """A square of a kilometre in UTM, near its central meridian, measures a km2 over 0.9996 squared."""
    path = write(tmp_path, [shapely.box(500000, 7000000, 501000, 7001000)], crs="EPSG:32721")
    tables = load_polygons(tmp_path, path)
    assert area_km2(tables) == pytest.approx(1 / 0.9996**2, rel=1e-5)
    happened(outcome(tables))


@tried("Geometry", "outside the area of its projection")
def test_outside_projection(tmp_path: Path, happened: Callable[[str], None]) -> None:
    shapes = [shapely.box(500000, 7000000, 501000, 7001000), shapely.box(1e30, 1e30, 2e30, 2e30)]
    happened(outcome(load_polygons(tmp_path, write(tmp_path, shapes, crs="EPSG:32721"))))


def test_sliver_is_no_mine(tmp_path: Path) -> None:
    tables = load_polygons(tmp_path, write(tmp_path, [GOOD, SLIVER]))
    assert area_km2(tables) == pytest.approx(expected_km2(GOOD), rel=1e-9)
