"""Commands that read a database: sql, views, export."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quarrydb.cli.app import app
from quarrydb.cli.options import (
    NEAREST,
    DatabaseOption,
    LayerOption,
    MemoryOption,
    SpreadsheetOption,
    one_of,
    view_names,
)
from quarrydb.cli.screen import echo, echo_data
from quarrydb.redact import printable

if TYPE_CHECKING:
    from quarrydb.database.dictionary import View


@app.command(epilog='Example: quarry sql "FROM country_summary LIMIT 5" -d demo/mines.duckdb')
def sql(
    query: Annotated[str, typer.Argument(help="A query; - reads it from standard input.")],
    database: DatabaseOption = NEAREST,
    show_all: Annotated[
        bool, typer.Option("--all", help="Print every row and column, geometry as text.")
    ] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
    parquet: Annotated[Path | None, typer.Option(help="Write the result to this file.")] = None,
    unlocked: Annotated[
        bool, typer.Option("--unlocked", help="Let the query read other files.")
    ] = False,
    spreadsheet: SpreadsheetOption = False,
    memory_limit: MemoryOption = None,
) -> None:
    """Run a query; it can read this database and nothing else, and never write."""
    from quarrydb.cli.options import check_memory, open_database
    from quarrydb.database.query import as_csv, as_json_lines, as_table, run_query, write_parquet

    check_memory(memory_limit)
    text = sys.stdin.read() if query == "-" else query
    with open_database(database, unlocked=unlocked, memory_limit=memory_limit) as connection:
        relation = run_query(connection, text, unlocked=unlocked)
        if relation is None:
            return
        if parquet is not None:
            write_parquet(relation, parquet)
            echo(f"Wrote {parquet}.")
        elif csv or json:
            lines = as_csv(relation, spreadsheet=spreadsheet) if csv else as_json_lines(relation)
            for line in lines:
                echo_data(line)
        else:
            as_table(relation, whole=show_all)


@app.command(epilog="Example: quarry views country_summary")
def views(
    view: Annotated[
        str | None,
        typer.Argument(help="Show this view's columns, with units.", autocompletion=view_names),
    ] = None,
    database: Annotated[
        Path | None,
        typer.Option(
            "--database",
            "-d",
            help="A database: what it holds, with types.",
            show_default="the nearest project's, else what this version makes",
        ),
    ] = None,
    as_sql: Annotated[
        bool, typer.Option("--sql", help="Print the SQL of this view, as it made the database.")
    ] = False,
) -> None:
    """List the public views, one sentence each, or the columns of one, or its SQL."""
    from rich.console import Console
    from rich.table import Table

    from quarrydb.database.dictionary import find_view
    from quarrydb.errors import QueryError

    found = views_of(database)
    if as_sql:
        if view is None:
            raise QueryError("Name the view: quarry views country_summary --sql")
        echo_data(sql_of(find_view(found, view).name, database))
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    if view is None:
        for item in found:
            table.add_row(printable(item.name), printable(item.comment))
    else:
        chosen = find_view(found, view)
        echo(f"{chosen.name}: {chosen.comment}")
        for column in chosen.columns:
            table.add_row(*map(printable, (column.name, column.type, column.comment)))
    console = Console() if sys.stdout.isatty() else Console(width=160)
    console.print(table, markup=False, highlight=False)


def views_of(database: Path | None) -> "list[View]":
    """The views of a database, of the nearest one, or where there is none those that this version makes."""
    from quarrydb.cli.options import open_database
    from quarrydb.database.dictionary import Column, View, documented_views, public_views
    from quarrydb.project.parameters import COMMENT, Parameters

    place = built(database)
    if place is None:
        parameters = tuple(
            Column(name, "", field.description or "")
            for name, field in Parameters.model_fields.items()
        )
        return [*documented_views(), View("parameter", COMMENT, parameters)]
    with open_database(place) as connection:
        return public_views(connection)


def built(database: Path | None) -> Path | None:
    """The database that is named, or the nearest one; None where none is named and none is there."""
    from quarrydb.cli.where import find_database
    from quarrydb.errors import DatabaseError

    try:
        place = find_database(database)
    except DatabaseError:
        place = None
    return place if place is not None and place.is_file() else database


def sql_of(view: str, database: Path | None) -> str:
    """The SQL that made a view of a database, or that this version makes it by, under its header.

    QueryError where it is no view of SQL.
    """
    from quarrydb.catalog.objects import read_catalog
    from quarrydb.cli.options import open_database
    from quarrydb.errors import QueryError

    name, place = f"main.{view}", built(database)
    if place is None:
        item = read_catalog().get(name)
        found = ("\n".join(item.header_lines), item.statement) if item else None
    else:
        with open_database(place) as connection:
            query = "SELECT header, sql FROM raw.object WHERE name = ?"
            found = connection.execute(query, [name]).fetchone()
    if found is None:
        raise QueryError(f"{view} is made from quarry.toml, not by SQL.")
    return "\n".join(part.strip() for part in found if part.strip())


@app.command(epilog="Example: quarry export summaries --database demo/mines.duckdb")
def export(
    folder: Annotated[Path, typer.Argument(help="Folder to write to.")],
    database: DatabaseOption = NEAREST,
    view: Annotated[
        list[str] | None,
        typer.Option(help="Only this view; may be given several times.", autocompletion=view_names),
    ] = None,
    format: Annotated[  # noqa: A002
        str,
        typer.Option(
            "--format",
            help="parquet, gpkg, csv, geojson or stata.",
            autocompletion=one_of("parquet", "gpkg", "csv", "geojson", "stata"),
        ),
    ] = "parquet",
    partition_by: Annotated[
        str | None,
        typer.Option(help="Column, such as year: a folder of Parquet files, one a value."),
    ] = None,
    layer: LayerOption = None,
    probability: Annotated[
        bool,
        typer.Option(
            "--probability",
            help="Write what the model said of each site and year as GeoTIFFs, and no views.",
        ),
    ] = False,
    spreadsheet: SpreadsheetOption = False,
) -> None:
    """Write every public view to files, with a datapackage.json and a data dictionary."""
    if probability:
        _export_probability(database, folder)
        return
    from rich.console import Console

    from quarrydb.cli.options import open_database
    from quarrydb.export.layers import lines_of_kept_back
    from quarrydb.export.views import export_views
    from quarrydb.progress import progress_for

    with open_database(database) as connection:
        written = export_views(
            connection,
            folder,
            views=view,
            file_format=format,
            partition_by=partition_by,
            layers=layer or (),
            spreadsheet=spreadsheet,
            progress=progress_for(Console()),
        )
        notes = lines_of_kept_back(connection, list(written), layer or ())
    rows = sum(written.values())
    echo(f"Wrote {len(written)} views, {rows:,} rows, to {folder} ({format}).")
    for note in notes:
        echo(f"Note: {note}")


def _export_probability(database: Path, folder: Path) -> None:
    """Write the probabilities of the project in the database's folder."""
    from rich.console import Console

    from quarrydb.inference.probability_export import export_probability
    from quarrydb.progress import progress_for
    from quarrydb.project import load_project

    with progress_for(Console()).task("Export", None, "site-years") as task:
        n = export_probability(load_project(database.parent), folder, task.advance)
    echo(f"Wrote {n} GeoTIFFs to {folder / 'probability'}.")
