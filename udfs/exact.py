"""The exact distribution of the Mann-Kendall score, for series too short for the normal curve.

Without a trend every order of the values is as likely as any other (Mann 1945). The number of falls
among the pairs of a series then has the q-multinomial coefficients as its counts, which hold ties
exactly: no table, no simulation (Stanley 2012, Enumerative Combinatorics 1, section 1.7).
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from quarrydb.udfs.mann_kendall import Floats, Trends, mann_kendall

MAX_VALUES = 50  # beyond it the normal curve is right to 1e-4, and whole numbers grow long


def mann_kendall_exact(values: Floats, offsets: NDArray[np.int64]) -> Trends:
    """As ``mann_kendall``, with the exact p of series of up to ``MAX_VALUES`` values."""
    trends = mann_kendall(values, offsets)
    p = trends.p.copy()
    for row in np.flatnonzero((trends.n > 1) & (trends.n <= MAX_VALUES)):
        n = int(trends.n[row])
        untied = trends.var_s[row] == n * (n - 1) * (2 * n + 5) / 18
        sizes = (1,) * n if untied else group_sizes(values[offsets[row] : offsets[row + 1]])
        p[row] = exact_p(int(trends.s[row]), sizes)
    return replace(trends, p=p)


def group_sizes(series: Floats) -> tuple[int, ...]:
    """How often each value of a series stands in it, sorted; missing entries left out."""
    counts = np.unique(series[np.isfinite(series)], return_counts=True)[1]
    return tuple(sorted(counts.tolist()))


@lru_cache(maxsize=100_000)
def exact_p(s: int, sizes: tuple[int, ...]) -> float:
    """Share of the orders of values whose score is at least as far from 0 as ``s``; equal values in
    groups of ``sizes``.
    """
    counts = orders_by_falls(sizes)
    n_pairs = len(counts) - 1  # of unequal values: the score is n_pairs less twice the falls
    extreme = sum(count for falls, count in enumerate(counts) if abs(n_pairs - 2 * falls) >= abs(s))
    return extreme / sum(counts)


@lru_cache(maxsize=10_000)
def orders_by_falls(sizes: tuple[int, ...]) -> Sequence[int]:
    """Number of orders of a multiset with 0, 1, 2 ... pairs in which the later value is the smaller.

    The product over groups of (1 - q^(m + 1)) ... (1 - q^(m + t)) / ((1 - q) ... (1 - q^t)), with
    m values before a group of t.
    """
    counts = [1]
    before = 0
    for size in sizes:
        for step in range(1, size + 1):
            counts = divided(multiplied(counts, before + step), step)
        before += size
    return counts


def multiplied(counts: list[int], power: int) -> list[int]:
    """A polynomial times 1 - q^power."""
    shifted = [0] * power + counts
    return [a - b for a, b in zip(counts + [0] * power, shifted, strict=True)]


def divided(counts: list[int], power: int) -> list[int]:
    """A polynomial over 1 - q^power, which divides it: each coefficient plus that ``power`` before."""
    sums = list(counts)
    for start in range(power):
        sums[start::power] = accumulate(counts[start::power])
    return sums[: len(counts) - power]
