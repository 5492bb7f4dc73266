"""Files of data sets that go by tiles: which lie under the mines, on servers or in archives there."""

import fnmatch
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from quarrydb.errors import NetworkError
from quarrydb.fetch.address import filled
from quarrydb.fetch.archive import Member, matching, members
from quarrydb.fetch.cache import key_of
from quarrydb.fetch.fetcher import Fetcher
from quarrydb.fetch.lockfile import Entry, LockFile
from quarrydb.fetch.remote import Remote
from quarrydb.project.ground import Ground

Found = tuple[Path, Entry, Member | None]


class TileFiles:
    """Tiles under the ground of a project, by lock or server."""

    def __init__(
        self, lock: LockFile, fetcher: Fetcher, may_get: Callable[[Iterable[Remote]], bool]
    ) -> None:
        self.lock, self.fetcher, self.may_get = lock, fetcher, may_get
        self.listings: dict[str, Sequence[Member]] = {}

    def under(self, remote: Remote, ground: Ground) -> list[Remote]:
        """One remote file for each tile under the ground."""
        grid = remote.tiles
        names = grid.under(ground.boxes.tolist()) if grid else []
        return [
            replace(
                remote, address=filled(remote.address, {"tile": name}), tiles=None, of_tiles=True
            )
            for name in names
        ]

    def members_under(self, remote: Remote, ground: Ground) -> tuple[list[Found], list[Remote]]:
        """Members of archives under the ground, and the archives that would have to be asked for some."""
        found: list[Found] = []
        lacking = []
        for archive, names in archives_under(remote, ground).items():
            one = replace(remote, address=archive)
            for name in names:
                patterns = [filled(pattern, {"tile": name}) for pattern in remote.members]
                known = [e for e in self.lock.members(archive) if is_like(e, patterns)]
                if known:
                    found += [(self.place(e), e, None) for e in known if not e.is_absent]
                elif self.may_get([one]):
                    found += list(self._listed(one, patterns))
                elif one not in lacking:
                    lacking.append(one)
        return found, lacking

    def _listed(self, remote: Remote, patterns: Sequence[str]) -> Iterator[Found]:
        """Members by the archive's own table of contents, noted in the lock."""
        if remote.address not in self.listings:
            self.listings[remote.address] = members(self.fetcher.client, remote.address)
        notes = {"dataset": remote.dataset, "used_by": remote.section, "licence": remote.licence}
        tile = matching(self.listings[remote.address], patterns)
        if not tile:
            self.lock.add(Entry(remote.address, size=0, member=patterns[0], **notes))  # type: ignore[arg-type]
        for member in tile:
            version = member.version
            entry = self.lock.add(
                Entry(
                    remote.address,
                    size=version.size,
                    etag=version.etag,
                    modified=version.modified,
                    member=member.name,
                    crc32=f"{member.crc:08x}",
                    **notes,  # type: ignore[arg-type]
                )
            )
            yield self.place(entry), entry, member

    def place(self, entry: Entry) -> Path:
        """Where the member of an entry stands in the cache, or would stand."""
        return place_of(self.fetcher, entry)


def place_of(fetcher: Fetcher, entry: Entry) -> Path:
    """As ``archive.member_path``, from the lock alone."""
    crc = int(entry.crc32 or "0", 16)
    key = key_of(entry.address, entry.size, entry.version.validator, entry.member, crc)
    return fetcher.cache.whole(key, (entry.member or "").rpartition("/")[2])


def is_like(entry: Entry, patterns: Sequence[str]) -> bool:
    """Whether the member of an entry is one of some patterns, or says that there is none."""
    name = (entry.member or "").rpartition("/")[2]
    return entry.member in patterns or any(fnmatch.fnmatch(name, p) for p in patterns)


def archives_under(remote: Remote, ground: Ground) -> Mapping[str, list[str]]:
    """Names of the tiles under the ground, by the address of the archive that holds them."""
    grid, found = remote.tiles, dict[str, list[str]]()
    for column, row in sorted(grid.corners(ground.boxes.tolist())) if grid else ():
        west = column * (grid.degrees if grid else 1)
        for name, (low, high) in remote.archives.items():
            if low <= west < high:
                address = filled(remote.address, {"archive": name})
                found.setdefault(address, []).append(grid.named(column, row) if grid else "")
    return found


def listed(fetcher: Fetcher, entry: Entry) -> Member:
    """The member of an entry, as its archive lists it now; NetworkError where that is another one."""
    for member in members(fetcher.client, entry.address, entry.version):
        if member.name == entry.member and f"{member.crc:08x}" == entry.crc32:
            return member
    raise NetworkError(
        f"{entry.address} has no {entry.member} of the content in quarry.lock any more. See what changed, "
        "and take it over, with: quarry update"
    )
