"""Windows of remote rasters: the same pixels as the whole file, and no byte more than needed."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.shutil import copy as gdal_copy
from rasterio.transform import from_origin
from rasterio.windows import Window

from benchmarks.fetch import index_regions
from quarrydb.errors import NetworkError, SourceError
from quarrydb.fetch.copy import CopyWriter, is_copy, journal_file, stored_bytes
from quarrydb.fetch.fetcher import Fetcher
from quarrydb.fetch.reply import ChangedError
from quarrydb.loaders.raster import gdal_environment, open_raster, read_window
from tests.fetch.server import Fault, Server

SIDE = 700
WINDOWS = [(0, 40, 0, 30), (300, 420, 250, 300), (690, 700, 690, 700)]
LAYOUTS: dict[str, dict[str, Any]] = {
    "tiled deflate": {"tiled": True, "compress": "deflate", "predictor": 2},
    "tiled lzw": {"tiled": True, "compress": "lzw"},
    "tiled zstd, bands apart": {"tiled": True, "compress": "zstd", "interleave": "band"},
    "tiled, not compressed": {"tiled": True},
    "packbits": {"tiled": True, "compress": "packbits"},
    "strips": {"blockysize": 16, "compress": "deflate"},
    "big": {"tiled": True, "compress": "deflate", "BIGTIFF": "YES"},
    "big-endian": {"tiled": True, "compress": "lzw", "ENDIANNESS": "BIG"},
    "left out where empty": {"tiled": True, "compress": "deflate", "sparse_ok": True},
}


def pixels(n_bands: int = 2) -> np.ndarray:
    """Numbers that compress badly, and a corner without any."""
    values = np.random.default_rng(1).integers(1, 60000, (n_bands, SIDE, SIDE)).astype("uint16")
    values[:, :200, 400:] = 0
    return values


def write_raster(path: Path, values: np.ndarray, **layout: Any) -> Path:
    """A GeoTIFF of ``values``, blocks of 64 pixels where it is tiled."""
    profile = {"driver": "GTiff", "count": len(values), "height": SIDE, "width": SIDE}
    profile |= {"dtype": str(values.dtype), "crs": "EPSG:4326", "nodata": 0}
    profile |= {"transform": from_origin(10, 50, 0.001, 0.001)}
    if layout.get("tiled"):
        profile |= {"blockxsize": 64, "blockysize": 64}
    with rasterio.open(path, "w", **profile, **layout) as raster:
        raster.write(values)
    return path


def read_all(path: Path, windows: Sequence[Sequence[int]]) -> list[np.ndarray]:
    """Pixels of some windows by the loaders' own way."""
    with gdal_environment(), open_raster(path) as raster:
        return [
            read_window(raster, path, Window(c0, r0, c1 - c0, r1 - r0))
            for r0, r1, c0, c1 in windows
        ]


def assert_same(path: Path, values: np.ndarray) -> None:
    """Windows of a copy hold the pixels that were written."""
    for (r0, r1, c0, c1), found in zip(WINDOWS, read_all(path, WINDOWS), strict=True):
        assert np.array_equal(found, values[:, r0:r1, c0:c1])


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_windows_hold_the_pixels_of_the_whole_file(
    layout: dict[str, Any], server: Server, fetcher: Fetcher
) -> None:
    values = pixels()
    file = write_raster(server.folder / "map.tif", values, **layout)
    path = fetcher.windows(f"{server.address}/map.tif", WINDOWS)
    assert_same(path, values)
    assert server.n_bytes < file.stat().st_size * 0.4
    with gdal_environment(), open_raster(path) as copy, rasterio.open(file) as whole:
        assert copy.profile == whole.profile
        assert copy.tags() == whole.tags()


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_a_block_that_was_not_fetched_raises(
    layout: dict[str, Any], server: Server, fetcher: Fetcher
) -> None:
    write_raster(server.folder / "map.tif", pixels(), **layout)
    path = fetcher.windows(f"{server.address}/map.tif", WINDOWS[:1])
    with pytest.raises(SourceError, match="not fetched"):
        read_all(path, [(500, 510, 100, 110)])


def test_a_cloud_optimised_file_with_mask_and_overviews(server: Server, fetcher: Fetcher) -> None:
    values = pixels()
    plain = write_raster(server.folder / "plain.tif", values)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(plain, "r+") as raster:
        raster.nodata = None
        raster.write_mask(values[0] % 7 > 0)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        gdal_copy(plain, server.folder / "map.tif", driver="COG", blocksize=128, compress="deflate")
    path = fetcher.windows(f"{server.address}/map.tif", WINDOWS)
    assert_same(path, values)
    with gdal_environment(), open_raster(path) as copy:
        assert copy.overviews(1) == []
        masks = [
            read_window(copy, path, Window(c0, r0, c1 - c0, r1 - r0), masks=True)
            for r0, r1, c0, c1 in WINDOWS
        ]
    for (r0, r1, c0, c1), mask in zip(WINDOWS, masks, strict=True):
        assert np.array_equal(mask[0] > 0, values[0, r0:r1, c0:c1] % 7 > 0)


def test_only_wanted_bands_come_where_bands_lie_apart(server: Server, fetcher: Fetcher) -> None:
    values = pixels(4)
    layout = {"tiled": True, "compress": "deflate", "interleave": "band"}
    write_raster(server.folder / "map.tif", values, **layout)
    path = fetcher.windows(f"{server.address}/map.tif", WINDOWS, bands=[3])
    with gdal_environment(), open_raster(path) as copy:
        assert np.array_equal(
            read_window(copy, path, Window(0, 0, 30, 40), bands=[3])[0], values[2, :40, :30]
        )
        with pytest.raises(SourceError, match="not fetched"):
            read_window(copy, path, Window(0, 0, 30, 40), bands=[2])


def test_bytes_and_requests_are_those_of_the_blocks(server: Server, fetcher: Fetcher) -> None:
    file = write_raster(server.folder / "map.tif", pixels(), tiled=True, compress="deflate")
    fetcher.windows(f"{server.address}/map.tif", [])
    n_header, header = len(server.requests), server.n_bytes
    assert n_header == 1
    fetcher.windows(f"{server.address}/map.tif", WINDOWS)
    with rasterio.open(file) as raster:
        spans = [
            (int(raster.get_tag_item(f"BLOCK_OFFSET_{x}_{y}", "TIFF", bidx=1)),
             int(raster.get_tag_item(f"BLOCK_SIZE_{x}_{y}", "TIFF", bidx=1)))
            for x, y in {(x, y) for r0, r1, c0, c1 in WINDOWS
                         for y in range(r0 // 64, (r1 - 1) // 64 + 1)
                         for x in range(c0 // 64, (c1 - 1) // 64 + 1)}
        ]  # fmt: skip
    starts = {first for first, _ in spans}
    floor = sum(n for _, n in spans)
    n_runs = len(spans) - sum(first + n in starts for first, n in spans)
    # The first blocks lie in the header's request.
    assert floor - header <= server.n_bytes - header <= floor * 1.003
    assert n_runs - 2 <= len(server.requests) - n_header - 1 <= n_runs


def test_what_is_there_is_not_asked_for_again(
    server: Server, make_fetcher: Callable[..., Fetcher]
) -> None:
    write_raster(server.folder / "map.tif", pixels(), tiled=True, compress="deflate")
    address = f"{server.address}/map.tif"
    first = make_fetcher()
    path = first.windows(address, WINDOWS)
    known = first.version_of(path)
    n = len(server.requests)
    assert make_fetcher().windows(address, WINDOWS, known=known) == path
    assert len(server.requests) == n


def test_a_large_index_is_read_in_parts(
    server: Server, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quarrydb.fetch.windows.SMALL_INDEX_BYTES", 100)
    monkeypatch.setattr("quarrydb.fetch.windows.HEAD_BYTES", 512)
    values = pixels()
    write_raster(server.folder / "map.tif", values, tiled=True, compress="deflate")
    path = fetcher.windows(f"{server.address}/map.tif", WINDOWS)
    assert_same(path, values)
    with pytest.raises(SourceError, match="not fetched"):
        read_all(path, [(500, 510, 100, 110)])


def test_parts_of_an_index_come_together(
    server: Server, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quarrydb.fetch.windows.SMALL_INDEX_BYTES", 100)
    monkeypatch.setattr("quarrydb.fetch.windows.HEAD_BYTES", 512)
    monkeypatch.setattr("quarrydb.fetch.ranges.GAP_BYTES", 0)
    file = write_raster(server.folder / "map.tif", pixels(), tiled=True, compress="deflate")
    fetcher.header(f"{server.address}/map.tif")
    n = len(server.requests)
    fetcher.windows(f"{server.address}/map.tif", WINDOWS)
    regions = index_regions(file)
    asked = [r for r in server.requests[n:] if any(a <= r.first < b for a, b in regions)]
    assert 1 <= len(asked) <= len(regions)


def test_a_write_over_a_patch_keeps_it(tmp_path: Path) -> None:
    with CopyWriter(tmp_path / "map.tif", 100) as writer:
        writer.write(0, bytes(range(40)))
        writer.patch(10, b"....")
        writer.write(5, bytes(range(5, 20)))
        writer.write(12, bytes(range(12, 60)))
        assert writer.read(0, 60) == bytes(range(10)) + b"...." + bytes(range(14, 60))
    journal_file(writer.path).write_text(journal_file(writer.path).read_text().replace("ok\n", ""))
    with CopyWriter(tmp_path / "map.tif", 100, writer.patches) as again:
        assert again.ranges().covers_one(0, 60)


def test_a_copy_whose_writer_was_killed_keeps_what_is_whole(
    server: Server, make_fetcher: Callable[..., Fetcher]
) -> None:
    values = pixels()
    write_raster(server.folder / "map.tif", values, tiled=True, compress="deflate")
    address = f"{server.address}/map.tif"
    path = make_fetcher().windows(address, WINDOWS)
    held = stored_bytes(path)
    journal = journal_file(path)
    lines = journal.read_text().splitlines()
    lost = max((line for line in lines if line != "ok"), key=lambda line: int(line.split()[0]))
    with path.open(
        "rb+"
    ) as file:  # the disk never got the last range, nor the journal's last lines
        file.seek(int(lost.split()[0]))
        file.write(bytes(int(lost.split()[1])))
    journal.write_text("\n".join(line for line in lines if line != "ok") + "\n12 34")
    before = server.n_bytes
    make_fetcher().windows(address, WINDOWS)
    assert_same(path, values)
    assert 0 < server.n_bytes - before < held / 2


def test_a_changed_file_stops_the_windows(server: Server, fetcher: Fetcher) -> None:
    write_raster(server.folder / "map.tif", pixels(), tiled=True, compress="deflate")
    address = f"{server.address}/map.tif"
    path = fetcher.windows(address, WINDOWS[:1])
    server.etags["/map.tif"] = '"another"'
    with pytest.raises(ChangedError, match=r"map\.tif changed on its server"):
        fetcher.windows(address, WINDOWS, known=fetcher.version_of(path))


def test_servers_without_ranges_or_etags(
    server: Server, make_fetcher: Callable[..., Fetcher]
) -> None:
    values = pixels()
    write_raster(server.folder / "map.tif", values, tiled=True, compress="deflate")
    address = f"{server.address}/map.tif"
    for kind, words in (("no_ranges", "only the whole file"), ("no_etag", "neither ETag nor date")):
        server.faults = [Fault("map.tif", kind, times=99)]
        assert_same(make_fetcher().windows(address, WINDOWS), values)
        with pytest.raises(NetworkError, match=f"{words}.*Download it"):
            make_fetcher(max_whole_raster_bytes=1000).windows(address, WINDOWS)


def test_a_file_that_is_no_tiff_or_is_cut(server: Server, fetcher: Fetcher) -> None:
    (server.folder / "page.tif").write_text("<html>not here</html>" * 10)
    with pytest.raises(SourceError, match="no GeoTIFF"):
        fetcher.windows(f"{server.address}/page.tif", WINDOWS)
    file = write_raster(server.folder / "map.tif", pixels(), tiled=True, compress="deflate")
    (server.folder / "cut.tif").write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(SourceError, match="truncated"):
        fetcher.windows(f"{server.address}/cut.tif", WINDOWS)


@pytest.mark.parametrize("kind", ["drop", "shifted", "stall", "trickle", "status"])
def test_what_may_pass_is_tried_again(kind: str, server: Server, fetcher: Fetcher) -> None:
    values = pixels()
    write_raster(server.folder / "map.tif", values, tiled=True, compress="deflate")
    server.faults = [Fault("map.tif", kind, times=2, status=503, first=20000)]
    assert_same(fetcher.windows(f"{server.address}/map.tif", WINDOWS), values)


FETCH = """
import sys
from pathlib import Path
from quarrydb.fetch.cache import Cache
from quarrydb.fetch.fetcher import Fetcher
from quarrydb.fetch.policy import Policy
host, address, cache = sys.argv[1:]
windows = [(r, r + 1, c, c + 1) for r in range(0, 700, 64) for c in range(r // 64 % 2 * 64, 700, 128)]
policy = Policy(listed=frozenset({host}), may_fetch=True, connections=4)
print(Fetcher(policy, Cache(Path(cache))).windows(address, windows))
"""


@pytest.mark.slow
def test_kill_9_at_any_moment_leaves_right_blocks_only(
    server: Server, fetcher: Fetcher, tmp_path: Path
) -> None:
    values = pixels()
    write_raster(server.folder / "map.tif", values, tiled=True, compress="deflate")
    address, cache = f"{server.address}/map.tif", tmp_path / "cache"
    command = [sys.executable, "-c", FETCH, server.host, address, str(cache)]
    server.delay_s = 0.003
    n_killed = 0
    for number in range(40):
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        started = len(server.requests)
        while len(server.requests) < started + 1 + number % 8 * 3 and process.poll() is None:
            time.sleep(0.001)
        if process.poll() is None:
            n_killed += 1
            process.kill()
        process.communicate()
        for path in cache.glob("windows/*/map.tif"):
            if is_copy(path):
                assert right_or_refused(path, values)
        if process.returncode == 0 or number % 8 == 7:
            shutil.rmtree(cache)
    assert n_killed > 20
    path = fetcher.windows(address, [(0, SIDE, 0, SIDE)])
    assert np.array_equal(read_all(path, [(0, SIDE, 0, SIDE)])[0], values)


def right_or_refused(path: Path, values: np.ndarray) -> bool:
    """Whether every block of a copy holds its pixels, or is known to be absent."""
    for top in range(0, SIDE, 64):
        for left in range(0, SIDE, 64):
            window = (top, min(top + 64, SIDE), left, min(left + 64, SIDE))
            try:
                (found,) = read_all(path, [window])
            except SourceError as error:
                if "not fetched" not in str(error):
                    return False
                continue
            if not np.array_equal(found, values[:, window[0] : window[1], window[2] : window[3]]):
                return False
    return True


def test_two_builds_that_want_blocks_of_one_raster_both_get_theirs(
    server: Server, make_fetcher: Callable[..., Fetcher]
) -> None:
    values = pixels()
    write_raster(server.folder / "map.tif", values, tiled=True, compress="deflate")
    address = f"{server.address}/map.tif"
    server.delay_s = 0.01
    wanted = [WINDOWS, [*WINDOWS[1:], (500, 510, 100, 110)], [(0, 10, 690, 700)]]
    with ThreadPoolExecutor(len(wanted)) as pool:
        paths = list(pool.map(lambda windows: make_fetcher().windows(address, windows), wanted))
    assert len(set(paths)) == 1
    for windows in wanted:
        for (first, end, left, right), found in zip(
            windows, read_all(paths[0], windows), strict=True
        ):
            assert np.array_equal(found, values[:, first:end, left:right])
