"""Python functions that SQL steps of the build may call, in one registry."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import duckdb

TREND_SQL = (
    "STRUCT(trend VARCHAR, p DOUBLE, z DOUBLE, s DOUBLE, var_s DOUBLE, tau DOUBLE, slope DOUBLE, "
    "intercept DOUBLE, n INTEGER, n_missing INTEGER, reason VARCHAR)"
)


@dataclass(frozen=True)
class Udf:
    """A function for DuckDB: ``revision`` is raised when its results change."""

    name: str
    revision: int
    create: Callable[[duckdb.DuckDBPyConnection], None]
    parameters: tuple[str, ...]
    returns: str


def _create_trend_function(name: str) -> Callable[[duckdb.DuckDBPyConnection], None]:
    def create(connection: duckdb.DuckDBPyConnection) -> None:
        from quarrydb.udfs.functions import create_trend_function

        create_trend_function(connection, name)

    return create


MANN_KENDALL_REVISION = 2
REGISTRY: dict[str, Udf] = {
    name: Udf(
        name,
        MANN_KENDALL_REVISION,
        _create_trend_function(name),
        ("series", "test", "alpha") if name == "mann_kendall_test" else ("series",),
        TREND_SQL,
    )
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


def declare(connection: duckdb.DuckDBPyConnection, names: Collection[str]) -> None:
    """Give functions of the registry their types alone, for views of ``names`` that no row is asked of.

    What a function needs is not imported; a call is an error.
    """
    for name, udf in REGISTRY.items():
        if name.lower() in names:
            connection.execute(
                f"CREATE TEMP MACRO {name}({', '.join(udf.parameters)}) AS "
                f"CAST(error('{name} was declared, not registered') AS {udf.returns})"
            )


def revisions() -> Mapping[str, int]:
    """Revision of each function by lower-case name."""
    return {name.lower(): udf.revision for name, udf in REGISTRY.items()}
