"""What a loader promises the build: which files it reads, which tables it fills, and how."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from quarrydb.errors import NetworkError
from quarrydb.store.shards import Store
from quarrydb.workers.processes import MakeExecutor

Loaded = Mapping[str, pa.Table | Sequence[Path]]
Item = TypeVar("Item")
LOAD = "load "  # before a load step's name, where it stands among database objects
KEPT = "kept"  # beside the tables of ``Loaded``: shards that are no table's rows, for the next run


class Task(Protocol):
    """One piece of long work that moves on."""

    def advance(self, n: float = 1) -> None:
        """Count ``n`` more units as done."""

    def name(self, label: str) -> None:
        """Say what is going on."""


class Progress(Protocol):
    """Where long work says how far it is."""

    def task(self, label: str, total: float | None, unit: str) -> AbstractContextManager[Task]:
        """Open a task of ``total`` units (None: unknown)."""


# Rasters by path, each with (n, 4) windows: first row, end row, first column, end column, ends exclusive.
PixelWindows = Mapping[Path, NDArray[np.int64]]


def nothing_to_fetch(windows: PixelWindows) -> None:
    """What ``LoadContext.need`` does where all files are local."""


def no_servers(addresses: Mapping[str, int], label: str) -> Mapping[str, Path]:
    """What ``LoadContext.rasters`` does where nothing may be fetched."""
    del label
    raise NetworkError(f"{min(addresses)} lies on a server, and this step reads local files only.")


@dataclass
class LoadContext:
    """What a loader gets: the tables it reads, the store, a place to report progress, and workers.

    ``scheduler`` makes the executor that shards run on; None: processes of this machine. ``need`` brings
    windows of remote rasters here: to be called before they are read, with all at once. ``rasters`` gives
    local paths, with the header there, of rasters that only a step itself knows: by address, with how many
    pixels a side those of the overview to be read are (1: full size). Files that are gone have none.
    """

    connection: duckdb.DuckDBPyConnection
    store: Store
    progress: Progress
    workers: int
    checksums: Mapping[Path, str]
    root: Path = field(default_factory=Path.cwd)
    scheduler: MakeExecutor | None = None
    need: Callable[[PixelWindows], None] = nothing_to_fetch
    rasters: Callable[[Mapping[str, int], str], Mapping[str, Path]] = no_servers

    def has(self, table: str) -> bool:
        """Whether a table is in the database: one that a step only comes ``after`` need not be."""
        query = "SELECT 1 FROM duckdb_tables() WHERE schema_name || '.' || table_name = ?"
        return self.connection.execute(query, [table]).fetchone() is not None


@dataclass(frozen=True)
class Terms:
    """What the project file says of a source for people, by its name and kind in ``raw.load_file``."""

    source: str
    kind: str
    licence: str | None = None
    citation: str | None = None
    unit: str | None = None


def no_check() -> None:
    """What a loader whose headers show no fault looks at before the build."""


@dataclass(frozen=True)
class LoadStep:
    """One loader call of a build.

    ``run`` returns rows (an Arrow table, geometry as WKB in a binary column) or Parquet files of
    the store for each table in ``writes``. ``files``, ``config``, ``parameters`` and ``revision``
    make the fingerprint: raise ``revision`` when the code's result changes. ``after`` are tables made before
    the step where a build makes them: it may compute from them what another step will ask the store for,
    never its own rows. ``keeps`` are files of the store that the step reads and ``quarry clean`` must leave.
    ``shards`` are the kinds of files in the store that a run, also a killed one, leaves for the next; ``run``
    names those that are rows of no table under ``KEPT``. ``check`` reads names and headers before anything
    runs: it raises a SourceError with every fault that they show. ``ahead`` says which windows of remote
    rasters ``run`` will ask for, once the tables that it reads are there: their blocks come while earlier
    steps compute. ``terms`` of its sources are no part of the fingerprint: they go into a table of their own.
    """

    name: str
    writes: tuple[str, ...]
    run: Callable[[LoadContext], Loaded]
    files: tuple[Path, ...] = ()
    config: Mapping[str, object] = field(default_factory=dict)
    reads: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    revision: int = 1
    keeps: tuple[Path, ...] = ()
    shards: tuple[str, ...] = ()
    check: Callable[[], None] = no_check
    ahead: Callable[[LoadContext], PixelWindows] | None = None
    terms: tuple[Terms, ...] = ()


class SilentTask:
    """A task that tells nobody."""

    def advance(self, n: float = 1) -> None:
        """Do nothing."""

    def name(self, label: str) -> None:
        """Do nothing."""


class SilentProgress:
    """Progress that tells nobody, for tests and scripts."""

    def task(self, label: str, total: float | None, unit: str) -> AbstractContextManager[Task]:
        """Open a silent task."""
        return nullcontext(SilentTask())


SILENT = SilentProgress()


def told(
    items: Sequence[Item],
    progress: Progress,
    label: str,
    unit: str,
    name: Callable[[Item], str] | None = None,
) -> Iterator[Item]:
    """Go through ``items`` as a task that moves on with each, and says by ``name`` which one it is."""
    with progress.task(label, len(items), unit) as task:
        for item in items:
            if name is not None:
                task.name(f"{label}: {name(item)}")
            yield item
            task.advance()
