"""Rasters on servers that only a step itself knows of: the scenes of a STAC search, by thousands."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from quarrydb.engine.places import Located
from quarrydb.engine.remote import RemoteFiles
from quarrydb.errors import NetworkError
from quarrydb.fetch.address import canonical
from quarrydb.fetch.lockfile import Entry
from quarrydb.fetch.remote import Remote
from quarrydb.fetch.reply import MissingError, Version


def own_rasters(files: RemoteFiles, addresses: Mapping[str, int], label: str) -> dict[str, Path]:
    """Local paths of rasters that a step names, with their headers; none for one that is gone.

    The list that names them is the project's record of them: the lock holds none.
    """
    remotes = [
        Remote(address, "windows", label, coarsen=coarsen) for address, coarsen in addresses.items()
    ]
    barred = [remote for remote in remotes if not files.may_get([remote])]
    if barred:
        raise NetworkError(
            f"{len(barred)} files of {label} are not here, such as {barred[0].address}, and nothing is "
            "fetched unless you say so: quarry build --fetch"
        )
    found = {}
    with (
        files.progress.task(f"fetching headers of {label}", len(remotes), "files") as task,
        ThreadPoolExecutor(files.policy.connections) as pool,
    ):
        for remote, located in zip(
            remotes, pool.map(lambda r: locate(files, r), remotes), strict=True
        ):
            task.advance()
            if located is not None:
                files.located[located.path] = located
                found[remote.address] = located.path
    return found


def locate(files: RemoteFiles, remote: Remote) -> Located | None:
    """One file with its header at its local path; None where its server has it no more."""
    try:
        path = files.fetcher.header(canonical(remote.address), coarsen=remote.coarsen)
    except MissingError:
        return None
    version = files.fetcher.version_of(path) or Version(path.stat().st_size)
    return Located(
        remote, path, Entry(canonical(remote.address), version.size, version.etag, version.modified)
    )
