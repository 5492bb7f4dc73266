"""What the network said of each site and year, kept so that no threshold runs it again.

A logit becomes one of 255 steps on an asinh scale, which is fine around 0, where thresholds lie, and
coarse where the answer is sure; differences between neighbours compress well. Measured on chips of
512 pixels: 4 to 12 kB each, areas at thresholds of 0.5 to 0.7 within 0.5 %.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio import features

from quarrydb.inference.outline import Field
from quarrydb.loaders.image_reader import on_map

KIND = "probability"
STEPS = 127
KNEE = 0.75
LARGEST_LOGIT = 20.0
# Cells of which nothing was seen lie below any threshold.
NOTHING_SEEN = -LARGEST_LOGIT

Bytes = NDArray[np.uint8]
Affine6 = tuple[float, float, float, float, float, float]

SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("site_id", pa.string()),
        ("year", pa.int32()),
        ("model_id", pa.string()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("crs", pa.string()),
        ("transform", pa.list_(pa.float64())),
        ("cell_px", pa.int32()),
        ("n_rows", pa.int32()),
        ("n_columns", pa.int32()),
        ("logits", pa.binary()),
        ("n_seen", pa.binary()),
        (
            "levels",
            pa.list_(
                pa.struct(
                    [
                        ("image_id", pa.string()),
                        ("taken_off", pa.float64()),
                        ("seen_share", pa.float64()),
                        ("dark", pa.list_(pa.float64())),
                        ("middle", pa.list_(pa.float64())),
                    ]
                )
            ),
        ),
    ]
)


@dataclass(frozen=True)
class ProbabilityField:
    """The mine's logit in cells of ``cell_px`` pixels over a site's square, shape (rows, columns).

    ``n_seen`` is how many of a cell's pixels had data. ``transform`` (a, b, c, d, e, f) takes cells
    to the ground in ``crs``.
    """

    logits: Field
    n_seen: NDArray[np.int64]
    cell_px: int
    crs: str
    transform: Affine6

    @property
    def seen_logits(self) -> Field:
        """The logits, far below any threshold where nothing was seen."""
        return np.where(self.n_seen > 0, self.logits, np.float32(NOTHING_SEEN))

    @property
    def pixel_transform(self) -> Affine6:
        """What takes pixels, counted from the square's corner, to the ground."""
        a, b, c, d, e, f = self.transform
        n = self.cell_px
        return (a / n, b / n, c, d / n, e / n, f)

    @property
    def middle_x(self) -> float:
        """The middle column's place on the map."""
        return self.transform[2] + self.transform[0] * self.logits.shape[1] / 2

    @property
    def square(self) -> shapely.Polygon:
        """What the field covers on the map."""
        a, _, left, _, e, top = self.transform
        n_rows, n_columns = self.logits.shape
        return shapely.box(left, top, left + a * n_columns, top + e * n_rows)

    @property
    def is_whole(self) -> bool:
        """Whether every pixel had data."""
        return bool((self.n_seen == self.cell_px**2).all())

    @property
    def seen_share(self) -> float:
        """Share of the square whose pixels had data, 0-1."""
        return float(self.n_seen.mean()) / self.cell_px**2

    def seen_share_of(self, ground: shapely.Geometry) -> float | None:
        """Share of ``ground`` (EPSG:4326) inside the square whose pixels had data, 0-1; None where
        it lies outside.
        """
        placed = on_map(ground, self.crs, self.middle_x)
        if self.is_whole and self.square.contains_properly(placed):
            return 1.0
        n_rows, n_columns = (n * self.cell_px for n in self.logits.shape)
        mask = features.rasterize(
            [placed],
            out_shape=(n_rows, n_columns),
            transform=rasterio.Affine(*self.pixel_transform),
            all_touched=True,  # a mine smaller than a pixel lies somewhere, too
            dtype="uint8",
        )
        cells = _sum_of_cells(mask, self.cell_px)
        if not cells.any():
            return None
        return float((cells * (self.n_seen / self.cell_px**2)).sum() / cells.sum())


def _sum_of_cells(pixels: NDArray[Any], cell_px: int) -> NDArray[np.int64]:
    """Sum of the pixels of each cell, shape (rows, columns) of cells."""
    rows, columns = (n // cell_px for n in pixels.shape)
    blocks = pixels.reshape(rows, cell_px, columns, cell_px)
    return blocks.sum(axis=(1, 3), dtype=np.int64)


def count_seen(has_data: Any, cell_px: int) -> NDArray[np.int64]:
    """How many pixels of each cell have data; ``has_data`` says it of each pixel."""
    return _sum_of_cells(has_data, cell_px)


def encode_logits(field: Field) -> bytes:
    """Logits as one byte each: asinh steps, then differences along rows and columns."""
    scaled = np.arcsinh(np.clip(field, -LARGEST_LOGIT, LARGEST_LOGIT) / KNEE)
    steps = np.rint(scaled * (STEPS / np.arcsinh(LARGEST_LOGIT / KNEE))).astype(np.int8)
    return _differences(steps.view(np.uint8)).tobytes()


def decode_logits(data: bytes, shape: tuple[int, int]) -> Field:
    """What ``encode_logits`` kept of a field of this shape."""
    steps = _running_sums(np.frombuffer(data, np.uint8).reshape(shape)).view(np.int8)
    scaled = steps.astype(np.float64) * (np.arcsinh(LARGEST_LOGIT / KNEE) / STEPS)
    return (np.sinh(scaled) * KNEE).astype(np.float32)


def _differences(values: Bytes) -> Bytes:
    """Differences to the row above, and of these to the column before, modulo 256."""
    down = np.diff(values, axis=0, prepend=np.uint8(0))
    return np.diff(down, axis=1, prepend=np.uint8(0))


def _running_sums(values: Bytes) -> Bytes:
    return np.cumsum(np.cumsum(values, axis=1, dtype=np.uint8), axis=0, dtype=np.uint8)


def field_columns(field: ProbabilityField) -> dict[str, Any]:
    """A field as columns of ``SCHEMA``; cells of up to 15 x 15 pixels are counted exactly."""
    counts = np.minimum(field.n_seen, 255).astype(np.uint8)
    return {
        "crs": field.crs,
        "transform": list(field.transform),
        "cell_px": field.cell_px,
        "n_rows": field.logits.shape[0],
        "n_columns": field.logits.shape[1],
        "logits": encode_logits(field.logits),
        "n_seen": None if field.is_whole else _differences(counts).tobytes(),
    }


def field_of(row: Mapping[str, Any]) -> ProbabilityField:
    """The field in a stored row that is done."""
    shape = (row["n_rows"], row["n_columns"])
    cell_px = int(row["cell_px"])
    if row["n_seen"] is None:
        n_seen = np.full(shape, cell_px**2, np.int64)
    else:
        n_seen = _running_sums(np.frombuffer(row["n_seen"], np.uint8).reshape(shape)).astype(int)
    a, b, c, d, e, f = row["transform"]
    return ProbabilityField(
        decode_logits(row["logits"], shape), n_seen, cell_px, row["crs"], (a, b, c, d, e, f)
    )
