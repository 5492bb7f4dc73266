"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

ProjectArgument = Annotated[
    Path, typer.Argument(help="A project folder or its quarry.toml.", show_default="this folder")
]
DatabaseOption = Annotated[
    Path, typer.Option("--database", "-d", help="The database to read.", show_default=True)
]
HERE = Path()
DATABASE = Path("mines.duckdb")


def open_database(path: Path):  # type: ignore[no-untyped-def]
    """A read-only connection for a command; DatabaseError where there is none or it is of another schema."""
    from quarrydb.database import open_checked

    return open_checked(path)
