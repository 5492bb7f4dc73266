"""Commands for those who use and pass on a database: cite, doctor."""

from typing import Annotated

import typer

from quarrydb.cli.app import app
from quarrydb.cli.options import NEAREST, DatabaseOption, NamedDatabase, PlaceArgument, one_of
from quarrydb.cli.screen import echo
from quarrydb.redact import printable

COLOUR = {"ok": typer.colors.GREEN, "note": typer.colors.YELLOW, "fail": typer.colors.RED}


@app.command(epilog="Example: quarry cite --format bibtex -d demo/mines.duckdb")
def cite(
    database: DatabaseOption = NEAREST,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            help="text, bibtex or json (CSL).",
            autocompletion=one_of("text", "bibtex", "json"),
        ),
    ] = "text",
) -> None:
    """Print how to cite this build, its sources, and what their licences ask."""
    from quarrydb.cli.options import open_database
    from quarrydb.provenance.cite import citation

    with open_database(database) as connection:
        echo(citation(connection, form))


@app.command(epilog="Example: quarry doctor demo")
def doctor(
    place: PlaceArgument = None,
    database: NamedDatabase = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Install spatial for ibis and the duckdb shell.")
    ] = False,
) -> None:
    """Say what is wrong with this installation or database, and how to fix it."""
    from quarrydb.cli.doctor import database_to_examine, examine
    from quarrydb.database.connection import install_spatial
    from quarrydb.errors import DatabaseError

    if fix:
        install_spatial()
    n_failed = 0
    for finding in examine(database_to_examine(database or place)):
        n_failed += finding.verdict == "fail"
        mark = typer.style(f"{finding.verdict:<4}", fg=COLOUR[finding.verdict])
        typer.echo(f"{mark} {printable(f'{finding.what}: {finding.found}')}")
        if finding.fix:
            echo(f"     {finding.fix}")
    if n_failed:
        raise DatabaseError(f"{n_failed} things need mending.")
