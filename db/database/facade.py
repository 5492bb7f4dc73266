"""One database as SQL, ibis, geopandas and polars: ``quarrydb.open("mines.duckdb")``."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import duckdb

from quarrydb.database.connection import (
    in_plain_words,
    install_spatial,
    quote_identifier,
    quote_qualified,
)
from quarrydb.database.dictionary import View, public_views
from quarrydb.database.opening import open_checked
from quarrydb.errors import QueryError

if TYPE_CHECKING:
    import geopandas
    import ibis.backends.duckdb
    import polars

CRS = "EPSG:4326"


class Database:
    """A built database, open for reading. Close it, or use it in a ``with`` statement."""

    def __init__(self, path: str | Path, *, unlocked: bool = False) -> None:
        """Open ``path``; DatabaseError where it is no database of this version.

        Queries and views read this file and nothing else, unless ``unlocked``.
        """
        self.path = Path(path)
        self.unlocked = unlocked
        self.connection = open_checked(self.path, unlocked=unlocked)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<quarrydb database {self.path}: {len(self.views())} views>"

    def close(self) -> None:
        """Close the connection; results that were not fetched are gone."""
        self.connection.close()

    def views(self) -> list[str]:
        """Names of the public views, sorted."""
        return [view.name for view in public_views(self.connection)]

    def describe(self, view: str) -> View:
        """What a view holds: its comment, and each column with type, meaning and unit."""
        for found in public_views(self.connection):
            if found.name == view:
                return found
        raise QueryError(self._unknown(view))

    def sql(self, query: str, parameters: object = None) -> duckdb.DuckDBPyRelation:
        """The result of a query; ``parameters`` are bound to its ``?`` or ``$name`` places.

        ``.show()``, ``.df()``, ``.pl()`` and ``.fetchall()`` of the relation give the rows.
        """
        try:
            return self.connection.sql(query, params=parameters)
        except duckdb.Error as error:
            raise QueryError(f"The query failed: {in_plain_words(error)}") from error

    def table(self, view: str) -> duckdb.DuckDBPyRelation:
        """All rows of a view or table, such as ``mine`` or ``core.mine``."""
        try:
            return self.connection.sql(f"FROM {quote_qualified(view)}")
        except duckdb.CatalogException as error:
            raise QueryError(self._unknown(view)) from error
        except duckdb.Error as error:
            raise QueryError(f"{view} can't be read: {in_plain_words(error)}") from error

    def ibis(self) -> ibis.backends.duckdb.Backend:
        """An ibis backend on this database, geometry included, without a network.

        It has a connection of its own, locked as this one is.
        """
        if not self.unlocked:
            from quarrydb.database.ibis_backend import locked_backend

            return locked_backend(self.path)
        import ibis

        install_spatial()
        return ibis.duckdb.from_connection(self.connection)

    def to_geopandas(self, view: str, parameters: object = None) -> geopandas.GeoDataFrame:
        """Rows of a view, or of a query, with ``geometry`` in EPSG:4326, longitude first."""
        import geopandas
        import shapely

        relation = self._rows(view, parameters)
        names = _geometry_columns(relation)
        if not names:
            raise QueryError(f"{view} has no geometry column. Use to_polars or .sql(...).df().")
        frame = _with_wkb(relation).df()
        for name in names:
            # pandas gives bytearray, and NaN where there is no geometry
            frame[name] = shapely.from_wkb([_bytes(value) for value in frame[name]])
        active = "geometry" if "geometry" in names else names[0]
        return geopandas.GeoDataFrame(frame, geometry=active, crs=CRS)

    def to_polars(self, view: str, parameters: object = None) -> polars.DataFrame:
        """Rows of a view, or of a query; geometry as well-known binary."""
        import polars

        table = _with_wkb(self._rows(view, parameters)).to_arrow_table()
        return polars.DataFrame(polars.from_arrow(table))

    def _rows(self, view: str, parameters: object) -> duckdb.DuckDBPyRelation:
        is_name = view.replace(".", "").replace("_", "").isalnum()
        return self.table(view) if is_name else self.sql(view, parameters)

    def _unknown(self, view: str) -> str:
        near = difflib.get_close_matches(view, self.views(), n=3)
        hint = f"Did you mean {', '.join(near)}?" if near else "List them with .views()."
        return f"There is no view {view} in {self.path}. {hint}"


def open(path: str | Path, *, unlocked: bool = False) -> Database:  # noqa: A001
    """Open a built database for reading.

    A database is code, too: its views run when they are asked. They, and your queries, can read this
    file and nothing else. ``unlocked`` lets them read other files and addresses: for a database that you
    built or trust.

    >>> with quarrydb.open("demo/mines.duckdb") as database:
    ...     database.sql("FROM country_summary LIMIT 3").show()
    """
    return Database(path, unlocked=unlocked)


def _geometry_columns(relation: duckdb.DuckDBPyRelation) -> list[str]:
    return [
        name
        for name, kind in zip(relation.columns, relation.types, strict=True)
        if str(kind).startswith("GEOMETRY")
    ]


def _with_wkb(relation: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    names = _geometry_columns(relation)
    if not names:
        return relation
    columns = [quote_identifier(name) for name in names]
    replaced = ", ".join(f"ST_AsWKB({column}) AS {column}" for column in columns)
    return relation.select(f"* REPLACE ({replaced})")


def _bytes(value: Any) -> bytes | None:
    return bytes(value) if isinstance(value, bytes | bytearray) else None
