"""Where fetched data lies: one folder for all projects, in which nothing half-fetched has its final name.

A project file may name the folder, and a stranger's project may bring it along: no link in it is followed.
"""

import contextlib
import fcntl
import hashlib
import os
import stat
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


def beside(name: str) -> tuple[str, ...]:
    """Names of the files that go with a file of the cache while it is made."""
    return f"{name}.json", f"{name}.journal", f".{name}.tmp"


def check_plain(place: Path, found: os.stat_result, *, may_share: bool) -> None:
    """TargetError for what is neither a folder nor a file, or has a second name where it is written to."""
    is_plain = stat.S_ISREG(found.st_mode) and (may_share or found.st_nlink == 1)
    if not is_plain and not stat.S_ISDIR(found.st_mode):
        raise TargetError(
            f"{place} is a link, or no plain file. Fetched data are written there, so no link is followed: "
            "remove it."
        )


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
        return self._inside("whole", key, name)

    def by_content(self, sha256: str, name: str) -> Path:
        """Where a whole file of that content stands, or would stand."""
        return self.whole(sha256[:20], name)

    def copy(self, key: str, name: str) -> Path:
        """Where the partial copy of a raster stands, or would stand."""
        return self._inside("windows", key, name)

    def part(self, address: str) -> Path:
        """Where a file lies while it is fetched."""
        return self._inside("part", f"{key_of(address)}.part")

    def _inside(self, *names: str) -> Path:
        """A place in the cache; TargetError where it, a folder above it or a file beside it is a link."""
        path = self.folder.joinpath(*names)
        above = [self.folder.joinpath(*names[:n]) for n in range(1, len(names))]
        for place in (*above, path, *(path.with_name(name) for name in beside(path.name))):
            with contextlib.suppress(FileNotFoundError):
                check_plain(place, place.lstat(), may_share=names[0] == "whole")
        return path

    @contextlib.contextmanager
    def held(self, name: str) -> Iterator[None]:
        """Hold a name of the cache: another process that wants it waits until this one is done."""
        folder = self.folder / "lock"
        try:
            file = self._inside("lock", key_of(name))
            folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
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
