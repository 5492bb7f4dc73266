"""Random rasters and polygons: trajectories and means against shapely, pixel by pixel.

The oracle shares nothing with the loaders: a pixel counts with the area of its intersection with the
mine as a share of the pixel (shapely, in the raster's coordinates), times the geodesic area of the pixel
(pyproj.Geod, its sides drawn with many points).
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from pyproj import Geod, Transformer

from quarrydb.loaders.indicator import run_indicator
from quarrydb.project.indicator import IndicatorSource
from tests.landcover.conftest import read_mines, write_raster
from tests.status.rasters import context_for, mines_connection

QUICK = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
GEOD = Geod(ellps="WGS84")
MODIS = "+proj=sinu +lon_0=0 +x_0=0 +y_0=0 +R=6371007.181 +units=m +no_defs"
SIDE = 8
# CRS, pixel sizes, and where the north-west corner may lie.
CRSES: tuple[tuple[str, tuple[float, ...], tuple[float, float], tuple[float, float]], ...] = (
    ("EPSG:4326", (0.00025, 0.01, 0.5), (-170, 170), (-70, 75)),
    ("EPSG:32721", (10.0, 30.0, 500.0), (300_000, 700_000), (1_500_000, 9_900_000)),
    ("EPSG:3857", (30.0, 250.0), (-1.5e7, 1.5e7), (-9e6, 9e6)),
    (MODIS, (231.656,), (-5e6, 5e6), (-6e6, 6e6)),
)
NO_DATA = 250  # as the legend has it: years without it are NULL
CODES = (10, 120, 130, 190, 200, NO_DATA)
# Shares of pixels are single precision where a side passes within rounding of a corner.
SHARE_TOLERANCE = 2e-4


@dataclass(frozen=True)
class World:
    """A grid of square pixels, and a polygon in pixels east and south of its corner."""

    crs: str
    pixel: float
    left: float
    top: float
    height: int
    width: int
    shape: shapely.Geometry

    @property
    def mine(self) -> shapely.Geometry:
        """The polygon in EPSG:4326, its sides straight on the raster."""
        placed = self.on_map(shapely.segmentize(self.shape, 0.05))
        return self.on_globe(placed)

    def on_map(self, geometry: Any) -> Any:
        """From pixels to coordinates of the raster."""
        return shapely.transform(
            geometry, lambda xy: np.array([self.left, self.top]) + xy * [self.pixel, -self.pixel]
        )

    def on_globe(self, geometry: Any) -> Any:
        """From coordinates of the raster to EPSG:4326."""
        to_lonlat = Transformer.from_crs(self.crs, 4326, always_xy=True)
        return shapely.transform(geometry, to_lonlat.transform, interleaved=False)

    @property
    def shares(self) -> NDArray[np.float64]:
        """Share of each pixel (row, column) inside the polygon."""
        row, column = np.divmod(np.arange(self.height * self.width), self.width)
        pixels = shapely.box(column, row, column + 1, row + 1)
        inside = shapely.area(shapely.intersection(self.shape, pixels))
        return np.asarray(inside.reshape(self.height, self.width))

    @property
    def pixel_km2(self) -> NDArray[np.float64]:
        """Geodesic area of each pixel (row, column), km2."""
        row, column = np.divmod(np.arange(self.height * self.width), self.width)
        pixels = shapely.segmentize(shapely.box(column, row, column + 1, row + 1), 0.02)
        ground = self.on_globe(self.on_map(pixels))
        area = [abs(GEOD.geometry_area_perimeter(pixel)[0]) / 1e6 for pixel in ground]
        return np.array(area).reshape(self.height, self.width)


def star(numbers: list[float], x: float, y: float, size: float, hole: float) -> shapely.Geometry:
    """A polygon around (x, y) with a corner a number, and a hole of the same form."""
    angle = np.linspace(0, 2 * np.pi, len(numbers), endpoint=False)
    ring = np.column_stack([np.cos(angle), np.sin(angle)]) * np.array(numbers)[:, None] * size
    centre = np.array([x, y])
    return shapely.Polygon(centre + ring, [centre + ring[::-1] * hole] if hole else [])


PLACE = st.floats(-2, SIDE + 2)
STARS = st.builds(
    star,
    st.lists(st.floats(0.2, 1), min_size=3, max_size=9),
    PLACE,
    PLACE,
    st.floats(0.2, 5),
    st.sampled_from([0.0, 0.3, 0.9]),
)
# Sides along pixel edges and through their middles.
HALVES = st.integers(-2, 2 * SIDE)
BOXES = st.builds(
    lambda x, y, w, h: shapely.box(x / 2, y / 2, (x + w) / 2, (y + h) / 2),
    HALVES,
    HALVES,
    st.integers(1, 8),
    st.integers(1, 8),
)
SHAPES = st.one_of(STARS, BOXES, st.tuples(BOXES, BOXES).map(lambda b: b[0].difference(b[1])))
SHAPES = SHAPES.filter(lambda s: s.is_valid and s.geom_type == "Polygon" and s.area > 1e-3)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Any grid with a mine in it, half outside it, or beside it."""
    crs, pixels, east, north = draw(st.sampled_from(CRSES))
    left, top = (round(draw(st.floats(*span)), 6) for span in (east, north))
    sides = st.integers(1, SIDE)
    return World(
        crs, draw(st.sampled_from(pixels)), left, top, draw(sides), draw(sides), draw(SHAPES)
    )


@pytest.mark.slow
@QUICK
@given(worlds(), st.integers(1, 3), st.integers(1, SIDE), st.booleans(), st.data())
def test_trajectories_are_the_pixels_weighted_by_their_shares(
    tmp_path_factory: pytest.TempPathFactory,
    world: World,
    n_years: int,
    cut: int,
    has_tag: bool,
    data: st.DataObject,
) -> None:
    """Whatever the CRS, the year without data, and the tile that a pixel lies in."""
    codes = data.draw(
        arrays(np.uint8, (n_years, world.height, world.width), elements=st.sampled_from(CODES))
    )
    folder = tmp_path_factory.mktemp("raster")
    paths = []
    for year, plane in enumerate(codes):
        for tile, first, last in (("a", 0, cut), ("b", cut, world.width)):
            part = plane[:, first:last]
            if part.size:
                paths.append(
                    write_raster(
                        folder / f"MT_{tile}_{2000 + year}.tif",
                        np.where((part == NO_DATA) & has_tag, 255, part),
                        left=world.left + first * world.pixel,
                        top=world.top,
                        pixel=world.pixel,
                        crs=world.crs,
                        nodata=255 if has_tag else None,
                    )
                )
    found = read_mines(paths, {"m": world.mine}, years_from=r"MT_(?P<tile>[ab])_(?P<year>\d{4})")
    area = world.shares * world.pixel_km2
    expected: dict[tuple[int | None, ...], float] = defaultdict(float)
    for row, column in np.argwhere(world.shares > 0):
        classes = [None if code == NO_DATA else int(code) for code in codes[:, row, column]]
        expected[tuple(classes)] += area[row, column]
    void = expected.pop((None,) * n_years, 0.0)
    tolerance = SHARE_TOLERANCE * world.pixel_km2.max() * max(1, world.width)
    measured = {key: km2 for key, (_, km2) in found.trajectories.get("m", {}).items()}
    for key in expected.keys() | measured.keys():
        assert measured.get(key, 0.0) == pytest.approx(
            expected.get(key, 0.0), rel=1e-5, abs=tolerance
        ), key
    if "m" in found.coverage:
        row = found.coverage["m"]
        assert row["data_km2"] == pytest.approx(sum(measured.values()), rel=1e-9, abs=1e-12)
        assert row["tile_km2"] - row["data_km2"] == pytest.approx(void, rel=1e-5, abs=tolerance)
    else:
        assert area.sum() <= tolerance


@pytest.mark.slow
@QUICK
@given(worlds(), st.sampled_from([None, -9999.0, float("nan")]), st.booleans(), st.data())
def test_a_mean_is_weighted_by_the_area_of_each_pixel_in_the_mine(
    tmp_path_factory: pytest.TempPathFactory,
    world: World,
    nodata: float | None,
    is_scaled: bool,
    data: st.DataObject,
) -> None:
    """Pixels without data count for nothing, whatever says so; the rest by their area inside."""
    size = (world.height, world.width)
    values = data.draw(arrays(np.int16, size, elements=st.integers(-1000, 1000))).astype(float)
    is_data = data.draw(arrays(np.bool_, size)) if nodata is not None else np.ones(size, bool)
    scale, offset = (0.5, 7.0) if is_scaled else (1.0, 0.0)
    folder = tmp_path_factory.mktemp("raster")
    write_raster(
        folder / "x_2020.tif",
        np.where(is_data, values, 0 if nodata is None else nodata),
        left=world.left,
        top=world.top,
        pixel=world.pixel,
        crs=world.crs,
        nodata=nodata,
        dtype="float32",
    )
    keys = {"name": "x", "path": "x_*.tif", "dates": "x_{year}.tif"}
    keys |= {"scale": scale, "offset": offset} if is_scaled else {}
    source = IndicatorSource.model_validate(keys, context={"root": folder})
    loaded = run_indicator(context_for(connection_with(world.mine), folder), source=source)
    rows = loaded["raw.indicator"]
    table = rows if isinstance(rows, pa.Table) else pa.concat_tables(map(pq.read_table, rows))
    area = world.shares * world.pixel_km2
    tolerance = SHARE_TOLERANCE * float(world.pixel_km2.max()) * area.size
    row = next(iter(table.to_pylist()), {"inside_km2": 0.0, "valid_km2": 0.0, "value": None})
    valid = area[is_data].sum()
    assert row["inside_km2"] == pytest.approx(area.sum(), rel=1e-5, abs=tolerance)
    assert row["valid_km2"] == pytest.approx(valid, rel=1e-5, abs=tolerance)
    assume(valid > 1e3 * tolerance / area.size)
    scaled = values * scale + offset
    mean = float((area * scaled)[is_data].sum() / valid)
    slack = tolerance / valid * float(np.ptp(scaled))
    assert row["value"] == pytest.approx(mean, rel=1e-5, abs=slack + 1e-4)


@pytest.fixture(scope="module", autouse=True)
def connections() -> Any:
    """One connection for all examples."""
    STATE["connection"] = mines_connection({})
    yield
    STATE.pop("connection").close()


STATE: dict[str, Any] = {}


def connection_with(mine: shapely.Geometry) -> Any:
    """The connection with ``mine`` as the only row of core.mine."""
    connection = STATE["connection"]
    connection.execute("DELETE FROM core.mine")
    connection.execute(
        "INSERT INTO core.mine SELECT 'm', geometry, ST_Area_Spheroid(geometry) / 1e6 "
        "FROM (SELECT ST_GeomFromWKB(?) AS geometry)",
        [shapely.to_wkb(mine)],
    )
    return connection
