"""Take public views away in Parquet, GeoPackage, CSV, GeoJSON or Stata, with dictionary and licences."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from quarrydb.catalog.layers import Layers
from quarrydb.contract import SILENT, Progress, told
from quarrydb.database.connection import in_plain_words
from quarrydb.database.dictionary import View, find_view, markdown, public_views
from quarrydb.errors import DatabaseError, QueryError, TargetError
from quarrydb.export.datapackage import datapackage
from quarrydb.export.frame import to_frame
from quarrydb.export.geopackage import GEOPACKAGE, write_geopackage
from quarrydb.export.geoparquet import Meaning, write_geoparquet, write_partitioned
from quarrydb.export.layers import check_layers, only_layers
from quarrydb.export.rows import in_order
from quarrydb.export.stac import stac_item
from quarrydb.export.stata import write_stata
from quarrydb.files import held, replacing, write_atomically, writing
from quarrydb.provenance.licence import read_sources, sources_of_all

SUFFIXES = {"stata": "dta"}
FORMATS = ("parquet", "gpkg", "csv", "geojson", "stata")
VIEW_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,80}")


def export_views(
    connection: duckdb.DuckDBPyConnection,
    folder: str | Path,
    *,
    views: Sequence[str] | None = None,
    file_format: str = "parquet",
    partition_by: str | None = None,
    layers: Sequence[str] = (),
    spreadsheet: bool = False,
    progress: Progress = SILENT,
) -> dict[str, int]:
    """Write ``views`` (by default all public ones) and return the number of rows of each.

    ``layers`` names region layers: of views with a column ``layer`` only their rows are written, and only
    their licences count.

    ``partition_by`` names a column: each view that has it becomes a folder of Parquet files, one a
    value. Beside them come ``datapackage.json``, ``stac_item.json`` and ``data_dictionary.md``. Files are
    written whole or not at all. ``spreadsheet`` puts an apostrophe before text in CSV that a spreadsheet
    would run as a formula.
    """
    folder = Path(folder)
    if file_format not in FORMATS:
        raise QueryError(f"Format {file_format} is unknown. Use one of {', '.join(FORMATS)}.")
    chosen = choose_views(public_views(connection), views)
    if file_format == "geojson":
        chosen = [view for view in chosen if view.has_geometry]
        if not chosen:
            raise QueryError("None of these views has geometry. Use --format csv.")
    _check_partition(chosen, partition_by, file_format)
    wanted = check_layers(connection, chosen, layers)
    try:
        with writing(folder), only_layers(connection, chosen, wanted):
            folder.mkdir(parents=True, exist_ok=True)
            with held(folder):
                going = told(chosen, progress, "Export", "views", lambda view: view.name)
                if partition_by:
                    written = _write_data_sets(connection, going, folder, partition_by)
                elif file_format == "csv":
                    written = _write_csv(connection, going, folder, spreadsheet=spreadsheet)
                else:
                    written = WRITERS[file_format](connection, going, folder)
                _write_about(connection, chosen, folder, file_format, partition_by, wanted)
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
    layers: Layers,
) -> None:
    """The dictionary, the data package and the STAC item."""
    write_atomically(folder / "data_dictionary.md", markdown(views))
    paths = {view.name: file_of(view, file_format, partition_by) for view in views}
    files = {name: _files_at(folder, path) for name, path in paths.items()}
    package = datapackage(connection, views, file_format, files, layers)
    write_atomically(folder / "datapackage.json", json.dumps(package, indent=2, ensure_ascii=False))
    sources = sources_of_all([view.name for view in views], read_sources(connection), layers)
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
    connection: duckdb.DuckDBPyConnection, views: Iterable[View], folder: Path, column: str
) -> dict[str, int]:
    return {
        view.name: write_partitioned(
            connection, view.name, column, folder / view.name, meaning(view)
        )
        if is_partitioned(view, column)
        else write_geoparquet(connection, view.name, folder / f"{view.name}.parquet", meaning(view))
        for view in views
    }


def meaning(view: View) -> Meaning:
    """What a view and its columns hold, for the file's metadata."""
    return Meaning(view.comment, {column.name: column.comment for column in view.columns})


def _files_at(folder: Path, path: str) -> list[str]:
    """``path``, or the files in it where it is a folder."""
    if not path.endswith("/"):
        return [path]
    return sorted(str(file.relative_to(folder)) for file in (folder / path).rglob("*.parquet"))


def _write_parquet(
    connection: duckdb.DuckDBPyConnection, views: Iterable[View], folder: Path
) -> dict[str, int]:
    return {
        view.name: write_geoparquet(
            connection, view.name, folder / f"{view.name}.parquet", meaning(view)
        )
        for view in views
    }


def _write_csv(
    connection: duckdb.DuckDBPyConnection,
    views: Iterable[View],
    folder: Path,
    *,
    spreadsheet: bool = False,
) -> dict[str, int]:
    from quarrydb.database.query import write_csv

    return {
        view.name: write_csv(
            connection.sql(in_order(connection, view.name)),
            folder / f"{view.name}.csv",
            spreadsheet=spreadsheet,
        )
        for view in views
    }


def _write_geojson(
    connection: duckdb.DuckDBPyConnection, views: Iterable[View], folder: Path
) -> dict[str, int]:
    import pyogrio

    written = {}
    for view in views:
        frame = to_frame(connection, view)
        with replacing(folder / f"{view.name}.geojson") as temporary:
            pyogrio.write_dataframe(frame, temporary, driver="GeoJSON", RFC7946="YES")
        written[view.name] = len(frame)
    return written


def _write_stata(
    connection: duckdb.DuckDBPyConnection, views: Iterable[View], folder: Path
) -> dict[str, int]:
    return {
        view.name: write_stata(to_frame(connection, view), view, folder / f"{view.name}.dta")
        for view in views
    }


WRITERS: dict[str, Callable[[duckdb.DuckDBPyConnection, Iterable[View], Path], dict[str, int]]] = {
    "parquet": _write_parquet,
    "gpkg": write_geopackage,
    "csv": _write_csv,
    "geojson": _write_geojson,
    "stata": _write_stata,
}


def file_of(view: View, file_format: str, partition_by: str | None = None) -> str:
    """Name of the file that holds ``view``; of its folder, with a slash, where it is partitioned."""
    if is_partitioned(view, partition_by):
        return f"{view.name}/"
    suffix = SUFFIXES.get(file_format, file_format)
    return GEOPACKAGE if file_format == "gpkg" else f"{view.name}.{suffix}"
