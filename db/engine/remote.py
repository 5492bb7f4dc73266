"""Bring what a project names on servers to local paths, by lock, cache and, where allowed, network.

Whole files come first; then, where tiles go by place, the ground of the mines is known; then the headers of
rasters. The blocks under mines follow while steps run (``quarrydb.engine.blocks``).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from quarrydb.contract import LoadStep
from quarrydb.engine.area import restricted
from quarrydb.engine.ground import find_ground, ground_key, is_kept
from quarrydb.engine.places import Located, notes_of, swapped
from quarrydb.engine.tile_files import TileFiles, listed
from quarrydb.errors import NetworkError, QuarryError
from quarrydb.fetch.address import file_name
from quarrydb.fetch.archive import Member, fetch_member
from quarrydb.fetch.cache import Cache, key_of
from quarrydb.fetch.copy import read_state
from quarrydb.fetch.fetcher import Fetcher
from quarrydb.fetch.lockfile import LOCK_NAME, Entry, LockFile
from quarrydb.fetch.record import RecordFile, read_record
from quarrydb.fetch.remote import Remote
from quarrydb.fetch.reply import MissingError, changed
from quarrydb.fetch.whole import Expected
from quarrydb.fetch.windows import copy_path
from quarrydb.files import sync_folder
from quarrydb.progress import BuildProgress, QuietProgress
from quarrydb.project import Project
from quarrydb.project.ground import Ground
from quarrydb.store.checksum import sha256_of
from quarrydb.store.shards import Store


class RemoteFiles:
    """The remote files of one project: where they are, what they are, and how to get them."""

    def __init__(
        self,
        project: Project,
        checksum: Callable[[Path], str],
        *,
        fetch: bool = False,
        offline: bool = False,
        progress: BuildProgress | None = None,
    ) -> None:
        """Read the lock; nothing is asked of anybody yet. ``checksum`` gives the SHA-256 of local files."""
        self.project = project
        self.checksum = checksum
        self.policy = project.network.policy(may_fetch=fetch, offline=offline)
        self.cache = Cache(project.network.cache)
        self.fetcher = Fetcher(self.policy, self.cache)
        self.lock = LockFile(project.root / LOCK_NAME)
        self.progress = progress or QuietProgress()
        self.located: dict[Path, Located] = {}
        self.mains: dict[Path, Path] = {}  # of the files of a folder, the one that is opened
        self.records: dict[str, Mapping[str, RecordFile]] = {}
        self.members: dict[Path, Member | None] = {}
        self.pending: list[Remote] = []
        self.pool = ThreadPoolExecutor(self.policy.connections)  # of headers
        self.begun: dict[str, Future[Path | None]] = {}
        self.ground: Ground | None = None  # for estimates, also where the project has no area

    def locate(self) -> Project:
        """The project with local paths in the place of all that could be located.

        What the lock does not know is fetched where that is allowed, of rasters only the header, and
        stands in ``pending`` where it is not.
        """
        places: dict[Path, list[Path]] = {}
        self._begin_headers()
        try:
            for placeholder, group in self.project.remotes.items():
                if group[0].kind == "whole":
                    places[placeholder] = self._locate_whole(group)
            project = swapped(self.project, places)
            with self.naming():
                project = self._with_ground(project)
            places = self._locate_rasters(project)
        except BaseException:
            if self.begun:
                self.fetcher.client.stop()
            raise
        finally:
            self.pool.shutdown(cancel_futures=True)
            self.lock.save()
        return swapped(project, places)

    def _begin_headers(self) -> None:
        """Begin to fetch the headers of rasters that are known by now: they come beside the whole files."""
        for remote, *_ in self.project.remotes.values():
            is_sure = remote.kind == "windows" and not remote.is_by_tile
            if is_sure and self.lock.find(remote.address) is None and self.may_get([remote]):
                self.begun[remote.address] = self.pool.submit(self._header, remote)

    def _with_ground(self, project: Project) -> Project:
        """The project with the ground of its mines, where an area or tiles ask for it, and files are here."""
        by_tile = any(group[0].is_by_tile for group in self.project.remotes.values())
        if project.area is None and not by_tile:
            return project
        sections = [*project.polygons, *([project.countries] if project.countries else [])]
        if any(section.path in self.project.remotes for section in sections):
            return project  # they are not here yet
        self.ensure(section.path for section in sections if not self._is_known(project))
        ground = self.ground = find_ground(project, self._content)
        return restricted(project.model_copy(update={"ground": ground}))

    def estimate_ground(self, project: Project) -> None:
        """Know the ground also where nothing but an estimate asks for it, if the polygons are here."""
        has_windows = any(group[0].kind == "windows" for group in self.project.remotes.values())
        if self.ground is None and has_windows and all(p.path.is_file() for p in project.polygons):
            self.ground = find_ground(project, self._content)

    def _is_known(self, project: Project) -> bool:
        """Whether the ground was found before, from the same files."""
        return is_kept(Store(project.cache), ground_key(project, self._content))

    def _content(self, path: Path) -> str:
        return self.identity(path) or self.checksum(path)

    @contextmanager
    def naming(self) -> Iterator[None]:
        """Errors of the block with addresses in the place of paths in the cache, which say nothing."""
        try:
            yield
        except QuarryError as error:
            text = str(error)
            for path in self.located:
                text = text.replace(str(path), str(self.address(path)))
            if text == str(error):
                raise
            raise type(error)(text) from error

    def require_all(self) -> None:
        """NetworkError where anything could not be located, with how much there is to fetch."""
        if not self.pending:
            return
        first = self.pending[0]
        raise NetworkError(
            f"{len(self.pending)} files that the project names on servers are not here, such as "
            f"{first.address} for {first.section}, and nothing is fetched unless you say so. See what "
            "there is to fetch: quarry plan. Fetch it: quarry build --fetch"
        )

    def as_planned(self, step: LoadStep) -> LoadStep:
        """A step without the files that go by the identity of the one that is opened."""
        kept = tuple(path for path in step.files if not self.is_part(path))
        return step if len(kept) == len(step.files) else replace(step, files=kept)

    def _locate_whole(self, group: Sequence[Remote]) -> list[Path]:
        entries = [self.lock.find(remote.address) for remote in group]
        if None in entries:
            if not self.may_get(group):
                self.pending += group
                return []
            entries = [self._get_whole(remote) for remote in group]
        known = [entry for entry in entries if entry is not None]
        folder = key_of(*(entry.sha256 for entry in known))
        paths: list[Path] = []
        for remote, entry in zip(group, known, strict=True):
            path = self.cache.by_content(str(entry.sha256), file_name(remote.address))
            if len(group) > 1:
                path = self.cache.whole(folder, path.name)
            self.located[path] = Located(remote, path, entry)
            self.mains[path] = paths[0] if paths else path
            paths.append(path)
        if len(group) > 1:
            self._link(paths)
        return paths[:1]

    def may_get(self, remotes: Iterable[Remote]) -> bool:
        """Whether files may be fetched, or lie in the folder of a mirror."""
        return self.policy.may_fetch or all(
            isinstance(self.policy.mirrored(remote.address), Path) for remote in remotes
        )

    def _get_whole(self, remote: Remote, entry: Entry | None = None) -> Entry:
        """Fetch a whole file and note it; the same bytes as ``entry``, where there is one."""
        expected = self._expected(remote, entry)
        size = expected.size / 1e6 if expected.size else remote.size_mb
        name = file_name(remote.address)
        with self.progress.task(f"fetching {name}", size, "MB") as task:
            self.fetcher.traffic.on_bytes = lambda n: task.advance(n / 1e6)
            fetched = self.fetcher.whole(remote.address, expected)
        version = fetched.version
        return self.lock.add(
            Entry(
                remote.address,
                size=fetched.path.stat().st_size,
                etag=version.etag,
                modified=version.modified,
                sha256=fetched.sha256,
                **notes_of(remote),
            )
        )

    def _expected(self, remote: Remote, entry: Entry | None) -> Expected:
        if entry is not None:
            return Expected(entry.size, f"sha256:{entry.sha256}", said_by=LOCK_NAME)
        if remote.record is None:
            return Expected(checksum=remote.checksum)
        if remote.record not in self.records:
            self.fetcher.allow(remote.record)
            self.records[remote.record] = read_record(self.fetcher.client, remote.record)
        file = self.records[remote.record].get(file_name(remote.address))
        if file is None:
            raise NetworkError(
                f"{remote.record} lists no file {file_name(remote.address)}. The deposit changed: look at "
                "it, and name the file's address as path."
            )
        return Expected(file.size, file.checksum)

    def _link(self, paths: Sequence[Path]) -> None:
        """Files that belong together into one folder, where they are in the cache."""
        for path in paths:
            entry = self.located[path].entry
            source = self.cache.by_content(str(entry.sha256), path.name)
            if source.is_file() and not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.hardlink_to(source)
        if paths[0].parent.is_dir():
            sync_folder(paths[0].parent)

    def _locate_rasters(self, project: Project) -> dict[Path, list[Path]]:
        tiles = TileFiles(self.lock, self.fetcher, self.may_get)
        windows: dict[Path, list[Remote]] = {}
        places: dict[Path, list[Path]] = {}
        for placeholder, (remote, *_) in self.project.remotes.items():
            if remote.kind == "windows" and not remote.is_by_tile:
                windows[placeholder] = [remote]
            elif remote.is_by_tile and project.ground is None:
                self.pending.append(remote)
            elif remote.kind == "windows":
                windows[placeholder] = tiles.under(remote, project.ground)
            elif remote.kind == "member":
                found, lacking = tiles.members_under(remote, project.ground)
                self.pending += lacking
                self.members.update({path: member for path, _, member in found})
                places[placeholder] = [self._place(remote, e, path) for path, e, _ in found]
        found_at = self._headers([remote for group in windows.values() for remote in group])
        for placeholder, group in windows.items():
            places[placeholder] = [found_at[r.address] for r in group if r.address in found_at]
        return places

    def _headers(self, remotes: Sequence[Remote]) -> dict[str, Path]:
        """Local paths by address: from the lock, else with the header, which is fetched."""
        known = [(remote, self.lock.find(remote.address)) for remote in remotes]
        found = {
            remote.address: self._place(
                remote, entry, copy_path(self.cache, remote.address, entry.version)
            )
            for remote, entry in known
            if entry is not None and not entry.is_absent
        }
        new = [remote for remote, entry in known if entry is None]
        self.pending += [remote for remote in new if not self.may_get([remote])]
        new = [remote for remote in new if self.may_get([remote])]
        for remote in new:
            if remote.address not in self.begun:
                self.begun[remote.address] = self.pool.submit(self._header, remote)
        with self.progress.task("fetching headers", len(new), "files") as task:
            for remote in new:
                path = self.begun[remote.address].result()
                task.advance()
                if path is None:  # there is no such tile: open sea
                    self.lock.add(Entry(remote.address, size=0, **notes_of(remote)))
                    continue
                found[remote.address] = self._place(remote, self._note_header(remote, path), path)
        return found

    def _header(self, remote: Remote) -> Path | None:
        try:
            return self.fetcher.header(remote.address)
        except MissingError:
            if remote.of_tiles:
                return None
            raise

    def _note_header(self, remote: Remote, path: Path) -> Entry:
        state = read_state(path)
        if state is None:
            # Its server gives it only whole, and it is small enough for that.
            entry = Entry(remote.address, size=path.stat().st_size, sha256=sha256_of(path))
            return self.lock.add(replace(entry, **notes_of(remote)))
        return self.lock.add(
            Entry(
                remote.address,
                size=state.size,
                etag=state.etag,
                modified=state.modified,
                header_sha256=state.header_sha256,
                **notes_of(remote),
            )
        )

    def _place(self, remote: Remote, entry: Entry, path: Path) -> Path:
        if entry.sha256 is not None and entry.member is None:
            path = self.cache.by_content(entry.sha256, file_name(remote.address))
        self.located[path] = Located(remote, path, entry)
        self.mains[path] = path
        return path

    def identity(self, path: Path) -> str | None:
        """What stands for a remote file's content in fingerprints; None for a local file."""
        found = self.located.get(path)
        if found is None:
            return None
        group = self.parts(path)
        if len(group) < 2:
            return found.entry.identity
        return key_of(*(self.located[place].entry.identity for place in group))

    def address(self, path: Path) -> str | None:
        """Where a remote file comes from; None for a local file."""
        found = self.located.get(path)
        if found is None:
            return None
        member = found.entry.member
        return found.remote.address + (f"!{member}" if member else "")

    def is_part(self, path: Path) -> bool:
        """Whether a file only lies beside the one that is opened, and goes by its identity."""
        return self.mains.get(path, path) != path

    def parts(self, path: Path) -> list[Path]:
        """A remote file and those of its folder that belong to it; nothing for a local file."""
        return [place for place, main in self.mains.items() if main == path]

    def with_parts(self, paths: Iterable[Path]) -> list[Path]:
        """Files, and those that lie beside remote ones of them."""
        return list(dict.fromkeys(p for path in paths for p in (path, *self.parts(path))))

    def ensure(self, paths: Iterable[Path]) -> None:
        """Fetch again what of some files is not in the cache any more: the same bytes, or an error."""
        for path in paths:
            parts = self.parts(path)
            for place in parts:
                self._ensure_one(self.located[place])
            if len(parts) > 1:
                self._link(parts)
        self.lock.save()

    def _ensure_one(self, found: Located) -> None:
        entry = found.entry
        if found.is_here and (entry.sha256 or entry.member or read_state(found.path)):
            return
        if entry.member is not None:
            self._get_member(found)
            return
        if found.entry.sha256 is not None:
            source = self.cache.by_content(found.entry.sha256, found.path.name)
            if not source.is_file():
                self._get_whole(found.remote, found.entry)
            return
        path = self.fetcher.header(found.remote.address, found.entry.version)
        state = read_state(path)
        if path != found.path or state is None or state.header_sha256 != found.entry.header_sha256:
            raise changed(found.remote.address, found.entry.version, found.entry.version)

    def _get_member(self, found: Located) -> None:
        """Fetch a member of an archive, the same as the lock says."""
        entry, remote = found.entry, found.remote
        self.fetcher.allow(entry.address)
        member = self.members.get(found.path) or listed(self.fetcher, entry)
        with self.progress.task(f"fetching {found.path.name}", member.packed / 1e6, "MB") as task:
            fetch_member(self.fetcher.client, self.cache, member, lambda n: task.advance(n / 1e6))
        self.lock.add(replace(entry, sha256=sha256_of(found.path), **notes_of(remote)))
