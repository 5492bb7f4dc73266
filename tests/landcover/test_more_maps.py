"""A map more, less or another one: only what differs is read; rows are those of a reading from nothing."""

import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import shapely

from quarrydb.contract import LoadContext, SilentProgress
from quarrydb.errors import SourceError
from quarrydb.loaders import landcover_read, landcover_shard
from quarrydb.loaders.landcover_label import META, stored_labels
from quarrydb.loaders.landcover_legend import LandcoverClass, Legend, read_legend
from quarrydb.loaders.landcover_outlines import Outlines
from quarrydb.loaders.landcover_product import Product, recognise
from quarrydb.loaders.landcover_run import run_missing
from quarrydb.loaders.landcover_shard import SHARDS, make_shards, place_mines
from quarrydb.loaders.landcover_years import Naming
from quarrydb.loaders.raster import input_files
from quarrydb.store.shards import Store
from tests.landcover.conftest import write_raster

SIZE = 48  # pixels a side of a tile
PIXEL = 1 / 64
TILES = {"w": 10.0, "e": 10.0 + SIZE * PIXEL}
YEARS = (2000, 2001, 2002, 2003)
LEGEND = read_legend("glc_fcs30d")
CODES = np.array([10, 51, 130, 200, 210, 0], np.uint8)
PATTERN = r"(?P<tile>\w)_(?P<year>\d{4})\.tif"
# In the western tile, over both, at the outer edge, a few pixels, far from all tiles, smaller than one.
MINES = {
    "a": shapely.Point(10.2, 9.7).buffer(0.1),
    "b": shapely.Point(10.75, 9.6).buffer(0.12) - shapely.Point(10.75, 9.6).buffer(0.05),
    "c": shapely.box(10.0, 9.9, 10.11, 10.0),
    "d": shapely.box(11.0001, 9.5, 11.03, 9.53),
    "e": shapely.box(50, 1, 51, 2),
    "f": shapely.box(10.301, 9.301, 10.302, 9.302),
}


def codes_of(tile: str, year: int, seed: int = 0) -> np.ndarray:
    """Patches of cover, other ones in each tile and year."""
    rng = np.random.default_rng([ord(tile), year, seed])
    patches = rng.choice(CODES, (SIZE // 4, SIZE // 4))
    return np.kron(patches, np.ones((4, 4), np.uint8))


@dataclass
class Place:
    """A folder with maps, a store, and what was read of which file."""

    folder: Path
    read: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)
    store: Path = Path(".quarry")
    legend: Legend = LEGEND
    record_gaps: bool = True
    workers: int = 1
    naming: Mapping[str, Any] = field(default_factory=lambda: {"years_from": PATTERN})

    def write(self, tile: str, year: int, seed: int = 0, **options: Any) -> Path:
        """A map of one year."""
        return self.write_bands(f"{tile}_{year}.tif", tile, [codes_of(tile, year, seed)], **options)

    def write_bands(self, name: str, tile: str, bands: Sequence[Any], **options: Any) -> Path:
        """A file of several maps, in small tiles."""
        shape = {"tiled": True, "blockxsize": 16, "blockysize": 16, "compress": "deflate"}
        return write_raster(
            self.folder / name, np.stack(bands), left=TILES[tile], top=10.0, pixel=PIXEL,
            **{**shape, **options},
        )  # fmt: skip

    def product(self) -> Product:
        """All maps of the folder."""
        naming = Naming(record_gaps=self.record_gaps, **self.naming)
        return recognise(sorted(self.folder.glob("*.tif")), naming)

    def load(
        self, mines: Mapping[str, shapely.Geometry] = MINES, pieces: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Read mines, and pieces beside them, and give the rows of all their files by kind and key."""
        self.read.clear()
        product, store = self.product(), Store(self.folder / self.store)
        checksums = {f: sha256(f.read_bytes()).hexdigest() for f in input_files(product.files)}
        context = LoadContext(None, store, SilentProgress(), self.workers, checksums, self.folder)  # type: ignore[arg-type]
        placed = place_mines(product, [(i, shapely.to_wkb(g)) for i, g in mines.items()])
        shards = make_shards(
            product, [m for m in placed if m.mine_id not in pieces], legend=self.legend,
            record_gaps=self.record_gaps, checksums=checksums, store=store.root,
        )  # fmt: skip
        outlines = Outlines(product, self.legend, self.record_gaps, context)
        parts = [m for m in placed if m.mine_id in pieces]
        shards = outlines.beside(shards, parts, {p: p[0] for p in pieces})
        run_missing(shards, context, self.legend)
        every = [one for shard in shards for one in (shard, *shard.beside)]
        labels = stored_labels(store, [one.key for one in every])
        rows = {(kind, one.key): store.read(kind, one.key) for one in every for kind in SHARDS[:2]}
        return rows | {("labels", path.stem): pq.read_table(path) for path in labels}

    def from_nothing(self, *arguments: Any) -> dict[str, Any]:
        """The same with an empty store."""
        return replace(self, store=Path(".other"), read=[]).load(*arguments)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Four years of two tiles."""
    found = Place(tmp_path)
    for tile in TILES:
        for year in YEARS:
            found.write(tile, year)

    def noted(dataset: Any, path: Path, window: Any, **options: Any) -> Any:
        found.read.append((path.name, tuple(options.get("bands") or dataset.indexes)))
        return plain(dataset, path, window, **options)

    plain = landcover_read.read_window
    monkeypatch.setattr(landcover_read, "read_window", noted)
    return found


def files_read(place: Place) -> set[str]:
    return {name for name, _ in place.read}


def check_equal(place: Place, *arguments: Any) -> set[str]:
    """Load again and compare with a reading from nothing; the files that were read."""
    found = place.load(*arguments)
    read = files_read(place)
    expected = place.from_nothing(*arguments)
    assert found.keys() == expected.keys()
    assert all(found[key].equals(expected[key]) for key in expected)
    assert sum(table.num_rows for (kind, _), table in found.items() if kind != "labels") > 20
    return read


def test_one_more_map_is_read_alone(place: Place) -> None:
    place.load()
    for tile in TILES:
        place.write(tile, 2004)
    assert check_equal(place) == {"w_2004.tif", "e_2004.tif"}


def test_a_map_in_the_middle_is_read_alone(place: Place) -> None:
    for tile in TILES:
        (place.folder / f"{tile}_2002.tif").rename(place.folder / f"{tile}.later")
    place.load()
    for tile in TILES:
        (place.folder / f"{tile}.later").rename(place.folder / f"{tile}_2002.tif")
    assert check_equal(place) == {"w_2002.tif", "e_2002.tif"}


def test_maps_that_go_are_not_read(place: Place) -> None:
    place.load()
    for tile in TILES:
        (place.folder / f"{tile}_2003.tif").unlink()
    assert check_equal(place) == set()
    for tile in TILES:
        (place.folder / f"{tile}_2001.tif").unlink()
        place.write(tile, 2006)
    assert check_equal(place) == {"w_2006.tif", "e_2006.tif"}


def test_a_map_of_one_tile_that_is_replaced(place: Place) -> None:
    """Mines of the other tile keep their rows; those over both read the new map in its tile only."""
    place.load()
    place.write("w", 2001, seed=1)
    assert check_equal(place) == {"w_2001.tif", "e_2001.tif"}


@pytest.mark.parametrize("interleave", ["pixel", "band"])
@pytest.mark.parametrize("changed", [False, True])
def test_a_new_edition_of_a_file_of_all_years(
    tmp_path: Path, place: Place, interleave: str, changed: bool
) -> None:
    """Bands whose codes under the mines are the same count as unchanged; one that differs does not."""
    place.naming = {}
    for file in place.folder.glob("*.tif"):
        file.unlink()
    bands = {tile: [codes_of(tile, year) for year in (*YEARS, 2004)] for tile in TILES}
    for n in (4, 5):
        for tile in TILES:
            if n == 5 and changed:
                bands[tile][1] = bands[tile][1][::-1]
            place.naming = {"years": tuple(range(2000, 2000 + n))}
            place.write_bands(f"{tile}.tif", tile, bands[tile][:n], interleave=interleave)
        if n == 4:
            place.load()
    assert check_equal(place) == {"w.tif", "e.tif"}


def test_a_changed_mine_is_read_alone(place: Place) -> None:
    place.load()
    moved = {**MINES, "a": shapely.Point(10.21, 9.7).buffer(0.1)}
    check_equal(place, moved)
    place.load({**moved, "c": MINES["a"]})
    assert {name[0] for name in files_read(place)} == {"w"}


def test_a_legend_with_one_more_class_reads_nothing(place: Place) -> None:
    place.load()
    place.legend = Legend((*LEGEND.classes, LandcoverClass(77, "x", "x", "cropland", 77)))
    assert check_equal(place) == set()


def test_a_legend_that_hides_a_class_reads_it_again(place: Place) -> None:
    place.load()
    hidden = [replace(row, category="no data") if row.code == 51 else row for row in LEGEND.classes]
    place.legend = Legend(tuple(hidden))
    assert len(check_equal(place)) == 8


@pytest.mark.parametrize("harm", ["damaged", "missing", "no trajectories"])
def test_without_sound_labels_all_is_read_again(place: Place, harm: str) -> None:
    place.load()
    store = Store(place.folder / place.store)
    kind = "landcover_trajectory" if harm == "no trajectories" else "landcover_label"
    for file in store.path(kind, "x").parent.glob("*.parquet"):
        if harm == "damaged":
            content = bytearray(file.read_bytes())
            content[len(content) // 2] ^= 1
            file.write_bytes(content)
        else:
            file.unlink()
    for tile in TILES:
        place.write(tile, 2004)
    assert len(check_equal(place)) == 10


@pytest.mark.parametrize("where", ["label", "shard"])
def test_mines_too_large_to_keep_are_read_whole(
    place: Place, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Those read block by block, and those beyond the labels of a shard; the others are not."""
    if where == "shard":
        monkeypatch.setattr(landcover_shard, "LABELLED_PIXELS", 60)
    else:
        monkeypatch.setattr(landcover_read, "BLOCK_BYTES", 154 * 100)
    first = place.load()
    labels = [table for (kind, _), table in first.items() if kind == "labels"]
    assert 0 < sum(table.num_rows for table in labels) < 150
    for tile in TILES:
        place.write(tile, 2004)
    assert len(check_equal(place)) == 10


def test_pieces_beside_their_mines_go_on_too(place: Place) -> None:
    """A piece of a mine is a shard of its own; blocks of the new map serve both."""
    half = shapely.box(10, 9, 10.2, 10)
    mines = {
        **MINES,
        "a1": MINES["a"].intersection(half),
        "a2": MINES["a"].difference(half),
    }
    alone = replace(place, store=Path(".alone"))
    place.load(mines, ["a1", "a2"])
    alone.load()
    for tile in TILES:
        place.write(tile, 2004)
    alone.load()
    n_alone = len(place.read)
    place.load(mines, ["a1", "a2"])
    assert len(place.read) == n_alone
    assert files_read(place) == {"w_2004.tif", "e_2004.tif"}
    for tile in TILES:
        place.write(tile, 2005)
    assert check_equal(place, mines, ["a1", "a2"]) == {"w_2005.tif", "e_2005.tif"}


def test_maps_with_voids_of_every_kind(tmp_path: Path, place: Place) -> None:
    """Nodata values, masks inside the file, other number types."""
    place.load()
    float_codes = codes_of("w", 2004).astype("float32")
    float_codes[:6] = np.nan
    place.write_bands("w_2004.tif", "w", [float_codes], dtype="float32", nodata=130)
    place.write("e", 2004, nodata=51)
    place.write("w", 2001, seed=1, nodata=200)
    assert check_equal(place) == {"w_2004.tif", "e_2004.tif", "w_2001.tif", "e_2001.tif"}


def test_a_new_map_with_codes_that_the_legend_lacks(place: Place) -> None:
    """Where they are recorded, mines with them are read whole, the others not; else they are refused."""
    place.load()
    for tile in TILES:
        place.write(tile, 2004)
    odd = codes_of("w", 2004)
    odd[15:24, 10:14] = 77
    place.write_bands("w_2004.tif", "w", [odd])
    assert check_equal(place) == {"e_2004.tif", *(f"w_{year}.tif" for year in (*YEARS, 2004))}
    place.record_gaps = False
    mines = {name: shape for name, shape in MINES.items() if name in "ac"}
    with pytest.raises(SourceError, match=r"does not list: 77 \(\d+ pixels, 2004\)"):
        place.load(mines)


@pytest.mark.slow
def test_two_processes_agree(place: Place) -> None:
    place.load()
    for tile in TILES:
        place.write(tile, 2004)
    place.workers = 2
    check_equal(place)


def test_blocks_too_large_to_hold_are_taken_in_rows(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of one strip: windows stay below the limit, and rows are the same."""
    place.load()
    whole = {"tiled": False, "blockysize": SIZE, "blockxsize": SIZE}
    for tile in TILES:
        place.write(tile, 2004, **whole)
    monkeypatch.setattr(landcover_read, "BLOCK_BYTES", 155 * SIZE * 7)
    sizes = []
    plain = landcover_read.read_window

    def sized(dataset: Any, path: Path, window: Any, **options: Any) -> Any:
        sizes.append(window.width * window.height)
        return plain(dataset, path, window, **options)

    monkeypatch.setattr(landcover_read, "read_window", sized)
    place.load()
    assert files_read(place) == {"w_2004.tif", "e_2004.tif"}
    assert 10 < max(sizes) <= SIZE * 7
    assert check_equal(replace(place, store=Path(".new")))


def test_a_new_outline_within_a_mine_is_told_by_the_labels_of_the_mine(place: Place) -> None:
    """With a map more: a piece that no labels hold reads no other map than its mine."""
    place.load()
    for tile in TILES:
        place.write(tile, 2004)
    mines = {
        **MINES,
        "a1": MINES["a"].intersection(shapely.box(10, 9, 10.2, 10)),
        "b1": MINES["b"].intersection(shapely.box(10, 9, 11, 9.63)),
    }
    assert check_equal(place, mines, ["a1", "b1"]) == {"w_2004.tif", "e_2004.tif"}


def test_an_outline_that_leaves_its_mine_is_read_whole(place: Place) -> None:
    """The labels of a mine tell nothing of pixels beside it."""
    place.load()
    for tile in TILES:
        place.write(tile, 2004)
    mines = {**MINES, "a1": shapely.box(10.15, 9.65, 10.4, 9.7)}
    whole = {f"w_{year}.tif" for year in (*YEARS, 2004)}
    assert check_equal(place, mines, ["a1"]) == {"e_2004.tif", *whole}


def load_and_die(folder: Path, n_whole: int) -> None:
    """Load, and be killed in the middle of a file of labels, after some whole ones."""
    files = iter(range(n_whole))
    plain = pq.write_table

    def torn(table: Any, file: Any, **options: Any) -> None:
        if META not in (table.schema.metadata or {}) or next(files, None) is not None:
            plain(table, file, **options)
            return
        content = BytesIO()
        plain(table, content, **options)
        file.write(content.getvalue()[: content.tell() // 2])
        file.flush()
        os.kill(os.getpid(), signal.SIGKILL)

    pq.write_table = torn
    Place(folder).load()


@pytest.mark.parametrize("n_whole", [0, 1])
def test_a_load_killed_while_labels_are_written_goes_on(place: Place, n_whole: int) -> None:
    place.load()
    for tile in TILES:
        place.write(tile, 2004)
    process = get_context("spawn").Process(target=load_and_die, args=(place.folder, n_whole))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    store = Store(place.folder / place.store)
    assert len(list(store.root.rglob("landcover_label/.*.tmp"))) == 1
    assert check_equal(place) == {"w_2004.tif", "e_2004.tif"}
    store.remove_leftovers()
    assert not list(store.root.rglob("*.tmp"))
