"""Chips of different splits never show the same ground."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quarrydb.inference import splits as splitting
from quarrydb.inference.splits import SEAM, assign_splits, counted, parse_shares

squares = st.lists(
    st.tuples(st.floats(0, 30), st.floats(0, 30), st.floats(0.2, 2)), min_size=1, max_size=40
)


@given(squares=squares, seed=st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_overlapping_grounds_share_a_split(squares, seed):
    windows = [shapely.box(x, y, x + side, y + side) for x, y, side in squares]
    names = [f"s{i:02}" for i in range(len(windows))]
    split = assign_splits(windows, names, seed=seed)
    for i, first in enumerate(windows):
        for j in range(i):
            if first.intersects(windows[j]):
                assert split[i] == split[j]
    order = np.random.default_rng(seed).permutation(len(windows))
    again = assign_splits([windows[i] for i in order], [names[i] for i in order], seed=seed)
    assert [split[i] for i in order] == again


def test_split_shares_are_89_10_1():
    windows = [shapely.box(3 * i, 0, 3 * i + 1, 1) for i in range(1000)]
    split = assign_splits(windows, [f"s{i}" for i in range(1000)], seed=1)
    assert [split.count(name) for name in ("train", "validation", "test")] == [890, 100, 10]
    other = assign_splits(windows, [f"s{i}" for i in range(1000)], seed=2)
    assert split != other


def test_shares_are_options():
    grounds = [shapely.box(3 * i, 0, 3 * i + 1, 1) for i in range(100)]
    names = [f"s{i}" for i in range(100)]
    found = assign_splits(grounds, names, seed=1, shares=parse_shares("6,0,4"))
    assert counted(found) == {"train": 60, "validation": 0, "test": 40}


@pytest.mark.parametrize("text", ["1,2", "a,b,c", "0,1,1", "1,-1,1", "nan,1,1"])
def test_what_are_no_shares_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011  - float() says it in its own words
        parse_shares(text)


def test_a_long_chain_is_cut_and_its_seams_are_in_no_split(monkeypatch):
    """200 chips of 2 km in a row, each over half of the next: one chain of 200 km."""
    monkeypatch.setattr(splitting, "LARGEST_NUMBER", 5)
    km = 1 / splitting.KM_PER_DEGREE
    grounds = [shapely.box(i * km, 0, (i + 2) * km, 2 * km) for i in range(200)]
    found = assign_splits(grounds, [f"s{i:03}" for i in range(200)], seed=3, shares=(0.6, 0.2, 0.2))
    assert set(found) == {"train", "validation", "test", SEAM}
    assert found.count(SEAM) < 20
    for one, first in zip(found, grounds, strict=True):
        for other, second in zip(found, grounds, strict=True):
            if one != other and SEAM not in (one, other):
                assert not first.intersects(second)
