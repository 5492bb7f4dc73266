"""Grouping pixels: independent of order, exact in area, safe from hash collisions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from quarrydb.loaders import landcover_trajectory
from quarrydb.loaders.landcover_trajectory import as_table, distinct, group, merge, part_of, recode

PIXELS = st.integers(1, 60).flatmap(
    lambda n: st.tuples(
        st.integers(1, 30).flatmap(
            lambda k: arrays(np.uint8, (n, k), elements=st.sampled_from([0, 1, 2, 250]))
        ),
        arrays(np.int64, n, elements=st.integers(1, 10**12)),
        st.permutations(range(n)),
    )
)


def counted(codes, areas):
    """The same by a dictionary."""
    found: dict[tuple[int, ...], list[int]] = {}
    for row, area in zip(codes.tolist(), areas.tolist(), strict=True):
        entry = found.setdefault(tuple(row), [0, 0])
        entry[0] += 1
        entry[1] += area
    return found


@settings(deadline=None, max_examples=200)
@given(PIXELS)
def test_group_equals_a_dictionary_whatever_the_order(pixels):
    """Rows come in ascending order with exact sums, from any order of pixels and any blocks."""
    codes, areas, order = pixels
    order = np.array(order)
    whole = group(codes, areas)
    assert {
        tuple(row): [n, mm2]
        for row, n, mm2 in zip(whole.codes.tolist(), whole.n_pixels, whole.area_mm2, strict=True)
    } == counted(codes, areas)
    assert whole.codes.tolist() == sorted(whole.codes.tolist())
    half = len(codes) // 2
    parts = [group(codes[part], areas[part]) for part in (order[:half], order[half:])]
    again = merge(parts, codes.shape[1])
    for name in ("codes", "n_pixels", "area_mm2"):
        assert np.array_equal(getattr(again, name), getattr(whole, name))


@settings(deadline=None, max_examples=100)
@given(PIXELS, st.randoms())
def test_a_part_of_a_whole_is_what_grouping_it_gives(pixels, random):
    """With areas of its own; and nothing where it has a pixel that the whole lacks."""
    codes, areas, _ = pixels
    whole = group(codes, areas)
    own = np.array(sorted(random.sample(range(len(codes)), random.randint(1, len(codes)))))
    number = np.arange(len(codes)) * 3
    found = part_of(whole, number, number[own], areas[own] // 2)
    alone = group(codes[own], areas[own] // 2)
    for column in ("codes", "n_pixels", "area_mm2", "label"):
        assert getattr(found, column).tolist() == getattr(alone, column).tolist()
    for other in (number[own] + 1, np.append(number[own], number[-1] + 3)):
        assert part_of(whole, number, other, np.ones(len(other), np.int64)) is None


def test_collisions_of_the_hash_are_seen(monkeypatch):
    """A hash that is always 0 changes nothing."""
    codes = np.random.default_rng(0).integers(0, 3, (500, 9)).astype(np.uint8)
    areas = np.arange(500)
    good = group(codes, areas)
    monkeypatch.setattr(
        landcover_trajectory, "hash_rows", lambda words: np.zeros(len(words), np.uint64)
    )
    bad = group(codes, areas)
    assert np.array_equal(good.codes, bad.codes)
    assert np.array_equal(good.area_mm2, bad.area_mm2)


def test_distinct_numbers_rows_as_they_come():
    """First occurrences and labels."""
    codes = np.array([[5, 1], [3, 1], [5, 1], [3, 2]], np.uint8)
    first, label = distinct(codes)
    assert first.tolist() == [0, 1, 3]
    assert label.tolist() == [0, 1, 0, 2]


def test_recode_merges_what_becomes_equal():
    """Two filled values become one trajectory."""
    found = group(np.array([[0, 1], [250, 1], [2, 1]], np.uint8), np.array([1, 2, 4]))
    table = np.tile(np.arange(256, dtype=np.uint8), (2, 1))
    table[:, 0] = 250
    again = recode(found, table)
    assert again.codes.tolist() == [[2, 1], [250, 1]]
    assert again.area_mm2.tolist() == [4, 3]


def test_area_is_exact_to_the_square_millimetre():
    """A billion square metres and one square millimetre."""
    found = group(np.zeros((2, 1), np.uint8), np.array([10**15, 1]))
    table = as_table(["a"], np.array([len(found.codes)]), found, fill=255)
    assert table["area_km2"].to_pylist() == [pytest.approx(1000 + 1e-12, abs=1e-13)]
    assert round(table["area_km2"].to_pylist()[0] * 1e12) == 10**15 + 1
