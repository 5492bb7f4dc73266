"""Windows in which a raster is read: every wanted block in one of them, no other in any."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from quarrydb.loaders.coverage import CellCoverage
from quarrydb.loaders.indicator_blocks import plan_of
from quarrydb.loaders.indicator_cells import runs


@settings(max_examples=150, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    block=st.tuples(st.integers(1, 45), st.integers(1, 45)),
    max_pixels=st.integers(1, 400),
    n_mines=st.integers(1, 5),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_plan_reads_each_wanted_block_once_and_finds_every_cell(
    shape, block, max_pixels, n_mines, seed
):
    rng = np.random.default_rng(seed)
    height, width = shape
    picture = rng.integers(0, 1000, shape)
    mines = [np.flatnonzero(rng.random(height * width) < rng.random()) for _ in range(n_mines)]
    mines = [cells if len(cells) else np.array([0]) for cells in mines]
    parts = [runs([CellCoverage(cells, np.ones(len(cells)))]) for cells in mines]
    cell = np.concatenate(mines)
    plan = plan_of(
        np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts]),
        width, block, max_pixels,
    )  # fmt: skip
    found = np.full(len(cell), -1)
    seen = []
    for number, (top, left, high, wide) in enumerate(plan.windows):
        here = slice(plan.bounds[number], plan.bounds[number + 1])
        window = picture[top : top + high, left : left + wide]
        assert window.shape == (high, wide)
        found[plan.place[here]] = window.ravel()[plan.inner[here]]
        blocks = {
            (row // block[0], column // block[1])
            for row in range(top, top + high)
            for column in range(left, left + wide)
        }
        assert len(blocks) == 1 or len(blocks) * block[0] * block[1] <= max_pixels
        seen += blocks
    assert found.tolist() == picture.ravel()[cell].tolist()
    row, column = np.divmod(cell, width)
    wanted = set(zip((row // block[0]).tolist(), (column // block[1]).tolist(), strict=True))
    assert sorted(seen) == sorted(wanted)


def test_strips_are_read_many_rows_at_a_time():
    start = np.array([12, 22, 32, 42, 95], np.int64)
    plan = plan_of(start, np.array([3, 3, 3, 3, 2], np.int32), 10, (1, 10), 1000)
    assert plan.windows == [(1, 2, 4, 3), (9, 5, 1, 2)]


def test_a_run_that_goes_on_in_the_next_row_is_cut():
    plan = plan_of(np.array([8], np.int64), np.array([4], np.int32), 10, (1, 5), 1)
    assert plan.windows == [(0, 8, 1, 2), (1, 0, 1, 2)]
