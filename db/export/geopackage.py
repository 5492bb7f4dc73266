"""Write views into one GeoPackage: a layer each, with what its columns mean, and styles."""

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from quarrydb.database.dictionary import View
from quarrydb.export.frame import to_frame
from quarrydb.export.qgis_styles import write_styles
from quarrydb.files import replacing_aside

GEOPACKAGE = "quarrydb.gpkg"
GEOMETRY = "geometry"
VERSION = "1.3"  # GDAL before 3.7 warns of anything later
# The extension for schemas, section F.9 of the standard, as far as it is used here.
SCHEMA = """
CREATE TABLE gpkg_data_columns (
    table_name TEXT NOT NULL,
    column_name TEXT NOT NULL,
    name TEXT,
    title TEXT,
    description TEXT,
    mime_type TEXT,
    constraint_name TEXT,
    CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
    CONSTRAINT gdc_tn UNIQUE (table_name, name)
);
CREATE TABLE gpkg_data_column_constraints (
    constraint_name TEXT NOT NULL,
    constraint_type TEXT NOT NULL,
    value TEXT,
    min NUMERIC,
    min_is_inclusive BOOLEAN,
    max NUMERIC,
    max_is_inclusive BOOLEAN,
    description TEXT,
    CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value)
);
CREATE TABLE IF NOT EXISTS gpkg_extensions (
    table_name TEXT,
    column_name TEXT,
    extension_name TEXT NOT NULL,
    definition TEXT NOT NULL,
    scope TEXT NOT NULL,
    CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name)
);
INSERT INTO gpkg_extensions VALUES
('gpkg_data_columns', NULL, 'gpkg_schema', 'http://www.geopackage.org/spec/#extension_schema', 'read-write'),
(
    'gpkg_data_column_constraints', NULL, 'gpkg_schema',
    'http://www.geopackage.org/spec/#extension_schema', 'read-write'
);
"""


def write_geopackage(
    connection: duckdb.DuckDBPyConnection, views: Iterable[View], folder: Path
) -> dict[str, int]:
    """Write ``views`` into ``folder/quarrydb.gpkg`` and return the number of rows of each."""
    import pyogrio

    written: dict[View, int] = {}
    with replacing_aside(folder / GEOPACKAGE) as temporary:
        for view in views:
            frame = to_frame(connection, view)
            layer = {"DESCRIPTION": view.comment, "IDENTIFIER": view.name}
            spatial = {"geometry_type": "Unknown"} if view.has_geometry else {}
            pyogrio.write_dataframe(
                frame,
                temporary,
                layer=view.name,
                driver="GPKG",
                append=temporary.exists(),
                dataset_options={} if temporary.exists() else {"VERSION": VERSION},
                layer_options=layer | ({"GEOMETRY_NAME": GEOMETRY} if view.has_geometry else {}),
                **spatial,
            )
            written[view] = len(frame)
        write_meanings(temporary, list(written))
        write_styles(temporary, [view.name for view in written if view.has_geometry])
    return {view.name: n for view, n in written.items()}


def write_meanings(package: Path, views: Sequence[View]) -> None:
    """Note what each column means where GDAL and QGIS look for it."""
    rows = [
        (view.name, column.name, column.comment)
        for view in views
        for column in view.columns
        if column.comment
    ]
    connection = sqlite3.connect(package)
    try:
        with connection:
            connection.executescript(SCHEMA)
            connection.executemany(
                "INSERT INTO gpkg_data_columns (table_name, column_name, description) VALUES (?, ?, ?)",
                rows,
            )
    finally:
        connection.close()
