"""Predict: chips read ahead, batched through the model, outlined, and stored by site and year.

One row a site and year, written in shards of a few dozen rows: a run that was killed loses at most
one shard, and a site and year that is in a shard is never computed twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa
import shapely

from quarrydb.errors import SourceError
from quarrydb.inference.chips import Chip, Site, read_chip, to_lonlat
from quarrydb.inference.extras import require
from quarrydb.inference.model import load_network, mine_logit, normalise
from quarrydb.inference.openvino_engine import converted_model, load_converted
from quarrydb.inference.outline import Field, OutlineMode, georeference, mean_probability, outline
from quarrydb.inference.prefetch import prefetched
from quarrydb.inference.record import RECORD_FILE, ModelRecord, read_record
from quarrydb.loaders.image_reader import ImageSource
from quarrydb.store.shards import Store, fingerprint
from quarrydb.workers.processes import MakeExecutor, Run, process_pool

if TYPE_CHECKING:
    import torch

Engine = Literal["torch", "openvino"]

KIND = "prediction"
# Raise when the polygons of the same chip and weights come out different.
REVISION = 1
DECODER_STRIDE = 4
NOTHING_SEEN = -20.0

PREDICTION_SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("site_id", pa.string()),
        ("year", pa.int32()),
        ("model_id", pa.string()),
        ("threshold", pa.float64()),
        ("status", pa.string()),
        ("reason", pa.string()),
        (
            "polygon",
            pa.list_(pa.struct([("geometry", pa.binary()), ("mean_probability", pa.float64())])),
        ),
        (
            "point",
            pa.list_(pa.struct([("point_id", pa.string()), ("probability", pa.float64())])),
        ),
    ]
)


@dataclass(frozen=True)
class PredictSettings:
    """How probabilities become polygons, and how the model runs.

    ``threshold`` None is the model's own. ``precision`` ``bf16`` is for GPUs: CPUs are slower with
    it. ``engine`` ``openvino`` runs the ``graph`` that was converted from the model, on CPUs.
    """

    model: Path
    threshold: float | None = None
    mode: OutlineMode = "contour"
    fill_holes: bool = True
    tolerance_px: float = 0.5
    minimum_px2: float = 1.0
    batch_size: int = 4
    device: str = "cpu"
    precision: str = "no"
    engine: Engine = "torch"
    graph: Path | None = None

    def shaping(self) -> dict[str, object]:
        """The settings that shape a result, for its key."""
        names = ("threshold", "mode", "fill_holes", "tolerance_px", "minimum_px2")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class SiteYear:
    """One site in one year: its images, the clearest first, and labelled points inside it (id, lon,
    lat).
    """

    key: str
    site: Site
    year: int
    images: tuple[ImageSource, ...]
    points: tuple[tuple[str, float, float], ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What became of a batch of site-years: how many are done, and why the others are not."""

    n_done: int
    failures: tuple[str, ...] = ()


@dataclass
class Predictor:
    """A loaded model that turns site-years into rows of ``PREDICTION_SCHEMA``."""

    network: Any
    record: ModelRecord
    settings: PredictSettings
    model_id: str = field(init=False)

    def __post_init__(self) -> None:
        """Name the model once."""
        self.model_id = self.record.model_id

    @property
    def threshold(self) -> float:
        """The threshold in use."""
        return self.settings.threshold or self.record.threshold

    def rows(self, site_years: Iterable[SiteYear]) -> Iterator[dict[str, Any]]:
        """One row each, in order; a site-year whose image can't be read gets status ``failed`` and
        the reason.
        """
        chips = prefetched(
            ((item, self._read(item)) for item in site_years), depth=self.settings.batch_size + 2
        )
        while batch := list(islice(chips, self.settings.batch_size)):
            good = [(item, chip) for item, chip in batch if isinstance(chip, Chip)]
            fields = iter(self.logits([chip for _, chip in good])) if good else iter(())
            for item, chip in batch:
                if isinstance(chip, Chip):
                    yield self._done(item, chip, next(fields))
                else:
                    yield self._row(item, "failed", chip, [], [])

    def _read(self, item: SiteYear) -> Chip | str:
        try:
            return read_chip(item.site, item.images, self.record.bands, self.record.chip_px)
        except SourceError as error:
            return str(error)

    def logits(self, chips: Sequence[Chip]) -> list[Field]:
        """The mine's logit of each chip on the decoder's grid, shape (chip_px / 4, chip_px / 4)."""
        import torch

        device = torch.device(self.settings.device)
        pixels = torch.from_numpy(np.stack([chip.pixels for chip in chips]))
        if device.type == "cuda":
            pixels = pixels.pin_memory().to(device, non_blocking=True)
        with torch.inference_mode(), autocast(device, self.settings.precision):
            logits = self.network(normalise(pixels, self.record))
        return list(mine_logit(logits.float(), self.record).cpu().numpy())

    def _done(self, item: SiteYear, chip: Chip, logit_field: Field) -> dict[str, Any]:
        seen = where_seen(chip, logit_field)
        top, left, bottom, right = cells_inside(chip.grid.inner)
        inner = seen[top:bottom, left:right]
        found = outline(
            inner,
            self.threshold,
            cell_px=DECODER_STRIDE,
            mode=self.settings.mode,
            fill_holes=self.settings.fill_holes,
            tolerance_px=self.settings.tolerance_px,
            minimum_px2=self.settings.minimum_px2,
        )
        share = mean_probability(inner, found, DECODER_STRIDE)
        a, b, c, d, e, f = chip.grid.transform
        shifted = (a, b, c + a * left * DECODER_STRIDE, d, e, f + e * top * DECODER_STRIDE)
        parts, index = georeference(found, shifted, to_lonlat(chip.grid))
        polygons = [
            {"geometry": wkb, "mean_probability": share[i]}
            for wkb, i in zip(shapely.to_wkb(parts), index, strict=True)
        ]
        return self._row(item, "done", None, polygons, sample_points(item.points, chip, seen))

    def _row(
        self,
        item: SiteYear,
        status: str,
        reason: str | None,
        polygons: list[Any],
        points: list[Any],
    ) -> dict[str, Any]:
        return {
            "key": item.key,
            "site_id": item.site.site_id,
            "year": item.year,
            "model_id": self.model_id,
            "threshold": self.threshold,
            "status": status,
            "reason": reason,
            "polygon": polygons,
            "point": points,
        }


def autocast(device: torch.device, precision: str) -> Any:
    """bf16 where asked for, else nothing."""
    import torch

    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16")


def where_seen(chip: Chip, logit_field: Field) -> Field:
    """The field with cells whose pixels all lack data set far below any threshold."""
    missing = np.isnan(chip.pixels).any(axis=0)
    if not missing.any():
        return logit_field
    rows, columns = logit_field.shape
    blocks = missing.reshape(rows, DECODER_STRIDE, columns, DECODER_STRIDE)
    return np.where(blocks.all(axis=(1, 3)), np.float32(NOTHING_SEEN), logit_field)


def cells_inside(inner: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """A window in pixels as one in decoder cells that holds it: top, left, bottom, right."""
    top, left, bottom, right = inner
    stride = DECODER_STRIDE
    return top // stride, left // stride, -(-bottom // stride), -(-right // stride)


def sample_points(
    points: Sequence[tuple[str, float, float]], chip: Chip, logit_field: Field
) -> list[dict[str, Any]]:
    """Probability at each point inside the site's square, interpolated as the outlines are."""
    if not points:
        return []
    from pyproj import Transformer
    from scipy.ndimage import map_coordinates

    ids, longitude, latitude = zip(*points, strict=True)
    x, y = Transformer.from_crs(4326, chip.grid.crs, always_xy=True).transform(longitude, latitude)
    a, _, left_edge, _, e, top_edge = chip.grid.transform
    column, row = (np.asarray(x) - left_edge) / a, (np.asarray(y) - top_edge) / e
    top, left, bottom, right = chip.grid.inner
    inside = (column >= left) & (column < right) & (row >= top) & (row < bottom)
    position = [row / DECODER_STRIDE - 0.5, column / DECODER_STRIDE - 0.5]
    logits = map_coordinates(logit_field.astype(np.float64), position, order=1, mode="nearest")
    probability = 1 / (1 + np.exp(-logits))
    return [
        {"point_id": ids[index], "probability": float(probability[index])}
        for index in np.flatnonzero(inside)
    ]


def load_predictor(settings: PredictSettings) -> Predictor:
    """Load the model onto its device, ready to predict."""
    require("torch")
    if settings.graph is not None:
        return Predictor(load_converted(settings.graph), read_record(settings.model), settings)
    network, record = load_network(settings.model)
    return Predictor(network.to(settings.device), record, settings)


def with_graph(settings: PredictSettings, store: Store) -> PredictSettings:
    """The settings with the model converted for their engine, where it needs that."""
    if settings.engine == "torch":
        return settings
    if settings.device != "cpu":
        raise SourceError("OpenVINO runs on the CPU here. Take --device cpu, or --engine torch.")
    return replace(settings, graph=converted_model(settings.model, store))


def write_shard(store: Store, rows: Sequence[dict[str, Any]]) -> Outcome:
    """Store rows as one shard, named by its site-years and how they ended."""
    table = pa.Table.from_pylist(list(rows), schema=PREDICTION_SCHEMA)
    store.write(KIND, fingerprint(sorted((row["key"], row["status"]) for row in rows)), table)
    failures = [
        f"{row['site_id']} {row['year']}: {row['reason']}"
        for row in rows
        if row["status"] != "done"
    ]
    return Outcome(len(rows) - len(failures), tuple(failures))


def predict(
    site_years: Sequence[SiteYear],
    store: Store,
    settings: PredictSettings,
    *,
    workers: int = 1,
    shard_rows: int = 32,
    scheduler: MakeExecutor | None = None,
) -> Iterator[Outcome]:
    """Predict all ``site_years`` into shards of the store; yields what became of each shard.

    On a CPU each of ``workers`` processes runs on one thread, which is faster than one process on
    several. On a GPU everything runs in this process. A worker that dies is replaced; a shard whose
    workers die three times is a BuildError, and running again goes on with what is left.
    ``scheduler`` makes an executor of a cluster, whose workers predict.
    """
    jobs = [site_years[i : i + shard_rows] for i in range(0, len(site_years), shard_rows)]
    settings = with_graph(settings, store) if jobs else settings
    if scheduler is None and (workers <= 1 or settings.device != "cpu" or len(jobs) <= 1):
        yield from _predict_here(jobs, store, settings)
        return
    tasks = [Job(store, settings, tuple(job)) for job in jobs]
    run = Run(predict_job, tasks, workers, scheduler or partial(process_pool, workers))
    yield from (run.results[index] for index in run.finished())


@dataclass(frozen=True)
class Job:
    """One task of a worker: a shard of site-years, and all that predicting them needs."""

    store: Store
    settings: PredictSettings
    site_years: tuple[SiteYear, ...]

    def __str__(self) -> str:
        """Name of the shard in messages."""
        return f"shard of {len(self.site_years)} chips from {self.site_years[0].key}"


def predict_job(job: Job) -> Outcome:
    """Predict one shard on one thread; the model is loaded once a process, and again when it changes."""
    require("torch").set_num_threads(1)
    held = (job.settings.model / RECORD_FILE).stat()
    predictor = _predictor(job.settings, held.st_mtime_ns, held.st_size)
    return write_shard(job.store, list(predictor.rows(job.site_years)))


@lru_cache(maxsize=1)
def _predictor(settings: PredictSettings, changed_ns: int, size: int) -> Predictor:
    return load_predictor(settings)


def _predict_here(
    jobs: Sequence[Sequence[SiteYear]], store: Store, settings: PredictSettings
) -> Iterator[Outcome]:
    if not jobs:
        return
    torch = require("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        predictor = load_predictor(settings)
        for job in jobs:
            yield write_shard(store, list(predictor.rows(job)))
    finally:
        torch.set_num_threads(before)
