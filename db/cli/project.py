"""Commands about the project file and its store: init, plan, graph, clean."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quarrydb.cli.app import app
from quarrydb.cli.options import HERE, ProjectArgument, view_names
from quarrydb.cli.screen import echo
from quarrydb.redact import printable

if TYPE_CHECKING:
    from quarrydb.engine.preview import Preview
    from quarrydb.project import Project


@app.command(epilog="Example: quarry init my-study")
def init(
    folder: Annotated[Path, typer.Argument(help="Folder of the new project.")] = HERE,
    country: Annotated[
        str | None,
        typer.Option(
            help="Three-letter code of a country, or several with commas: a project of all open data.",
            metavar="CODE",
        ),
    ] = None,
) -> None:
    """Write a commented quarry.toml: to fill in, or of one country with the data that are open."""
    from quarrydb.errors import ProjectError
    from quarrydb.files import write_atomically, writing
    from quarrydb.project import FILE_NAME
    from quarrydb.project.country_template import country_template
    from quarrydb.project.template import project_template

    file = folder / FILE_NAME
    if file.exists():
        raise ProjectError(f"{file} exists already. Edit it, or remove it first.")
    with writing(file):
        folder.mkdir(parents=True, exist_ok=True)
        name = folder.resolve().name
        text = project_template(name) if country is None else country_template(name, country)
        write_atomically(file, text)
    if country is None:
        echo(f"Wrote {file}. Name your files in it, then run: quarry build {folder}")
        return
    echo(
        f"Wrote {file}. See what there is to fetch: quarry plan {folder}\n"
        f"Fetch it and build: quarry build --fetch {folder}"
    )


@app.command(epilog="Example: quarry plan demo")
def plan(
    project: ProjectArgument = HERE,
    verbose: Annotated[
        bool,
        typer.Option("--verbose", "-v", help="Show every step, those within the database too."),
    ] = False,
) -> None:
    """Show what a build would run, and why; find every fault that names and headers of files show."""
    from rich.console import Console

    from quarrydb.cli.data import show_transfers
    from quarrydb.engine.preview import plan as make_preview
    from quarrydb.progress import progress_for

    console = Console() if sys.stdout.isatty() else Console(width=200)
    preview = make_preview(project, progress=progress_for(console))
    if preview.transfers:
        show_transfers(preview.transfers)
    if not preview.is_complete:
        echo(f"The steps are known once they are here: quarry build --fetch {project}")
        return
    show_steps(preview, verbose=verbose)
    if preview.fault is not None:
        raise preview.fault


def show_steps(preview: "Preview", *, verbose: bool) -> None:
    """Sources, or with ``verbose`` all steps, each with what happens to it; then what that changes."""
    from quarrydb.cli.data import show_table
    from quarrydb.engine.preview import source_name
    from quarrydb.progress import duration

    rows = []
    for step in preview.steps if verbose else preview.sources:
        before = duration(step.seconds_before) if step.seconds_before is not None else ""
        why = "; ".join(step.reasons[:3]) + (" ..." if len(step.reasons) > 3 else "")
        name = step.node.name if verbose else source_name(step)
        rows.append([*map(printable, (name, "run" if step.will_run else "keep", before, why))])
    show_table(["step" if verbose else "source", "what", "before", "why"], rows)
    n_run = len(preview.running)
    if not n_run:
        echo(f"0 of {len(preview.steps)} steps would run.")
        return
    if not verbose:
        for reason in preview.other_reasons[:5]:
            echo(f"Why: {reason}.")
        views, n = preview.changed_views, len(preview.changed_views)
        such = f", such as {', '.join(views[:3])}" if 0 < n < preview.n_views else ""
        echo(f"{n} of {preview.n_views} views would be made again{such}.")
    before = f", which took {duration(preview.seconds)} before" if preview.seconds >= 1 else ""
    more = "" if verbose else "; all of them: --verbose"
    echo(f"{n_run} of {len(preview.steps)} steps would run{before}{more}.")


@app.command(epilog="Example: quarry graph country_summary")
def graph(
    view: Annotated[
        str,
        typer.Argument(help="A view or table, such as country_summary.", autocompletion=view_names),
    ],
    mermaid: Annotated[bool, typer.Option("--mermaid", help="As a Mermaid flow chart.")] = False,
    database: Annotated[
        Path | None,
        typer.Option(
            "--database",
            "-d",
            help="Ask this database, or a project's folder for its own.",
            show_default="the SQL of this version",
        ),
    ] = None,
) -> None:
    """Show what a view is made from, down to the raw tables."""
    from quarrydb.catalog.lineage import lineage_mermaid, lineage_text
    from quarrydb.catalog.stored import stored_catalog
    from quarrydb.cli.options import open_database
    from quarrydb.cli.where import find_database

    catalog = None
    if database is not None:
        with open_database(find_database(database)) as connection:
            catalog = stored_catalog(connection)
    echo(lineage_mermaid(view, catalog) if mermaid else lineage_text(view, catalog))


@app.command(epilog="Example: quarry clean demo")
def clean(
    project: ProjectArgument = HERE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    predictions: Annotated[
        bool, typer.Option("--predictions", help="Drop stale predictions too.")
    ] = False,
) -> None:
    """Remove stored results that the project, as it is now, does not refer to.

    Predictions of a model, images or settings no longer in use are named, and stay unless asked for.
    """
    from rich.console import Console

    from quarrydb.engine.clean import clean_store
    from quarrydb.progress import progress_for
    from quarrydb.project import load_project

    loaded, progress = load_project(project), progress_for(Console())
    removed = clean_store(loaded, dry_run=dry_run, predictions=predictions, progress=progress)
    size = sum(removed.values()) / 1e6
    verb = "Would remove" if dry_run else "Removed"
    echo(f"{verb} {len(removed)} files, {size:,.1f} MB.")
    if not predictions:
        _say_stale_predictions(loaded)


def _say_stale_predictions(project: "Project") -> None:
    """Name the predictions that are of no use now, by what made them."""
    from quarrydb.engine.clean import stale_predictions
    from quarrydb.errors import BuildError

    try:
        stale = stale_predictions(project)
    except BuildError as error:
        echo(f"Predictions stay. {error}")
        return
    for model in sorted({shard.model_id for shard in stale.values()}):
        made = {path: shard for path, shard in stale.items() if shard.model_id == model}
        first = min(shard.first_year for shard in made.values())
        last = max(shard.last_year for shard in made.values())
        n = sum(shard.n_site_years for shard in made.values())
        size = sum(path.stat().st_size for path in made) / 1e6
        echo(f"Stale predictions: {n} chips of {first}-{last} by {model}, {size:,.1f} MB.")
    if stale:
        echo("They stay; --predictions drops them.")
