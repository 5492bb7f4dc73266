"""Where fetched data lies: one folder for all projects, in which nothing half-fetched has its final name."""

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from platformdirs import user_cache_path

from quarrydb.errors import TargetError

CACHE_VARIABLE = "QUARRY_CACHE"


def key_of(*parts: object) -> str:
    """A short name for what ``parts`` say."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:20]


def default_folder() -> Path:
    """The user's cache, or the folder that QUARRY_CACHE names."""
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named) if named else user_cache_path("quarrydb", appauthor=False)


@contextlib.contextmanager
def resumable(target: Path) -> Iterator[None]:
    """OSErrors of the block as TargetErrors that name ``target`` and say that nothing is lost."""
    try:
        yield
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else error
        raise TargetError(
            f"{target} can't be written: {why}. Make room there, and run the same command again: "
            "what is here is kept."
        ) from error


class Cache:
    """Whole files, copies of rasters with the blocks that were needed, and parts under way."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or default_folder()

    def whole(self, key: str, name: str) -> Path:
        """Where a whole file stands, or would stand."""
        return self.folder / "whole" / key / name

    def by_content(self, sha256: str, name: str) -> Path:
        """Where a whole file of that content stands, or would stand."""
        return self.whole(sha256[:20], name)

    def copy(self, key: str, name: str) -> Path:
        """Where the partial copy of a raster stands, or would stand."""
        return self.folder / "windows" / key / name

    def part(self, address: str) -> Path:
        """Where a file lies while it is fetched."""
        return self.folder / "part" / f"{key_of(address)}.part"

    @contextlib.contextmanager
    def held(self, name: str) -> Iterator[None]:
        """Hold a name of the cache: another process that wants it waits until this one is done."""
        folder = self.folder / "lock"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(folder / key_of(name), os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise TargetError(
                f"{folder} can't be written: {error.strerror}. Name another folder for fetched data: "
                f'[network] cache = "..." or {CACHE_VARIABLE}.'
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
