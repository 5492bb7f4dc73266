"""DuckDB connections with the spatial extension loaded and longitude first."""

import math
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb

from quarrydb.errors import DatabaseError

AREA_OF_DEGREE_SQUARE_AT_50N_KM2 = 7892.061583


@lru_cache(maxsize=1)
def spatial_extension() -> Path:
    """The spatial extension that the wheel ``duckdb-extension-spatial`` carries for this DuckDB."""
    spec = find_spec("duckdb_extension_spatial")
    places = list(spec.submodule_search_locations or []) if spec else []
    for place in places:
        file = Path(place) / "extensions" / f"v{duckdb.__version__}" / "spatial.duckdb_extension"
        if file.exists():
            return file
    raise DatabaseError(
        f"DuckDB {duckdb.__version__} has no spatial extension here. "
        f'Run: pip install "duckdb-extension-spatial=={duckdb.__version__}"'
    )


def quote_identifier(name: str) -> str:
    """``name`` as a quoted SQL identifier, dots and quotes in it harmless."""
    return '"' + name.replace('"', '""') + '"'


def quote_qualified(name: str) -> str:
    """``schema.table`` with both parts quoted."""
    return ".".join(quote_identifier(part) for part in name.split("."))


def quote_literal(text: object) -> str:
    """``text`` as a quoted SQL string, for the statements that take no bound value (COPY, ATTACH)."""
    return "'" + str(text).replace("'", "''") + "'"


def install_spatial() -> None:
    """Put the extension where ibis, notebooks and the duckdb shell of this user find it, offline."""
    with duckdb.connect() as connection:
        connection.execute(f"INSTALL {quote_literal(spatial_extension())}")


def connect(
    path: str | Path = ":memory:",
    *,
    read_only: bool = True,
    threads: int | None = None,
    memory_limit: str | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open a quarrydb database, with spatial functions that take longitude before latitude.

    ``memory_limit`` as DuckDB writes it (``"1GB"``). Raises DatabaseError where the file can't be opened.
    """
    config = {"threads": threads, "memory_limit": memory_limit}
    settings: dict[str, Any] = {
        key: str(value) for key, value in config.items() if value is not None
    }
    in_memory = str(path) == ":memory:"
    if not in_memory and read_only and not Path(path).is_file():
        raise DatabaseError(f"{path} does not exist. Build it with: quarry build")
    try:
        connection = duckdb.connect(
            str(path), read_only=read_only and not in_memory, config=settings
        )
    except (duckdb.Error, OSError) as error:
        raise DatabaseError(f"{path} can't be opened: {error}") from error
    load_spatial(connection)
    return connection


def load_spatial(connection: duckdb.DuckDBPyConnection) -> None:
    """Load spatial, put longitude first on every cursor, and prove it by the area of a known square."""
    connection.execute(f"LOAD {quote_literal(spatial_extension())}")
    connection.execute("SET GLOBAL geometry_always_xy = true")
    row = connection.execute(
        "SELECT ST_Area_Spheroid(ST_MakeEnvelope(0, 50, 1, 51)) / 1e6"
    ).fetchone()
    if row is None or not math.isclose(row[0], AREA_OF_DEGREE_SQUARE_AT_50N_KM2, rel_tol=1e-9):
        raise DatabaseError(
            f"This DuckDB measures the 1-degree square at 50 N as {row} km2, not "
            f"{AREA_OF_DEGREE_SQUARE_AT_50N_KM2}: it swaps axes. Install the pinned duckdb."
        )


def lock_down(connection: duckdb.DuckDBPyConnection) -> None:
    """Let this connection read its own database and nothing else: no files, network or settings."""
    connection.execute("SET enable_external_access = false")
    connection.execute("SET python_enable_replacements = false")
    connection.execute("SET lock_configuration = true")
