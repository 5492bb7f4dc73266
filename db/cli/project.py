"""Commands about the project file and its store: init, plan, graph, clean."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from quarrydb.cli import app
from quarrydb.cli.options import HERE, ProjectArgument


@app.command(epilog="Example: quarry init my-study")
def init(
    folder: Annotated[Path, typer.Argument(help="Folder of the new project.")] = HERE,
) -> None:
    """Write a commented quarry.toml to fill in."""
    from quarrydb.errors import ProjectError
    from quarrydb.project import FILE_NAME
    from quarrydb.template import project_template

    file = folder / FILE_NAME
    if file.exists():
        raise ProjectError(f"{file} exists already. Edit it, or remove it first.")
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(project_template(folder.resolve().name), encoding="utf-8")
    typer.echo(f"Wrote {file}. Name your files in it, then run: quarry build {folder}")


@app.command(epilog="Example: quarry plan demo")
def plan(project: ProjectArgument = HERE) -> None:
    """Show what a build would run, and why."""
    from rich.console import Console
    from rich.table import Table

    from quarrydb.build import Builder
    from quarrydb.progress import duration
    from quarrydb.project import load_project

    builder = Builder(load_project(project))
    steps = builder.explain(builder.plan())
    table = Table("step", "what", "before", "why", box=None, pad_edge=False)
    for step in steps:
        before = duration(step.seconds_before) if step.seconds_before is not None else ""
        why = "; ".join(step.reasons[:3]) + (" ..." if len(step.reasons) > 3 else "")
        table.add_row(step.node.name, "run" if step.will_run else "keep", before, why)
    console = Console() if sys.stdout.isatty() else Console(width=200)
    console.print(table, highlight=False, markup=False)
    n_run = sum(step.will_run for step in steps)
    console.print(f"{n_run} of {len(steps)} steps would run.", highlight=False)


@app.command(epilog="Example: quarry graph country_summary")
def graph(
    view: Annotated[str, typer.Argument(help="A view or table, such as country_summary.")],
    mermaid: Annotated[bool, typer.Option("--mermaid", help="As a Mermaid flow chart.")] = False,
) -> None:
    """Show what a view is made from, down to the raw tables."""
    from quarrydb.lineage import lineage_mermaid, lineage_text

    typer.echo(lineage_mermaid(view) if mermaid else lineage_text(view))


@app.command(epilog="Example: quarry clean demo")
def clean(
    project: ProjectArgument = HERE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Remove stored results that the project, as it is now, does not refer to."""
    from quarrydb.clean import clean_store
    from quarrydb.project import load_project

    removed = clean_store(load_project(project), dry_run=dry_run)
    size = sum(removed.values()) / 1e6
    verb = "Would remove" if dry_run else "Removed"
    typer.echo(f"{verb} {len(removed)} files, {size:,.1f} MB.")
