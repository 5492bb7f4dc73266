"""Archives: the data set in a zip file, or in zip files inside it, copied to a private folder and read there.

Nothing is unpacked under a name of the archive's choice, and nothing beside it.
"""

import gzip
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from quarrydb.errors import SourceError
from quarrydb.loaders.archive_name import UNPACKED_LIMIT_BYTES, is_clutter, refuse_leaving
from quarrydb.loaders.formats import filegdb, geopackage, shapefile
from quarrydb.loaders.formats.data import Reading, Wanted

ZIP_SIGNATURE, GZIP_SIGNATURE = b"PK\x03\x04", b"\x1f\x8b"
RATIO_LIMIT = 200
SMALL_BYTES = 2**20  # of which any ratio is harmless
CHUNK_BYTES = 2**20
DEPTH_LIMIT = 2  # a zip in a zip, as the World Database on Protected Areas comes
# Data sets in order of preference: a table or a text beside a shapefile describes it.
DATA_SUFFIXES = (
    (
        ".shp",
        ".gpkg",
        ".fgb",
        ".geojson",
        ".geojsonl",
        ".geojsons",
        ".gml",
        ".kml",
        ".parquet",
        ".geoparquet",
        ".gdb",
    ),
    (".zip", ".kmz"),
    (".json", ".ndjson", ".jsonl", ".gz"),
    (".csv", ".tsv"),
)
HEAD_BYTES = 64


def safe_name(name: str) -> str:
    """A name from an archive as a file may be called here: GDAL names layers after it."""
    return re.sub(r"[^\w .-]", "_", name)[-100:] or "data"


@dataclass(frozen=True)
class Member:
    """A data set in an archive: the archive, its name there, and what is known of it unopened."""

    archive: Path
    name: str
    where: str
    kind: Wanted | None

    @property
    def stem(self) -> str:
        """Name without folders and ending: the name of the layer."""
        return PurePosixPath(self.name).stem

    @property
    def suffix(self) -> str:
        """Ending of the name, lower case."""
        return PurePosixPath(self.name).suffix.lower()


def members(reading: Reading, path: Path, where: str, depth: int = 1) -> list[Member]:
    """The data sets of an archive, also of archives in it; SourceError where it is hostile or damaged."""
    with opened(path, where) as archive:
        infos = safe_infos(archive, where)
        for suffixes in DATA_SUFFIXES:
            names = data_sets([info.filename for info in infos], suffixes)
            if not names:
                continue
            if suffixes[0] == ".zip":
                return _in_archives(reading, archive, path, names, where, depth)
            return [Member(path, n, f"{where}, {n}", _kind(archive, n)) for n in names]
    return []


def _in_archives(
    reading: Reading,
    archive: zipfile.ZipFile,
    path: Path,
    names: Sequence[str],
    where: str,
    depth: int,
) -> list[Member]:
    if depth >= DEPTH_LIMIT:
        raise SourceError(f"{where} holds {names[0]}, a third archive inside another. Unpack it.")
    found = []
    for name in names:
        inner = reading.private_folder() / "inner.zip"
        copy_member(archive, name, inner, where)
        found += members(reading, inner, f"{where}, {name}", depth + 1)
    return found


def data_sets(names: Sequence[str], suffixes: Sequence[str]) -> list[str]:
    """Members with one of these endings; a geodatabase is the folder that holds its catalogue."""
    found = [
        n for n in names if PurePosixPath(n).suffix.lower() in suffixes and not n.endswith("/")
    ]
    if ".gdb" in suffixes:
        catalogues = [PurePosixPath(n) for n in names if n.endswith(f"/{filegdb.CATALOGUE}")]
        found += [str(one.parent) for one in catalogues if one.parent.suffix.lower() == ".gdb"]
    return found


@contextmanager
def opened(path: Path, where: str) -> Iterator[zipfile.ZipFile]:
    """An archive; SourceError where it is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
        # NotImplementedError (an unknown compression) is a RuntimeError, as is a password.
        raise SourceError(f"{where} is a damaged zip file: {error}. Download it again.") from error


def safe_infos(archive: zipfile.ZipFile, where: str) -> list[zipfile.ZipInfo]:
    """Members but for what macOS adds; SourceError where they leave the archive or unpack to far more."""
    infos = archive.infolist()
    size = sum(info.file_size for info in infos)
    packed = max(1, sum(info.compress_size for info in infos))
    if size > UNPACKED_LIMIT_BYTES or (size > SMALL_BYTES and size / packed > RATIO_LIMIT):
        raise SourceError(
            f"{where} would unpack to {size:,} bytes from {packed:,}: refused. Unpack it yourself if you "
            "trust it, and name the file inside."
        )
    for info in infos:
        refuse_leaving(where, info.filename)
    times = Counter(info.filename for info in infos if not info.is_dir())
    for name, n_times in times.most_common(1):
        if n_times > 1:
            raise SourceError(
                f"{where} holds {name} {n_times} times. Unpack it, and name the right one."
            )
    return [info for info in infos if not is_clutter(info.filename)]


def _kind(archive: zipfile.ZipFile, name: str) -> Wanted | None:
    if not name.lower().endswith(".shp"):
        return None
    with archive.open(name) as file:
        return shapefile.kind_of(file.read(HEAD_BYTES))


def choose(
    found: Sequence[Member], layer: str | None, wanted: Wanted | None, where: str
) -> tuple[list[Member], str | None]:
    """The members of one layer, and the layer to ask of each.

    Members of one name in several archives are one layer. Of several layers the one that is named, or
    the only one that fits what is wanted; else SourceError.
    """
    if not found:
        raise SourceError(
            f"{where} holds no data set that quarrydb opens. Unpack it and name a file."
        )
    stems = sorted({member.stem for member in found})
    if layer is None and all(member.suffix == ".kml" for member in found):
        return list(found), None  # the files of a .kmz are folders of one document
    if len(stems) > 1 and layer in stems:
        return [member for member in found if member.stem == layer], None
    if len(stems) > 1:
        fitting = {m.stem for m in found if m.kind is None or wanted is None or m.kind == wanted}
        if len(fitting) != 1:
            raise SourceError(
                f"{where} holds {len(stems)} data sets ({', '.join(stems[:5])}). "
                'Name one with layer = "...".'
            )
        found = [member for member in found if member.stem in fitting]
    return list(found), layer


def copied_member(reading: Reading, member: Member) -> Path:
    """A private copy of a data set with the files that belong to it."""
    folder = reading.private_folder()
    with opened(member.archive, member.where) as archive:
        names = [info.filename for info in safe_infos(archive, member.where)]
        if member.suffix == ".gdb":
            return _extract_folder(archive, member, names, folder)
        if member.suffix == ".shp":
            return _extract_shapefile(archive, member, names, folder)
        target = folder / f"{safe_name(member.stem)}{member.suffix}"
        copy_member(archive, member.name, target, member.where)
        for suffix in geopackage.LOGS if member.suffix == ".gpkg" else ():
            if member.name + suffix in names:
                log = target.with_name(target.name + suffix)
                copy_member(archive, member.name + suffix, log, member.where)
        return target


def _extract_shapefile(
    archive: zipfile.ZipFile, member: Member, names: Sequence[str], folder: Path
) -> Path:
    base = member.name[: -len(member.suffix)]
    parts = {
        n[len(base) :].lower(): n
        for n in names
        if n.startswith(base) and n[len(base) :].lower() in shapefile.PARTS
    }
    missing = [suffix for suffix in shapefile.NEEDED if suffix not in parts]
    if missing:
        outer, inner = member.where.rsplit(", ", 1)
        raise SourceError(f"{outer} holds {inner}, but not its {missing[0]}. Pack all its files.")
    for suffix, name in parts.items():
        copy_member(archive, name, folder / f"{safe_name(member.stem)}{suffix}", member.where)
    return folder / f"{safe_name(member.stem)}.shp"


def _extract_folder(
    archive: zipfile.ZipFile, member: Member, names: Sequence[str], folder: Path
) -> Path:
    target = folder / "data.gdb"
    target.mkdir()
    for name in names:
        path = PurePosixPath(name)
        if str(path.parent) == member.name and not name.endswith("/"):
            copy_member(archive, name, target / path.name, member.where)
    return target


def copy_member(archive: zipfile.ZipFile, name: str, target: Path, where: str) -> None:
    """Copy one member, whose checksum must hold."""
    with archive.open(name) as source, target.open("wb") as copy:
        pump(source, copy, archive.getinfo(name).file_size, where)


def pump(source: IO[bytes] | gzip.GzipFile, copy: IO[bytes], limit: int, where: str) -> None:
    """Copy up to ``limit`` bytes; SourceError where there are more."""
    n = 0
    while chunk := source.read(CHUNK_BYTES):
        n += len(chunk)
        if n > limit:
            raise SourceError(
                f"{where} unpacks to more than {limit:,} bytes: refused. Unpack it yourself if you trust it."
            )
        copy.write(chunk)


def gunzip(reading: Reading) -> Path:
    """A private copy of what a gzip file holds, under its name without .gz."""
    name = Path(reading.where.rpartition(", ")[2]).name
    target = reading.private_folder() / safe_name(re.sub(r"(?i)\.gz$", "", name))
    packed = reading.path.stat().st_size
    limit = min(UNPACKED_LIMIT_BYTES, max(SMALL_BYTES, packed * RATIO_LIMIT))
    try:
        with gzip.open(reading.path) as source, target.open("wb") as copy:
            pump(source, copy, limit, reading.where)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise SourceError(
            f"{reading.where} is a damaged gzip file: {error}. Download it again."
        ) from error
    return target
