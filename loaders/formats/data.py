"""What every format gives: the features of one file, and the file itself while it is open."""

import glob
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pyarrow as pa

from quarrydb.errors import SourceError
from quarrydb.loaders.provenance import Issue
from quarrydb.memory import Budget, budget
from quarrydb.scratch import private_folder

Wanted = Literal["polygon", "point"]
CONVERSION = "ogr2ogr converted.gpkg {name}"
# What a feature takes until it is a row: measured with squares of one and of forty columns.
FEATURE_BYTES, TIMES = 1200, 6


@dataclass(frozen=True)
class Note:
    """What was odd in a file before its geometries were looked at; as ``Issue``, its source unknown."""

    problem: str
    action: str
    n: int = 1
    feature_id: str | None = None
    detail: str | None = None


@dataclass(frozen=True)
class VectorData:
    """Features of one layer as they stand in the file.

    ``wkb`` has one geometry (or None) a feature, ``ids`` the feature numbers, ``attributes`` the
    columns. Where an archive holds one layer in several files, ``layer`` names it and all are here.
    """

    path: Path
    layer: str | None
    driver: str
    crs: str | None
    wkb: list[bytes | None]
    ids: list[str]
    attributes: pa.Table
    notes: tuple[Note, ...] = ()

    def issues(self, source: str) -> list[Issue]:
        """The notes as rows of ``raw.load_issue``."""
        return [
            Issue(source, note.feature_id, note.problem, note.action, note.n, detail=note.detail)
            for note in self.notes
        ]


@dataclass
class Meter:
    """Counts what is read of a file: it ends where that would take more memory than one file may."""

    where: str
    limit: Budget
    n_features: int = 0
    n_bytes: int = 0

    def add(self, n_features: int, n_bytes: int) -> None:
        """Count features, and the bytes of their geometry and columns; SourceError beyond the limit."""
        self.n_features += n_features
        self.n_bytes += n_bytes
        if self.n_features * FEATURE_BYTES + self.n_bytes * TIMES > self.limit.n_bytes:
            raise self.limit.refuse(self.where, f" at feature {self.n_features:,}")


def size_on_disk(path: Path) -> int:
    """Bytes of a file, of all parts of a shapefile, or of a folder's files."""
    files = [path]
    if path.is_dir():
        files = list(path.iterdir())
    elif path.suffix.lower() == ".shp":
        files = list(path.parent.glob(f"{glob.escape(path.stem)}.*"))
    return sum(file.stat().st_size for file in files)


@dataclass(frozen=True)
class Reading:
    """One file while it is read: where its bytes lie, how errors call it, and what was asked for.

    ``path`` may be a private copy of what ``where`` names. Copies live as long as ``resources``.
    """

    path: Path
    where: str
    layer: str | None
    encoding: str | None
    wanted: Wanted | None
    resources: ExitStack
    may_be_empty: bool = False
    columns: Sequence[str] | None = None

    def private_folder(self) -> Path:
        """A new empty folder of this process, removed when the file was read."""
        return self.resources.enter_context(private_folder())

    def of(self, path: Path, where: str, *, layer: str | None = None) -> "Reading":
        """The same wishes for another file."""
        return replace(self, path=path, where=where, layer=layer)

    def meter(self) -> Meter:
        """A count of what is read of this file, from nothing."""
        return Meter(self.where, budget(size_on_disk(self.path)))

    def at(self, layer: str | None) -> str:
        """How errors name a layer of the file."""
        return f"{self.where}, layer {layer}" if layer else self.where


def convert(where: str, problem: str) -> SourceError:
    """The refusal of a format that quarrydb does not open, with the command that helps."""
    name = Path(where.partition(", ")[0]).name
    quoted = f'"{name}"' if " " in name else name
    return SourceError(f"{where} {problem}. Convert it: {CONVERSION.format(name=quoted)}")
