"""Rows of some region layers alone, and which layers keep an export back."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import duckdb

from quarrydb.database.connection import quote_identifier, quote_literal
from quarrydb.database.dictionary import View, public_views
from quarrydb.errors import QueryError
from quarrydb.provenance.licence import Source, read_sources, sources_of, sources_of_all


def is_layered(view: View) -> bool:
    """Whether rows of ``view`` are of one layer each."""
    return any(column.name == "layer" for column in view.columns)


def check_layers(
    connection: duckdb.DuckDBPyConnection, views: Sequence[View], layers: Sequence[str]
) -> frozenset[str] | None:
    """``layers`` as a set, None where none are asked for; QueryError where one is in no view."""
    if not layers:
        return None
    layered = [view for view in views if is_layered(view)]
    if not layered:
        raise QueryError("None of these views has a column layer. Leave --layer out.")
    parts = (f"SELECT layer FROM {quote_identifier(view.name)}" for view in layered)  # noqa: S608 quoted
    rows = connection.execute(f"SELECT DISTINCT layer FROM ({' UNION '.join(parts)})").fetchall()  # noqa: S608
    there = sorted(str(layer) for (layer,) in rows)
    missing = [layer for layer in layers if layer not in there]
    if missing:
        raise QueryError(
            f"There is no layer {missing[0]} in {', '.join(view.name for view in layered)}. "
            f"Layers are {', '.join(there)}."
        )
    return frozenset(layers)


@contextmanager
def only_layers(
    connection: duckdb.DuckDBPyConnection, views: Sequence[View], layers: frozenset[str] | None
) -> Iterator[None]:
    """Inside, each of ``views`` with a column ``layer`` has rows of these layers alone."""
    covered = [view.name for view in views if layers and is_layered(view)]
    (catalog,) = connection.execute("SELECT current_database()").fetchone() or ("",)
    listed = ", ".join(quote_literal(layer) for layer in sorted(layers or ()))
    try:
        for name in covered:
            quoted = quote_identifier(name)
            # The catalog's name is needed: main alone would be the temporary one, the view itself.
            whole = f"{quote_identifier(catalog)}.main.{quoted}"
            rows = f"SELECT * FROM {whole} WHERE layer IN ({listed})"  # noqa: S608 quoted
            connection.execute(f"CREATE TEMP VIEW {quoted} AS {rows}")
        yield
    finally:
        for name in covered:
            connection.execute(f"DROP VIEW IF EXISTS temp.{quote_identifier(name)}")


def kept_back(
    views: Sequence[View], sources: Sequence[Source], layers: frozenset[str] | None
) -> list[str]:
    """For each source that may not be passed on, which of the views are made from it, and the way out.

    Of views by layer rows of ``layers``, else all, are there.
    """
    lines = []
    for source in sources:
        if not source.is_kept_back:
            continue
        layered, whole = [], []
        for view in views:
            if source.layer and is_layered(view):
                is_there = layers is None or source.layer in layers
                if is_there and source in sources_of(view.name, sources, frozenset({source.layer})):
                    layered.append(view.name)
            elif source in sources_of(view.name, sources):
                whole.append(view.name)
        terms = f"{source.name} ({source.licence})"
        if layered:
            lines.append(
                f"{terms}: rows with layer = {source.layer} in {', '.join(layered)} are made from it. "
                "Name the other layers with --layer to leave them out."
            )
        if whole:
            lines.append(
                f"{terms}: made from it are {', '.join(whole)}. Name the other views with --view to "
                "leave them out."
            )
    return lines


def lines_of_kept_back(
    connection: duckdb.DuckDBPyConnection, names: Sequence[str], layers: Sequence[str]
) -> list[str]:
    """``kept_back`` for the views called ``names``, of which rows of ``layers`` (else all) were written."""
    wanted = frozenset(layers) or None
    sources = sources_of_all(names, read_sources(connection), wanted)
    views = [view for view in public_views(connection) if view.name in names]
    return kept_back(views, sources, wanted)
