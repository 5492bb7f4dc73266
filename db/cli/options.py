"""Options that several commands share."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import duckdb

ProjectArgument = Annotated[
    Path, typer.Argument(help="A project folder or its quarry.toml.", show_default="this folder")
]


def _found(ctx: typer.Context, path: Path | None) -> Path | None:
    """The database that is meant, or the nearest one where none is named."""
    from quarrydb.cli.where import find_database

    return None if ctx.resilient_parsing else find_database(path)


# Always a path in the command: ``NEAREST`` is found, or an error.
DatabaseOption = Annotated[
    Path,
    typer.Option(
        "--database",
        "-d",
        help="The database to read, or its project's folder.",
        show_default="the nearest project's",
        callback=_found,
    ),
]
NamedDatabase = Annotated[
    Path | None, typer.Option("--database", "-d", help="The same, as an option.")
]
PlaceArgument = Annotated[
    Path | None,
    typer.Argument(help="A database or a project's folder.", show_default="the nearest project's"),
]
MemoryOption = Annotated[
    str | None, typer.Option("--memory-limit", help="Memory that DuckDB may use, such as 4GB.")
]
DaskOption = Annotated[
    bool, typer.Option("--dask", help="Run those processes as a Dask cluster of this machine.")
]
SchedulerOption = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        help="Address of a Dask scheduler, tcp://HOST:8786, whose workers serve instead.",
    ),
]
FetchOption = Annotated[
    bool, typer.Option("--fetch", help="Fetch what the project names on servers and is not here.")
]
OfflineOption = Annotated[
    bool, typer.Option("--offline", help="Open no connection; QUARRY_OFFLINE=1 does the same.")
]
SpreadsheetOption = Annotated[
    bool,
    typer.Option(
        "--spreadsheet", help="In CSV, no text that a spreadsheet would run as a formula."
    ),
]
LayerOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Of views by region only rows of this layer, such as country; may be given again."
    ),
]
HERE = Path()
NEAREST: Path = None  # type: ignore[assignment]


@contextmanager
def open_database(
    path: Path, *, unlocked: bool = False, memory_limit: str | None = None
) -> "Iterator[duckdb.DuckDBPyConnection]":
    """A read-only connection for a command.

    DatabaseError where there is no database, it is of another schema, or one of its views fails.
    """
    import duckdb

    from quarrydb.database.connection import in_plain_words
    from quarrydb.database.opening import is_partial, open_checked
    from quarrydb.errors import DatabaseError

    with open_checked(path, unlocked=unlocked, memory_limit=memory_limit) as connection:
        try:
            yield connection
        except duckdb.Error as error:
            said = f"{path} can't be read: {in_plain_words(error)}"
            if isinstance(error, duckdb.CatalogException) and is_partial(connection):
                raise DatabaseError(
                    f"{path} is a part, built with --only, and lacks what this needs. Build the whole: "
                    f"quarry build\n{said}"
                ) from error
            raise DatabaseError(
                f"{said}\nWas it built by quarry, and is it whole? Build it again with: quarry build"
            ) from error


def check_memory(limit: str | None) -> None:
    """BadParameter for what DuckDB does not take as an amount of memory."""
    if limit is None:
        return
    import duckdb

    from quarrydb.database.connection import empty_instance

    try:
        empty_instance(memory_limit=limit).close()
    except duckdb.Error as error:
        raise typer.BadParameter(
            f"--memory-limit is {limit!r}. Write a number and its unit, such as 4GB."
        ) from error


def harmed_note(files: Sequence[Path]) -> list[str]:
    """A line about files that were damaged and made again; none without any."""
    if not files:
        return []
    some = ", ".join(f"{file.parent.name}/{file.name}" for file in files[:3])
    more = " ..." if len(files) > 3 else ""
    return [f"Note: {len(files)} stored files were damaged, and are made again: {some}{more}"]


def year_range(text: str) -> tuple[int, int]:
    """First and last year of ``2001-2022`` or ``2005``; BadParameter for all else."""
    match = re.fullmatch(r"([0-9]{4})(?:-([0-9]{4}))?", text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if first > last:
        raise typer.BadParameter(
            f"--years is {text!r}. Write the first and the last year as 2001-2022, or one as 2005."
        )
    return first, last


def view_names(incomplete: str) -> list[str]:
    """Public views whose name begins so, for completion in the shell."""
    from quarrydb.catalog.objects import public_views, read_catalog

    names = (item.label for item in public_views(read_catalog()))
    return sorted(name for name in names if name.startswith(incomplete))


def one_of(*choices: str) -> Callable[[str], list[str]]:
    """Completion from fixed words."""

    def complete(incomplete: str) -> list[str]:
        return [choice for choice in choices if choice.startswith(incomplete)]

    return complete
