"""The command that gives a built database to many readers."""

from typing import Annotated

import typer

from quarrydb.cli.app import app
from quarrydb.cli.options import NEAREST, DatabaseOption, view_names
from quarrydb.cli.screen import echo


@app.command(
    epilog='Example: quarry publish --ducklake "postgres:dbname=mines host=db" --data s3://mines/lake/'
)
def publish(
    ducklake: Annotated[
        str, typer.Option(help="Catalogue: postgres:dbname=... host=..., or a file.")
    ],
    data: Annotated[
        str | None, typer.Option(help="Folder or bucket for the files of a new DuckLake.")
    ] = None,
    schema: Annotated[str, typer.Option(help="Schema that the tables go into.")] = "main",
    view: Annotated[
        list[str] | None,
        typer.Option(help="Only this view; may be given again.", autocompletion=view_names),
    ] = None,
    database: DatabaseOption = NEAREST,
) -> None:
    """Write the public views into a DuckLake, all at once, for many readers and writers."""
    from rich.console import Console

    from quarrydb.export.ducklake import publish as run
    from quarrydb.progress import progress_for

    done = run(
        database, ducklake, data=data, schema=schema, views=view, progress=progress_for(Console())
    )
    if done.was_current:
        echo(f"Schema {schema} holds this build already, snapshot {done.snapshot}.")
    else:
        n = sum(done.rows.values())
        echo(f"{len(done.rows)} tables, {n:,} rows in schema {schema}, snapshot {done.snapshot}.")
    if done.others:
        echo(
            f"{len(done.others)} tables of schema {schema} are of another build: "
            f"{', '.join(done.others)}. Publish the whole database, or drop them, before these are "
            "read together."
        )
