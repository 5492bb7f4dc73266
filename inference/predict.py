"""Predict: chips read ahead, batched through the model, their probabilities stored by site and year.

One row a site and year, written in shards of a few dozen rows: a run that was killed loses at most
one shard, and a site and year that is in a shard is never computed twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa

from quarrydb.errors import SourceError
from quarrydb.inference.chips import Chip, Site, read_chip
from quarrydb.inference.extras import require
from quarrydb.inference.model import load_network, mine_logit, normalise
from quarrydb.inference.onnx_model import load_onnx
from quarrydb.inference.openvino_engine import converted_model, load_converted
from quarrydb.inference.outline import Field
from quarrydb.inference.prefetch import prefetched
from quarrydb.inference.probability import (
    KIND,
    SCHEMA,
    ProbabilityField,
    count_seen,
    field_columns,
)
from quarrydb.inference.record import RECORD_FILE, ModelRecord, read_record
from quarrydb.loaders.image_reader import ImageSource
from quarrydb.store.shards import Store, fingerprint
from quarrydb.workers.processes import MakeExecutor, Run, process_pool

if TYPE_CHECKING:
    import torch

Engine = Literal["torch", "openvino"]

# Raise when the same chip and weights give other probabilities.
REVISION = 2


@dataclass(frozen=True)
class PredictSettings:
    """How the model runs; none of it but ``sensor`` is part of a result's name.

    ``precision`` ``bf16`` is for GPUs: CPUs are slower with it. ``engine`` ``openvino`` runs the
    ``graph`` that was converted from the model, on CPUs. ``sensor`` is one of the model's, where the
    images are not from the one that it was trained on.
    """

    model: Path
    batch_size: int = 4
    device: str = "cpu"
    precision: str = "no"
    engine: Engine = "torch"
    graph: Path | None = None
    sensor: str | None = None


@dataclass(frozen=True)
class SiteYear:
    """One site in one year and its images, the clearest first."""

    key: str
    site: Site
    year: int
    images: tuple[ImageSource, ...]
    median_of: int = 1


@dataclass(frozen=True)
class Outcome:
    """What became of a batch of site-years: how many are done, and why the others are not."""

    n_done: int
    failures: tuple[str, ...] = ()


@dataclass
class Predictor:
    """A loaded model that turns site-years into rows of stored probabilities."""

    network: Any
    record: ModelRecord
    settings: PredictSettings
    model_id: str = field(init=False)

    def __post_init__(self) -> None:
        """Name the model once."""
        self.model_id = self.record.model_id

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
                    levels = {"levels": [asdict(level) for level in chip.levels]}
                    found = field_columns(inside(chip, next(fields)))
                    yield self._row(item, "done") | found | levels
                else:
                    yield self._row(item, "failed", chip)

    def _read(self, item: SiteYear) -> Chip | str:
        try:
            return read_chip(
                item.site, item.images, self.record.bands, self.record.chip_px, item.median_of
            )
        except SourceError as error:
            return str(error)

    def logits(self, chips: Sequence[Chip]) -> list[Field]:
        """The mine's logit of each chip on the network's own grid, a quarter of the chip's."""
        import torch

        device = torch.device(self.settings.device)
        pixels = torch.from_numpy(np.stack([chip.pixels for chip in chips]))
        if device.type == "cuda":
            pixels = pixels.pin_memory().to(device, non_blocking=True)
        with torch.inference_mode(), autocast(device, self.settings.precision):
            logits = self.network(normalise(pixels, self.record))
        return list(mine_logit(logits.float(), self.record).cpu().numpy())

    def _row(self, item: SiteYear, status: str, reason: str | None = None) -> dict[str, Any]:
        return {
            "key": item.key,
            "site_id": item.site.site_id,
            "year": item.year,
            "model_id": self.model_id,
            "status": status,
            "reason": reason,
        }


def autocast(device: torch.device, precision: str) -> Any:
    """bf16 where asked for, else nothing."""
    import torch

    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16")


def inside(chip: Chip, logits: Field) -> ProbabilityField:
    """The cells of a chip's logits that reach into the site's square, with what was seen of each."""
    cell_px = chip.grid.size_px // logits.shape[0]
    top, left, bottom, right = cells_inside(chip.grid.inner, cell_px)
    n_seen = count_seen(np.isfinite(chip.pixels).all(axis=0), cell_px)
    a, _, c, _, e, f = chip.grid.transform
    step_x, step_y = a * cell_px, e * cell_px
    return ProbabilityField(
        logits=logits[top:bottom, left:right],
        n_seen=n_seen[top:bottom, left:right],
        cell_px=cell_px,
        crs=chip.grid.crs,
        transform=(step_x, 0.0, c + left * step_x, 0.0, step_y, f + top * step_y),
    )


def cells_inside(inner: tuple[int, int, int, int], cell_px: int) -> tuple[int, int, int, int]:
    """A window in pixels as one in cells that holds it: top, left, bottom, right."""
    top, left, bottom, right = inner
    return top // cell_px, left // cell_px, -(-bottom // cell_px), -(-right // cell_px)


def load_predictor(settings: PredictSettings) -> Predictor:
    """Load the model onto its device, ready to predict."""
    require("torch")
    record = read_record(settings.model).for_sensor(settings.sensor)
    if record.kind == "onnx":
        runtime = "openvino" if settings.engine == "openvino" else None
        return Predictor(load_onnx(settings.model, record, runtime), record, settings)
    if settings.graph is not None:
        return Predictor(load_converted(settings.graph), record, settings)
    network, _ = load_network(settings.model)
    return Predictor(network.to(settings.device), record, settings)


def with_graph(settings: PredictSettings, store: Store) -> PredictSettings:
    """The settings with the model converted for their engine, where it needs that.

    SourceError where the model or the engine does not run on the settings' device.
    """
    is_onnx = read_record(settings.model).kind == "onnx"
    if settings.device != "cpu" and (is_onnx or settings.engine == "openvino"):
        what = "An ONNX model" if is_onnx else "OpenVINO"
        raise SourceError(f"{what} runs on the CPU here. Take --device cpu, or --engine torch.")
    if settings.engine == "torch" or is_onnx:
        return settings
    return replace(settings, graph=converted_model(settings.model, store))


def write_shard(store: Store, rows: Sequence[dict[str, Any]]) -> Outcome:
    """Store rows as one shard, named by its site-years and how they ended."""
    table = pa.Table.from_pylist(list(rows), schema=SCHEMA)
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
