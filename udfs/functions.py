"""The Mann-Kendall functions of DuckDB connections."""

from collections.abc import Callable
from typing import Any

import duckdb
from duckdb.func import FunctionNullHandling, PythonUDFType

from quarrydb.udfs import TREND_SQL
from quarrydb.udfs.arrow import trend_by_row, trend_test

TREND_FUNCTIONS = {
    "mann_kendall": "original",
    "mann_kendall_hamed_rao": "hamed_rao",
    "mann_kendall_yue_wang": "yue_wang",
    "mann_kendall_pre_whitening": "pre_whitening",
    "mann_kendall_trend_free_pre_whitening": "trend_free_pre_whitening",
}


def create_trend_function(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Make the function ``name`` callable in ``connection``.

    ``mann_kendall_test(values DOUBLE[], test VARCHAR, alpha DOUBLE)`` takes any test and level; the
    others take ``values DOUBLE[]`` and test at the 5 % level.
    """
    if name == "mann_kendall_test":
        create(connection, name, trend_by_row, ["DOUBLE[]", "VARCHAR", "DOUBLE"])
    else:
        test = TREND_FUNCTIONS[name]
        create(connection, name, lambda series: trend_test(series, test), ["DOUBLE[]"])


def create(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    function: Callable[..., Any],
    parameters: list[str],
) -> None:
    """Register an Arrow function that sees NULL; one that is there already is left alone."""
    known = connection.execute(
        "SELECT count(*) FROM duckdb_functions() WHERE function_name = ?", [name]
    ).fetchone()
    if known is None or known[0] == 0:
        connection.create_function(
            name,
            function,
            parameters,  # type: ignore[arg-type]
            TREND_SQL,
            type=PythonUDFType.ARROW,
            null_handling=FunctionNullHandling.SPECIAL,
        )
