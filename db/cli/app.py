"""The command line: ``quarry --help`` is the map of the project. One module a group of commands."""

from importlib import import_module
from typing import Annotated

import typer

from quarrydb.cli.screen import echo

app = typer.Typer(
    name="quarry",
    help="Build and query a database of surface mining.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

# Each module registers its commands on import; their heavy imports stand inside the functions.
MODULES = (
    "project",
    "build",
    "data",
    "publish",
    "query",
    "segmentation",
    "model",
    "demo",
    "picture",
    "sample",
    "site",
    "share",
)


def _version(shown: bool) -> None:
    if shown:
        import quarrydb

        echo(f"quarrydb {quarrydb.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Build and query a database of surface mining."""
    del version


for _module in MODULES:
    import_module(f"quarrydb.cli.{_module}")
