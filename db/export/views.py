"""Take public views away in Parquet, GeoPackage, CSV, GeoJSON or Stata, with dictionary and licences."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from quarrydb.database.connection import in_plain_words, quote_identifier
from quarrydb.database.dictionary import View, find_view, markdown, public_views
from quarrydb.errors import DatabaseError, QueryError, TargetError
from quarrydb.export.geoparquet import write_geoparquet, write_partitioned
from quarrydb.export.qgis_styles import write_styles
from quarrydb.export.stac import stac_item
from quarrydb.export.stata import write_stata
from quarrydb.files import held, remove_geopackage, replace_atomically, write_atomically, writing
from quarrydb.provenance.licence import (
    Source,
    frictionless,
    licence_of,
    obligations,
    read_sources,
    sources_of,
    sources_of_all,
)

SUFFIXES = {"stata": "dta"}
FORMATS = ("parquet", "gpkg", "csv", "geojson", "stata")
GEOPACKAGE = "quarrydb.gpkg"
VIEW_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,80}")
FIELD_TYPES = {
    "VARCHAR": "string",
    "DOUBLE": "number",
    "FLOAT": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "datetime",
}


def export_views(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    *,
    views: Sequence[str] | None = None,
    file_format: str = "parquet",
    partition_by: str | None = None,
    spreadsheet: bool = False,
) -> dict[str, int]:
    """Write ``views`` (by default all public ones) and return the number of rows of each.

    ``partition_by`` names a column: each view that has it becomes a folder of Parquet files, one a
    value. Beside them come ``datapackage.json``, ``stac_item.json`` and ``data_dictionary.md``. Files are
    written whole or not at all. ``spreadsheet`` puts an apostrophe before text in CSV that a spreadsheet
    would run as a formula.
    """
    if file_format not in FORMATS:
        raise QueryError(f"Format {file_format} is unknown. Use one of {', '.join(FORMATS)}.")
    chosen = choose_views(public_views(connection), views)
    if file_format == "geojson":
        chosen = [view for view in chosen if view.has_geometry]
        if not chosen:
            raise QueryError("None of these views has geometry. Use --format csv.")
    _check_partition(chosen, partition_by, file_format)
    try:
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            with held(folder):
                if partition_by:
                    written = _write_data_sets(connection, chosen, folder, partition_by)
                elif file_format == "csv":
                    written = _write_csv(connection, chosen, folder, spreadsheet=spreadsheet)
                else:
                    written = WRITERS[file_format](connection, chosen, folder)
                _write_about(connection, chosen, folder, file_format, partition_by)
    except (RuntimeError, pa.ArrowException) as error:  # what GDAL and Arrow raise as they write
        raise TargetError(f"{folder} can't be written: {error}. Is the disk full?") from error
    except duckdb.Error as error:
        raise DatabaseError(
            f"A view can't be read: {in_plain_words(error)}\nBuild the database again with: quarry build"
        ) from error
    return written


def _write_about(
    connection: duckdb.DuckDBPyConnection,
    views: Sequence[View],
    folder: Path,
    file_format: str,
    partition_by: str | None,
) -> None:
    """The dictionary, the data package and the STAC item."""
    write_atomically(folder / "data_dictionary.md", markdown(views))
    package = datapackage(connection, views, file_format)
    paths = {view.name: file_of(view, file_format, partition_by) for view in views}
    for resource in package["resources"]:
        resource["path"] = _files_at(folder, paths[resource["name"]])
    write_atomically(folder / "datapackage.json", json.dumps(package, indent=2, ensure_ascii=False))
    sources = sources_of_all([view.name for view in views], read_sources(connection))
    item = stac_item(connection, views, sources, paths, file_format)
    write_atomically(folder / "stac_item.json", json.dumps(item, indent=2, ensure_ascii=False))


def choose_views(there: Sequence[View], wanted: Sequence[str] | None) -> list[View]:
    """The views called ``wanted``; QueryError names one that is not there, or can't name a file."""
    hostile = [view.name for view in there if not VIEW_NAME.fullmatch(view.name)]
    if hostile:
        raise DatabaseError(f"The view {hostile[0]!r} can't name a file. Was this built by quarry?")
    if not wanted:
        return list(there)
    return [find_view(there, name) for name in wanted]


def _check_partition(views: Sequence[View], column: str | None, file_format: str) -> None:
    if not column:
        return
    if file_format != "parquet":
        raise QueryError(f"--partition-by makes Parquet files; --format is {file_format}.")
    if not any(is_partitioned(view, column) for view in views):
        raise QueryError(f"None of these views has a column {column} beside others.")


def is_partitioned(view: View, column: str | None) -> bool:
    """Whether ``view`` has ``column``, and a column that is neither it nor the geometry."""
    names = {found.name for found in view.columns}
    return column in names and bool(names - {column, "geometry"})


def _write_data_sets(
    connection: duckdb.DuckDBPyConnection, views: Sequence[View], folder: Path, column: str
) -> dict[str, int]:
    return {
        view.name: write_partitioned(connection, view.name, column, folder / view.name)
        if is_partitioned(view, column)
        else write_geoparquet(connection, view.name, folder / f"{view.name}.parquet")
        for view in views
    }


def _files_at(folder: Path, path: str) -> str | list[str]:
    """``path``, or the files in it where it is a folder."""
    if not path.endswith("/"):
        return path
    return sorted(str(file.relative_to(folder)) for file in (folder / path).rglob("*.parquet"))


def _write_parquet(
    connection: duckdb.DuckDBPyConnection, views: Sequence[View], folder: Path
) -> dict[str, int]:
    return {
        view.name: write_geoparquet(connection, view.name, folder / f"{view.name}.parquet")
        for view in views
    }


def _write_csv(
    connection: duckdb.DuckDBPyConnection,
    views: Sequence[View],
    folder: Path,
    *,
    spreadsheet: bool = False,
) -> dict[str, int]:
    from quarrydb.database.query import write_csv

    return {
        view.name: write_csv(
            connection.table(view.name), folder / f"{view.name}.csv", spreadsheet=spreadsheet
        )
        for view in views
    }


def to_frame(connection: duckdb.DuckDBPyConnection, view: View) -> Any:
    """A view as GeoDataFrame (EPSG:4326) or DataFrame; lists and structs become JSON text."""
    import geopandas
    import shapely

    nested = [c.name for c in view.columns if c.type.endswith("]") or c.type.startswith("STRUCT")]
    select = ", ".join(_framed(column.name, nested) for column in view.columns)
    table = connection.execute(
        f"SELECT {select} FROM {quote_identifier(view.name)}"  # noqa: S608 quoted
    ).to_arrow_table()
    frame = table.to_pandas()
    if not view.has_geometry:
        return frame
    geometry = shapely.from_wkb(frame.pop("geometry"))
    return geopandas.GeoDataFrame(frame, geometry=geometry, crs="EPSG:4326")


def _framed(name: str, nested: Sequence[str]) -> str:
    quoted = quote_identifier(name)
    if name == "geometry":
        return f"ST_AsWKB({quoted}) AS {quoted}"
    return f"to_json({quoted})::VARCHAR AS {quoted}" if name in nested else quoted


def _write_gpkg(
    connection: duckdb.DuckDBPyConnection, views: Sequence[View], folder: Path
) -> dict[str, int]:
    import pyogrio

    target = folder / GEOPACKAGE
    temporary = folder / f".tmp-{GEOPACKAGE}"
    remove_geopackage(temporary)
    written = {}
    try:
        for view in views:
            frame = to_frame(connection, view)
            options = {"geometry_type": "Unknown"} if view.has_geometry else {}
            pyogrio.write_dataframe(
                frame,
                temporary,
                layer=view.name,
                driver="GPKG",
                append=temporary.exists(),
                **options,
            )
            written[view.name] = len(frame)
        write_styles(temporary, [view.name for view in views if view.has_geometry])
        replace_atomically(temporary, target)
    finally:
        remove_geopackage(temporary)
    return written


def _write_geojson(
    connection: duckdb.DuckDBPyConnection, views: Sequence[View], folder: Path
) -> dict[str, int]:
    import pyogrio

    written = {}
    for view in views:
        frame = to_frame(connection, view)
        temporary = folder / f".tmp-{view.name}.geojson"
        temporary.unlink(missing_ok=True)
        try:
            pyogrio.write_dataframe(frame, temporary, driver="GeoJSON", RFC7946="YES")
            replace_atomically(temporary, folder / f"{view.name}.geojson")
        finally:
            temporary.unlink(missing_ok=True)
        written[view.name] = len(frame)
    return written


def _write_stata(
    connection: duckdb.DuckDBPyConnection, views: Sequence[View], folder: Path
) -> dict[str, int]:
    return {
        view.name: write_stata(to_frame(connection, view), view, folder / f"{view.name}.dta")
        for view in views
    }


WRITERS: dict[str, Callable[[duckdb.DuckDBPyConnection, Sequence[View], Path], dict[str, int]]] = {
    "parquet": _write_parquet,
    "gpkg": _write_gpkg,
    "csv": _write_csv,
    "geojson": _write_geojson,
    "stata": _write_stata,
}


def datapackage(
    connection: duckdb.DuckDBPyConnection, views: Sequence[View], file_format: str
) -> dict[str, Any]:
    """A Frictionless data package: resources with fields, and their sources with licences."""
    info = connection.execute(
        "SELECT project, fingerprint, built_at, is_partial FROM raw.build"
    ).fetchone()
    project, fingerprint, built_at, is_partial = info or ("", "", None, False)
    sources = sources_of_all([view.name for view in views], read_sources(connection))
    licence_by_name = {source.name: source.licence for source in sources}
    return {
        "profile": "data-package",
        "name": "".join(c if c.isalnum() else "-" for c in project.lower()) or "quarrydb",
        "title": project,
        "created": f"{built_at:%Y-%m-%dT%H:%M:%SZ}" if built_at else None,
        "version": fingerprint[:12],
        "is_partial": is_partial,
        "licenses": frictionless(licence_of(sources)),
        "obligations": obligations(sources),
        "sources": [
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
        ],
        "resources": [_resource(view, file_format, sources) for view in views],
    }


def file_of(view: View, file_format: str, partition_by: str | None = None) -> str:
    """Name of the file that holds ``view``; of its folder, with a slash, where it is partitioned."""
    if is_partitioned(view, partition_by):
        return f"{view.name}/"
    suffix = SUFFIXES.get(file_format, file_format)
    return GEOPACKAGE if file_format == "gpkg" else f"{view.name}.{suffix}"


def _resource(view: View, file_format: str, sources: Sequence[Source]) -> dict[str, Any]:
    return {
        "name": view.name,
        "path": file_of(view, file_format),
        "licenses": frictionless(licence_of(sources_of(view.name, sources))),
        "format": file_format,
        "description": view.comment,
        "schema": {
            "fields": [
                {"name": c.name, "type": _field_type(c.type), "description": c.comment}
                for c in view.columns
            ]
        },
    }


def _field_type(kind: str) -> str:
    if kind.endswith("]"):
        return "array"
    if kind.startswith("STRUCT"):
        return "object"
    if kind.startswith("GEOMETRY"):
        return "any"
    return FIELD_TYPES.get(kind, "integer" if "INT" in kind else "any")
