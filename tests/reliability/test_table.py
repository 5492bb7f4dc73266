"""docs/reliability.md is what these tests do: each row compares itself, and here no row may be left over."""

import os

import pytest

from tests.reliability import table
from tests.reliability.conftest import ORDER, WRITES, is_whole


def test_every_row_of_the_page_is_a_test(request: pytest.FixtureRequest) -> None:
    order = request.config.stash[ORDER]
    if os.environ.get(WRITES) or not is_whole(request.config):
        pytest.skip("the page is being written, or only a part of it was collected")
    assert set(table.read()) == set(order), "Run: make reliability"
