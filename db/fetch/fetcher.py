"""What the rest of the house asks for: a file, or the windows of a raster, as a local path.

    fetcher = Fetcher(Policy(hosts=frozenset({"data.example.org"}), may_fetch=True))
    path = fetcher.windows("https://data.example.org/scene/B04.tif", [(0, 512, 1024, 1536)])
    with quarrydb.loaders.raster.open_raster(path) as raster:
        pixels = read_window(raster, path, Window(1024, 0, 512, 512))

``windows`` gives the path of a partial copy in the cache: the same size, grid, tags and pixels as the remote
file, in which only the blocks under the windows are. A window is (first row, end row, first column, end
column) in pixels of the full-size image, ends exclusive. Blocks that are there are not asked for again,
so ask for all windows of all files at once where you can (``windows_of_many``): they come side by side.
Reading a block that was not fetched raises. A copy carries no overviews, unless it is of one (``coarsen``).
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from quarrydb.errors import NetworkError
from quarrydb.fetch.address import canonical, file_name, host_of
from quarrydb.fetch.cache import Cache
from quarrydb.fetch.copy import as_windows, read_state
from quarrydb.fetch.fill import fetch_windows
from quarrydb.fetch.http import Client
from quarrydb.fetch.policy import Policy
from quarrydb.fetch.reply import Version
from quarrydb.fetch.whole import Expected, Fetched, check, fetch_part, put_in_place
from quarrydb.fetch.windows import NoRangesError, Traffic, Wanted, prepare

Window = Sequence[int]
ANYTHING = Expected()


class Fetcher:
    """Files and windows of servers as local paths; one for a build, in its main process."""

    def __init__(self, policy: Policy, cache: Cache | None = None) -> None:
        self.policy = policy
        self.cache = cache or Cache()
        self.traffic = Traffic()
        self.seen: dict[str, Version] = {}  # of this build: a file that changes under it stops it
        self._client: Client | None = None
        self._is_closed = False
        self._lock = threading.Lock()

    @property
    def client(self) -> Client:
        """The connections; new ones after a stop, unless this is closed."""
        with self._lock:
            if self._client is None:
                self._client = Client(self.policy)
            elif self._client.stopped.is_set() and not self._is_closed:
                self._client = self._client.beside(is_patient=self._client.is_patient)
            return self._client

    def ahead(self) -> "Fetcher":
        """Another fetcher under the same limits, which lets this one go before and is closed by itself."""
        other = Fetcher(self.policy, self.cache)
        other.seen = self.seen
        other._client = self.client.beside(is_patient=True)
        return other

    def close(self) -> None:
        """Close all connections for good."""
        self._is_closed = True
        self.client.stop()

    def allow(self, address: str) -> None:
        """NetworkError where nothing may be fetched."""
        if not self.policy.may_fetch and isinstance(self.policy.mirrored(address), str):
            raise NetworkError(
                f"{address} is not here, and nothing is fetched unless you say so. See what would be "
                "fetched: quarry plan. Fetch it: quarry build --fetch"
            )

    def whole(self, address: str, expected: Expected = ANYTHING) -> Fetched:
        """A whole file, from the cache or the server; checked, and never seen half.

        It stands in a folder of its content, so that files of equal bytes are one.
        """
        address = canonical(address)
        with self.cache.held(f"whole {address}"):
            self.allow(address)
            part, version = fetch_part(
                self.client, self.cache, address, expected, self.traffic.on_bytes
            )
            sha256 = check(part, address, expected)
            target = self.cache.by_content(sha256, file_name(address))
            put_in_place(part, target)
        self.traffic.n_files += 1
        return Fetched(address, version, sha256, target)

    def windows(
        self,
        address: str,
        windows: Iterable[Window],
        *,
        bands: Sequence[int] | None = None,
        known: Version | None = None,
    ) -> Path:
        """A local path from which GDAL reads the windows of a remote GeoTIFF (see the module).

        ``bands`` (from 1) matter where each has blocks of its own; ``known`` is the version that the
        file must have. A file that its server gives only whole is fetched whole where it is small.
        """
        wanted = Wanted(canonical(address), as_windows(windows), bands, known)
        return self.windows_of_many([wanted])[wanted.address]

    def windows_of_many(self, wanted: Sequence[Wanted]) -> Mapping[str, Path]:
        """As ``windows`` for many files at once: paths by address."""
        files = {one.address: one for one in wanted}
        with ThreadPoolExecutor(self.policy.connections) as pool:
            made = pool.map(lambda o: self.header(o.address, o.known, o.coarsen), files.values())
            paths = dict(zip(files, made, strict=True))
        copies = [(paths[one.address], one) for one in wanted if self.is_window_copy(one, paths)]
        fetch_windows(self.client, self.cache, copies, self.traffic)
        return paths

    def is_window_copy(self, one: Wanted, paths: Mapping[str, Path]) -> bool:
        """Whether a file came in windows, and not whole."""
        return paths[one.address].is_relative_to(self.cache.folder / "windows")

    def version_of(self, path: Path) -> Version | None:
        """The version of the remote file that a partial copy is of; None for other files."""
        state = read_state(path)
        return state.version if state else None

    def header(self, address: str, known: Version | None = None, coarsen: int = 1) -> Path:
        """The copy of a GeoTIFF with its header alone; whole where the server gives no parts.

        ``coarsen`` as in ``Wanted``.
        """
        self.allow(address)
        try:
            known = known or self.seen.get(address)
            path, state = prepare(self.client, self.cache, address, known, coarsen)
            self.seen[address] = state.version
            return path
        except NoRangesError as problem:
            return self._whole_raster(address, known, problem)

    def _whole_raster(self, address: str, known: Version | None, problem: NoRangesError) -> Path:
        """The whole file in place of windows, where it is not too large."""
        version = self.client.confirm(address, self.client.version(address), known)
        limit = self.policy.max_whole_raster_bytes
        if version.size is None or version.size > limit:
            size = "an unknown size" if version.size is None else f"{version.size / 1e6:,.0f} MB"
            raise NetworkError(
                f"{str(problem).rstrip('.')}. It has {size}, more than the {limit / 1e6:,.0f} MB "
                f"that are fetched whole for a few windows. Download it from {host_of(address)} and "
                "name the local file."
            ) from problem
        return self.whole(address).path
