"""What lies around places: against geodesic discs of pyproj, overlays of geopandas and brute force."""

from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

import quarrydb
from quarrydb.engine.build import build
from quarrydb.engine.radii import exposure_objects
from quarrydb.errors import ProjectError, SourceError
from quarrydb.loaders import exposure
from quarrydb.loaders.disc import Outlines, edge_area_in_circle, shares_within
from quarrydb.project import load_project
from tests.worlds import write_project

GEOD = Geod(ellps="WGS84")
RADII = (5.0, 10.0, 20.0)


def area_km2(shape: shapely.Geometry) -> float:
    """Geodesic area of polygons, holes taken out."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    oriented = shapely.orient_polygons(np.array(parts, object))
    return sum(abs(GEOD.geometry_area_perimeter(part)[0]) for part in oriented) / 1e6


def disc(longitude: float, latitude: float, radius_km: float, n: int = 100_000) -> shapely.Polygon:
    """A geodesic disc of many vertices."""
    azimuth = np.linspace(360, 0, n + 1)[:-1]
    x, y, _ = GEOD.fwd(
        np.full(n, longitude), np.full(n, latitude), azimuth, np.full(n, radius_km * 1000)
    )
    return shapely.Polygon(np.column_stack([x, y]))


def mine_at(longitude: float, latitude: float, size: float) -> shapely.Polygon:
    """A round mine with a hole, short edges, as wide as it is high."""
    stretch = 1 / np.cos(np.radians(latitude))
    point = shapely.Point(longitude, latitude)
    ring = point.buffer(size, quad_segs=300).difference(point.buffer(size / 4, quad_segs=300))
    return shapely.affinity.scale(ring, stretch, 1)


@pytest.mark.parametrize("latitude", [0.3, -34.0, 61.0, 78.0])
def test_areas_within_discs_are_those_of_an_overlay(latitude: float) -> None:
    random = np.random.default_rng(int(abs(latitude)))
    for _ in range(4):
        x, y = random.uniform(-0.1, 0.1, 2)
        mine = mine_at(30 + x / np.cos(np.radians(latitude)), latitude + y, 0.04)
        share, distance = shares_within(
            Outlines.of(np.array([mine], object)),
            np.array([0]),
            np.array([[30.0, latitude]]),
            RADII,
        )
        for column, radius in enumerate(RADII):
            inside = area_km2(mine.intersection(disc(30.0, latitude, radius)))
            assert share[0, column] * area_km2(mine) == pytest.approx(
                inside, abs=1e-9 * area_km2(mine) * 2
            )
        points = shapely.get_coordinates(shapely.segmentize(mine.boundary, 2e-6))
        if not mine.intersects(shapely.Point(30, latitude)):
            n = len(points)
            metres = GEOD.inv(np.full(n, 30.0), np.full(n, latitude), *points.T)[2].min()
            assert distance[0] == pytest.approx(metres / 1000, abs=1e-5)


def test_a_square_in_a_circle_on_paper() -> None:
    """Half side 1: within radius 1 pi, within the root of 2 the square, within 0.5 a disc of 0.5."""
    corners = np.array([(1, -1), (1, 1), (-1, 1), (-1, -1), (1, -1)], float)
    for radius, expected in ((1.0, np.pi), (2**0.5, 4.0), (0.5, np.pi / 4), (3.0, 4.0)):
        parts = edge_area_in_circle(corners[:-1], corners[1:], np.full(4, radius))
        assert parts.sum() == pytest.approx(expected, rel=1e-12)


def test_the_nearest_mine_is_that_of_brute_force() -> None:
    """Mines with edges of 30 km, whose corners are farther than those of others; places far off, too.

    Such an edge is a geodesic here, and 18 m from the line of even latitude that the check walks along.
    """
    random = np.random.default_rng(2)
    shapes = [
        shapely.box(x, y, x + w, y + h)
        for x, y, w, h in zip(
            random.uniform(-10, 10, 60), random.uniform(-40, 40, 60),
            random.choice([0.01, 0.3], 60), random.choice([0.01, 0.3], 60), strict=True,
        )
    ]  # fmt: skip
    places = [*random.uniform((-11, -41), (11, 41), (80, 2)), np.array([170.0, 60.0])]
    mines = exposure.Mines(
        np.array([f"m{n}" for n in range(60)], object), np.ones(60), np.array(shapes, object)
    )
    points = exposure.Places(
        np.array(["p"] * 81, object), np.array([str(n) for n in range(81)], object),
        np.array([shapely.Point(p) for p in places], object),
    )  # fmt: skip
    found = exposure.nearest_table(points, mines, None).to_pylist()
    borders = [shapely.get_coordinates(shapely.segmentize(s.boundary, 1e-3)) for s in shapes]
    for row, (x, y) in zip(found, places, strict=True):
        metres = [
            0.0
            if s.intersects(shapely.Point(x, y))
            else GEOD.inv(np.full(len(b), x), np.full(len(b), y), *b.T)[2].min()
            for s, b in zip(shapes, borders, strict=True)
        ]
        far = row["distance_km"] > 3000
        assert row["distance_km"] == pytest.approx(
            min(metres) / 1000, rel=1e-3 if far else 2e-5, abs=2e-2
        )
        if not far:
            assert row["outline_id"] == f"m{int(np.argmin(metres))}"


def project(folder: Path, extra: str = "") -> Path:
    """Two mines, a point inside one, a point across the antimeridian, a far one, and a polygon."""
    mines = [mine_at(0.05, 0.05, 0.02), shapely.box(179.98, 10.0, 179.99, 10.01)]
    write_project(folder, {"a": mines})
    pd.DataFrame(
        {"id": ["in", "over", "far"], "lon": [0.05, -179.99, 90.0], "lat": [0.068, 10.0, -60.0]}
    ).to_csv(folder / "points.csv", index=False)
    village = geopandas.GeoDataFrame(
        {"n": [1]}, geometry=[shapely.box(0.12, 0.04, 0.13, 0.06)], crs=4326
    )
    village.to_crs(32631).to_file(folder / "village.gpkg")
    file = folder / "quarry.toml"
    places = (
        '\n[[places]]\nname = "point"\npath = "points.csv"\ncrs = "EPSG:4326"\nid = "id"\n'
        '\n[[places]]\nname = "village"\npath = "village.gpkg"\n'
    )
    head, _, _ = file.read_text().partition("[parameters]")
    file.write_text(f"{head}{places}\n[parameters]\n{extra}")
    return folder


def test_exposure_of_points_and_polygons(tmp_path: Path) -> None:
    folder = project(tmp_path / "p")
    with quarrydb.connect(build(load_project(folder), workers=1).database) as connection:
        rows = connection.execute(
            "SELECT place_id, layer, nearest_mine_km, mine_area_within_5km, mine_area_within_20km "
            "FROM place_exposure WHERE year IS NULL"
        ).fetchall()
        areas = connection.execute("SELECT area_km2 FROM mine ORDER BY longitude").fetchall()
    found = {row[0] if row[1] == "point" else "village": row[2:] for row in rows}
    assert found["in"][0] == 0
    assert found["in"][1] == pytest.approx(areas[0][0])
    assert found["over"][0] == pytest.approx(GEOD.inv(-179.99, 10, 179.99, 10)[2] / 1000, abs=1e-3)
    assert found["over"][1] == pytest.approx(areas[1][0])
    assert found["far"][0] > 7000
    assert found["far"][1:] == (0, 0)
    near = GEOD.inv(0.12, 0.05, 0.07, 0.05)[2] / 1000
    assert found["village"][0] == pytest.approx(near, rel=2e-3)
    assert found["village"][2] == pytest.approx(areas[0][0])


def test_radii_are_a_parameter(tmp_path: Path) -> None:
    folder = project(tmp_path / "p", 'place_radii_km = "2.5, 30"\n')
    with quarrydb.connect(build(load_project(folder), workers=1).database) as connection:
        columns = connection.execute("SELECT * FROM place_exposure").df().columns
        text = connection.execute(
            "SELECT comment FROM duckdb_columns() WHERE column_name = 'mine_area_within_2_5km'"
        ).fetchone()
    assert [c for c in columns if "within" in c] == [
        "mine_area_within_2_5km",
        "mine_area_within_30km",
    ]
    assert text == ("Mine area within 2.5 km, km2; NULL where unknown.",)
    assert exposure_objects(load_project(project(tmp_path / "q"))) == {}


@pytest.mark.parametrize("radii", ["", "5, x", "0", "-3", "1e9", "nan"])
def test_radii_that_are_none_are_a_mistake_of_the_project_file(tmp_path: Path, radii: str) -> None:
    with pytest.raises(ProjectError, match="place_radii_km"):
        load_project(project(tmp_path / "p", f'place_radii_km = "{radii}"\n'))


def layer(shapes: list[shapely.Geometry]) -> exposure.Places:
    """Places of one layer, called by their numbers."""
    ids = np.array([str(n) for n in range(len(shapes))], object)
    return exposure.Places(np.array(["p"] * len(shapes), object), ids, np.array(shapes, object))


def outlines(shapes: list[shapely.Geometry]) -> exposure.Mines:
    """Mines of area 1, called by their numbers."""
    ids = np.array([f"m{n}" for n in range(len(shapes))], object)
    return exposure.Mines(ids, np.ones(len(shapes)), np.array(shapes, object))


def test_the_nearest_point_of_a_large_place_is_that_of_brute_force() -> None:
    """Far north it is not the nearest in degrees; across the 180th meridian neither."""
    mines = [shapely.box(5, 60, 5.01, 60.01), shapely.box(-179.99, 0, -179.98, 0.01)]
    places = [shapely.box(-30, 59, -20, 75), shapely.box(179, 0.5, 179.98, 5)]
    found = exposure.nearest_table(layer(places), outlines(mines), None).to_pylist()
    for row, place, mine in zip(found, places, mines, strict=True):
        edge = shapely.get_coordinates(shapely.segmentize(place.exterior, 2e-3))
        corners = shapely.get_coordinates(mine.exterior)
        metres = min(
            GEOD.inv(*edge.T, np.full(len(edge), x), np.full(len(edge), y))[2].min()
            for x, y in corners
        )
        assert row["distance_km"] == pytest.approx(metres / 1000, rel=2e-6)


def test_places_around_the_world_take_no_memory_and_one_without_end_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What holds a mine is at it, whatever its size; what does not is looked at along its edges."""
    monkeypatch.setenv("QUARRY_READ_MEMORY", "3MB")
    mines = outlines([shapely.box(0, 0, 0.01, 0.01), shapely.box(1, 1, 1.01, 1.01)])
    world = shapely.box(-180, -90, 180, 90)
    found = exposure.nearest_table(layer([world] * 50), mines, None).to_pylist()
    assert {(row["outline_id"], row["distance_km"]) for row in found} == {("m0", 0.0)}
    with pytest.raises(SourceError, match="place 1 of p would take more than 3 MB"):
        exposure.nearest_table(layer([world, shapely.box(-180, -90, 180, -1)]), mines, None)
