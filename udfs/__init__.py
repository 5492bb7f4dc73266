"""Python functions that SQL steps of the build may call, in one registry."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class Udf:
    """A function for DuckDB: ``revision`` is raised when its results change."""

    name: str
    revision: int
    create: Callable[[duckdb.DuckDBPyConnection], None]


def _create_trend_function(name: str) -> Callable[[duckdb.DuckDBPyConnection], None]:
    def create(connection: duckdb.DuckDBPyConnection) -> None:
        from quarrydb.udfs.functions import create_trend_function

        create_trend_function(connection, name)

    return create


MANN_KENDALL_REVISION = 2
REGISTRY: dict[str, Udf] = {
    name: Udf(name, MANN_KENDALL_REVISION, _create_trend_function(name))
    for name in (
        "mann_kendall",
        "mann_kendall_hamed_rao",
        "mann_kendall_pre_whitening",
        "mann_kendall_test",
        "mann_kendall_trend_free_pre_whitening",
        "mann_kendall_yue_wang",
    )
}


def register(connection: duckdb.DuckDBPyConnection, names: Collection[str] | None = None) -> None:
    """Make functions of the registry callable in ``connection``: all, or those of these lower-case names."""
    for name, udf in REGISTRY.items():
        if names is None or name.lower() in names:
            udf.create(connection)


def revisions() -> Mapping[str, int]:
    """Revision of each function by lower-case name."""
    return {name.lower(): udf.revision for name, udf in REGISTRY.items()}
