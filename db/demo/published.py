"""The demo world under its publishers' addresses: one folder a host, as servers have the files.

A server of these folders, or ``[network.mirror]`` on them, gives what the catalogue's data sets name.
"""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import rasterio

from quarrydb.demo.grid import PIXEL, TILE_PIXELS, Tile, tiles_of
from quarrydb.demo.history import EPOCHS
from quarrydb.demo.indicators import NTL_PIXEL, NTL_PIXELS, NTL_TILE_DEGREES, NTL_TILES
from quarrydb.demo.landcover import ANNUAL, FIVE_YEARS
from quarrydb.demo.sparse_layer import SparseLayer, make_layer
from quarrydb.demo.vectors import COUNTRY_FILE, MAUS_FILE, TANG_FILE
from quarrydb.demo.world import World
from quarrydb.fetch.catalogue import Variant, fill_date, shipped

WORLD, PUBLISHED = "world", "published"
INDEX = "index.json"  # what a server answers for the folder itself
# Of OpenLandMap's maps, degrees; the demo's own tiles are sampled at the centres of its pixels.
COG_PIXEL = 0.00025
COG_BLOCK = 512
LIGHT, VIEWS = "avg_rade9h", "cf_cvg"

PROJECT = """\
# The demo world as its publishers have it: data sets of the catalogue, read from folders in place of
# servers. Without [network.mirror] the same file asks the servers themselves.

[project]
name = "demo world, as published"

[[polygons]]
dataset = "tang2023"

[[polygons]]
dataset = "maus2022"

[countries]
dataset = "natural_earth_10m"

[landcover]
dataset = "glc_fcs30d"
gaps = "record"

[[indicator]]
dataset = "viirs_monthly"
name = "ntl"

[network.mirror]
"""


def publish(world: World, folder: Path) -> None:
    """Lay the rendered world of ``folder/world`` out under ``folder/published``, with a project file."""
    source, target = folder / WORLD, folder / PUBLISHED
    publish_vectors(source, target)
    publish_tiles(source, target)
    publish_maps(world, source, target)
    publish_lights(world, source, target)
    hosts = sorted(path.name for path in target.iterdir())
    lines = [f'"https://{host}/" = "{PUBLISHED}/{host}"\n' for host in hosts]
    (folder / "quarry.toml").write_text(PROJECT + "".join(lines), encoding="utf-8")


def place(target: Path, address: str) -> Path:
    """Where the file behind an address lies; its folder is made."""
    parts = urlsplit(address)
    path = target / parts.netloc / unquote(parts.path).lstrip("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def variant(dataset: str, name: str | None = None) -> Variant:
    """A variant of a shipped data set."""
    return shipped()[dataset].get(name)


def publish_vectors(source: Path, target: Path) -> None:
    """Both polygon data sets and the countries; a record with checksums for what lies in a repository."""
    shutil.copyfile(source / MAUS_FILE, place(target, str(variant("maus2022").address)))
    tang = variant("tang2023")
    files = []
    for address in (str(tang.address), *tang.beside):
        path = place(target, address)
        part = (source / TANG_FILE).with_suffix(path.parent.suffix)
        shutil.copyfile(part, path)
        files.append(path)
    write_record(place(target, f"{tang.record}/{INDEX}"), files)
    countries = place(target, str(variant("natural_earth_10m").address))
    zip_up(countries, sorted((source / COUNTRY_FILE).parent.glob("*")))


def zip_up(archive: Path, files: Iterable[Path], folder: str = "") -> None:
    """Files into a ZIP, with a fixed date, so that the same files give the same bytes."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for file in files:
            info = zipfile.ZipInfo(folder + file.name, (2025, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, file.read_bytes())


def write_record(path: Path, files: Sequence[Path]) -> None:
    """The record of a deposit, as Zenodo answers it; files lie in ``NAME/content``."""
    entries = [
        {
            "key": file.parent.name,
            "size": file.stat().st_size,
            "checksum": f"md5:{hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()}",
        }
        for file in files
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"files": entries}), encoding="utf-8")


def publish_tiles(source: Path, target: Path) -> None:
    """Land-cover tiles in the archives of ten degrees that the publisher's record has."""
    way = variant("glc_fcs30d", "zenodo")
    tiles = sorted({path.name.split("_")[3] for path in (source / "landcover").rglob("*.tif")})
    archives = []
    for name, (low, high) in way.archives.items():
        wanted = [tile for tile in tiles if low <= west_of(tile) < high]
        files = sorted(f for t in wanted for f in (source / "landcover").rglob(f"*_{t}_*.tif"))
        if files:
            path = place(target, str(way.address).replace("{archive}", name))
            zip_up(path, files, f"GLC_FCS30D_19852022maps_{name}/")
            archives.append(path)
    write_record(place(target, f"{way.record}/{INDEX}"), archives)


def west_of(tile: str) -> int:
    """Western edge of a tile by its name, degrees."""
    digits = tile[1:].replace("S", "N").partition("N")[0]
    return int(digits) if tile[0] == "E" else -int(digits)


def publish_maps(world: World, source: Path, target: Path) -> None:
    """One map a year of the whole world, with blocks around mines alone."""
    layer = make_layer(world, COG_PIXEL, COG_BLOCK)
    codes = sample(layer, source)
    for number, year in enumerate(EPOCHS.tolist()):
        address = fill_date(str(variant("glc_fcs30d", "openlandmap").address), str(year))
        layer.write(layer.image(codes[number], 0, "uint8"), place(target, address), layer.grid)


def sample(layer: SparseLayer, source: Path) -> np.ndarray:
    """Codes (epoch, pixel) of the layer's pixels: those of the tile's pixel under each centre."""
    x, y = (
        layer.grid.west + (layer.column + 0.5) * COG_PIXEL,
        layer.grid.north - (layer.row + 0.5) * COG_PIXEL,
    )
    codes = np.zeros((len(EPOCHS), len(x)), "uint8")
    n_early = int((EPOCHS < 2000).sum())
    for tile in tiles_of((x.min(), y.min(), x.max(), y.max())):
        west, south, east, north = tile.box
        inside = np.flatnonzero((x >= west) & (x < east) & (y > south) & (y <= north))
        for template, bands in ((FIVE_YEARS, slice(0, n_early)), (ANNUAL, slice(n_early, None))):
            path = source / template.format(folder=tile.folder, tile=tile.name)
            if len(inside) and path.is_file():
                found = read_pixels(path, tile, x[inside], y[inside])
                codes[bands, inside] = found[: len(codes[bands])]  # 2000 is in the annual file
    return codes


def read_pixels(path: Path, tile: Tile, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """All bands of a tile's file at points, deposit by deposit, since a band whole is a third of a GB."""
    column = np.minimum(((x - tile.west) / PIXEL).astype(int), TILE_PIXELS - 1)
    row = np.minimum(((tile.north - y) / PIXEL).astype(int), TILE_PIXELS - 1)
    return read_at(path, row, column)


def read_at(path: Path, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """All bands of a file at pixels, (band, pixel), read block by block."""
    with rasterio.open(path) as raster:
        found = np.zeros((raster.count, len(row)), raster.dtypes[0])
        block = row // COG_BLOCK * 10_000 + column // COG_BLOCK
        for key in np.unique(block):
            here = np.flatnonzero(block == key)
            top, left = row[here].min(), column[here].min()
            window = rasterio.windows.Window(
                left, top, np.ptp(column[here]) + 1, np.ptp(row[here]) + 1
            )
            found[:, here] = raster.read(window=window)[:, row[here] - top, column[here] - left]
    return found


def publish_lights(world: World, source: Path, target: Path) -> None:
    """Monthly lights and their weights, one file each, under the names of the open store."""
    way = variant("viirs_monthly")
    layer = make_layer(world, NTL_PIXEL, world.scale.light_block)
    months = sorted({path.name.split("_")[2] for path in (source / "ntl").glob(f"*.{LIGHT}.tif")})
    for period in months:
        month = f"{period[:4]}-{period[4:6]}"
        for kind, address in ((LIGHT, way.address), (VIEWS, way.weight_address)):
            image = light_image(layer, source, period, kind)
            layer.write(image, place(target, fill_date(str(address), month)), layer.grid)


def light_image(layer: SparseLayer, source: Path, period: str, kind: str) -> np.ndarray:
    """The pixels of a layer from the six tiles of a month."""
    values = np.zeros(len(layer.row), "float32" if kind == LIGHT else "uint16")
    for tile, (west, north, height) in NTL_TILES.items():
        row = layer.row + round((north - layer.grid.north) / NTL_PIXEL)
        column = layer.column + round((layer.grid.west - west) / NTL_PIXEL)
        inside = (row >= 0) & (row < height * NTL_PIXELS)
        inside &= (column >= 0) & (column < NTL_TILE_DEGREES * NTL_PIXELS)
        if inside.any():
            (path,) = (source / "ntl").glob(f"*_{period}_{tile}_*.{kind}.tif")
            values[inside] = read_at(path, row[inside], column[inside])[0]
    return layer.image(values, 0, values.dtype.name)
