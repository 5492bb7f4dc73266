"""The Mann-Kendall trend test for many short series at once.

Mann (1945), Kendall (1975), Gilbert (1987); the slope is that of Theil (1950) and Sen (1968), the
intercept that of Conover (1980). Results equal ``pymannkendall.original_test`` (Hussain and Mahmud
2019, doi:10.21105/joss.01556), which takes one series at a time: here a block of series of one
length is one matrix, and a step of the computation is one operation on all of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]
BLOCK_NUMBERS = 400_000  # pairs of values held at once: a few megabytes stay in the cache
MIN_VALUES = 4
DIRECTIONS = ("no trend", "increasing", "decreasing")
TOO_SHORT, CONSTANT = "fewer than four values", "all values are equal"
UNDEFINED = "the test can't be computed"
REASONS = (TOO_SHORT, CONSTANT, UNDEFINED)


@dataclass(frozen=True)
class Trends:
    """Result of a test on N series, one array of length N a field; NaN where a number is undefined.

    ``n`` counts the values, ``n_missing`` the NULL, NaN and infinite entries that were left out.
    ``slope`` is per position in the series: a gap keeps its place.
    """

    p: Floats
    z: Floats
    s: Floats
    var_s: Floats
    tau: Floats
    slope: Floats
    intercept: Floats
    n: NDArray[np.int64]
    n_missing: NDArray[np.int64]

    @classmethod
    def empty(cls, size: int) -> "Trends":
        """Room for ``size`` results, all undefined."""
        p, z, s, var_s, tau, slope, intercept = np.full((7, size), np.nan)
        n, n_missing = np.zeros((2, size), np.int64)
        return cls(p, z, s, var_s, tau, slope, intercept, n, n_missing)

    def put(self, rows: NDArray[np.int64], part: "Trends") -> None:
        """Write the results ``part`` of some series at ``rows``."""
        for field in fields(self):
            getattr(self, field.name)[rows] = getattr(part, field.name)


def reasons(trends: Trends) -> NDArray[np.int8]:
    """Why a series was not tested, or can have no trend: position in REASONS, -1 where neither."""
    reason = np.full(len(trends.n), -1, np.int8)
    reason[np.isnan(trends.z)] = REASONS.index(UNDEFINED)
    reason[trends.var_s == 0] = REASONS.index(CONSTANT)
    reason[trends.n < MIN_VALUES] = REASONS.index(TOO_SHORT)
    return reason


def directions(trends: Trends, alpha: float, *, by_p: bool = False) -> NDArray[np.int8]:
    """Position in DIRECTIONS at significance ``alpha``, -1 where the test can't be made.

    As in pymannkendall, z is compared with the normal quantile; ``by_p`` compares p with alpha,
    for a p that is not that of z. A series of equal values has no trend.
    """
    significant = trends.p < alpha if by_p else np.abs(trends.z) > ndtri(1 - alpha / 2)
    direction = np.where(significant, np.where(trends.z > 0, 1, 2), 0).astype(np.int8)
    reason = reasons(trends)
    direction[(reason >= 0) & (reason != REASONS.index(CONSTANT))] = -1
    return direction


def mann_kendall(values: Floats, offsets: NDArray[np.int64]) -> Trends:
    """Test N series given as one flat array: series i is ``values[offsets[i]:offsets[i + 1]]``.

    Missing entries are NaN. Series may differ in length and in the number of missing entries; those
    of one length and number are computed together.
    """
    length = np.diff(offsets)
    finite = np.isfinite(values)
    running = np.concatenate([[0], np.cumsum(finite)])
    n_valid = running[offsets[1:]] - running[offsets[:-1]]
    result = Trends.empty(len(length))
    result.n[:] = n_valid
    result.n_missing[:] = length - n_valid
    for rows in groups_of(length, n_valid):
        size = int(length[rows[0]])
        series = values[offsets[rows][:, None] + np.arange(size)]
        result.put(rows, block_of_trends(series, int(n_valid[rows[0]])))
    return result


def groups_of(length: NDArray[np.int64], n_valid: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Row numbers of series with one length and number of values, in blocks; only from 2 values."""
    kind = length * (int(length.max(initial=0)) + 1) + n_valid
    order = np.argsort(kind, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(kind[order])) + 1):
        if rows.size and n_valid[rows[0]] > 1:
            size = int(length[rows[0]])
            n_block = max(1, BLOCK_NUMBERS // (size * (size - 1) // 2))
            yield from np.split(rows, range(n_block, len(rows), n_block))


def block_of_trends(series: Floats, n: int) -> Trends:
    """Test series that are the rows of a matrix, each with ``n`` > 1 finite values."""
    size = series.shape[1]
    columns = np.ascontiguousarray(series.T)
    if n < size:
        columns[~np.isfinite(columns)] = np.nan
    step, lag = differences(columns)
    sign = np.sign(step)
    s = np.nansum(sign, axis=0) if n < size else sign.sum(axis=0)
    var_s = (n * (n - 1) * (2 * n + 5) - tie_correction(step, lag, size, n)) / 18
    slope = median_of_first((step / lag[:, None]).T, n * (n - 1) // 2)
    intercept = median_of_first(columns.T, n) - middle_position(columns, n) * slope
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.where(s == 0, 0.0, (s - np.sign(s)) / np.sqrt(var_s))
    return Trends(
        p=2 * (1 - ndtr(np.abs(z))),
        z=z,
        s=s,
        var_s=var_s,
        tau=s / (0.5 * n * (n - 1)),
        slope=slope,
        intercept=intercept,
        n=np.full(len(series), n),
        n_missing=np.full(len(series), size - n),
    )


def differences(columns: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Later minus earlier value for all pairs of positions, and how far apart the positions are.

    ``columns`` has a series in each column; the result has a row for each pair, by distance.
    """
    size, n_series = columns.shape
    step = np.empty((size * (size - 1) // 2, n_series))
    start = 0
    for distance in range(1, size):
        stop = start + size - distance
        np.subtract(columns[distance:], columns[:-distance], out=step[start:stop])
        start = stop
    return step, np.repeat(np.arange(1, size), np.arange(size - 1, 0, -1))


def tie_correction(step: Floats, lag: NDArray[np.int64], size: int, n: int) -> Floats:
    """Sum of t (t - 1) (2 t + 5) over the groups of t equal values of each series.

    Each value of a group adds its part (t - 1) (2 t + 5), so groups need not be formed. A missing
    value equals nothing, not even itself: it stands as a group of one and adds nothing.
    """
    equal = step == 0
    if not equal.any():
        return np.zeros(step.shape[1])
    group = np.ones((size, step.shape[1]))
    for distance in range(1, size):
        pairs = equal[lag == distance]
        group[distance:] += pairs
        group[:-distance] += pairs
    return np.asarray(((group - 1) * (2 * group + 5)).sum(axis=0))


def middle_position(columns: Floats, n: int) -> Floats | float:
    """Median of the positions that hold a value."""
    size = len(columns)
    if n == size:
        return (size - 1) / 2
    position = np.where(np.isfinite(columns), np.arange(size, dtype=np.float64)[:, None], np.nan)
    return median_of_first(position.T, n)


def median_of_first(rows: Floats, n: int) -> Floats:
    """Median of the ``n`` finite entries of each row; NaN entries sort last."""
    low, high = (n - 1) // 2, n // 2
    few = rows.shape[1] < 40
    ordered = np.sort(rows) if few else np.partition(rows, sorted({low, high}))
    return np.asarray((ordered[:, low] + ordered[:, high]) / 2)
