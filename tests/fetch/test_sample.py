"""A sample for interpreters is drawn from land cover on servers as from local files."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from quarrydb.cli.app import app
from quarrydb.engine.build import build
from quarrydb.project import load_project
from tests.fetch.server import Server
from tests.fetch.world import publish, write_project


@pytest.mark.slow
def test_a_sample_reads_the_blocks_that_were_fetched(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUARRY_CACHE", str(tmp_path / "cache"))
    publish(server.folder)
    drawn = []
    for name, place, network in (
        ("near", str(server.folder), ""),
        ("far", server.address, f'hosts = ["{server.host}"]'),
    ):
        folder = write_project(tmp_path / name, place, network)
        build(load_project(folder), workers=1, fetch=name == "far")
        arguments = ["sample", str(folder), "--out", str(folder / "sample.csv"), "--per-year", "3"]
        done = CliRunner().invoke(app, arguments, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        drawn.append((folder / "sample.csv").read_text())
    assert len(drawn[0].splitlines()) > 3
    assert drawn[0] == drawn[1]
