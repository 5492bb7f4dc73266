"""Is the database up to date? Asked of names, sizes and times alone, before anything heavy is imported.

A build that finds nothing to do has to read headers, list its steps and hash what they are made from. Where
nothing that it rests on has been touched since the last one, the answer is known: a hash of what the file
system says of all that is kept in the store, and compared. Any difference, and any doubt, means that the plan
has to be made.
"""

import contextlib
import hashlib
import os
import stat
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from quarrydb.errors import QuarryError
from quarrydb.files import PROJECT_FILE, matching_files, store_folder
from quarrydb.store.databases import is_as_noted
from quarrydb.store.folder import ROOT_FILES, files
from quarrydb.store.records import read_record, write_record

if TYPE_CHECKING:
    from quarrydb.project import Project

NAME = "current.json"
LOCK = "quarry.lock"
OWN_DATASETS = "datasets"  # in the project's folder, before those that come with quarrydb
ENGINES = ("duckdb", "duckdb-extension-spatial", "exactextract", "rasterio", "pyogrio", "shapely")
PARTS = ("inference", "loaders", "sql", "udfs")
CODE = (".csv", ".json", ".py", ".safetensors", ".sql", ".toml")
WALK_MAX = 200_000
# A file's time may be that of another machine, or coarser than the clock.
CLOCK_DOUBT_NS = 2_000_000_000
STARTED_NS = time.time_ns()  # about when the code that runs was read


class Clock:
    """When something began, and whether the clock was set since."""

    def __init__(self) -> None:
        self.began_ns = time.time_ns()
        self._ahead_ns = self.began_ns - time.monotonic_ns()

    @property
    def was_set(self) -> bool:
        """Whether the clock went otherwise than the one that nobody sets."""
        ahead_ns = time.time_ns() - time.monotonic_ns()
        return abs(ahead_ns - self._ahead_ns) > CLOCK_DOUBT_NS


class Sight:
    """What the file system says of some files and folders, as one hash; and the newest change in it."""

    def __init__(self) -> None:
        self.rows: list[str] = []
        self.newest_ns = 0

    @property
    def digest(self) -> str:
        """A hash of all that was seen."""
        return hashlib.sha256("\n".join(self.rows).encode(errors="surrogateescape")).hexdigest()

    def note(self, name: object, found: os.stat_result | None) -> None:
        """Note size, times and inode of a file, or that there is none."""
        if found is None:
            self.rows.append(f"{name} is absent")
            return
        self.newest_ns = max(self.newest_ns, found.st_ctime_ns)
        seen = (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
        self.rows.append(f"{name} {seen}")

    def walk(self, folder: str | Path) -> None:
        """Note every file of a folder, at any depth; OverflowError where they are too many."""
        for place, inner, names in os.walk(folder):
            inner[:] = sorted(name for name in inner if not name.startswith("."))
            if len(self.rows) + len(names) > WALK_MAX:
                raise OverflowError(f"{folder} is too large to look through.")
            for name in sorted(names):
                self.note(f"{place}/{name}", status(f"{place}/{name}"))


def status(path: str | Path) -> os.stat_result | None:
    """What the system says of a file; None where it is gone, or nothing can be called so."""
    try:
        return Path(path).stat()
    except (OSError, ValueError):
        return None


def untouched_database(place: Path) -> Path | None:
    """The database of the project at ``place``, a folder or its file, where it is certainly up to date.

    None where anything that its last whole build rested on was touched since, and in any doubt.
    """
    try:
        file = (place / PROJECT_FILE if place.is_dir() else place).resolve()
        store = store_folder(file.parent)
        kept = read_record(store / NAME, store)
        if not isinstance(kept, dict) or kept.get("project") != str(file):
            return None
        database = Path(kept["database"])
        looks: list[Callable[[], Sight]] = [
            lambda: see(file, kept["inputs"], database),  # first, as it is what mostly changed
            lambda: see_store(store),
            see_code,
        ]
        digests = kept["digests"]
        if any(look().digest != digest for look, digest in zip(looks, digests, strict=True)):
            return None
        is_whole = not os.path.lexists(f"{database}.wal") and is_as_noted(store, database)
    except (OSError, ValueError, KeyError, TypeError, OverflowError, QuarryError):
        return None
    return database if is_whole else None


def is_current(project: "Project") -> bool:
    """Whether the database of a project, which is as its file says, is certainly up to date."""
    from quarrydb.project import load_project

    try:
        is_as_written = load_project(project.file) == project
    except QuarryError:
        return False
    return is_as_written and untouched_database(project.file) is not None


def keep_sight(project: "Project", inputs: Iterable[Path], began_ns: int) -> None:
    """Keep what a whole build of ``project`` rested on, for ``untouched_database``; nothing in any doubt.

    ``inputs`` are the files of its steps, ``began_ns`` is when it began: what changed since then may not be
    what was read. A project that was changed after it was read from its file is not looked at.
    """
    from quarrydb.project import load_project

    store, names = project.cache, sorted({str(path) for path in inputs})
    with contextlib.suppress(OSError, OverflowError, QuarryError):
        if load_project(project.file) != project:
            return
        sight, code = see(project.file, names, project.database), see_code()
        is_settled = sight.newest_ns < began_ns - CLOCK_DOUBT_NS
        if not is_settled or code.newest_ns > STARTED_NS - CLOCK_DOUBT_NS:
            return
        digests = [seen.digest for seen in (sight, see_store(store), code)]
        content = {
            "project": str(project.file),
            "database": str(project.database),
            "inputs": names,
            "digests": digests,
        }
        write_record(store / NAME, store, content)


def see(project_file: Path, inputs: Iterable[str], database: Path) -> Sight:
    """The project file, all that it names, the ``inputs`` of its steps, and files that lie beside those."""
    sight, root = Sight(), project_file.parent
    for path in (project_file, root / LOCK):
        sight.note(path, status(path))
    sight.walk(root / OWN_DATASETS)
    for text in sorted(set(strings(tomllib.loads(project_file.read_text(encoding="utf-8"))))):
        see_named(sight, root, text, database)
    heads: dict[str, set[str]] = {}
    for text in inputs:
        folder, name = os.path.split(text)
        sight.note(text, status(text))
        heads.setdefault(folder, set()).add(name.partition(".")[0])
    for folder, starts in sorted(heads.items()):
        see_beside(sight, folder, starts, database)
    return sight


def strings(value: object) -> Iterator[str]:
    """Every text in the content of a project file."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)


def see_named(sight: Sight, root: Path, text: str, database: Path) -> None:
    """What a text of the project file finds, should it be a pattern or a path."""
    if "://" in text or not text or "\0" in text:
        return
    if any(sign in text for sign in "*?["):
        # A text that pathlib takes for no pattern is none, or a source that no build ever reads.
        with contextlib.suppress(ValueError, NotImplementedError):
            sight.rows += [f"{text} finds {path}" for path in matching_files(root, text)]
        return
    path = root / text
    if path.parent.resolve() / path.name == database:
        return
    found = status(path)
    if found is not None and stat.S_ISDIR(found.st_mode):
        sight.walk(path)
    else:
        sight.note(path, found)


def see_beside(sight: Sight, folder: str, starts: set[str], database: Path) -> None:
    """The names in a folder of inputs, and more of those files that belong to an input by their name."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries)
    except OSError:
        names = []
    own = own_names(database) if folder == str(database.parent) else ()
    for name in names:
        head = name.partition(".")[0]
        if name in own or (not head and head not in starts):
            continue  # of builds, or hidden
        sight.note(f"{folder}/{name}", status(f"{folder}/{name}") if head in starts else None)


def own_names(database: Path) -> tuple[str, ...]:
    """Names beside the inputs that are those of builds."""
    part = f"{database.stem}.part{database.suffix}"
    return tuple(f"{name}{log}" for name in (database.name, part) for log in ("", ".wal"))


def see_store(store: Path) -> Sight:
    """Every shard and record of the store."""
    sight = Sight()
    for path, found in sorted(files(store).items()):
        if path.name not in ROOT_FILES:
            sight.note(path, found)
    return sight


def see_code() -> Sight:
    """The installed code, its data and its engines."""
    sight = Sight()
    sight.rows += [f"{name} {metadata.version(name)}" for name in ENGINES]
    for folder in code_folders():
        for place, inner, names in os.walk(folder):
            inner.sort()
            for name in sorted(names):
                if name.endswith(CODE):
                    sight.note(f"{place}/{name}", status(f"{place}/{name}"))
    return sight


def code_folders() -> list[str]:
    """Where the package's own files lie; in an editable installation its parts are apart."""
    names = ("quarrydb", *(f"quarrydb.{part}" for part in PARTS))
    specs = [find_spec(name) for name in names]
    return [place for spec in specs if spec for place in spec.submodule_search_locations or ()]
