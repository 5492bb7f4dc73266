"""What the public views hold, read from the comments in the database itself."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb

from quarrydb.catalog.objects import public_views as catalogued
from quarrydb.catalog.objects import read_catalog
from quarrydb.errors import QueryError


@dataclass(frozen=True)
class Column:
    """A column of a public view."""

    name: str
    type: str
    comment: str


@dataclass(frozen=True)
class View:
    """A public view or table."""

    name: str
    comment: str
    columns: tuple[Column, ...]

    @property
    def has_geometry(self) -> bool:
        """Whether the view has the column ``geometry``."""
        return any(column.name == "geometry" for column in self.columns)


def public_views(connection: duckdb.DuckDBPyConnection) -> list[View]:
    """Every view and table of the schema main with its columns, in name order."""
    comments = dict(
        connection.execute(
            "SELECT view_name, comment FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal "
            "UNION ALL SELECT table_name, comment FROM duckdb_tables() WHERE schema_name = 'main'"
        ).fetchall()
    )
    rows = connection.execute(
        "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() "
        "WHERE schema_name = 'main' AND NOT internal ORDER BY table_name, column_index"
    ).fetchall()
    columns: dict[str, list[Column]] = {}
    for table, name, kind, comment in rows:
        columns.setdefault(table, []).append(Column(name, kind, comment or ""))
    return [
        View(name, comments[name] or "", tuple(columns[name]))
        for name in sorted(comments)
        if name in columns
    ]


def documented_views() -> list[View]:
    """Every public view of this version, from its SQL file; without a database no column has a type."""
    return [
        View(
            item.label,
            item.comments.get("", item.summary),
            tuple(Column(name, "", text) for name, text in item.comments.items() if name),
        )
        for item in catalogued(read_catalog())
    ]


def find_view(views: Sequence[View], name: str) -> View:
    """The view called ``name``; QueryError suggests others."""
    by_name = {view.name: view for view in views}
    if name not in by_name:
        near = difflib.get_close_matches(name, by_name, n=3)
        hint = f"Did you mean {', '.join(near)}?" if near else "List them with: quarry views"
        raise QueryError(f"There is no public view {name}. {hint}")
    return by_name[name]


def markdown(views: Sequence[View]) -> str:
    """A data dictionary: one table a view."""
    return "\n".join(_lines(views)) + "\n"


def _lines(views: Sequence[View]) -> Iterator[str]:
    yield "# Data dictionary"
    yield ""
    yield "Every public view and its columns, from the comments in the database."
    for view in views:
        yield from ("", f"## {view.name}", "", view.comment, "")
        yield "| column | type | meaning |"
        yield "|---|---|---|"
        for column in view.columns:
            yield f"| {column.name} | {column.type} | {column.comment.replace('|', '/')} |"
