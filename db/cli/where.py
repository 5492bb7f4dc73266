"""Which database a command reads where none is named: the nearest project's."""

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

from quarrydb.errors import DatabaseError
from quarrydb.files import PROJECT_FILE

VARIABLE = "QUARRY_DATABASE"
DATABASE = "mines.duckdb"


def find_database(named: Path | None = None) -> Path:
    """The database that ``named`` is, or stands for as a project folder or its quarry.toml.

    Without ``named``: what QUARRY_DATABASE says, else that of the nearest folder upwards, from here, that
    belongs to this user and holds a project or a mines.duckdb. DatabaseError where there is none.
    """
    if named is None:
        variable = os.environ.get(VARIABLE)
        return find_database(Path(variable)) if variable else nearest_database()
    if named.is_dir():
        return database_in(named) or named / DATABASE
    return database_of(named) if named.name == PROJECT_FILE and named.is_file() else named


def nearest_database() -> Path:
    """The database of the nearest folder upwards; DatabaseError where no folder has one."""
    for folder in own_folders():
        found = database_in(folder)
        if found is not None:
            return found
    raise DatabaseError(
        f"There is no {PROJECT_FILE} and no {DATABASE} here or in a folder above. "
        f"Name a database with -d, set {VARIABLE}, or make one: quarry build PROJECT"
    )


def own_folders() -> Iterator[Path]:
    """This folder, shown as such, and those above it, as far as they belong to this user.

    A folder of somebody else, such as /tmp, may hold what a stranger put there.
    """
    here = Path.cwd()
    yield Path()
    for folder in here.parents:
        if folder.stat().st_uid != os.getuid():
            return
        yield folder


def database_in(folder: Path) -> Path | None:
    """The database of a project folder, or the one that lies in it; None where there is neither."""
    project, database = folder / PROJECT_FILE, folder / DATABASE
    if project.is_file():
        return database_of(project)
    return database if database.is_file() else None


def database_of(project: Path) -> Path:
    """Where a project file has its database, without a look at the rest of it."""
    try:
        header = tomllib.loads(project.read_text(encoding="utf-8")).get("project", {})
    except (OSError, ValueError) as error:
        raise DatabaseError(
            f"{project} can't be read: {error}. Correct it, or name the database with -d."
        ) from error
    named = header.get("database") if isinstance(header, dict) else None
    return project.parent / (named if isinstance(named, str) else DATABASE)
