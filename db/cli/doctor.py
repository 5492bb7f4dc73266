"""What is wrong with an installation or a database, and how to fix it."""

import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

import duckdb
from packaging.requirements import Requirement

from quarrydb.catalog.objects import read_catalog
from quarrydb.catalog.stored import stored_catalog
from quarrydb.cli.where import DATABASE, find_database
from quarrydb.database.connection import (
    connect,
    empty_instance,
    quote_qualified,
    spatial_extension,
)
from quarrydb.database.opening import open_checked
from quarrydb.engine.checks import run_checks
from quarrydb.errors import DatabaseError, ProjectError, QuarryError

Verdict = Literal["ok", "note", "fail"]
MINIMUM_PYTHON = (3, 11)
SMALL_DISK_GB = 5
# What only those who change quarrydb need.
FOR_DEVELOPERS = {"benchmark", "dev"}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; ``fix`` says what to do where it is not well."""

    verdict: Verdict
    what: str
    found: str
    fix: str = ""


def database_to_examine(named: Path | None) -> Path:
    """The database that is meant; where none is here, the name that it would have."""
    try:
        return find_database(named)
    except DatabaseError:
        return named or Path(DATABASE)


def examine(database: Path) -> Iterator[Finding]:
    """Look at the installation, then at ``database`` and the project file beside it."""
    for look in (python, engine, spatial, shell_extension, extras, disk):
        yield from look()
    yield from look_at_database(database)
    yield from look_at_project(database)


def python() -> Iterator[Finding]:
    """The interpreter."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < MINIMUM_PYTHON:
        yield Finding("fail", "Python", version, "Install Python 3.11 or newer.")
    else:
        yield Finding("ok", "Python", version)


def engine() -> Iterator[Finding]:
    """DuckDB and the version that this package was tested with."""
    wanted = _pinned("duckdb")
    found = duckdb.__version__
    if wanted and found != wanted:
        fix = f'Run: pip install "duckdb=={wanted}" "duckdb-extension-spatial=={wanted}"'
        yield Finding("fail", "DuckDB", f"{found}, not {wanted}", fix)
    else:
        yield Finding("ok", "DuckDB", found)


def _pinned(name: str) -> str | None:
    for requirement in metadata.requires("quarrydb") or []:
        head, _, version = requirement.partition("==")
        if head.strip() == name and version:
            return version.split(";")[0].strip()
    return None


def spatial() -> Iterator[Finding]:
    """The spatial extension: there, loads, measures a known square right."""
    try:
        with connect():
            yield Finding("ok", "Spatial functions", spatial_extension().parent.name)
    except (QuarryError, duckdb.Error) as error:
        fix = f'Run: pip install "duckdb-extension-spatial=={duckdb.__version__}"'
        yield Finding("fail", "Spatial functions", str(error), fix)


def shell_extension() -> Iterator[Finding]:
    """The extension where other DuckDB clients of this user look for it."""
    with empty_instance() as connection:
        row = connection.execute(
            "SELECT installed, install_path FROM duckdb_extensions() WHERE extension_name = 'spatial'"
        ).fetchone()
    if row and row[0]:
        yield Finding("ok", "Spatial for ibis and the duckdb shell", "installed")
    else:
        fix = "Run: quarry doctor --fix"
        yield Finding("note", "Spatial for ibis and the duckdb shell", "not installed", fix)


def extras() -> Iterator[Finding]:
    """Optional parts."""
    for extra, packages in packages_by_extra().items():
        absent = [name for name in packages if not is_installed(name)]
        if absent:
            fix = f'Run: pip install "quarrydb[{extra}]"'
            yield Finding("note", f"Extra {extra}", f"no {', '.join(absent)}", fix)
        else:
            yield Finding("ok", f"Extra {extra}", "installed")


def packages_by_extra() -> dict[str, list[str]]:
    """The distributions that each extra of the installed quarrydb brings, sorted, but for developers'."""
    found: dict[str, list[str]] = {}
    for requirement in map(Requirement, metadata.requires("quarrydb") or ()):
        extra = re.search(r"""extra == ["']([\w-]+)["']""", str(requirement.marker or ""))
        if extra and extra[1] not in FOR_DEVELOPERS:
            found.setdefault(extra[1], []).append(requirement.name)
    return {extra: sorted(found[extra]) for extra in sorted(found)}


def is_installed(distribution: str) -> bool:
    """Whether a distribution is there, in whatever version."""
    try:
        metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True


def disk() -> Iterator[Finding]:
    """Room for a build in this folder."""
    free = shutil.disk_usage(Path()).free / 1e9
    if free < SMALL_DISK_GB:
        fix = "The whole planet needs about 10 GB: make room, or build elsewhere."
        yield Finding("note", "Disk space here", f"{free:.1f} GB free", fix)
    else:
        yield Finding("ok", "Disk space here", f"{free:,.0f} GB free")


def look_at_database(path: Path) -> Iterator[Finding]:
    """The file: there, whole, of this schema; every view answers; every check holds."""
    if not path.exists():
        yield Finding("note", "Database", f"{path} is not here", "Run: quarry build PROJECT")
        return
    log = path.with_name(path.name + ".wal")
    if log.exists():
        fix = f"Close the program that has {path} open for writing, then run: quarry build"
        yield Finding("note", "Write-ahead log", f"{log.name} is there", fix)
    try:
        with open_checked(path) as connection:
            yield Finding("ok", "Database", f"{path}, {path.stat().st_size / 1e6:,.1f} MB")
            yield from views(connection)
            yield from checks(connection)
            yield from repairs(connection)
    except DatabaseError as error:
        yield Finding("fail", "Database", str(error), "Run: quarry build PROJECT")


def views(connection: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Every public view of this version, or of a partial build, is there and answers."""
    names = [item.name for item in read_catalog().values() if item.is_public]
    row = connection.execute("SELECT is_partial, built_views FROM raw.build").fetchone()
    if row is not None and row[0]:
        yield Finding("note", "Partial build", f"only {', '.join(row[1])}", "Run: quarry build")
        names = [item.name for item in stored_catalog(connection).values() if item.is_public]
    broken = {name: error for name in names if (error := _failure(connection, name))}
    if broken:
        name, error = next(iter(broken.items()))
        found = f"{len(broken)} of {len(names)} do not answer, such as {name}: {error}"
        yield Finding("fail", "Views", found, "Run: quarry build PROJECT (stored results are kept)")
    else:
        yield Finding("ok", "Views", f"{len(names)} answer")


def _failure(connection: duckdb.DuckDBPyConnection, name: str) -> str | None:
    try:
        connection.execute(f"FROM {quote_qualified(name)} LIMIT 0")
    except duckdb.Error as error:
        return str(error).splitlines()[0]
    return None


def checks(connection: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """The checks that a build has to pass, on the database as it is now."""
    try:
        failed = [violation for violation in run_checks(connection) if violation.is_failure]
    except duckdb.Error as error:
        yield Finding("fail", "Checks", str(error).splitlines()[0], "Run: quarry build PROJECT")
        return
    for violation in failed:
        yield Finding(
            "fail", "Check", str(violation), "Run: quarry build PROJECT, then quarry check"
        )
    if not failed:
        yield Finding("ok", "Checks", "all hold")


def repairs(connection: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """What loaders repaired, set aside or noted: a line for each kind of problem."""
    rows = connection.execute(
        "SELECT problem, action, sum(coalesce(n, 1))::BIGINT AS n, string_agg(DISTINCT source, ', ' "
        "ORDER BY source) FROM raw.load_issue GROUP BY ALL ORDER BY n DESC, problem, action"
    ).fetchall()
    for problem, action, n, sources in rows:
        fix = 'Look at them: quarry sql "FROM raw.load_issue"'
        yield Finding("note", "Input", f"{n:,} x {problem}: {action} ({sources})", fix)
    if not rows:
        yield Finding("ok", "Input", "nothing repaired or set aside")


def look_at_project(database: Path) -> Iterator[Finding]:
    """The project file beside the database: valid, and nothing new in it."""
    from quarrydb.project import FILE_NAME

    file = database.parent / FILE_NAME
    if not file.exists():
        yield Finding("note", "Project file", f"{file} is not here", "Run: quarry init")
        return
    yield from _planned(file)


def _planned(file: Path) -> Iterator[Finding]:
    from quarrydb.engine.builder import Builder
    from quarrydb.project import load_project

    try:
        builder = Builder(load_project(file))
        waiting = [step for step in builder.explain(builder.plan()) if step.will_run]
        builder.keep_checksums()
    except ProjectError as error:
        yield Finding("fail", "Project file", str(error), f"Edit {file}.")
        return
    except QuarryError as error:
        yield Finding("fail", "Project file", str(error), "Run: quarry plan")
        return
    if waiting:
        found = f"{len(waiting)} steps would run, such as {waiting[0].node.name}"
        yield Finding("note", "Project file", found, f"Run: quarry build {file.parent}")
    else:
        yield Finding("ok", "Project file", "valid, and the database is up to date")
