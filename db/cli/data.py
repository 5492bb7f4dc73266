"""Commands about data on servers: datasets, update; and what plan says of them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quarrydb.cli.app import app
from quarrydb.cli.options import HERE, ProjectArgument
from quarrydb.cli.screen import echo

if TYPE_CHECKING:
    from quarrydb.engine.transfer import Transfer
    from quarrydb.fetch.catalogue import Dataset


@app.command(epilog="Example: quarry datasets glc_fcs30d")
def datasets(
    name: Annotated[str | None, typer.Argument(help="A data set, to see all of it.")] = None,
) -> None:
    """List the data sets that a project can name, or show one with its licence and how to get it."""
    import difflib

    from quarrydb.errors import ProjectError
    from quarrydb.fetch.catalogue import catalogue

    known = catalogue(HERE.resolve())
    if name is None:
        show_table(
            ["data set", "kind", "licence", "fetched", "what"],
            [
                (one.name, one.kind, one.licence, "yes" if one.is_open else "no", one.title)
                for one in sorted(known.values(), key=lambda one: (one.kind, one.name))
            ],
        )
        return
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"Did you mean {near[0]}?" if near else "See: quarry datasets"
        raise ProjectError(f"{name!r} is no data set of the catalogue. {hint}")
    for line in described(known[name]):
        echo(line)


def described(one: "Dataset") -> list[str]:
    """A data set in lines of text."""
    lines = [
        one.title,
        f"  kind      {one.kind}",
        f"  page      {one.page}",
        *([f"  doi       {one.doi}"] if one.doi else []),
        f"  licence   {one.licence}: {one.asks}",
        f"  citation  {one.citation}",
        f"  size      {one.size}",
    ]
    if one.how:
        lines.append(f"  get it    {one.how}")
    for variant in one.variant:
        years = f", {variant.years[0]}-{variant.years[-1]}" if variant.years else ""
        lines.append(f"  variant   {variant.name} ({variant.access}{years})")
        if variant.note:
            lines.append(f"            {variant.note}")
        lines += [f"            {address}" for address in list(variant.addresses)[:2]]
    return lines


@app.command(epilog="Example: quarry update my-study")
def update(
    project: ProjectArgument = HERE,
    take: Annotated[
        bool, typer.Option("--take", help="Take the new content over into quarry.lock.")
    ] = False,
) -> None:
    """Ask the servers what changed since quarry.lock was written; nothing is changed without --take."""
    from quarrydb.engine.update import find_changes, take_over
    from quarrydb.project import load_project

    changes, n_asked = find_changes(load_project(project))
    for change in changes:
        echo(f"{change.what}: {change.entry.address}")
    echo(f"{n_asked} files asked for, {len(changes)} changed.")
    if changes and take:
        take_over(load_project(project), changes)
        echo("quarry.lock is renewed. Next: quarry build --fetch")
    elif changes:
        echo("quarry.lock is as it was. Take the changes over with --take.")


def show_transfers(found: Sequence["Transfer"]) -> None:
    """What a project takes from servers, as a table and a sum."""
    from quarrydb.engine.transfer import lines, missing_mb

    show_table(
        ["from servers", "host", "licence", "files", "MB", "here already", ""], list(lines(found))
    )
    unknown = sum(one.mb is None for one in found)
    more = f", and {unknown} of unknown size" if unknown else ""
    mb = missing_mb(found)
    echo(f"About {mb:,.1f} MB to fetch{more}." if mb or unknown else "All of it is here.")


def show_table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A plain table, as wide as the terminal."""
    import sys

    from rich.console import Console
    from rich.table import Table

    console = Console() if sys.stdout.isatty() else Console(width=200)
    table = Table(*heads, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(str, row))
    console.print(table, highlight=False, markup=False)
