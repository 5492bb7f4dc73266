"""The command line: ``quarry --help`` is the map of the project. One module a group of commands."""

import sys
from importlib import import_module
from typing import Annotated

import typer

from quarrydb.errors import QuarryError

INTERRUPTED = 130
STOPPED = "Stopped. Nothing is lost: run the same command to go on."

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
    "publish",
    "query",
    "segmentation",
    "demo",
    "picture",
    "sample",
    "share",
)


def _version(shown: bool) -> None:
    if shown:
        import quarrydb

        typer.echo(f"quarrydb {quarrydb.__version__}")
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


def main() -> None:
    """Run a command; errors that a user can act on are printed plainly and give the exit code."""
    try:
        app()
    except QuarryError as error:
        typer.secho(f"Error: {error}", err=True, fg=typer.colors.RED)
        sys.exit(error.exit_code)
    except SystemExit as stop:
        if stop.code == INTERRUPTED:
            typer.secho(STOPPED, err=True)
        raise
    except RuntimeError as error:  # DuckDB's word for Ctrl-C in the middle of a query
        if not isinstance(error.__cause__, KeyboardInterrupt):
            raise
        typer.secho(STOPPED, err=True)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
