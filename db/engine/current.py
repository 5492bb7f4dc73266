"""Is the database up to date? Asked of names, sizes and times alone, before anything heavy is imported.

A build that finds nothing to do has to read headers, list its steps and hash what they are made from. Where
nothing that it looked at has been touched since the last one, the answer is known: a snapshot of every file
and folder that the plan rests on is kept beside the store, and compared. Any difference, and any doubt, means
that the plan has to be made.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

NAME = "current.json"
ENGINES = ("duckdb", "duckdb-extension-spatial", "exactextract", "rasterio", "pyogrio", "shapely")
PARTS = ("inference", "loaders", "sql", "udfs")
CODE = (".csv", ".json", ".py", ".safetensors", ".sql", ".toml")
Snapshot = dict[str, object]


def is_untouched(project_file: Path, cache: Path) -> bool:
    """Whether everything that the last whole build of ``project_file`` rested on is as it was then."""
    kept = read_snapshot(cache)
    files, folders = kept.get("files"), kept.get("folders")
    if kept.get("project") != str(project_file) or not isinstance(files, dict):
        return False
    if not isinstance(folders, dict) or kept.get("code") != code_stamp():
        return False
    return files == stamps(files) and folders == listings(folders)


def read_snapshot(cache: Path) -> Snapshot:
    """The snapshot of the last whole build; empty where there is none to read."""
    try:
        content = json.loads((cache / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def snapshot(project_file: Path, files: Iterable[Path], database: Path) -> Snapshot:
    """What the database rests on: ``files``, the project file, and the folders that hold them."""
    all_files = {str(path) for path in (*files, project_file, database)}
    folders = {str(folder) for path in all_files for folder in folders_of(Path(path), project_file)}
    return {
        "project": str(project_file),
        "code": code_stamp(),
        "files": stamps(all_files),
        "folders": listings(folders),
    }


def folders_of(path: Path, project_file: Path) -> list[Path]:
    """The folders in which a new name could change the plan: the file's, and those up to the project."""
    root = project_file.parent
    if not path.is_relative_to(root):
        return [path.parent]
    return [folder for folder in path.parents if folder.is_relative_to(root)]


def stamps(paths: Iterable[str]) -> dict[str, list[int] | None]:
    """Size, times in ns and inode of each file; None where it is gone."""
    return {path: stamp(path) for path in sorted(paths)}


def stamp(path: str) -> list[int] | None:
    """Size, modification and change time in ns, and inode of a file; None where it is gone."""
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def listings(folders: Iterable[str]) -> dict[str, str | None]:
    """A hash of the names in each folder, without hidden ones and databases; None where it is gone."""
    return {folder: listing(folder) for folder in sorted(folders)}


def listing(folder: str) -> str | None:
    """A hash of the names in a folder: what a glob would find there."""
    try:
        names = sorted(entry.name for entry in Path(folder).iterdir() if is_input(entry.name))
    except OSError:
        return None
    return hashlib.sha256("\0".join(names).encode(errors="surrogateescape")).hexdigest()


def is_input(name: str) -> bool:
    """Whether a name in a folder may be of something that a build reads."""
    return not name.startswith(".") and not name.endswith((".duckdb", ".duckdb.wal"))


def code_stamp() -> str:
    """A hash that changes with the installed code and engines."""
    rows = [f"{name} {metadata.version(name)}" for name in ENGINES]
    for root in code_folders():
        for folder, _, names in os.walk(root):
            files = (f"{folder}/{name}" for name in names if name.endswith(CODE))
            rows.extend(f"{file} {stamp(file)}" for file in files)
    return hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()


def code_folders() -> list[str]:
    """Where the package's own files lie; in an editable installation its parts are apart."""
    names = ("quarrydb", *(f"quarrydb.{part}" for part in PARTS))
    specs = [find_spec(name) for name in names]
    return [place for spec in specs if spec for place in spec.submodule_search_locations or ()]
