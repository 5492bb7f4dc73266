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
from rasterio.windows import Window

from quarrydb.demo.history import EPOCHS
from quarrydb.demo.indicators import NTL_PIXEL
from quarrydb.demo.sparse_layer import SparseLayer, make_layer
from quarrydb.demo.vectors import COUNTRY_FILE, MAUS_FILE, TANG_FILE
from quarrydb.demo.world import World
from quarrydb.errors import ProjectError
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
    archives = []
    for folder in sorted((source / "landcover").iterdir()):
        name = folder.name.rpartition("_")[2]
        path = place(target, str(way.address).replace("{archive}", name))
        zip_up(path, sorted(folder.glob("*.tif")), f"{folder.name}/")
        archives.append(path)
    write_record(place(target, f"{way.record}/{INDEX}"), archives)


def publish_maps(world: World, source: Path, target: Path) -> None:
    """One map a year of the whole world, with blocks around mines alone."""
    layer = make_layer(world, COG_PIXEL, COG_BLOCK)
    x, y = centres(layer)
    n_early = int((EPOCHS < 2000).sum())  # the annual files have the year 2000, too
    n_late = len(EPOCHS) - n_early
    early = read_points((source / "landcover").glob("*/*_5years_*.tif"), x, y, n_early)
    late = read_points((source / "landcover").glob("*/*_Annual_*.tif"), x, y, n_late)
    for number, year in enumerate(EPOCHS.tolist()):
        codes = early[number] if number < n_early else late[number - n_early]
        address = fill_date(str(variant("glc_fcs30d", "openlandmap").address), str(year))
        image = layer.image(codes, 0, "uint8")
        layer.write(image, place(target, address), layer.grid, nodata=None)


def publish_lights(world: World, source: Path, target: Path) -> None:
    """Monthly lights and their weights under the names of the open store, a file for the whole world."""
    way = variant("viirs_monthly")
    layer = make_layer(world, NTL_PIXEL, world.scale.light_block)
    x, y = centres(layer)
    for ending, address, dtype in (
        (LIGHT, way.address, "float32"),
        (VIEWS, way.weight_address, "uint16"),
    ):
        dates = {path.name.split("_")[2] for path in (source / "ntl").glob(f"*.{ending}.tif")}
        for date in sorted(dates):
            values = read_points((source / "ntl").glob(f"*_{date}_*.{ending}.tif"), x, y, 1)
            file = place(target, fill_date(str(address), f"{date[:4]}-{date[4:6]}"))
            layer.write(layer.image(values[0], 0, dtype), file, layer.grid)


def centres(layer: SparseLayer) -> tuple[np.ndarray, np.ndarray]:
    """Longitude and latitude of the centres of a layer's pixels."""
    grid = layer.grid
    return (
        grid.west + (layer.column + 0.5) * grid.pixel,
        grid.north - (layer.row + 0.5) * grid.pixel,
    )


def read_points(paths: Iterable[Path], x: np.ndarray, y: np.ndarray, n_bands: int) -> np.ndarray:
    """Values of the first bands (band, point) at points of the tiles that hold them, 0 elsewhere.

    Tiles are read window by window: one of them whole is gigabytes.
    """
    found: np.ndarray | None = None
    for path in sorted(paths):
        with rasterio.open(path) as raster:
            if found is None:
                found = np.zeros((n_bands, len(x)), raster.dtypes[0])
            bands = list(range(1, n_bands + 1))
            columns, rows = ~raster.transform * (x, y)
            column, row = np.floor(columns).astype(int), np.floor(rows).astype(int)
            inside = (column >= 0) & (column < raster.width) & (row >= 0) & (row < raster.height)
            block = np.where(inside, row // COG_BLOCK * 100_000 + column // COG_BLOCK, -1)
            for key in np.unique(block[inside]):
                here = np.flatnonzero(block == key)
                top, left = row[here].min(), column[here].min()
                size = np.ptp(column[here]) + 1, np.ptp(row[here]) + 1
                values = raster.read(bands, window=Window(left, top, *size))
                found[:, here] = values[:, row[here] - top, column[here] - left]
    if found is None:
        raise ProjectError("The world has no rasters to publish. Render all its parts first.")
    return found
