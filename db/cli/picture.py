"""Commands that make pages to look at: report, map."""

from pathlib import Path
from typing import Annotated

import typer

from quarrydb.cli.app import app
from quarrydb.cli.options import NEAREST, DatabaseOption


@app.command(epilog="Example: quarry report report -d demo/mines.duckdb")
def report(
    folder: Annotated[Path, typer.Argument(help="Folder to write index.html and its files to.")],
    database: DatabaseOption = NEAREST,
    country: Annotated[
        str | None, typer.Option(help="Only this country, by name or three-letter code.")
    ] = None,
) -> None:
    """Write every figure and table of the studies as one page, with the SQL behind each."""
    from quarrydb.cli.options import open_database
    from quarrydb.report import write_report

    with open_database(database) as connection:
        written = write_report(connection, folder, country=country)
    typer.echo(f"Wrote {written.page}: {written.n_figures} figures and tables.")
    if written.missing:
        typer.echo(f"{len(written.missing)} have no data here; the page says what each needs.")


@app.command(name="map", epilog="Example: quarry map map.html -d demo/mines.duckdb")
def map_page(
    target: Annotated[Path, typer.Argument(help="HTML file to write.")],
    database: DatabaseOption = NEAREST,
) -> None:
    """Write a map of every mine, with its yearly series, as one page that needs no network."""
    from quarrydb.cli.options import open_database
    from quarrydb.webmap import write_map

    with open_database(database) as connection:
        written = write_map(connection, target)
    typer.echo(f"Wrote {written.path}: {written.n_mines:,} mines, {written.size / 1e6:,.1f} MB.")
