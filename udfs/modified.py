"""Mann-Kendall tests for series whose values depend on the one before, by ``pymannkendall``.

They correct the variance (Hamed and Rao 1998; Yue and Wang 2004) or take the dependence out of the
series first (pre-whitening, trend-free pre-whitening: Yue et al. 2002). They are slow, one series
at a time, and mean little for series of six years; the study uses the original test.
"""

import warnings
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from quarrydb.udfs.mann_kendall import MIN_VALUES, Floats, Trends, mann_kendall

# The functions of pymannkendall by the names of ours.
MODIFIED: Mapping[str, str] = {
    "hamed_rao": "hamed_rao_modification_test",
    "yue_wang": "yue_wang_modification_test",
    "pre_whitening": "pre_whitening_modification_test",
    "trend_free_pre_whitening": "trend_free_pre_whitening_modification_test",
}
EXACT = "exact"
TESTS = ("original", EXACT, *MODIFIED)


def mann_kendall_modified(
    values: Floats, offsets: NDArray[np.int64], test: str, alpha: float
) -> Trends:
    """As ``mann_kendall`` for the test named ``test``; fewer than four values are not tested.

    ``alpha`` decides which autocorrelations the Hamed-Rao test counts. Missing values close up
    before the test, as in pymannkendall; the slope keeps their places. Where a test can't be
    computed (a negative corrected variance), p and z are NaN.
    """
    result = mann_kendall(values, offsets)
    for row in np.flatnonzero((result.n >= MIN_VALUES) & (result.var_s > 0)):
        series = values[offsets[row] : offsets[row + 1]]
        found = one_series(np.where(np.isfinite(series), series, np.nan), test, alpha)
        for name, number in found.items():
            getattr(result, name)[row] = number
    return result


def one_series(series: Floats, test: str, alpha: float) -> dict[str, float]:
    """Numbers of one modified test; p and z are NaN where it can't be computed."""
    import pymannkendall  # with scipy.stats, a third of a second that the original test does not need

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            found = getattr(pymannkendall, MODIFIED[test])(series, alpha=alpha)
        except (ValueError, ZeroDivisionError, IndexError):
            return {"p": np.nan, "z": np.nan}
    return {
        "p": float(found.p),
        "z": float(found.z),
        "s": float(found.s),
        "var_s": float(found.var_s),
        "tau": float(found.Tau),
    }
