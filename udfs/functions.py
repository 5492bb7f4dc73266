"""The Mann-Kendall functions of DuckDB connections and of ibis expressions."""

from collections.abc import Callable
from functools import partial

import duckdb

from quarrydb.udfs.arrow import TREND_SQL, Column, tests_by_row, trend_test

TREND_FUNCTIONS = {
    "mann_kendall": "original",
    "mann_kendall_hamed_rao": "hamed_rao",
    "mann_kendall_yue_wang": "yue_wang",
    "mann_kendall_pre_whitening": "pre_whitening",
    "mann_kendall_trend_free_pre_whitening": "trend_free_pre_whitening",
}


def create_trend_function(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Make ``name(values DOUBLE[])`` callable: one test at the 5 % level."""
    function = partial(trend_test, test=TREND_FUNCTIONS[name])
    create(connection, name, lambda series: function(series), ["DOUBLE[]"])


def create_trend_test(connection: duckdb.DuckDBPyConnection) -> None:
    """Make ``mann_kendall_test(values DOUBLE[], test VARCHAR, alpha DOUBLE)`` callable."""

    def by_row(series: Column, test: Column, alpha: Column) -> object:
        return tests_by_row(series, test, alpha)

    create(connection, "mann_kendall_test", by_row, ["DOUBLE[]", "VARCHAR", "DOUBLE"])


def create(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    function: Callable[..., object],
    parameters: list[str],
) -> None:
    """Register an Arrow function that sees NULL; one that is there already is left alone."""
    known = connection.execute(
        "SELECT count(*) FROM duckdb_functions() WHERE function_name = ?", [name]
    ).fetchone()
    if known is None or known[0] == 0:
        connection.create_function(
            name, function, parameters, TREND_SQL, type="arrow", null_handling="special"
        )
