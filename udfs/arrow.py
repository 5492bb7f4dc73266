"""Mann-Kendall tests as functions on Arrow columns, for DuckDB and ibis."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from quarrydb.errors import BuildError
from quarrydb.udfs.exact import mann_kendall_exact
from quarrydb.udfs.mann_kendall import (
    DIRECTIONS,
    REASONS,
    Floats,
    Trends,
    directions,
    mann_kendall,
    reasons,
)
from quarrydb.udfs.modified import EXACT, MODIFIED, TESTS, mann_kendall_modified

ALPHA = 0.05
NUMBERS = ("p", "z", "s", "var_s", "tau", "slope", "intercept")
TREND_TYPE = pa.struct(
    [
        ("trend", pa.string()),
        *((name, pa.float64()) for name in NUMBERS),
        ("n", pa.int32()),
        ("n_missing", pa.int32()),
        ("reason", pa.string()),
    ]
)
Column = Any  # an Arrow array, or a chunked one


def one_array(column: Column) -> pa.Array:
    """A column as one array."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def series_of(column: Column) -> tuple[Floats, NDArray[np.int64]]:
    """Flat values, NULL as NaN, and the offsets of each list; a NULL list is empty."""
    lists = one_array(column)
    length = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    values = lists.flatten().cast(pa.float64()).to_numpy(zero_copy_only=False)
    return values, np.concatenate([[0], np.cumsum(length, dtype=np.int64)])


def trend_column(trends: Trends, direction: NDArray[np.int8]) -> pa.Array:
    """Results as an Arrow struct column; undefined numbers are NULL."""
    numbers = [getattr(trends, name) for name in NUMBERS]
    columns = [
        words(direction, DIRECTIONS),
        *(pa.array(values, mask=np.isnan(values)) for values in numbers),
        pa.array(trends.n, pa.int32()),
        pa.array(trends.n_missing, pa.int32()),
        words(reasons(trends), REASONS),
    ]
    return pa.StructArray.from_arrays(columns, fields=list(TREND_TYPE))


def words(codes: NDArray[np.int8], texts: Sequence[str]) -> pa.Array:
    """A string column from positions in ``texts``; -1 is NULL."""
    index = pa.array(codes, mask=codes < 0)
    return pa.DictionaryArray.from_arrays(index, pa.array(texts)).cast(pa.string())


def trend_test(series: Column, test: str = "original", alpha: float = ALPHA) -> pa.Array:
    """One test on a column of lists of numbers."""
    values, offsets = series_of(series)
    if test == "original":
        trends = mann_kendall(values, offsets)
    elif test == EXACT:
        trends = mann_kendall_exact(values, offsets)
    elif test in MODIFIED:
        trends = mann_kendall_modified(values, offsets, test, alpha)
    else:
        raise BuildError(f"there is no trend test {test!r}. Use one of: {', '.join(TESTS)}.")
    return trend_column(trends, directions(trends, alpha, by_p=test == EXACT))


def trend_by_row(series: Column, test: Column, alpha: Column) -> pa.Array:
    """As ``trend_test`` with test and alpha by row; rows that share both are computed together."""
    lists, tests, alphas = one_array(series), one_array(test), one_array(alpha)
    choice = list(zip(tests.to_pylist(), alphas.to_pylist(), strict=True))
    kinds = sorted(set(choice), key=repr)
    if len(kinds) == 1:
        return trend_test(lists, *kinds[0])
    number = {kind: i for i, kind in enumerate(kinds)}
    code = np.array([number[kind] for kind in choice], np.int64)
    rows = [np.flatnonzero(code == i) for i in range(len(kinds))]
    parts = [trend_test(lists.take(pa.array(r)), *kinds[i]) for i, r in enumerate(rows)]
    place = np.argsort(np.concatenate([*rows, []]).astype(np.int64))
    return pa.concat_arrays([*parts, pa.array([], TREND_TYPE)]).take(pa.array(place))
