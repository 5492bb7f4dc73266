"""The Frictionless data package of an export: its files, their fields, sources and licences."""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

import duckdb

from quarrydb.catalog.layers import Layers
from quarrydb.database.dictionary import View
from quarrydb.export.geoparquet import BBOX, BBOX_COMMENT
from quarrydb.export.layers import kept_back
from quarrydb.provenance.licence import (
    Source,
    frictionless,
    licence_of,
    obligations,
    read_sources,
    sources_of,
    sources_of_all,
)

FIELD_TYPES = {
    "VARCHAR": "string",
    "DOUBLE": "number",
    "FLOAT": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "datetime",
}
WITHOUT_GEOMETRY = ("stata",)
# How a data frame, through which Parquet is read, shows what is absent.
ABSENT = ["", "nan", "NaT", "<NA>"]


def datapackage(
    connection: duckdb.DuckDBPyConnection,
    views: Sequence[View],
    file_format: str,
    files: Mapping[str, Sequence[str]],
    layers: Layers = None,
) -> dict[str, Any]:
    """A Frictionless data package: resources with fields, and their sources with licences.

    ``files`` are those of each view, from the package's folder; more than one where it is partitioned.
    ``layers``: the region layers whose rows are there, else all.
    """
    info = connection.execute(
        "SELECT project, fingerprint, built_at, is_partial FROM raw.build"
    ).fetchone()
    project, fingerprint, built_at, is_partial = info or ("", "", None, False)
    sources = sources_of_all([view.name for view in views], read_sources(connection), layers)
    return {
        "profile": "data-package",
        "name": "".join(c if c.isalnum() else "-" for c in project.lower()) or "quarrydb",
        "title": project,
        "created": f"{built_at:%Y-%m-%dT%H:%M:%SZ}" if built_at else None,
        "version": fingerprint[:12],
        "is_partial": is_partial,
        "licenses": frictionless(licence_of(sources)),
        "obligations": [*kept_back(views, sources, layers), *obligations(sources)],
        "sources": _files_of(connection, sources),
        "resources": [
            resource
            for view in views
            for resource in resources(view, file_format, files[view.name], sources, layers)
        ],
    }


def _files_of(
    connection: duckdb.DuckDBPyConnection, sources: Sequence[Source]
) -> list[dict[str, Any]]:
    """Every file that was read of these sources, with its licence, and when it was fetched where it was."""
    licence_by_name = {source.name: source.licence for source in sources}
    return [
        {
            "title": source,
            "path": path,
            "sha256": checksum,
            "licence": licence_by_name.get(source) or licence,
            "citation": citation,
            **({"address": address, "accessed": accessed} if address else {}),
        }
        for source, path, checksum, licence, citation, address, accessed in connection.execute(
            "SELECT source, path, sha256, licence, citation, address, accessed_on::VARCHAR "
            "FROM raw.load ORDER BY source, path"
        ).fetchall()
        if source in licence_by_name
    ]


def resources(
    view: View,
    file_format: str,
    files: Sequence[str],
    sources: Sequence[Source],
    layers: Layers = None,
) -> list[dict[str, Any]]:
    """A resource for each file of a view: a part of it is a table of its own, without its column."""
    licences = frictionless(licence_of(sources_of(view.name, sources, layers)))
    names: list[str] = []
    found = []
    for path in files:
        part = partition(path)
        name = resource_name(view.name, part)
        names.append(name)
        found.append(
            {
                "name": f"{name}.{names.count(name)}" if names.count(name) > 1 else name,
                "path": path,
                "licenses": licences,
                "format": file_format,
                "description": view.comment,
                **({"partition": part} if part else {}),
                "schema": table_schema(view, file_format, without=part),
            }
        )
    return found


def partition(path: str) -> dict[str, str]:
    """Column and value that a Hive folder in ``path`` names; nothing where there is none."""
    pairs = (folder.partition("=") for folder in PurePosixPath(path).parts[:-1] if "=" in folder)
    return {column: unquote(value) for column, _, value in pairs}


def resource_name(view: str, part: Mapping[str, str]) -> str:
    """A name of lower-case letters, digits, ``.``, ``-`` and ``_``, as the standard asks."""
    text = ".".join([view, *(f"{column}-{value}" for column, value in part.items())])
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower())


def table_schema(view: View, file_format: str, without: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a view's file in the order in which it has them."""
    fields = [
        {
            "name": column.name,
            "type": field_type(column.type, file_format),
            "description": column.comment,
        }
        for column in view.columns
        if column.name not in without
        and (file_format not in WITHOUT_GEOMETRY or column.name != "geometry")
    ]
    if file_format != "parquet":
        return {"fields": fields}
    if view.has_geometry:
        fields.sort(key=lambda field: field["name"] == "geometry")
        fields.append({"name": BBOX, "type": "object", "description": BBOX_COMMENT})
    return {"fields": fields, "missingValues": ABSENT}


def field_type(kind: str, file_format: str) -> str:
    """Table Schema's type of a column; of lists in Parquet ``any``: they are read as arrays, not as JSON."""
    if kind.endswith("]"):
        return "any" if file_format == "parquet" else "array"
    if kind.startswith("STRUCT"):
        return "object"
    if kind.startswith("GEOMETRY"):
        return "any"
    return FIELD_TYPES.get(kind, "integer" if "INT" in kind else "any")
