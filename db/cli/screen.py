"""What commands print: no control character of a file, a name or a database reaches the terminal."""

import sys

import typer

from quarrydb.redact import printable


def echo(text: object = "", *, err: bool = False) -> None:
    """Print a line for people."""
    typer.echo(printable(str(text)), err=err)


def echo_data(line: str) -> None:
    """Print a line of data: as it is into a file or pipe, without control characters on a terminal."""
    typer.echo(printable(line) if sys.stdout.isatty() else line)
