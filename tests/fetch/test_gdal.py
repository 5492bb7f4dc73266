"""GDAL opens no connection: in a build, in its workers, in a command."""

import os
import subprocess
import sys

import pyogrio
import pytest
import rasterio
from pyogrio.errors import DataSourceError
from rasterio.errors import RasterioIOError

from quarrydb.fetch.gdal import OFFLINE, gdal_offline
from quarrydb.loaders.raster import gdal_environment
from quarrydb.workers.processes import map_shards
from tests.fetch.server import Server
from tests.fetch.test_windows import pixels, write_raster

PREFIXES = ("/vsicurl/", "/vsicurl_streaming/", "/vsizip//vsicurl/", "")


def opens(name: str) -> bool:
    """Whether GDAL reads a raster of that name."""
    try:
        rasterio.open(name).close()
    except RasterioIOError:
        return False
    return True


def test_without_the_switches_it_would(server: Server) -> None:
    write_raster(server.folder / "map.tif", pixels(1))
    # In a process of its own: here GDAL would keep the server's thread from answering.
    code = f"import rasterio; rasterio.open('/vsicurl/{server.address}/map.tif')"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    assert server.requests


@pytest.mark.parametrize("prefix", PREFIXES)
def test_gdal_asks_nobody(prefix: str, server: Server) -> None:
    write_raster(server.folder / "map.tif", pixels(1))
    name = f"{prefix}{server.address}/map.tif"
    with gdal_offline():
        assert not opens(name)
        with pytest.raises(DataSourceError):
            pyogrio.read_info(name)
    with gdal_environment():
        assert not opens(name)
    assert server.requests == []
    assert not set(OFFLINE) & set(os.environ)


def test_neither_do_workers(server: Server) -> None:
    write_raster(server.folder / "map.tif", pixels(1))
    names = [f"{prefix}{server.address}/map.tif" for prefix in PREFIXES]
    with gdal_offline():
        assert map_shards(opens, names, workers=2) == [False] * len(names)
    assert server.requests == []


def test_nor_a_command(server: Server) -> None:
    code = (
        "import sys, typer, quarrydb.cli.app\n"
        "@quarrydb.cli.app.app.command()\n"
        "def look() -> None:\n"
        "    import rasterio\n"
        f"    rasterio.open('/vsicurl/{server.address}/map.tif')\n"
        "from quarrydb.cli.entry import main\n"
        "sys.argv = ['quarry', 'look']\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode != 0
    assert "map.tif" in done.stderr
    assert server.requests == []
