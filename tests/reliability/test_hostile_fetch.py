"""What servers, caches, locks, mosaics and catalogues of strangers say is checked before it counts."""

import contextlib
import json
import os
import random
import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from quarrydb.errors import SourceError
from quarrydb.fetch.address import as_file_name
from quarrydb.fetch.cache import Cache, key_of
from quarrydb.fetch.catalogue import catalogue
from quarrydb.fetch.copy import Index, full_size_layouts
from quarrydb.fetch.lockfile import LockFile
from quarrydb.fetch.ranges import Ranges
from quarrydb.fetch.tiff import Tiff
from quarrydb.inference.onnx_model import check_is_whole
from quarrydb.loaders.image_stac import stac_rows
from quarrydb.loaders.raster_vrt import check_vrt
from tests.landcover.conftest import write_raster
from tests.reliability.hostile import DECOY
from tests.reliability.table import case, tried
from tests.reliability.tools import refusal

SECTION = "Security"
ADDRESS = "https://example.org/a.tif"


def hold(cache: Cache) -> None:
    with cache.held("a"):
        pass


PLACES: dict[str, Callable[[Cache], object]] = {
    "part": lambda cache: cache.part(ADDRESS),
    f"part/{key_of(ADDRESS)}.part": lambda cache: cache.part(ADDRESS),
    f"part/{key_of(ADDRESS)}.part.journal": lambda cache: cache.part(ADDRESS),
    "windows/k": lambda cache: cache.copy("k", "a.tif"),
    "windows/k/a.tif": lambda cache: cache.copy("k", "a.tif"),
    "windows/k/a.tif.journal": lambda cache: cache.copy("k", "a.tif"),
    "whole": lambda cache: cache.whole("k", "a.tif"),
    "whole/k/.a.tif.tmp": lambda cache: cache.whole("k", "a.tif"),
    "lock": hold,
    f"lock/{key_of('a')}": hold,
}


@tried(SECTION, "cache in the project's folder, with a link or a second name at any place")
def test_no_link_of_a_cache_is_followed(tmp_path: Path, happened: Callable[[str], None]) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "a.tif").write_text(DECOY)
    said = set()
    for number, (place, ask) in enumerate(PLACES.items()):
        for aim in (precious, precious / "a.tif", precious / "new.tif"):
            link = tmp_path / f"{number}{aim.name}" / place
            link.parent.mkdir(parents=True)
            link.symlink_to(aim)
            text = refusal(partial(ask, Cache(tmp_path / f"{number}{aim.name}")))
            said.add(text.partition(" is ")[2])
    second = tmp_path / "second" / "part" / f"{key_of(ADDRESS)}.part"
    second.parent.mkdir(parents=True)
    second.hardlink_to(precious / "a.tif")
    refusal(lambda: Cache(tmp_path / "second").part(ADDRESS))
    assert [path.name for path in precious.iterdir()] == ["a.tif"]
    assert (precious / "a.tif").read_text() == DECOY
    happened(f"Refused, nothing outside it changes: ... is {said.pop()}")
    assert not said


ENTRIES = [
    'sha256 = "../../../../home/me"',
    'header_sha256 = "/etc/passwd"',
    'crc32 = "x"',
    'etag = "a\\r\\nX-Evil: 1"',
    'modified = "\\u0000"',
    'member = "a\\nb"',
    "size = -5",
    "size = true",
    "size = 1.5",
    "accessed = 5",
]


@tried(
    SECTION, "quarry.lock edited by hand: checksums that climb, headers in an ETag, negative sizes"
)
def test_a_hostile_lock(tmp_path: Path, happened: Callable[[str], None]) -> None:
    lock = tmp_path / "quarry.lock"
    for entry in ENTRIES:
        lock.write_text(f'version = 1\n[[file]]\naddress = "{ADDRESS}"\n{entry}\n')
        assert "can't be read" in refusal(lambda: LockFile(lock)), entry
    lock.write_text("version = 1\nfile = " + "[" * 5000 + "]" * 5000)
    refusal(lambda: LockFile(lock))
    lock.unlink()
    os.mkfifo(lock)
    happened(refusal(lambda: LockFile(lock)))


TAGS = {256: 64, 257: 64, 277: 1, 322: 16, 323: 16, 324: 0, 325: 0}


def big_tiff(**changed: int) -> bytes:
    """A BigTIFF of 16 tiles, its index at the end; ``changed`` numbers of ``TAGS`` and others by name."""
    numbers = {"first": 16, "count": 16, "index": 1000, **changed}
    head = struct.pack("<2sHHHQ", b"II", 43, 8, 0, numbers["first"])
    body = struct.pack("<Q", len(TAGS))
    for code, value in TAGS.items():
        n, place = (numbers["count"], numbers["index"]) if value == 0 else (1, value)
        body += struct.pack("<HHQQ", code, 16, n, numbers.get(f"t{code}", place))
    return (head + body + bytes(8)).ljust(1000, b"\0") + struct.pack("<16Q", *range(2000, 2016)) * 2


def look(content: bytes) -> None:
    """What a fetch asks of a header: its directories, blocks, and where a window's blocks are."""
    tiff = Tiff(lambda first, n: content[first : first + n], "a.tif")
    layouts = full_size_layouts(tiff)
    index = Index(tiff, layouts, Ranges([(0, len(content))]))
    index.missing(np.array([[0, 20, 0, 20], [60, 64, 60, 64]]))


ABSURD = (2**64 - 1, 2**63, 2**62, 2**40, 2**31, 0)


@tried(
    SECTION,
    "remote GeoTIFF with absurd sizes, counts and offsets, and 500 with a random byte changed",
)
def test_a_hostile_tiff(monkeypatch: pytest.MonkeyPatch, happened: Callable[[str], None]) -> None:
    look(big_tiff())
    for value in ABSURD:
        for name in ("first", "count", "t256", "t257", "t322", "t323"):
            with pytest.raises(SourceError):
                look(big_tiff(**{name: value}))
    for name in ("index", "t277", "t324", "t325"):
        for value in ABSURD[:2]:
            with contextlib.suppress(SourceError):
                look(big_tiff(**{name: value}))
    numbers, sound = random.Random(1), big_tiff()
    for _ in range(500):
        content = bytearray(sound)
        content[numbers.randrange(len(content))] = numbers.randrange(256)
        with contextlib.suppress(SourceError):
            look(bytes(content))
    monkeypatch.setenv("QUARRY_READ_MEMORY", "100MB")
    huge = big_tiff(t256=2**26, t257=2**26, t322=2**12, t323=2**12, count=2**28)
    tiff = Tiff(lambda first, n: huge[first : first + n], "a.tif")
    happened(refusal(lambda: tiff.values(full_size_layouts(tiff)[0].offsets)))


VRT = (
    '<VRTDataset rasterXSize="2" rasterYSize="2"><VRTRasterBand dataType="Byte" band="1">{}'
    "</VRTRasterBand></VRTDataset>"
)
SOURCE = "<ComplexSource><SourceFilename relativeToVRT='1'>{}</SourceFilename>{}</ComplexSource>"
VRTS = [
    case(SECTION, "VRT over /etc/passwd", SOURCE.format("/etc/passwd", "")),
    case(SECTION, "VRT over a file above it", SOURCE.format("../secret.tif", "")),
    case(SECTION, "VRT over a link that leaves its folder", SOURCE.format("link.tif", "")),
    case(SECTION, "VRT over a URL", SOURCE.format("https://127.0.0.1:9/a.tif", "")),
    case(SECTION, "VRT over a VRT", SOURCE.format("inner.vrt", "")),
    case(SECTION, "VRT with a pixel function", "<PixelFunctionType>mul</PixelFunctionType>"),
    case(SECTION, "VRT whose nodata is no number", SOURCE.format("a.tif", "<NODATA>x</NODATA>")),
    case(
        SECTION,
        "VRT nested 5,000 deep",
        SOURCE.format("a.tif", "") + "<MDI>" * 5000 + "</MDI>" * 5000,
    ),
]


@pytest.mark.parametrize("band", VRTS)
def test_a_hostile_vrt(band: str, tmp_path: Path, happened: Callable[[str], None]) -> None:
    folder = tmp_path / "tiles"
    folder.mkdir()
    write_raster(folder / "a.tif", [[1, 2], [3, 4]])
    write_raster(tmp_path / "secret.tif", [[1, 2], [3, 4]])
    (folder / "link.tif").symlink_to(tmp_path / "secret.tif")
    (folder / "inner.vrt").write_text(VRT.format(SOURCE.format("a.tif", "")))
    (folder / "all.vrt").write_text(VRT.format(band))
    happened(refusal(lambda: check_vrt(folder / "all.vrt")))


WEIRD: tuple[object, ...] = (
    None,
    5,
    True,
    "",
    "javascript:alert(1)",
    [],
    [[]],
    {},
    {"a": 1},
    1e400,
)


@tried(SECTION, "STAC items with values of other kinds anywhere, and one nested 100,000 deep")
def test_hostile_items(tmp_path: Path, happened: Callable[[str], None]) -> None:
    item = {
        "type": "Feature",
        "id": "a",
        "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
        "properties": {"datetime": "2016-01-01T00:00:00Z", "bands": [{"name": "red"}]},
        "assets": {
            "data": {"href": "a.tif", "roles": ["data"], "bands": [{"name": "red"}]},
            "B04": {"href": "b.tif", "raster:bands": [{"scale": 1, "offset": 0}], "gsd": 10},
            "B03": {"href": "c.tif", "eo:bands": [{"common_name": "green"}]},
        },
    }
    file = tmp_path / "items.json"
    for path in paths_of(item):
        for value in WEIRD:
            file.write_text(json.dumps(with_value(item, path, value)))
            with contextlib.suppress(SourceError):
                list(stac_rows(file))
    file.write_text('{"a":' * 100_000)
    happened(refusal(lambda: list(stac_rows(file))))


def paths_of(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Where every value below a JSON value stands."""
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [p for key, one in inner for p in [(*path, key), *paths_of(one, (*path, key))]]


def with_value(item: object, path: tuple[object, ...], value: object) -> object:
    """A copy of a JSON value with another one in one place."""
    copy = json.loads(json.dumps(item))
    place = copy
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return copy


@tried(SECTION, "data sets of a project that are a pipe, or nest 5,000 deep")
def test_hostile_data_sets(tmp_path: Path, happened: Callable[[str], None]) -> None:
    (tmp_path / "datasets").mkdir()
    file = tmp_path / "datasets" / "a.toml"
    file.write_text("a = " + "[" * 5000 + "]" * 5000)
    refusal(lambda: catalogue(tmp_path))
    file.unlink()
    os.mkfifo(file)
    happened(refusal(lambda: catalogue(tmp_path)))


@tried(SECTION, "model folder whose ONNX file keeps weights in another file")
def test_weights_elsewhere(tmp_path: Path, happened: Callable[[str], None]) -> None:
    onnx = pytest.importorskip("onnx")
    tensor = onnx.TensorProto(name="w", data_type=1, dims=[4], data_location=1)
    tensor.external_data.add(key="location", value="../../etc/passwd")
    graph = onnx.helper.make_graph([], "g", [], [], [tensor])
    (tmp_path / "model.onnx").write_bytes(onnx.helper.make_model(graph).SerializeToString())
    happened(refusal(lambda: check_is_whole(tmp_path / "model.onnx")))


@pytest.mark.parametrize("name", ["..", ".", "", "a/..", "\0", "\\..\\x", " . "])
def test_a_name_of_an_archive_stays_a_name(name: str, tmp_path: Path) -> None:
    assert (tmp_path / as_file_name(name)).resolve().parent == tmp_path.resolve()
    assert as_file_name(name) not in ("", ".", "..")
