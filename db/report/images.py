"""Tiles of satellite images with outlines over them, as rows that a Vega-Lite chart draws."""

import base64
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyproj import Transformer
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import MemoryFile

from quarrydb.inference.chips import Chip, Site, read_chip
from quarrydb.loaders.image_reader import ImageSource
from quarrydb.report.result import Row

TILE_PX = 256
TRUE_COLOUR = ("red", "green", "blue")
STRETCH = (2, 98)  # percentiles that become black and white
JPEG_QUALITY = 82


def tile_rows(rows: Sequence[Row], folder: Path) -> list[dict[str, Any]]:
    """Rows of a panel as one row an image and one a vertex of an outline.

    A row names the site (``longitude``, ``latitude``, ``side_m``), its images (``paths`` below
    ``folder``, with their ``bands``) and ``outlines``, a list of (kind, geometry as text). Vertices lie
    in the tile, ``x`` and ``y`` 0-1 from its lower left. SourceError where an image can't be read.
    """
    return [part for row in rows for part in _tile(row, folder)]


def _tile(row: Row, folder: Path) -> Iterator[dict[str, Any]]:
    site = Site(row["site_id"], row["longitude"], row["latitude"], row["side_m"])
    names = [tuple(bands or ()) for bands in row["bands"]]
    sources = [
        ImageSource(folder / path, bands) for path, bands in zip(row["paths"], names, strict=True)
    ]
    chip = read_chip(site, sources, shown_bands(names[0]), TILE_PX)
    title = {"title": row["title"]}
    yield title | {"image": as_jpeg(inside(chip))}
    for kind, text in ((o["kind"], o["geometry"]) for o in row["outlines"] or ()):
        for ring in shapely.get_rings(shapely.from_wkt(text)):
            key = f"{kind} {shapely.get_coordinates(ring)[0].tolist()}"
            for place, (x, y) in enumerate(in_tile(chip, shapely.get_coordinates(ring))):
                yield title | {"kind": kind, "ring": key, "place": place, "x": x, "y": y}


def shown_bands(bands: Sequence[str]) -> Sequence[str]:
    """True colour where the image has it, else its first three bands, or its only one."""
    lowered = [name.lower() for name in bands]
    if all(name in lowered for name in TRUE_COLOUR):
        return TRUE_COLOUR
    return bands[:3] if len(bands) >= len(TRUE_COLOUR) else bands[:1]


def inside(chip: Chip) -> np.ndarray:
    """The site's own square of a chip, (bands, rows, columns)."""
    top, left, bottom, right = chip.grid.inner
    return chip.pixels[:, top:bottom, left:right]


def in_tile(chip: Chip, lonlat: np.ndarray) -> list[tuple[float, float]]:
    """Places in degrees as shares of the site's square, from its lower left."""
    top, left, bottom, right = chip.grid.inner
    to_grid = Transformer.from_crs("EPSG:4326", chip.grid.crs, always_xy=True)
    column, row = ~chip.grid.affine * np.array(to_grid.transform(lonlat[:, 0], lonlat[:, 1]))
    x = (column - left) / (right - left)
    y = (bottom - row) / (bottom - top)
    return [(round(float(a), 4), round(float(b), 4)) for a, b in zip(x, y, strict=True)]


def as_jpeg(pixels: np.ndarray, stretch: tuple[float, float] | None = None) -> str:
    """Pixels (bands, rows, columns) as a data address.

    ``stretch`` names what becomes black and white; None: what the eye tells apart.
    """
    known = np.where(np.isfinite(pixels), pixels, np.nan)
    low, high = stretch or np.nanpercentile(known, STRETCH, axis=(1, 2), keepdims=True)
    share = np.clip((known - low) / np.maximum(high - low, 1e-9), 0, 1)
    grey = np.nan_to_num(share * 255, nan=255).astype(np.uint8)
    bands, height, width = grey.shape
    with warnings.catch_warnings(), MemoryFile() as memory:
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with memory.open(
            driver="JPEG", width=width, height=height, count=bands, dtype="uint8",
            quality=JPEG_QUALITY,
        ) as file:  # fmt: skip
            file.write(grey)
        return f"data:image/jpeg;base64,{base64.b64encode(memory.read()).decode()}"
