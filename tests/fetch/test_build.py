"""A project whose data lie on a server: planned, fetched, built, built again without a network."""

import json
import shutil
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest

from quarrydb.database.connection import connect, load_spatial
from quarrydb.engine.build import build
from quarrydb.engine.builder import Builder
from quarrydb.errors import NetworkError, SourceError
from quarrydb.export.views import export_views
from quarrydb.fetch.lockfile import LockFile
from quarrydb.fetch.reply import ChangedError
from quarrydb.fetch.windows import HEAD_BYTES
from quarrydb.project import load_project
from quarrydb.provenance.cite import citation
from tests.fetch.server import Server
from tests.fetch.world import differences, publish, write_map, write_project


@pytest.fixture
def far(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose data the server has; its cache is the test's own."""
    monkeypatch.setenv("QUARRY_CACHE", str(tmp_path / "cache"))
    publish(server.folder)
    return write_project(tmp_path / "far", server.address, f'hosts = ["{server.host}"]')


def test_nothing_is_asked_without_the_users_word(server: Server, far: Path) -> None:
    builder = Builder(load_project(far))
    assert len(builder.remote.pending) == 8
    with pytest.raises(NetworkError, match=r"8 files .* are not here.*quarry build --fetch"):
        builder.plan()
    assert server.requests == []
    assert not (far / "quarry.lock").exists()


def test_a_plan_needs_the_lock_only(
    server: Server, far: Path, tmp_path: Path, no_sockets: Callable[[], None]
) -> None:
    first = Builder(load_project(far), fetch=True).plan()
    lock = LockFile(far / "quarry.lock")
    assert {entry.used_by for entry in lock.entries.values()} == {
        "polygons mines", "countries", "landcover", "indicator ndvi",
    }  # fmt: skip
    shutil.rmtree(tmp_path / "cache")
    no_sockets()
    assert Builder(load_project(far)).plan().fingerprint == first.fingerprint


def test_headers_are_all_that_a_plan_moves_of_rasters(server: Server, far: Path) -> None:
    Builder(load_project(far), fetch=True).plan()
    whole = sum((server.folder / name).stat().st_size for name in ("mines.gpkg", "countries.gpkg"))
    assert server.n_bytes < whole + 6 * HEAD_BYTES + 100
    assert len(server.requests) == 8


def test_headers_come_beside_whole_files(server: Server, far: Path) -> None:
    is_header_asked, waited = threading.Event(), []

    def in_turn(path: str, query: str) -> int:
        if path.endswith(".tif"):
            is_header_asked.set()
        elif path == "/mines.gpkg":
            waited.append(is_header_asked.wait(20))
        return 0

    server.barred = in_turn
    Builder(load_project(far), fetch=True)
    assert waited == [True]


def test_a_whole_file_that_fails_ends_the_headers(server: Server, far: Path) -> None:
    before = set(threading.enumerate())
    server.barred = lambda path, query: 403 if path == "/mines.gpkg" else 0
    with pytest.raises(NetworkError, match=r"refuses access: .*/mines\.gpkg"):
        Builder(load_project(far), fetch=True)
    left = set(threading.enumerate()) - before
    assert not [one.name for one in left if one.name.startswith("ThreadPoolExecutor")]


@pytest.mark.slow
def test_a_build_from_servers_equals_the_build_from_files(
    server: Server, far: Path, tmp_path: Path, no_sockets: Callable[[], None]
) -> None:
    near = write_project(tmp_path / "near", str(server.folder))
    local = build(load_project(near), workers=1)
    # The indicator gets its blocks only after the land cover, a later step, has asked for its own.
    Builder(load_project(far), fetch=True)
    is_ahead, waited = threading.Event(), []

    def in_turn(path: str, query: str) -> int:
        if path.startswith("/cover"):
            is_ahead.set()
        elif path.startswith("/ndvi"):
            waited.append(is_ahead.wait(20))
        return 0

    server.barred = in_turn
    remote = build(load_project(far), workers=1, fetch=True)
    assert set(waited) == {True}
    assert differences(local.database, remote.database) == {}
    assert_origin_is_told(remote.database, server, tmp_path / "export")
    # Neither cache nor server is asked for what the store holds.
    remote.database.unlink()
    shutil.rmtree(tmp_path / "cache")
    no_sockets()
    again = build(load_project(far), workers=1)
    assert again.n_run == 0
    assert differences(local.database, again.database) == {}


def assert_origin_is_told(database: Path, server: Server, folder: Path) -> None:
    """Database, citation and exports say of every file where it was fetched, and when."""
    with connect(database) as connection:
        rows = connection.execute("SELECT path, address, accessed_on FROM raw.load").fetchall()
        said = citation(connection)
        export_views(connection, folder, views=["country_summary"], file_format="csv")
    assert len(rows) == 8
    assert all(address == f"{server.address}/{path}" for path, address, _ in rows)
    today = datetime.now(UTC).date()
    assert all(today - accessed <= timedelta(days=1) for *_, accessed in rows)
    assert said.count(f"from {server.host}") == 4
    sources = json.loads((folder / "datapackage.json").read_text())["sources"]
    assert {(one["address"], one["accessed"]) for one in sources} <= {
        (address, str(accessed)) for _, address, accessed in rows
    }
    assert sources


@pytest.mark.slow
def test_a_cache_without_a_store_is_enough(
    server: Server, far: Path, no_sockets: Callable[[], None]
) -> None:
    first = build(load_project(far), workers=1, fetch=True)
    kept = first.database.rename(far / "kept.duckdb")
    shutil.rmtree(far / ".quarry")
    no_sockets()
    assert differences(kept, build(load_project(far), workers=1, offline=True).database) == {}


@pytest.mark.slow
def test_content_that_changes_under_a_build_stops_it_by_name(server: Server, far: Path) -> None:
    Builder(load_project(far), fetch=True).plan()
    server.etags["/ndvi_2019.tif"] = '"new"'
    with pytest.raises(ChangedError, match=r"ndvi_2019\.tif changed on its server.*quarry update"):
        build(load_project(far), workers=1, fetch=True)
    assert not (far / "mines.duckdb").exists()


GREEN = """
[[stable_green.raster]]
path = "{place}/breaks.tif"
landcover = "{place}/newest.tif"
"""


@pytest.mark.slow
def test_stable_green_comes_from_rasters_on_servers(
    server: Server, far: Path, tmp_path: Path
) -> None:
    rng = np.random.default_rng(4)
    write_map(server.folder / "breaks.tif", rng.integers(0, 3, (512, 512)).astype("uint8"))
    # On another grid: what is read of it is not what the window of the breaks says.
    write_map(server.folder / "newest.tif", np.full((512, 512), 51, "uint8"), shift=0.0123)
    near = write_project(tmp_path / "near", str(server.folder))
    for folder, place in ((near, server.folder), (far, server.address)):
        with (folder / "quarry.toml").open("a") as file:
            file.write(GREEN.format(place=place))
    rows = []
    for folder, fetch in ((near, False), (far, True)):
        done = build(load_project(folder), workers=1, fetch=fetch, until=("core.erased",))
        with duckdb.connect(str(done.database), read_only=True) as connection:
            load_spatial(connection)
            query = "SELECT ST_AsWKB(geometry)::BLOB FROM raw.stable_green ORDER BY 1"
            rows.append(connection.execute(query).fetchall())
    assert len(rows[0]) > 10
    assert rows[0] == rows[1]


def test_what_can_not_be_read_is_named_by_its_address(server: Server, far: Path) -> None:
    (server.folder / "mines.gpkg").write_text("<html>not here</html>")
    words = rf"{server.address}/mines\.gpkg is XML"
    with pytest.raises(SourceError, match=words):
        build(load_project(far), workers=1, fetch=True)
    assert not (far / "mines.duckdb").exists()
