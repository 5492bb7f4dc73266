"""What a country costs over the network: bytes and requests against the floor, whole files, naive windows.

The demo world as its publishers have it lies on a server of the loopback, which counts. The floor is the
bytes of the raster blocks that meet a mine, and the number of runs in which they lie in their files.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.windows import from_bounds

from benchmarks.harness import Row
from quarrydb.database.connection import load_spatial
from quarrydb.demo.write import write_published
from quarrydb.engine.build import build
from quarrydb.engine.builder import Builder
from quarrydb.fetch.copy import full_size_layouts
from quarrydb.fetch.policy import Policy
from quarrydb.fetch.tiff import Tiff
from quarrydb.project import load_project
from tests.fetch.server import Request, Server, serving

COUNTRY = "XAC"
DELAY_S = 0.05
TOUCHING = 8  # bytes between blocks that are one run: what cloud-optimised files put there
TARGETS = {"bytes": 1.05, "requests": 1.1, "time": 3.0}


@dataclass(frozen=True)
class Cost:
    """Bytes and requests."""

    n_bytes: int
    n_requests: int


@dataclass
class Found:
    """What one country's build cost: requests by what they brought, seconds over the network and without."""

    floor: Cost
    ours: Cost
    headers: Cost
    whole: Cost
    naive: Cost | None
    far_s: float
    local_s: float = 0.0


def run(size: str, folder: Path) -> list[Row]:
    """Build one country from the server, and count."""
    del size
    write_published(folder, scale=0.2)
    found = measure(folder, folder / "measured")
    ways = [
        ("quarrydb, blocks", found.ours),
        ("a window a mine and map (GDAL, /vsicurl/)", found.naive),
        ("whole files", found.whole),
    ]
    rows = [Row("the blocks under the mines, and their runs", None, note=words(found.floor))]
    rows.append(Row("quarrydb, headers and indices", None, note=words(found.headers)))
    for what, cost in ways:
        if cost is not None:
            note = f"{words(cost)}: {ratios(cost, found.floor)}"
            rows.append(Row(what, None, note=note))
    n_requests = found.ours.n_requests + found.headers.n_requests
    note = (
        f"{found.far_s:.1f} s by the clock with {DELAY_S * 1000:.0f} ms of delay a request, "
        f"{found.local_s:.1f} s from local files; at {Policy.rate:.0f} requests a second to a host, "
        f"{n_requests / Policy.rate:.1f} s are the least"
    )
    ratio = found.far_s / found.local_s
    return [*rows, Row("the build", None, ratio=ratio, target=TARGETS["time"], note=note)]


def words(cost: Cost) -> str:
    """A cost as text."""
    return f"{cost.n_bytes / 1e6:,.2f} MB in {cost.n_requests:,} requests"


def ratios(cost: Cost, floor: Cost) -> str:
    """A cost against the floor."""
    return (
        f"{cost.n_bytes / floor.n_bytes:,.3f} times the bytes, "
        f"{cost.n_requests / floor.n_requests:,.2f} times the requests"
    )


def measure(world: Path, folder: Path, *, naive: bool = True) -> Found:
    """Costs and seconds of one country's build, over a published world; ``folder`` is made."""
    published = world / "published"
    os.environ["QUARRY_CACHE"] = str(folder / "cache")
    with serving(published) as server:
        far = write_project(folder / "far", published, server.address)
        server.delay_s = DELAY_S
        started = time.monotonic()
        Builder(load_project(far), fetch=True)  # locates, with headers alone
        n_before = len(server.requests)
        database = build(load_project(far), workers=1, fetch=True).database
        far_s = time.monotonic() - started
        server.delay_s = 0.0
        heads = [r for r in server.requests[:n_before] if r.path.endswith(".tif")]
        asked = [r for r in server.requests[n_before:] if r.path.endswith(".tif")]
        named = {r.path for r in heads}
        used = [p for p in sorted(published.rglob("*.tif")) if path_of(p, published) in named]
        mines = mines_of(database)
        blocks, index = parted(asked, published)
        headers = Cost(index.n_bytes + sum(r.n_bytes for r in heads), index.n_requests + len(heads))
        whole = Cost(sum(p.stat().st_size for p in used), len(used))
        windows = naive_cost(server, used, mines, published) if naive else None
        found = Found(floor(used, mines), blocks, headers, whole, windows, far_s)
    near = write_project(folder / "near", published, None)
    started = time.monotonic()
    build(load_project(near), workers=1)
    found.local_s = time.monotonic() - started
    return found


def path_of(file: Path, published: Path) -> str:
    """The path of a file's address on the server."""
    return "/" + file.relative_to(published).as_posix()


def write_project(folder: Path, published: Path, server: str | None) -> Path:
    """The country of the catalogue's data sets, from the server or from the folders that it serves."""
    folder.mkdir(parents=True)
    hosts = sorted(path.name for path in published.iterdir())
    places = {host: f"{server}/{host}/" if server else str(published / host) for host in hosts}
    mirrors = "".join(f'"https://{host}/" = "{place}"\n' for host, place in places.items())
    text = (published.parent / "quarry.toml").read_text(encoding="utf-8")
    head, _, _ = text.rpartition("[network.mirror]")
    head = head.replace("[project]\n", f'[project]\narea = "{COUNTRY}"\n', 1)
    (folder / "quarry.toml").write_text(f"{head}[network.mirror]\n{mirrors}", encoding="utf-8")
    return folder


def mines_of(database: Path) -> NDArray[np.object_]:
    """The mines of a database."""
    with duckdb.connect(str(database), read_only=True) as connection:
        load_spatial(connection)
        rows = connection.execute("SELECT ST_AsWKB(geometry)::BLOB FROM core.mine").fetchall()
    found: NDArray[np.object_] = shapely.from_wkb([row[0] for row in rows])
    return found


def floor(rasters: Sequence[Path], mines: NDArray[np.object_]) -> Cost:
    """Bytes and runs of the blocks that meet a mine."""
    tree, n_bytes, n_runs = shapely.STRtree(mines), 0, 0
    for path in rasters:
        spans = sorted(set(blocks_under(path, tree)))
        n_bytes += sum(end - first for first, end in spans)
        ends = [end for _, end in spans]
        n_runs += sum(
            number == 0 or first > ends[number - 1] + TOUCHING
            for number, (first, _) in enumerate(spans)
        )
    return Cost(n_bytes, n_runs)


def blocks_under(path: Path, tree: shapely.STRtree) -> Iterator[tuple[int, int]]:
    """First byte and end of each block of a raster that meets a mine, as GDAL says."""
    with rasterio.open(path) as raster:
        height, width = raster.block_shapes[0]
        for geometry in tree.geometries:
            window = from_bounds(*geometry.bounds, raster.transform)
            rows = range(
                int(window.row_off) // height, int(window.row_off + window.height) // height + 1
            )
            columns = range(
                int(window.col_off) // width, int(window.col_off + window.width) // width + 1
            )
            for row in rows:
                for column in columns:
                    box = rasterio.windows.bounds(
                        rasterio.windows.Window(column * width, row * height, width, height),
                        raster.transform,
                    )
                    if geometry.intersects(shapely.box(*box)):
                        yield from span(raster, row, column)


def span(raster: rasterio.DatasetReader, row: int, column: int) -> Iterator[tuple[int, int]]:
    """First byte and end of a block; nothing where the file leaves it out."""
    first = raster.get_tag_item(f"BLOCK_OFFSET_{column}_{row}", "TIFF", bidx=1)
    size = raster.get_tag_item(f"BLOCK_SIZE_{column}_{row}", "TIFF", bidx=1)
    if first:
        yield int(first), int(first) + int(size)


def parted(asked: Sequence[Request], published: Path) -> tuple[Cost, Cost]:
    """Costs of blocks, and of parts of indices."""
    regions = {
        path: index_regions(published / path.lstrip("/")) for path in {r.path for r in asked}
    }
    is_header = [any(low <= r.first < high for low, high in regions[r.path]) for r in asked]
    parts = [
        [r for r, h in zip(asked, is_header, strict=True) if h is wanted]
        for wanted in (False, True)
    ]
    blocks, headers = (Cost(sum(r.n_bytes for r in part), len(part)) for part in parts)
    return blocks, headers


def index_regions(path: Path) -> list[tuple[int, int]]:
    """Where a file's index lies."""
    with path.open("rb") as file:

        def read(first: int, length: int) -> bytes:
            file.seek(first)
            return file.read(length)

        layouts = full_size_layouts(Tiff(read, str(path)))
    tags = [tag for layout in layouts for tag in (layout.offsets, layout.counts)]
    return [(tag.offset, tag.offset + tag.n_bytes) for tag in tags]


NAIVE = """
import json, sys, rasterio
from rasterio.windows import from_bounds
names, boxes = json.load(sys.stdin)
options = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "VSI_CACHE": False}
for box in boxes:
    for name in names:
        with rasterio.Env(**options), rasterio.open(name) as raster:
            raster.read(window=from_bounds(*box, raster.transform).round_offsets().round_lengths())
"""


def naive_cost(
    server: Server, rasters: Sequence[Path], mines: NDArray[np.object_], published: Path
) -> Cost:
    """A window of every mine in every map, each opened anew over GDAL's own network files."""
    names = [f"/vsicurl/{server.address}{path_of(path, published)}" for path in rasters]
    boxes = [geometry.bounds for geometry in mines]
    before = len(server.requests)
    # In a process of its own: here GDAL would keep the server's threads from answering.
    subprocess.run(
        [sys.executable, "-c", NAIVE], input=json.dumps([names, boxes]), text=True, check=True
    )
    new = server.requests[before:]
    return Cost(sum(r.n_bytes for r in new), len(new))
