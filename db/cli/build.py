"""Commands that make and check a database: build, check."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quarrydb.cli.app import app
from quarrydb.cli.options import (
    HERE,
    DaskOption,
    FetchOption,
    MemoryOption,
    NamedDatabase,
    OfflineOption,
    PlaceArgument,
    ProjectArgument,
    SchedulerOption,
    check_memory,
    harmed_note,
    view_names,
)
from quarrydb.cli.screen import echo

if TYPE_CHECKING:
    from quarrydb.engine.build import BuildResult


@app.command(epilog="Example: quarry build demo")
def build(
    project: ProjectArgument = HERE,
    workers: Annotated[
        int | None,
        typer.Option(help="Processes that read rasters.", min=1, show_default="all cores"),
    ] = None,
    memory_limit: MemoryOption = None,
    dask: DaskOption = False,
    scheduler: SchedulerOption = None,
    fetch: FetchOption = False,
    offline: OfflineOption = False,
    only: Annotated[
        list[str] | None,
        typer.Option(
            help="Make this view and what it needs, nothing else, in a file of its own; repeatable.",
            metavar="VIEW",
            autocompletion=view_names,
        ),
    ] = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Replace the file in the database's place, whatever it is."),
    ] = False,
) -> None:
    """Bring the project's database up to date; what did not change is not computed again."""
    from quarrydb.engine.current import untouched_database

    if not (only or replace) and (database := untouched_database(project)) is not None:
        check_memory(memory_limit)
        echo(f"{database} is up to date: nothing to run.")
        return
    from rich.console import Console

    from quarrydb.engine.build import build as run_build
    from quarrydb.progress import progress_for
    from quarrydb.project import load_project

    check_memory(memory_limit)
    console = Console()
    progress = progress_for(console)
    result = run_build(
        load_project(project),
        progress=progress,
        workers=workers,
        memory_limit=memory_limit,
        scheduler=scheduler,
        use_dask=dask,
        until=only or (),
        replace=replace,
        fetch=fetch,
        offline=offline,
    )
    for line in _lines(result, project):
        progress.line(line)


def _lines(result: "BuildResult", project: Path) -> Iterator[str]:
    """What the screen says of a build that ended."""
    from quarrydb.progress import duration

    yield from harmed_note(result.harmed)
    yield from (f"Note: {warning}" for warning in result.warnings)
    if result.was_current:
        yield f"{result.database} is up to date: nothing to run."
    else:
        yield (
            f"{result.database}: {result.n_run} steps run, {result.n_kept} kept, "
            f"checks passed, {duration(result.seconds)}."
        )
    if result.left_out:
        yield (
            f"This is a part: {len(result.left_out)} public views are left out, such as "
            f"{', '.join(result.left_out[:3])}. The whole: quarry build {project}"
        )


@app.command(epilog="Example: quarry check demo")
def check(place: PlaceArgument = None, database: NamedDatabase = None) -> None:
    """Run every check; exit code 5 where one that must hold does not."""
    from quarrydb.catalog.objects import read_catalog
    from quarrydb.cli.options import open_database
    from quarrydb.cli.where import find_database
    from quarrydb.engine.checks import checks_of, run_checks
    from quarrydb.errors import CheckError

    database = find_database(database or place)
    with open_database(database) as connection:
        violations = run_checks(connection)
        n_checks = len(checks_of(connection))
    failed = [violation for violation in violations if violation.is_failure]
    for violation in violations:
        echo(f"{'FAIL' if violation.is_failure else 'note'} {violation}")
    echo(f"{n_checks} checks, {len(failed)} failed, {len(violations) - len(failed)} notes.")
    n_others = sum(item.kind == "check" for item in read_catalog().values()) - n_checks
    if n_others:
        echo(f"{n_others} checks read views that this partial build leaves out.")
    if failed:
        raise CheckError(f"{database} fails {len(failed)} checks.")
