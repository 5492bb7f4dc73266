"""Compare ``quarry.lock`` with the servers: what changed, what is gone."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from quarrydb.engine.remote import RemoteFiles
from quarrydb.errors import NetworkError
from quarrydb.fetch.fetcher import Fetcher
from quarrydb.fetch.lockfile import Entry
from quarrydb.fetch.reply import MissingError, Version
from quarrydb.project import Project, as_project
from quarrydb.store.checksum import sha256_of


@dataclass(frozen=True)
class Change:
    """An entry of the lock that its server does not have so any more."""

    entry: Entry
    what: str


def find_changes(project: Project | str | Path) -> tuple[list[Change], int]:
    """Ask for the version of every file of the lock; the changes, and how many files were asked for.

    Asking is what the command is for: it needs no other word of the user, but stays offline where told.
    """
    files = RemoteFiles(as_project(project), sha256_of, fetch=True)
    addresses = sorted({entry.address for entry in files.lock.entries.values()})
    with ThreadPoolExecutor(files.policy.connections) as pool:
        versions = dict(
            zip(addresses, pool.map(lambda a: ask(files.fetcher, a), addresses), strict=True)
        )
    changes = []
    for entry in files.lock.entries.values():
        what = difference(entry, versions[entry.address])
        if what:
            changes.append(Change(entry, what))
    return changes, len(addresses)


def ask(fetcher: Fetcher, address: str) -> Version | None:
    """What a server has at an address; None where that is nothing any more."""
    try:
        return fetcher.client.version(address)
    except MissingError:
        return None


def difference(entry: Entry, found: Version | None) -> str | None:
    """How a server's file differs from the lock, in words; None where it does not."""
    if found is None:
        return None if entry.is_absent else "gone"
    if entry.is_absent:
        return "new" if entry.member is None else None
    if entry.version.is_same(found):
        return None
    size = (
        f"{entry.size:,} to {found.size:,} bytes" if entry.size and found.size else "another size"
    )
    return f"changed, {size}" if entry.size != found.size else f"changed, {found.validator}"


def take_over(project: Project | str | Path, changes: Sequence[Change]) -> None:
    """Drop changed entries from the lock, so that the next build fetches and notes what is there now."""
    files = RemoteFiles(as_project(project), sha256_of)
    gone = {change.entry.address for change in changes}
    kept = [key for key, entry in files.lock.entries.items() if entry.address not in gone]
    lost = [change.entry.address for change in changes if change.what == "gone"]
    if lost:
        raise NetworkError(
            f"{lost[0]} is gone from its server. Nothing was taken over: lock and cache still have it."
        )
    files.lock.keep_only(kept)
    files.lock.save()
