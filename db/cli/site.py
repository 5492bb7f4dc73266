"""The command that puts report, map and exports into one folder for a host."""

from pathlib import Path
from typing import Annotated

import typer

from quarrydb.cli.app import app
from quarrydb.cli.options import NEAREST, DatabaseOption, LayerOption
from quarrydb.cli.screen import echo


@app.command(epilog="Example: quarry site public -d demo/mines.duckdb")
def site(
    folder: Annotated[
        Path, typer.Argument(help="Folder to write: new, empty, or one that quarry site wrote.")
    ],
    database: DatabaseOption = NEAREST,
    regions: Annotated[
        list[str] | None,
        typer.Option(
            help="A page for each region of this layer; may be given again. Countries where it isn't given."
        ),
    ] = None,
    layer: LayerOption = None,
    duckdb_wasm: Annotated[
        str | None,
        typer.Option(
            help="SQL in the page of data: npm's address of DuckDB-Wasm with its version, "
            "or a folder node_modules to copy it from."
        ),
    ] = None,
) -> None:
    """Write report, map and exports as one folder of files, which any host serves."""
    from rich.console import Console

    from quarrydb.cli.options import open_database
    from quarrydb.export.layers import lines_of_kept_back
    from quarrydb.progress import progress_for
    from quarrydb.site import write_site
    from quarrydb.site.data import bytes_in_words

    with open_database(database) as connection:
        written = write_site(
            connection,
            folder,
            regions=regions,
            layers=layer or (),
            duckdb_wasm=duckdb_wasm,
            progress=progress_for(Console()),
        )
        notes = lines_of_kept_back(connection, list(written.rows), layer or ())
    pages = f", {written.n_regions} pages of regions" if written.n_regions else ""
    echo(
        f"Wrote {folder}: report, map{pages}, {len(written.rows)} tables; "
        f"{bytes_in_words(written.size)}. Open {folder / written.page.name}."
    )
    for note in notes:
        echo(f"Note: {note}")
