"""The command that draws samples for interpreters."""

from pathlib import Path
from typing import Annotated

import typer

from quarrydb.cli.app import app
from quarrydb.cli.options import HERE, ProjectArgument, year_range
from quarrydb.cli.screen import echo

OUT = typer.Option("--out", "-o", help="CSV or GeoPackage to write.")
PER_YEAR = typer.Option(help="Pixels a year.", min=1, max=100_000)
YEARS = typer.Option(help="First and last year of change, such as 2001-2022.")
CHANGE = typer.Option(help="any, disturbed or reclaimed.")
SEED = typer.Option(help="Another seed is another sample; the same seed the same.", min=0)
ANY_YEAR = (1900, 2200)
UNCHANGED = typer.Option(
    help="Pixels that never change on the map, to measure what it misses.", min=0, max=100_000
)
PAGE = typer.Option(help="Also write a page (HTML, works offline) to label in.")


@app.command(epilog="Example: quarry sample demo --per-year 40 --out sample.csv --page label.html")
def sample(
    project: ProjectArgument = HERE,
    out: Annotated[Path, OUT] = Path("sample.csv"),
    per_year: Annotated[int, PER_YEAR] = 40,
    years: Annotated[str, YEARS] = "",
    change: Annotated[str, CHANGE] = "any",
    unchanged: Annotated[int, UNCHANGED] = 0,
    seed: Annotated[int, SEED] = 1,
    page: Annotated[Path | None, PAGE] = None,
) -> None:
    """Draw changed pixels, the same number of every year, and unchanged ones, for interpreters to date."""
    from quarrydb.cli.options import open_database
    from quarrydb.engine.builder import Builder
    from quarrydb.errors import ProjectError
    from quarrydb.files import check_place
    from quarrydb.loaders.sample_draw import KINDS, Design, check_ending, draw_sample, write_sample
    from quarrydb.loaders.sample_page import write_page
    from quarrydb.project import load_project

    first, last = year_range(years) if years else ANY_YEAR
    if change not in KINDS:
        raise typer.BadParameter(f"--change is {change!r}. Choose one of: {', '.join(KINDS)}.")
    builder = Builder(load_project(project))
    source = builder.project
    if source.landcover is None:
        raise ProjectError(f"{source.file} has no [landcover]: there are no changes to sample.")
    builder.remote.require_all()
    builder.remote.ensure(source.landcover.path)
    check_ending(out)
    for path in (out, *([page] if page else [])):
        if path.exists():
            raise ProjectError(f"{path} exists and may hold labels. Name another file.")
        check_place(path)
    with open_database(source.database) as connection:
        design = Design(per_year, first, last, change, seed, unchanged)
        samples = draw_sample(connection, source.landcover, design)
    write_sample(samples, out)
    if page is not None:
        write_page(samples, page)
    years_drawn = {s["predicted_year"] for s in samples} - {None}
    echo(
        f"{len(samples)} samples of {len(years_drawn)} years in {out}. "
        'Fill reference_year in (a year, none or unclear), then set [validation] labels = "...".'
    )
    if not unchanged:
        echo(
            "No unchanged pixel is among them: what the map misses can't be measured (--unchanged 200)."
        )
