"""Pixels of example mines, as rows that a Vega-Lite chart draws: read where the project lies, kept nowhere.

The database keeps what pixels went through, not where each lies, so that these panels need the project's
rasters, or the probabilities in its store.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from quarrydb.errors import QuarryError, SourceError
from quarrydb.loaders.grid import LONLAT, Grid
from quarrydb.loaders.landcover_cells import clip
from quarrydb.loaders.landcover_legend import MINE_RELATED, NO_DATA, Legend, read_legend
from quarrydb.loaders.landcover_product import Product, recognise
from quarrydb.loaders.landcover_read import TileReader
from quarrydb.loaders.landcover_years import naming_of
from quarrydb.loaders.sample_pixel import cells_read
from quarrydb.project import Project, load_project
from quarrydb.report.images import as_jpeg
from quarrydb.report.result import Row

METRES = 111_195.0  # a degree of latitude, to lay out a drawing
ROOM = 1.06  # a square's side over its mine's longer one
DEVELOPED, RECLAIMED = "developed", "reclaimed"
OUTLINE = "outline"
UNKNOWN = ("unclassified", NO_DATA)

Rows = list[dict[str, Any]]


def project_of(folder: Path) -> Project:
    """The project that a database in ``folder`` was built from; SourceError where it is not there."""
    try:
        return load_project(folder)
    except QuarryError as error:
        raise SourceError(
            f"It reads pixels, and the project is not where the database lies: {error}"
        ) from error


def changed_rows(rows: Sequence[Row], folder: Path) -> Rows:
    """Pixels of each mine that are mine-related in one of two years alone, and the mine's outline.

    A row names ``title``, ``outline`` (geometry as text, EPSG:4326), ``first_year`` and ``last_year``. Places
    lie in a square around the mine, 0-1 from its lower left. SourceError where the rasters are not there.
    """
    section = project_of(folder).landcover
    if section is None:
        raise SourceError("The project has no land cover any more.")
    product = recognise(section.path, naming_of(section))
    legend = read_legend(section.legend)
    return [part for row in rows for part in _changed(row, product, legend)]


def _changed(row: Row, product: Product, legend: Legend) -> Iterator[dict[str, Any]]:
    shape = shapely.from_wkt(row["outline"])
    years = [product.years.index(row[name]) for name in ("first_year", "last_year")]
    square = Square.around(shape)
    to_mine, to_green = changes(legend)
    for tile in product.tiles:
        part = clip(shape, tile)
        if part.is_empty:
            continue
        with TileReader(tile, product.years, legend, record_gaps=True) as reader:
            for codes, grid, cells in cells_read(reader, tile, part):
                before, after = codes[:, years].T
                for kind, table in ((DEVELOPED, to_mine), (RECLAIMED, to_green)):
                    for box in square.boxes(grid, cells[table[before, after]]):
                        yield {"title": row["title"], "kind": kind, **box}
    yield from outline_rows(row["title"], shape, square)


@dataclass(frozen=True)
class Square:
    """Ground around a mine to draw in: its middle, degrees, and its side, metres."""

    middle: NDArray[np.float64]
    side_m: float

    @classmethod
    def around(cls, shape: shapely.Geometry) -> Self:
        """The square that holds a mine with some room."""
        corners = np.array(shape.bounds).reshape(2, 2)
        middle = corners.mean(axis=0)
        extent = cls(middle, 1.0).places(corners)
        return cls(middle, float(np.ptp(extent, axis=0).max()) * ROOM)

    def places(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Places in degrees as shares of the side, from the lower left."""
        metres = METRES * np.array([np.cos(np.radians(self.middle[1])), 1.0])
        found: NDArray[np.float64] = (lonlat - self.middle) * metres / self.side_m + 0.5
        return found

    def boxes(self, grid: Grid, cells: NDArray[np.int64]) -> Iterator[dict[str, float]]:
        """Edges of cells."""
        left, bottom, right, top = grid.cell_bounds(cells)
        to_lonlat = Transformer.from_crs(grid.projection, LONLAT, always_xy=True)
        corners = [to_lonlat.transform(x, y) for x in (left, right) for y in (bottom, top)]
        places = self.places(np.moveaxis(np.array(corners), 1, -1)).round(4)
        low, high = places.min(axis=0), places.max(axis=0)
        for (x, y), (x2, y2) in zip(low.tolist(), high.tolist(), strict=True):
            yield {"x": x, "y": y, "x2": x2, "y2": y2}


def outline_rows(title: str, shape: shapely.Geometry, square: Square) -> Iterator[dict[str, Any]]:
    """Vertices of a mine's rings."""
    for number, ring in enumerate(shapely.get_rings(shape)):
        places = square.places(shapely.get_coordinates(ring)).round(4).tolist()
        for place, (x, y) in enumerate(places):
            vertex = {"place": place, "x": x, "y": y}
            yield {"title": title, "kind": OUTLINE, "ring": f"{title} {number}", **vertex}


def changes(legend: Legend) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether ground went from vegetated to mine-related, and back, by code before and code after."""
    is_mine, is_green = np.zeros(256, bool), np.zeros(256, bool)
    for item in legend.classes:
        is_mine[item.code] = item.category == MINE_RELATED
        is_green[item.code] = item.category not in (MINE_RELATED, *UNKNOWN)
    to_mine = is_green[:, np.newaxis] & is_mine
    return to_mine, to_mine.T


def probability_tiles(rows: Sequence[Row], folder: Path) -> tuple[Rows, str]:
    """The model's probability of each site as a tile, with the outlines of its row; and why any lack.

    A row names ``site_id``, ``year``, ``title`` and ``outlines``, as a tile of an image does.
    """
    from quarrydb.inference.probability import field_of
    from quarrydb.inference.probability_export import kept_files, probability_of
    from quarrydb.inference.shaping import stored_rows

    wanted = {(row["site_id"], row["year"]): row for row in rows}
    try:
        files = kept_files(project_of(folder), wanted)
    except QuarryError as error:
        return [], f"Without the probability of each pixel: {error}"
    tiles: Rows = []
    for file, keys in files:
        for stored in stored_rows(file, keys):
            row, field = wanted[stored["site_id"], stored["year"]], field_of(stored)
            title = f"{row['title']}: probability"
            shares = probability_of(field)[np.newaxis]
            tiles.append({"title": title, "image": as_jpeg(shares, stretch=(0.0, 1.0))})
            tiles += placed_outlines(title, row, field.crs, field.transform, shares.shape[1:])
    return tiles, ""


def placed_outlines(
    title: str,
    row: Mapping[str, Any],
    crs: str,
    transform: Sequence[float],
    shape: tuple[int, ...],
) -> Iterator[dict[str, Any]]:
    """Vertices of a row's outlines as shares of a tile's sides, from its lower left."""
    from rasterio import Affine

    to_map = Transformer.from_crs(LONLAT, crs, always_xy=True)
    n_rows, n_columns = shape
    for outline in row["outlines"] or ():
        for ring in shapely.get_rings(shapely.from_wkt(outline["geometry"])):
            lonlat = shapely.get_coordinates(ring)
            column, line = ~Affine(*transform) * np.array(to_map.transform(*lonlat.T))
            key = f"{outline['kind']} {lonlat[0].tolist()}"
            for place, (x, y) in enumerate(zip(column / n_columns, 1 - line / n_rows, strict=True)):
                vertex = {"place": place, "x": round(float(x), 4), "y": round(float(y), 4)}
                yield {"title": title, "kind": outline["kind"], "ring": key, **vertex}
