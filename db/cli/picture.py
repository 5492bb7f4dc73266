"""Commands that make pages and pictures to look at: report, figure, map."""

from pathlib import Path
from typing import Annotated

import typer

from quarrydb.cli.app import app
from quarrydb.cli.options import NEAREST, DatabaseOption
from quarrydb.cli.screen import echo
from quarrydb.errors import QueryError

COUNTRY = "country"


@app.command(epilog="Example: quarry report report -d demo/mines.duckdb")
def report(
    folder: Annotated[Path, typer.Argument(help="Folder to write index.html and its files to.")],
    database: DatabaseOption = NEAREST,
    region: Annotated[
        str | None,
        typer.Option(help="Only this region: its layer/id or layer/name, such as country/Ghana."),
    ] = None,
    country: Annotated[
        str | None, typer.Option(help="Only this country, by name or three-letter code.")
    ] = None,
    regions: Annotated[
        list[str] | None,
        typer.Option(
            help="A page for each region of this layer, too; may be given again (quarry views region)."
        ),
    ] = None,
    picture: Annotated[
        list[str] | None,
        typer.Option(help="Write each chart as svg, png or pdf too; may be given again."),
    ] = None,
) -> None:
    """Write what the database says as one page: answers with charts, numbers and the SQL behind each."""
    from rich.console import Console

    from quarrydb.cli.options import open_database
    from quarrydb.progress import progress_for
    from quarrydb.report import write_report
    from quarrydb.report.pages import write_pages

    place = _one_region(region, country)
    if place and regions:
        raise QueryError("One region, or all of a layer: give --region or --regions, not both.")
    pictures = tuple(dict.fromkeys(picture or ()))
    with open_database(database) as connection:
        progress = progress_for(Console())
        if regions:
            pages = write_pages(connection, folder, regions, pictures=pictures, progress=progress)
            written = pages[0]
        else:
            pages = []
            written = write_report(
                connection, folder, region=place, pictures=pictures, progress=progress
            )
    echo(f"Wrote {written.page}: {written.n_panels} charts and tables.")
    if pages:
        echo(f"{len(pages) - 1} pages of regions lie beside it; each leads to the others.")
    if written.missing:
        echo(f"{len(written.missing)} have no data here; the page says what each needs.")


def _one_region(region: str | None, country: str | None) -> str | None:
    """The region that either option names."""
    if region and country:
        raise QueryError("A page is about one region: give --region or --country, not both.")
    return f"{COUNTRY}/{country}" if country else region


@app.command(epilog="Example: quarry figure country_area countries.pdf -d demo/mines.duckdb")
def figure(
    panel: Annotated[
        str, typer.Argument(help="Name of a panel: the end of its address in the report.")
    ],
    target: Annotated[Path, typer.Argument(help="File to write: .svg, .png or .pdf.")],
    database: DatabaseOption = NEAREST,
    region: Annotated[
        str | None, typer.Option(help="A panel of this region: layer/id or layer/name.")
    ] = None,
    country: Annotated[
        str | None, typer.Option(help="A panel of this country, by name or three-letter code.")
    ] = None,
) -> None:
    """Draw one chart of the report into a file, without a browser."""
    from quarrydb.cli.options import open_database
    from quarrydb.report import write_figure

    with open_database(database) as connection:
        write_figure(connection, panel, target, region=_one_region(region, country))
    echo(f"Wrote {target}.")


@app.command(name="map", epilog="Example: quarry map map.html -d demo/mines.duckdb")
def map_page(
    target: Annotated[Path, typer.Argument(help="HTML file to write.")],
    database: DatabaseOption = NEAREST,
    basemap: Annotated[
        str | None,
        typer.Option(
            help="Tiles to load below the map, such as https://tiles.example.org/{z}/{x}/{y}.png."
        ),
    ] = None,
    basemap_credit: Annotated[
        str | None, typer.Option(help="Who made the tiles, as the page shows it.")
    ] = None,
    basemap_zoom: Annotated[
        int | None, typer.Option(help="Closest zoom that the tiles have; 19 where it isn't given.")
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(help="Leave a layer out, for a smaller page; may be given again."),
    ] = None,
) -> None:
    """Write a map of every mine, with its yearly series, as one page that needs no network."""
    from quarrydb.cli.options import open_database
    from quarrydb.webmap import write_map
    from quarrydb.webmap.basemap import check_basemap

    tiles = check_basemap(basemap, basemap_credit, basemap_zoom) if basemap else None
    with open_database(database) as connection:
        written = write_map(connection, target, basemap=tiles, without=without or ())
    echo(f"Wrote {written.path}: {written.n_mines:,} mines, {written.size / 1e6:,.1f} MB.")
    if written.layers:
        echo(f"Layers: {', '.join(written.layers)}.")
