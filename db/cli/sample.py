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
    from rich.console import Console

    from quarrydb.engine.sample import ANY_YEAR, sample_changes
    from quarrydb.loaders.sample_draw import KINDS
    from quarrydb.progress import progress_for

    if change not in KINDS:
        raise typer.BadParameter(f"--change is {change!r}. Choose one of: {', '.join(KINDS)}.")
    drawn = sample_changes(
        project,
        out,
        per_year=per_year,
        years=year_range(years) if years else ANY_YEAR,
        change=change,
        unchanged=unchanged,
        seed=seed,
        page=page,
        progress=progress_for(Console()),
    )
    echo(
        f"{len(drawn.samples)} samples of {drawn.n_years} years in {out}. "
        'Fill reference_year in (a year, none or unclear), then set [validation] labels = "...".'
    )
    if not unchanged:
        echo(
            "No unchanged pixel is among them: what the map misses can't be measured (--unchanged 200)."
        )
