"""Polygons, points and what was seen, from stored probabilities: no network runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from quarrydb.inference.ground import to_degrees
from quarrydb.inference.outline import OutlineMode, mean_probability, outline
from quarrydb.inference.probability import ProbabilityField, field_of
from quarrydb.loaders.image_reader import on_map
from quarrydb.store.shards import Store, fingerprint

OUTLINE, SEEN = "outline", "seen"  # which another threshold does not change
# Raise when the same probabilities give other rows.
REVISION = 2

OUTLINE_SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        (
            "polygon",
            pa.list_(
                pa.struct(
                    [
                        ("threshold", pa.float64()),
                        ("geometry", pa.binary()),
                        ("mean_probability", pa.float64()),
                    ]
                )
            ),
        ),
    ]
)
SEEN_SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("seen_share", pa.float64()),
        ("mine_seen_share", pa.float64()),
        (
            "point",
            pa.list_(pa.struct([("point_id", pa.string()), ("probability", pa.float64())])),
        ),
    ]
)


@dataclass(frozen=True)
class Shape:
    """How probabilities become polygons: one set of polygons a threshold."""

    thresholds: tuple[float, ...]
    mode: OutlineMode = "contour"
    tolerance_px: float = 0.5
    minimum_px2: float = 1.0


@dataclass(frozen=True)
class Wanted:
    """A stored site and year that a build takes: the mines in the square (WKB) and labelled points
    (id, longitude, latitude).
    """

    key: str
    site_id: str
    mine: bytes | None = None
    points: tuple[tuple[str, float, float], ...] = ()


@dataclass(frozen=True)
class ShapeJob:
    """One task of a worker: what is wanted of one file of probabilities. Polygons hang on the threshold,
    what was seen does not.
    """

    file: Path
    wanted: tuple[Wanted, ...]
    shape: Shape
    store: Store

    @cached_property
    def outlines(self) -> Path:
        """The file of the store that holds the polygons."""
        keys = [item.key for item in self.wanted]
        return self.store.path(OUTLINE, fingerprint(REVISION, asdict(self.shape), keys))

    @cached_property
    def seen(self) -> Path:
        """The file of the store that holds what was seen, of squares, mines and points."""
        wanted = [astuple(item) for item in self.wanted]
        return self.store.path(SEEN, fingerprint(REVISION, wanted))


def shape_job(job: ShapeJob) -> tuple[Path, Path]:
    """Shape what a job wants into its two files, unless they are there."""
    has_outlines = job.store.has(OUTLINE, job.outlines.stem)
    has_seen = job.store.has(SEEN, job.seen.stem)
    if has_outlines and has_seen:
        return job.outlines, job.seen
    wanted = {item.key: item for item in job.wanted}
    fields = [
        (item, field_of(row))
        for row in stored_rows(job.file, sorted(wanted))
        for item in [wanted.pop(row["key"], None)]
        if item is not None
    ]
    if not has_outlines:
        outlined = [outline_row(item, found, job.shape) for item, found in fields]
        table = pa.Table.from_pylist(outlined, schema=OUTLINE_SCHEMA)
        job.store.write(OUTLINE, job.outlines.stem, table)
    if not has_seen:
        seen = [seen_row(item, found) for item, found in fields]
        job.store.write(SEEN, job.seen.stem, pa.Table.from_pylist(seen, schema=SEEN_SCHEMA))
    return job.outlines, job.seen


def stored_rows(file: Path, keys: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Rows that are done of a file of probabilities, by their keys."""
    filters = [("key", "in", keys), ("status", "=", "done")]
    yield from pq.read_table(file, filters=filters).to_pylist()


def outline_row(item: Wanted, found: ProbabilityField, shape: Shape) -> dict[str, Any]:
    """One row of ``OUTLINE_SCHEMA``."""
    polygons = [
        polygon for value in shape.thresholds for polygon in polygons_of(found, value, shape)
    ]
    return {"key": item.key, "polygon": polygons}


def seen_row(item: Wanted, found: ProbabilityField) -> dict[str, Any]:
    """One row of ``SEEN_SCHEMA``."""
    mine = shapely.from_wkb(item.mine) if item.mine else None
    return {
        "key": item.key,
        "seen_share": found.seen_share,
        "mine_seen_share": found.seen_share_of(mine) if mine is not None else None,
        "point": sample_points(item.points, found),
    }


def polygons_of(found: ProbabilityField, threshold: float, shape: Shape) -> list[dict[str, Any]]:
    """Where the probability reaches ``threshold``, in EPSG:4326, holes kept."""
    logits = found.seen_logits
    outlines = outline(
        logits,
        threshold,
        cell_px=found.cell_px,
        mode=shape.mode,
        tolerance_px=shape.tolerance_px,
        minimum_px2=shape.minimum_px2,
    )
    share = mean_probability(logits, outlines, found.cell_px)
    parts, index = to_degrees(outlines, found.pixel_transform, found.crs)
    return [
        {"threshold": threshold, "geometry": wkb, "mean_probability": share[i]}
        for wkb, i in zip(shapely.to_wkb(parts), index, strict=True)
    ]


def sample_points(
    points: Sequence[tuple[str, float, float]], found: ProbabilityField
) -> list[dict[str, Any]]:
    """Probability at each point inside the square that was seen, interpolated as the outlines are."""
    if not points:
        return []
    from scipy.ndimage import map_coordinates

    ids, longitude, latitude = zip(*points, strict=True)
    placed = on_map(shapely.points(longitude, latitude), found.crs, found.middle_x)
    x, y = shapely.get_coordinates(placed).T
    a, _, left, _, e, top = found.transform
    column, row = (x - left) / a, (y - top) / e
    n_rows, n_columns = found.logits.shape
    inside = (column >= 0) & (column < n_columns) & (row >= 0) & (row < n_rows)
    column, row = column[inside], row[inside]
    position = [row - 0.5, column - 0.5]
    logits = map_coordinates(found.logits.astype(float), position, order=1, mode="nearest")
    seen = found.n_seen[row.astype(int), column.astype(int)] > 0
    probability = 1 / (1 + np.exp(-logits))
    return [
        {"point_id": ids[index], "probability": float(value)}
        for index, value, is_seen in zip(np.flatnonzero(inside), probability, seen, strict=True)
        if is_seen
    ]
