"""Rasters inside archives, addressed like files in a folder: ``E100-E105.zip/tile.tif``.

A ZIP is read in place: GDAL seeks in it, at no cost where the member is stored and at a fifth more where it
is deflated. A tar can't be sought in: a member is unpacked to a temporary file while it is read. A netCDF
file counts as an archive of its variables: ``ndvi.nc/NDVI``.
"""

import os
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import IO

from quarrydb.errors import SourceError
from quarrydb.loaders.archive_name import UNPACKED_LIMIT_BYTES, is_clutter, refuse_leaving
from quarrydb.loaders.raster_format import RASTER_SUFFIXES, SIGNATURE_BYTES
from quarrydb.scratch import private_folder

ZIP_SUFFIXES = (".zip",)
TAR_SUFFIXES = (".tgz", ".tar.gz", ".tar")
HEAD_BYTES = 8 * 2**20  # of a member in a tar: its header, and what follows
CHUNK_BYTES = 2**22
# What the archives of the Earth Observation Group hold: reading their names would unpack them whole.
EOG_TILE = re.compile(r"SVDNB_[^/]*_v\d+_c\d+\.tgz")
EOG_MEMBERS = ("{stem}.avg_rade9h.tif", "{stem}.cf_cvg.tif")
PIECE_ERRORS = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError)


def holder_of(path: Path) -> Path:
    """The file on disk that holds a raster: an archive, or the raster's own file."""
    if path.is_file():
        return path
    return next((place for place in path.parents if place.is_file()), path)


def inside(path: Path) -> str:
    """What follows the holder in a raster's path: a member or a pattern; empty for a plain file."""
    holder = holder_of(path)
    return "" if holder == path else path.relative_to(holder).as_posix()


def is_zip(path: Path) -> bool:
    """Whether a file is a ZIP by its name."""
    return path.name.lower().endswith(ZIP_SUFFIXES)


def is_tar(path: Path) -> bool:
    """Whether a file is a tar by its name."""
    return path.name.lower().endswith(TAR_SUFFIXES)


def expand(paths: Sequence[Path]) -> list[Path]:
    """``paths`` with the rasters of each archive in its place: all, or those that a pattern names.

    SourceError where an archive is damaged, unsafe, or holds no such raster.
    """
    return [raster for path in paths for raster in rasters_at(path)]


def rasters_at(path: Path) -> list[Path]:
    """The rasters that one path stands for."""
    holder, pattern = holder_of(path), inside(path)
    if not (is_zip(holder) or is_tar(holder)):
        return [path]
    names = members_of(holder)
    found = [n for n in names if fits(n, pattern)] if pattern else rasters_among(names)
    if not found:
        wanted = f"{pattern!r}" if pattern else "a raster"
        raise SourceError(
            f"{holder} holds nothing that is {wanted}; it holds {', '.join(names[:5]) or 'nothing'}"
            f"{' ...' if len(names) > 5 else ''}. Correct path."
        )
    return [holder / name for name in sorted(found)]


def fits(name: str, pattern: str) -> bool:
    """Whether a member is what a pattern names, at any depth with ``**``."""
    return fnmatchcase(name, pattern) or fnmatchcase(name, pattern.replace("**/", ""))


def rasters_among(names: Sequence[str]) -> list[str]:
    """Members that are rasters by their names."""
    return [name for name in names if name.lower().endswith(RASTER_SUFFIXES)]


def members_of(archive: Path) -> tuple[str, ...]:
    """Names of an archive's files, without hidden ones; SourceError where one would leave it."""
    if EOG_TILE.fullmatch(archive.name):
        return tuple(name.format(stem=archive.name.removesuffix(".tgz")) for name in EOG_MEMBERS)
    status = archive.stat()
    return list_members(archive, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=256)
def list_members(archive: Path, size: int, changed_ns: int) -> tuple[str, ...]:
    """As ``members_of``; size and time only tell a changed file from the one that was listed."""
    del size, changed_ns
    try:
        if is_zip(archive):
            with zipfile.ZipFile(archive) as file:
                found = {i.filename: i.file_size for i in file.infolist() if not i.is_dir()}
        else:
            found = tar_sizes(archive)
    except PIECE_ERRORS as error:
        raise damaged(archive, error) from error
    for name, n_bytes in found.items():
        refuse_unsafe(archive, name, n_bytes)
    return tuple(name for name in sorted(found) if not is_clutter(name))


def tar_sizes(archive: Path) -> dict[str, int]:
    """Size of each plain file in a tar, which is read through; no link is followed."""
    found = {}
    read = 0
    with tarfile.open(archive) as file:
        for member in file:
            read += member.size
            if read > UNPACKED_LIMIT_BYTES:
                raise SourceError(
                    f"{archive} would unpack to over {UNPACKED_LIMIT_BYTES:,} bytes: refused."
                )
            if member.isreg():
                found[member.name.removeprefix("./")] = member.size
    return found


def refuse_unsafe(archive: Path, name: str, n_bytes: int) -> None:
    """SourceError for a member that claims a place outside, or an impossible size."""
    refuse_leaving(archive, name)
    if n_bytes > UNPACKED_LIMIT_BYTES:
        raise SourceError(
            f"{archive} holds {name} of {n_bytes:,} bytes: refused. Unpack it yourself if you trust it."
        )


def damaged(archive: Path, error: Exception) -> SourceError:
    """The error that names an archive which can't be read."""
    return SourceError(f"{archive} is a damaged archive: {error}. Download it again.")


def head_of(path: Path) -> tuple[bytes, int]:
    """First bytes of a raster, wherever it lies, and its size in bytes."""
    holder, name = holder_of(path), inside(path)
    try:
        if name and is_zip(holder):
            with zipfile.ZipFile(holder) as archive, archive.open(name) as file:
                return file.read(SIGNATURE_BYTES), archive.getinfo(name).file_size
        if name and is_tar(holder):
            with tar_member(holder, name) as (member, size):
                return member.read(SIGNATURE_BYTES), size
        with holder.open("rb") as plain:
            return plain.read(SIGNATURE_BYTES), holder.stat().st_size
    except KeyError as error:
        raise absent(holder, name) from error
    except PIECE_ERRORS as error:
        if not holder.exists():
            raise SourceError(f"{path} is gone. Put it back, or correct the path.") from error
        raise damaged(holder, error) from error


def absent(holder: Path, name: str) -> SourceError:
    """The error that names a member which its archive lacks."""
    return SourceError(f"{holder} holds no {name}. Correct the path, or download it again.")


@contextmanager
def tar_member(archive: Path, name: str) -> Iterator[tuple[IO[bytes], int]]:
    """A member of a tar, opened for reading forwards, and its size in bytes."""
    with tarfile.open(archive, "r|*") as file:
        for member in file:
            if member.isreg() and member.name.removeprefix("./") == name:
                refuse_unsafe(archive, name, member.size)
                content = file.extractfile(member)
                if content is not None:
                    yield content, member.size
                    return
    raise absent(archive, name)


@contextmanager
def gdal_file(path: Path, *, header_only: bool = False) -> Iterator[str]:
    """The name under which GDAL opens a raster; a tar's member is a temporary file meanwhile.

    With ``header_only`` only its first megabytes are there: enough for the header, not for pixels.
    """
    holder, name = holder_of(path), inside(path)
    if name and is_zip(holder):
        yield zip_name(holder, name)
    elif name and is_tar(holder):
        with private_folder() as folder:
            target = folder / PurePosixPath(name).name
            unpack(holder, name, target, HEAD_BYTES if header_only else None)
            yield str(target)
    else:
        yield str(holder)


def zip_name(archive: Path, name: str) -> str:
    """GDAL's name of a member that is read in place."""
    outer = str(archive) if "}" in str(archive) else f"{{{archive}}}"
    return f"/vsizip/{outer}/{name}"


def unpack(archive: Path, name: str, target: Path, limit: int | None) -> None:
    """Write a member of a tar to ``target``, of full length, but empty after ``limit`` bytes."""
    left = limit
    try:
        with tar_member(archive, name) as (content, size), target.open("wb") as file:
            while chunk := content.read(CHUNK_BYTES if left is None else min(CHUNK_BYTES, left)):
                file.write(chunk)
                left = None if left is None else left - len(chunk)
                if left == 0:
                    break
            os.truncate(target, size)
    except PIECE_ERRORS as error:
        if (
            isinstance(error, OSError)
            and error.errno is not None
            and error.filename != str(archive)
        ):
            raise SourceError(
                f"{name} of {archive} can't be unpacked to {target.parent.parent}: {error.strerror}. Make "
                "room there, or set TMPDIR to a folder that has it."
            ) from error
        raise damaged(archive, error) from error
