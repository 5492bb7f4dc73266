"""What one country moves over the network, against the floor, as the benchmark counts it."""

from pathlib import Path

import pytest

from benchmarks.fetch import TARGETS, measure
from quarrydb.demo.write import write_published


@pytest.mark.slow
def test_bytes_and_requests_stay_near_the_floor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUARRY_CACHE", str(tmp_path / "cache"))
    write_published(tmp_path / "world", scale=0.2)
    found = measure(tmp_path / "world", tmp_path / "measured", naive=False)
    ours, floor = found.ours, found.floor
    assert floor.n_bytes > 500_000
    assert floor.n_requests > 200
    assert ours.n_bytes <= TARGETS["bytes"] * floor.n_bytes
    assert ours.n_requests <= TARGETS["requests"] * floor.n_requests
    assert found.headers.n_bytes + ours.n_bytes < found.whole.n_bytes / 5
