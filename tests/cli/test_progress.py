"""Progress of long work: bytes with their rate and the time that is left, other units without a rate."""

import io

import pytest
from rich.console import Console

from quarrydb import progress


def test_lines_say_bytes_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PLAIN_INTERVAL_S", 0.0)
    clock = iter([100.0, 104.0, 100.0, 104.0])
    monkeypatch.setattr("quarrydb.progress.time.monotonic", lambda: next(clock))
    out = io.StringIO()
    lines = progress.LineProgress(Console(file=out, width=200))
    with lines.task("fetching blocks of 3 rasters", 30, "MB") as task:
        task.advance(10)
    with lines.task("reading", 30, "mines") as task:
        task.advance(10)
    assert out.getvalue().splitlines() == [
        "  fetching blocks of 3 rasters: 10 of 30 MB, 2.5 MB/s, 4.0 s, about 8.0 s left",
        "  reading: 10 of 30 mines, 4.0 s, about 8.0 s left",
    ]


@pytest.mark.parametrize(("unit", "has_rate"), [("MB", True), ("mines", False)])
def test_bars_show_a_rate_of_bytes_alone(unit: str, has_rate: bool) -> None:
    out = io.StringIO()
    bars = progress.BarProgress(Console(file=out, width=200, force_terminal=True))
    with bars.task("fetching", 30, unit) as task:
        task.advance(10)
        bars.bars.refresh()
    assert ("MB/s" in out.getvalue()) is has_rate
    assert f"10/30 {unit}" in out.getvalue()
