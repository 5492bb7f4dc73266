"""Where a run is: product functions wrapped so that another process sees which one is at work.

The wrappers write to memory that a forked run shares with its watcher, who can so wait for a stage to
begin and kill the run in the middle of it.
"""

import functools
import mmap
import struct
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from quarrydb.engine import assemble, build
from quarrydb.export import views as export
from quarrydb.inference import predict, prediction
from quarrydb.store.shards import Store

ELSEWHERE = "between the stages"
PLAN, LOAD, SQL = "planning", "loading a source", "SQL steps"
KEEP, CHECK = "storing a step's rows", "checks of the database"
SWAP, NOTE = "putting the database in place", "noting what was built"
MODEL, PREDICT = "loading the model", "reading images, predicting"
SHARD, READ_BACK = "storing a shard of predictions", "loading the predictions"
PARQUET, GPKG, CSV = "export as GeoParquet", "export as GeoPackage", "export as CSV"
STAGES = (ELSEWHERE, PLAN, LOAD, SQL, KEEP, CHECK, SWAP, NOTE)
STAGES = (*STAGES, MODEL, PREDICT, SHARD, READ_BACK, PARQUET, GPKG, CSV)
# Owner, attribute, stage.
PLACES: Sequence[tuple[Any, str, str]] = (
    (build.Builder, "plan", PLAN),
    (assemble.Assembly, "run", SQL),
    (assemble.Assembly, "_load", LOAD),
    (assemble, "copy_to", KEEP),
    (Store, "write", KEEP),
    (build, "check_or_raise", CHECK),
    (build, "put_in_place", SWAP),
    (build.Ledger, "note_database", NOTE),
    (build.Ledger, "write_history", NOTE),
    (predict, "_predict_here", PREDICT),
    (predict, "load_predictor", MODEL),
    (predict, "write_shard", SHARD),
    (prediction, "run_predictions", READ_BACK),
)
WRITERS = {"parquet": PARQUET, "gpkg": GPKG, "csv": CSV}


@dataclass
class Watch:
    """Which stage a run is in, and how often each was entered, seen from outside."""

    memory: mmap.mmap = field(default_factory=lambda: mmap.mmap(-1, 4 + 4 * len(STAGES)))
    visits: list[tuple[str, float]] = field(default_factory=list)

    def reset(self) -> None:
        """Forget the last run."""
        self.memory[:] = bytes(len(self.memory))
        self.visits.clear()

    @property
    def stage(self) -> str:
        """The stage that the run is in, or died in."""
        return STAGES[struct.unpack_from("<i", self.memory, 0)[0]]

    def n_entered(self, stage: str) -> int:
        """How often the run has entered a stage."""
        return int(struct.unpack_from("<i", self.memory, 4 + 4 * STAGES.index(stage))[0])

    @contextmanager
    def inside(self, stage: str) -> Any:
        """Be in ``stage`` for a while; nested stages come back to the outer one."""
        before = struct.unpack_from("<i", self.memory, 0)[0]
        struct.pack_into("<i", self.memory, 4 + 4 * STAGES.index(stage), self.n_entered(stage) + 1)
        struct.pack_into("<i", self.memory, 0, STAGES.index(stage))
        started = time.monotonic()
        try:
            yield
        finally:
            struct.pack_into("<i", self.memory, 0, before)
            self.visits.append((stage, time.monotonic() - started))

    def wrap(self, function: Callable[..., Any], stage: str) -> Callable[..., Any]:
        """``function``, or a generator function, that is ``stage`` while it runs."""

        @functools.wraps(function)
        def wrapped(*args: Any, **options: Any) -> Any:
            with self.inside(stage):
                result = function(*args, **options)
                return list(result) if hasattr(result, "__next__") else result

        return wrapped

    def install(self) -> None:
        """Wrap every place of the product, for this process and its forks."""
        for owner, name, stage in PLACES:
            setattr(owner, name, self.wrap(getattr(owner, name), stage))
        for file_format, stage in WRITERS.items():
            export.WRITERS[file_format] = self.wrap(export.WRITERS[file_format], stage)
