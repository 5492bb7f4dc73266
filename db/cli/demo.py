"""The command that makes a small invented planet to build, test and learn with."""

from pathlib import Path
from typing import Annotated

import typer

from quarrydb.cli.app import app
from quarrydb.cli.screen import echo

FOLDER = typer.Argument(help="Empty or new folder for the world.", show_default=False)
SCALE = typer.Option(help="1 is about 150 mines; 0.1 to 500, or full for the studies' counts.")
SEED = typer.Option(help="Another seed is another world; the same seed the same files.", min=0)
PUBLISHED = "Lay files out as their publishers' servers do, with a project that names data sets."
ONLY = typer.Option(help="Parts to render, comma-separated; all but sentinel2 when not given.")


@app.command(epilog="Example: quarry demo demo && quarry build demo")
def demo(
    folder: Annotated[Path, FOLDER],
    scale: Annotated[str, SCALE] = "1",
    seed: Annotated[int, SEED] = 1,
    only: Annotated[str, ONLY] = "",
    as_published: Annotated[bool, typer.Option("--as-published", help=PUBLISHED)] = False,
) -> None:
    """Write a demo world: every input of a build, its project file, and the planted truth."""
    from rich.console import Console

    from quarrydb.demo.write import write_demo, write_published
    from quarrydb.files import check_place, writing
    from quarrydb.progress import progress_for

    check_place(folder / "world.json")
    parts = [name.strip() for name in only.split(",") if name.strip()]
    progress = progress_for(Console())
    with writing(folder):
        if as_published:
            world = write_published(folder, seed=seed, scale=scale, progress=progress)
        else:
            world = write_demo(folder, seed=seed, scale=scale, only=parts, progress=progress)
    echo(f"{folder}: {len(world.mines)} mines to find. Next: quarry build {folder}")
