"""The Mann-Kendall functions for ibis expressions on DuckDB.

>>> from quarrydb.udfs.ibis_functions import mann_kendall
>>> series = t.group_by("mine_id").agg(values=t.value.collect(order_by=t.year))
>>> series.mutate(trend=mann_kendall(series["values"])).unpack("trend").execute()
"""

import ibis
import ibis.expr.datatypes as dt

from quarrydb.udfs import arrow

VALUES = dt.Array(dt.float64)
TREND = dt.Struct(
    {
        "trend": dt.string,
        **dict.fromkeys(arrow.NUMBERS, dt.float64),
        "n": dt.int32,
        "n_missing": dt.int32,
        "reason": dt.string,
    }
)


@ibis.udf.scalar.pyarrow(signature=((VALUES,), TREND), null_handling="special")
def mann_kendall(values):  # type: ignore[no-untyped-def]
    """The original Mann-Kendall test of numbers in the order of time, at the 5 % level."""
    return arrow.trend_test(values)


@ibis.udf.scalar.pyarrow(
    signature=((VALUES, dt.string, dt.float64), TREND), null_handling="special"
)
def mann_kendall_test(values, test, alpha):  # type: ignore[no-untyped-def]
    """A test named in ``quarrydb.udfs.modified.TESTS`` at significance ``alpha``."""
    return arrow.trend_by_row(values, test, alpha)
