"""How much faster the trends are than a loop over pymannkendall.

    python benchmarks/mann_kendall.py [--json FILE]

Series a second by the Arrow function in DuckDB and by the SQL macros, as ratios to a loop over
``pymannkendall.original_test``, for 6 and 26 years; then ``mine_trend`` and ``mine_status`` for
75,000 mines and 3 indicators. One thread throughout; each time is the best of three in CPU seconds, so that
the ratios hold on a busy machine.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pymannkendall

from quarrydb.catalog.objects import PARAMETER, chain, in_order, read_catalog
from quarrydb.database.connection import connect
from quarrydb.engine.assemble import create_parameter_table
from quarrydb.project.parameters import Parameters
from quarrydb.udfs import register

GIVEN, WANTED = ("core.mine", "main.mine_indicator_yearly"), "main.mine_status"
LOOP_SERIES = 600
MINES = 75_000
INDICATORS = ("bsp", "ndvi", "ntl")
TARGETS = {
    "arrow function, 6 years": 300,
    "arrow function, 26 years": 40,
    "macro mk_s, 6 years": 50,
    "macro mk_p, 6 years": 50,
}


def best(run: Callable[[], object], repeats: int = 3) -> float:
    """CPU seconds of the fastest of ``repeats`` runs."""
    times = []
    for _ in range(repeats):
        started = time.process_time()
        run()
        times.append(time.process_time() - started)
    return min(times)


def random_series(n: int, years: int) -> np.ndarray:
    """``n`` series of ``years`` values with a trend in a third of them, rounded as rasters are."""
    rng = np.random.default_rng(1)
    slope = rng.choice([-0.3, 0.0, 0.3], (n, 1))
    return np.round(slope * np.arange(years) + rng.normal(size=(n, years)), 2)


def series_table(series: np.ndarray) -> pa.Table:
    """A table of one column of lists."""
    flat = pa.FixedSizeListArray.from_arrays(pa.array(series.ravel()), series.shape[1])
    return pa.table({"v": flat.cast(pa.list_(pa.float64()))})


def loop_rate(years: int) -> float:
    """Series a second of the pymannkendall loop."""
    series = random_series(LOOP_SERIES, years)
    seconds = best(lambda: [pymannkendall.original_test(row) for row in series])
    return LOOP_SERIES / seconds


def query_rate(connection: duckdb.DuckDBPyConnection, query: str, n: int) -> float:
    """Series a second of a query that keeps its results."""
    return n / best(lambda: connection.execute(f"CREATE OR REPLACE TEMP TABLE result AS {query}"))


def function_ratios() -> dict[str, float]:
    """Rates of the function and the macros, as ratios to the loop."""
    connection = connect(read_only=False, threads=1)
    register(connection)
    catalog = read_catalog()
    macros = [i for i in catalog.values() if i.kind == "macro" and i.name.startswith("main.mk_")]
    for macro in in_order(macros, catalog):
        connection.execute(macro.statement)
    found = {}
    for years, n in ((6, 200_000), (26, 40_000)):
        loop = loop_rate(years)
        connection.register("arrow_series", series_table(random_series(n, years)))
        connection.execute("CREATE OR REPLACE TABLE series AS FROM arrow_series")
        for name, expression in (
            ("arrow function", "mann_kendall(v)"),
            ("macro mk_s", "mk_s(v)"),
            ("macro mk_p", "mk_p(v)"),
            ("macro mk_slope", "mk_slope(v)"),
        ):
            rate = query_rate(connection, f"SELECT {expression} AS x FROM series", n)
            found[f"{name}, {years} years"] = rate / loop
    return found


def status_connection() -> duckdb.DuckDBPyConnection:
    """The status views over 75,000 mines with three series of six years each."""
    connection = connect(read_only=False, threads=1)
    register(connection)
    connection.execute("CREATE SCHEMA raw; CREATE SCHEMA core;")
    create_parameter_table(connection, Parameters())
    connection.execute(
        "CREATE TABLE core.mine AS SELECT 'm' || i AS mine_id FROM range(75000) t(i)"
    )
    series = random_series(MINES * len(INDICATORS), 6)
    connection.register("value", pa.table({"value": series.ravel()}))
    connection.execute(
        """
        CREATE TABLE mine_indicator_yearly AS
        SELECT
            'm' || (row_number() OVER () - 1) // 18 AS mine_id,
            ['bsp', 'ndvi', 'ntl'][(row_number() OVER () - 1) // 6 % 3 + 1] AS indicator,
            (2018 + (row_number() OVER () - 1) % 6)::INTEGER AS year,
            value,
            1.0 AS coverage_share
        FROM value
        """
    )
    return connection


def build_status(connection: duckdb.DuckDBPyConnection) -> None:
    """Make ``mine_trend`` as the build does, and read ``mine_status`` whole."""
    for item in chain([WANTED], {*GIVEN, PARAMETER}, read_catalog()):
        what = "OR REPLACE TABLE" if item.is_stored else "OR REPLACE VIEW"
        connection.execute(item.statement.replace("OR REPLACE VIEW", what))
    connection.execute("CREATE OR REPLACE TEMP TABLE result AS FROM mine_status")


def main() -> None:
    """Print the ratios, and fail where one falls short of its target."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write the numbers here, too")
    arguments = parser.parse_args()
    found = function_ratios()
    connection = status_connection()
    seconds = best(lambda: build_status(connection))
    loop_seconds = MINES * len(INDICATORS) / loop_rate(6)
    found["mine_trend and mine_status, 75,000 mines x 3"] = loop_seconds / seconds
    for name, ratio in found.items():
        target = f"  (target {TARGETS[name]})" if name in TARGETS else ""
        print(f"{name:<46} {ratio:8.0f} x pymannkendall{target}")
    print(f"{'mine_trend and mine_status':<46} {seconds:8.2f} s against {loop_seconds:.0f} s")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2))
    short = [name for name, target in TARGETS.items() if found[name] < target]
    if short:
        raise SystemExit(f"below target: {', '.join(short)}")


if __name__ == "__main__":
    main()
