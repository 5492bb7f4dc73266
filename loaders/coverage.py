"""Which cells of a raster grid a polygon covers, and by how much, without reading a pixel.

``exactextract`` computes the exact share of each cell that lies inside a polygon. Here it is given
a raster that has an extent and a cell size but no content, so that one geometric pass serves every
band and date on the same grid. ``quarrydb.loaders.grid.cell_area_km2`` has the areas to go with it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from exactextract import exact_extract
from exactextract.feature import Feature, FeatureSource, JSONFeature
from exactextract.raster import RasterSource
from exactextract.writer import Writer
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from quarrydb.loaders.areal import within
from quarrydb.loaders.grid import LONLAT, Grid

EDGE_DEGREES = 0.01  # a longer straight edge in lon/lat bends by more than 0.1 m in a projection
TEAR_M = 111_000.0  # no edge of 0.01 degrees becomes this long unless the projection tears it
BATCH = 512
ASTRAY = "its cells do not add up to its area; it may be invalid"
SLIVER = 1e-6  # a smaller share of a cell is rounding
NUDGES = (1e-6, -3e-6, 1e-5, -3e-5)  # share of a cell
Cells = tuple[NDArray[np.int64], NDArray[np.float64]]
Margin = tuple[int, int, int, int]  # cells added at the left, bottom, right and top


@dataclass(frozen=True)
class CellCoverage:
    """Cells that one polygon covers.

    ``cell_id`` (int64, ascending) and ``coverage`` (float64, share of the cell inside the polygon,
    above 0 and up to 1) have one length; both are empty where the polygon lies outside the grid.
    ``problem`` says why a polygon that should be inside could not be measured.
    """

    cell_id: NDArray[np.int64]
    coverage: NDArray[np.float64]
    problem: str | None = None

    def window(self, width: int) -> tuple[int, int, int, int]:
        """First row, first column, number of rows and of columns that hold all cells."""
        row, column = np.divmod(self.cell_id, width)
        top, left = int(row.min()), int(column.min())
        return top, left, int(row.max()) - top + 1, int(column.max()) - left + 1


NOTHING = CellCoverage(np.empty(0, np.int64), np.empty(0, np.float64))


class EmptyRaster(RasterSource):  # type: ignore[misc]
    """A raster of the grid's cells, with a margin around it, that has no content."""

    def __init__(self, grid: Grid, margin: Margin) -> None:
        super().__init__()
        self.grid = grid
        self.margin = margin
        self.zero = np.zeros(1, np.uint8)

    def res(self) -> tuple[float, float]:
        """Cell size."""
        return self.grid.transform[0], abs(self.grid.transform[4])

    def extent(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top."""
        west, south, east, north = self.margin
        left, bottom, right, top = self.grid.extent
        dx, dy = self.res()
        return left - west * dx, bottom - south * dy, right + east * dx, top + north * dy

    def nodata_value(self) -> None:
        """No value is missing."""

    def srs_wkt(self) -> None:
        """No CRS: polygons come in the grid's own."""

    def read_window(self, x0: int, y0: int, nx: int, ny: int) -> NDArray[np.uint8]:
        """An array of zeros that takes one byte."""
        return np.broadcast_to(self.zero, (ny, nx))


class PolygonFeature(Feature):  # type: ignore[misc]
    """One polygon as WKB, without attributes."""

    def __init__(self, wkb: bytes) -> None:
        super().__init__()
        self.wkb = wkb

    def geometry(self) -> bytes:
        """The polygon."""
        return self.wkb

    def fields(self) -> list[str]:
        """No attribute."""
        return []


class PolygonSource(FeatureSource):  # type: ignore[misc]
    """Polygons in memory."""

    def __init__(self, polygons: Sequence[bytes]) -> None:
        super().__init__()
        self.polygons = polygons

    def count(self) -> int:
        """Number of polygons."""
        return len(self.polygons)

    def __iter__(self) -> Iterator[PolygonFeature]:
        """Each polygon once."""
        return (PolygonFeature(wkb) for wkb in self.polygons)

    def srs_wkt(self) -> None:
        """No CRS: see EmptyRaster."""


class CellWriter(Writer):  # type: ignore[misc]
    """Keeps the arrays of each polygon."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Cells] = []

    def add_operation(self, operation: object) -> None:
        """Nothing to prepare."""

    def features(self) -> None:
        """The rows are kept here, not returned."""

    def write(self, feature: Feature) -> None:
        """Keep the result of one polygon."""
        result = JSONFeature()
        feature.copy_to(result)
        found = result.feature["properties"]
        self.rows.append((found["cell_id"].astype(np.int64), found["coverage"].astype(np.float64)))


def cells_of(geometries: Sequence[shapely.Geometry], grid: Grid) -> list[CellCoverage]:
    """Coverage of non-empty geometries that are already in the grid's CRS.

    The grid is extended until all of them lie inside, so that the covered cells of each must add up
    to its area. Where an edge passes a cell corner within rounding error, exactextract 0.3 can lose
    a cell: then the polygon is moved by a nudge and measured again.
    """
    if not geometries:
        return []
    margin = margin_cells(shapely.total_bounds(list(geometries)), grid)
    found = raw_cells(geometries, grid, margin)
    for nudge in NUDGES:
        wrong = [
            i for i, geometry in enumerate(geometries) if not adds_up(found[i], geometry, grid)
        ]
        if not wrong:
            break
        step = np.array([nudge * grid.transform[0], 0.618 * nudge * abs(grid.transform[4])])
        moved = [shapely.transform(geometries[i], lambda xy, step=step: xy + step) for i in wrong]
        for i, cells in zip(wrong, raw_cells(moved, grid, margin), strict=True):
            found[i] = cells
    return [
        as_coverage(*cells, grid, margin)
        if adds_up(cells, geometry, grid)
        else CellCoverage(NOTHING.cell_id, NOTHING.coverage, ASTRAY)
        for cells, geometry in zip(found, geometries, strict=True)
    ]


def raw_cells(geometries: Sequence[shapely.Geometry], grid: Grid, margin: Margin) -> list[Cells]:
    """Cell numbers, on the grid with its margin, and covered shares, as exactextract gives them."""
    writer = CellWriter()
    polygons = PolygonSource([shapely.to_wkb(geometry) for geometry in geometries])
    exact_extract(EmptyRaster(grid, margin), polygons, ["cell_id", "coverage"], output=writer)
    return writer.rows


def adds_up(cells: Cells, geometry: shapely.Geometry, grid: Grid) -> bool:
    """Whether the covered cells have the polygon's area in the plane, none counted twice."""
    area = geometry.area / (grid.transform[0] * abs(grid.transform[4]))
    share = cells[1]
    overlaps = share.size > 0 and share.max() > 1.0 + 1e-5
    return not overlaps and abs(float(share.sum()) - area) < 1e-4 + 1e-5 * area


def margin_cells(bounds: NDArray[np.float64], grid: Grid) -> Margin:
    """Cells to add at the left, bottom, right and top of a grid until it holds ``bounds``."""
    left, bottom, right, top = grid.extent
    dx, dy = grid.transform[0], abs(grid.transform[4])
    beyond = (
        (left - bounds[0]) / dx,
        (bottom - bounds[1]) / dy,
        (bounds[2] - right) / dx,
        (bounds[3] - top) / dy,
    )
    west, south, east, north = (max(0, math.ceil(cells) + 1) for cells in beyond)
    return west, south, east, north


def as_coverage(
    cell_id: NDArray[np.int64], share: NDArray[np.float64], grid: Grid, margin: Margin
) -> CellCoverage:
    """Drop cells of the margin and slivers, and number rows as the file does."""
    west, _, east, north = margin
    row, column = np.divmod(cell_id, west + grid.width + east)
    row, column = row - north, column - west
    inside = (
        (share > SLIVER) & (row >= 0) & (row < grid.height) & (column >= 0) & (column < grid.width)
    )
    row, column, share = row[inside], column[inside], share[inside]
    if grid.transform[4] > 0:
        row = grid.height - 1 - row
    found = row * grid.width + column
    order = np.argsort(found, kind="stable")
    return CellCoverage(found[order], share[order])


def merge(parts: Sequence[CellCoverage]) -> CellCoverage:
    """Coverage of a polygon from that of its disjoint parts."""
    if len(parts) == 1:
        return parts[0]
    cell_id, index = np.unique(
        np.concatenate([part.cell_id for part in parts]), return_inverse=True
    )
    share = np.bincount(index, np.concatenate([part.coverage for part in parts]), len(cell_id))
    return CellCoverage(cell_id, np.minimum(share, 1.0))


def wraps(polygon: shapely.Geometry, west: float, east: float) -> Iterator[shapely.Geometry]:
    """The polygon, whole turns of longitude to either side, where it meets [west, east].

    A polygon of longitudes -180..180 so finds its place on a grid of 0..360, and one that goes on
    past 180 is found at both ends of the grid. No meridian counts twice on a wider grid.
    """
    xmin, _, xmax, _ = polygon.bounds
    for turn in (-360.0, 0.0, 360.0):
        if xmax + turn <= west or xmin + turn >= east:
            continue
        copy = shapely.transform(polygon, lambda xy, turn=turn: xy + np.array([turn, 0.0]))
        if east - west > 360.0:
            copy = shapely.clip_by_rect(copy, west, -90.0, west + 360.0, 90.0)
        if not copy.is_empty:
            yield copy


def perimeter(grid: Grid, points: int = 41) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coordinates x and y of points along the edge of a grid."""
    left, bottom, right, top = grid.extent
    x, y = np.linspace(left, right, points), np.linspace(bottom, top, points)
    flat = np.ones(points)
    xs = np.concatenate([x, x, left * flat, right * flat])
    return xs, np.concatenate([bottom * flat, top * flat, y, y])


def is_whole(grid: Grid) -> bool:
    """Whether the edge of a projected grid lies on the map and comes back where it was."""
    to_lonlat = Transformer.from_crs(grid.projection, LONLAT, always_xy=True)
    x, y = perimeter(grid)
    longitude, latitude = to_lonlat.transform(x, y)
    if not (np.isfinite(longitude).all() and np.isfinite(latitude).all()):
        return False
    again = np.array(to_lonlat.transform(longitude, latitude, direction="INVERSE"))
    return bool(np.abs(again - [x, y]).max() < grid.transform[0])


def lonlat_frame(grid: Grid) -> tuple[float, float, float, float]:
    """West, south, east, north of a projected grid in degrees; east may pass 180."""
    if not is_whole(grid):
        return -180.0, -90.0, 180.0, 90.0
    to_lonlat = Transformer.from_crs(grid.projection, LONLAT, always_xy=True)
    west, south, east, north = to_lonlat.transform_bounds(*grid.extent, densify_pts=41)
    pad = 0.1
    return west - pad, south - pad, (east + 360 if east < west else east) + pad, north + pad


def seam_longitude(crs: CRS) -> float | None:
    """The meridian opposite to the centre of a projection, where its map ends."""
    operation = crs.coordinate_operation
    for parameter in operation.params if operation else ():
        if parameter.name.startswith("Longitude of "):
            centre = math.degrees(parameter.value * parameter.unit_conversion_factor)
            return centre % 360.0 - 180.0
    return None


def cut_at_seam(polygon: shapely.Geometry, longitude: float) -> list[shapely.Geometry]:
    """The parts of a lon/lat polygon on either side of a meridian, a nudge away from it."""
    nudge = 1e-9
    xmin, ymin, xmax, ymax = polygon.bounds
    for seam in (longitude - 360.0, longitude, longitude + 360.0):
        if xmin < seam < xmax:
            west = shapely.clip_by_rect(polygon, xmin - 1, ymin - 1, seam - nudge, ymax + 1)
            east = shapely.clip_by_rect(polygon, seam + nudge, ymin - 1, xmax + 1, ymax + 1)
            return [part for part in (west, east) if not part.is_empty]
    return [polygon]


def is_torn(geometry: shapely.Geometry, unit: float) -> bool:
    """Whether neighbouring vertices of a projected polygon lie impossibly far apart."""
    points, ring = shapely.get_coordinates(
        shapely.get_parts(shapely.boundary(geometry)), return_index=True
    )
    if not np.isfinite(points).all():
        return True
    step = np.hypot(*np.diff(points, axis=0).T)[np.diff(ring) == 0]
    return bool(step.size) and float(step.max()) * unit > TEAR_M


class Placer:
    """Puts lon/lat polygons into the CRS of a grid, in parts where the map is cut."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.same = grid.is_lonlat and grid.projection.equals(LONLAT, ignore_axis_order=True)
        self.transformer = Transformer.from_crs(LONLAT, grid.projection, always_xy=True)
        self.frame = (
            (grid.extent[0], -90.0, grid.extent[2], 90.0) if grid.is_lonlat else lonlat_frame(grid)
        )
        self.latitudes = (
            (grid.extent[1], grid.extent[3]) if self.same else (self.frame[1], self.frame[3])
        )
        self.seam = None if grid.is_lonlat else seam_longitude(grid.projection)

    def project(self, polygon: shapely.Geometry) -> shapely.Geometry:
        """Transform the vertices."""
        return shapely.transform(
            polygon, lambda xy: np.column_stack(self.transformer.transform(xy[:, 0], xy[:, 1]))
        )

    def stays(self, polygons: NDArray[np.object_]) -> NDArray[np.bool_]:
        """Which polygons ``place`` gives back as they are."""
        west, south, east, north = self.frame
        xmin, ymin, xmax, ymax = shapely.bounds(polygons).reshape(-1, 4).T
        once = (xmax > west) & (xmin < east) & (xmax - 360.0 <= west) & (xmin + 360.0 >= east)
        flat = ~shapely.has_z(polygons) & (ymax >= south) & (ymin <= north)
        return once & flat & (self.same and east - west <= 360.0)

    def place(self, polygon: shapely.Geometry) -> tuple[list[shapely.Geometry], str | None]:
        """Parts in the grid's CRS, and a problem where there is one."""
        if polygon is None or polygon.is_empty:
            return [], "the polygon is empty"
        west, south, east, north = self.frame
        if polygon.bounds[3] < south or polygon.bounds[1] > north:
            return [], None
        if self.grid.is_lonlat:
            moved = polygon if self.same else self.project(polygon)
            return list(wraps(moved, west, east)), None
        copies = list(wraps(polygon, west, min(east, west + 360.0)))
        return self.place_projected(copies[0]) if copies else ([], None)

    def place_projected(
        self, polygon: shapely.Geometry
    ) -> tuple[list[shapely.Geometry], str | None]:
        """As ``place``, for a projected grid."""
        dense = shapely.segmentize(polygon, EDGE_DEGREES)
        parts = [dense] if self.seam is None else cut_at_seam(dense, self.seam)
        placed = [self.project(shapely.segmentize(part, EDGE_DEGREES)) for part in parts]
        if any(is_torn(part, self.grid.unit) for part in placed):
            return [], "the polygon crosses a cut of the raster's map projection"
        return placed, None


def cell_coverage(
    polygons: Iterable[bytes], grid: Grid, region: shapely.Geometry | None = None
) -> Iterator[CellCoverage]:
    """Cells of ``grid`` that each polygon covers, within ``region`` of it, in the order of the polygons.

    ``polygons`` are WKB in EPSG:4326, longitude first; longitudes past 180 are understood. Edges
    are densified before they are projected. A part of a polygon outside the grid has no cells:
    compare ``(coverage * cell_area_km2).sum()`` with the polygon's area to see how much that is.
    """
    placer = Placer(grid)
    batch: list[tuple[list[shapely.Geometry], str | None]] = []
    for wkb in polygons:
        batch.append(within(region, *placer.place(shapely.from_wkb(wkb))))
        if len(batch) == BATCH:
            yield from measured(batch, grid)
            batch = []
    yield from measured(batch, grid)


def measured(
    batch: Sequence[tuple[list[shapely.Geometry], str | None]], grid: Grid
) -> Iterator[CellCoverage]:
    """Coverage of polygons that are given as parts."""
    parts = iter(cells_of([part for placed, _ in batch for part in placed], grid))
    for placed, problem in batch:
        found = [next(parts) for _ in placed]
        wrong = problem or next((part.problem for part in found if part.problem), None)
        if found and not wrong:
            yield merge(found)
        else:
            yield CellCoverage(NOTHING.cell_id, NOTHING.coverage, wrong)
