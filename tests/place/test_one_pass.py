"""Rasters are read under mines and their pieces in one pass, and give what they give apart."""

import shutil
from collections import Counter
from pathlib import Path

import geopandas
import numpy as np
import pyarrow.parquet as pq
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from quarrydb.database.connection import connect
from quarrydb.engine.build import build
from quarrydb.loaders import indicator_raster, landcover_read
from quarrydb.loaders.indicator_bundle import KIND as BUNDLE
from quarrydb.loaders.indicator_bundle import names_of
from quarrydb.project import load_project
from tests.worlds import write_project

MINES = [shapely.box(0.01, 0.01, 0.09, 0.08), shapely.Point(0.15, 0.05).buffer(0.03)]
OF_MINES = ["raw.indicator", "raw.landcover_trajectory"]
OF_PIECES = ["raw.piece_indicator", "raw.piece_trajectory"]
SECTIONS = """
[landcover]
path = "landcover/m_*.tif"
years_from = 'm_(?P<year>\\d{4})'
gaps = "record"

[[indicator]]
name = "ntl"
path = "ntl/ntl_*.tif"
dates = "ntl_{year}{month}.tif"
"""
LAYER = '\n[[regions]]\nname = "NAME"\npath = "NAME.gpkg"\nid = "n"\n'


def write_raster(path: Path, dtype: str, seed: int, known: int = 10) -> None:
    """Classes, or lights, at random."""
    pixels = np.random.default_rng(seed).choice(np.array([52, 200, known], dtype), (100, 200))
    path.parent.mkdir(exist_ok=True)
    with rasterio.open(
        path, "w", driver="GTiff", width=200, height=100, count=1, dtype=dtype, crs="EPSG:4326",
        transform=from_origin(0, 0.1, 0.001, 0.001), tiled=True, blockxsize=64, blockysize=64,
    ) as dataset:  # fmt: skip
        dataset.write(pixels, 1)


def name_layer(folder: Path, name: str, shape: shapely.Geometry) -> None:
    """One more layer of regions."""
    geopandas.GeoDataFrame({"n": [1]}, geometry=[shape], crs=4326).to_file(folder / f"{name}.gpkg")
    file = folder / "quarry.toml"
    file.write_text(file.read_text() + LAYER.replace("NAME", name))


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """Two mines cut by one layer, two maps and two months."""
    folder = write_project(tmp_path / "world", {"a": MINES})
    for seed, year in enumerate((2000, 2001)):
        write_raster(folder / f"landcover/m_{year}.tif", "uint8", seed)
        write_raster(folder / f"ntl/ntl_{year}01.tif", "float32", seed)
    (folder / "quarry.toml").write_text((folder / "quarry.toml").read_text() + SECTIONS)
    name_layer(folder, "half", shapely.box(-1, -1, 0.0517, 1))
    return folder


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each raster was opened for its pixels."""
    counted: Counter[str] = Counter()
    for module in (landcover_read, indicator_raster):
        plain = module.open_raster
        monkeypatch.setattr(
            module,
            "open_raster",
            lambda path, plain=plain, **how: (counted.update([path.name]), plain(path, **how))[1],
        )
    return counted


def rows_of(folder: Path, workers: int = 1) -> list[list[tuple]]:
    """What rasters say of mines and pieces."""
    found = build(load_project(folder), until=[*OF_MINES, *OF_PIECES], workers=workers).database
    with connect(found) as connection:
        return [
            connection.execute(f"FROM {table} ORDER BY ALL").fetchall()
            for table in (*OF_MINES, *OF_PIECES)
        ]


def test_each_file_is_opened_once_for_mines_and_pieces(world: Path, opened: Counter[str]) -> None:
    whole, _, means, trajectories = rows_of(world)
    assert all((whole, means, trajectories))
    assert set(opened.values()) == {1}
    assert len(opened) == 4


def test_no_pixel_of_a_map_is_read_twice_for_a_piece(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    plain = landcover_read.read_window
    monkeypatch.setattr(
        landcover_read,
        "read_window",
        lambda data, path, *how, **more: (read.append(path.name), plain(data, path, *how, **more))[
            1
        ],
    )
    rows_of(world)
    assert sorted(read) == sorted(["m_2000.tif", "m_2001.tif"] * len(MINES))


def test_pieces_of_a_mine_with_codes_that_nobody_knows_are_read_apart(
    world: Path, tmp_path: Path
) -> None:
    write_raster(world / "landcover/m_2001.tif", "uint8", 1, known=77)
    apart = tmp_path / "apart"
    shutil.copytree(world, apart)
    build(load_project(apart), until=OF_MINES, workers=1)
    assert rows_of(world) == rows_of(apart)


@pytest.mark.parametrize("workers", [1, 2])
def test_one_pass_gives_the_bits_of_two(world: Path, tmp_path: Path, workers: int) -> None:
    """Of mines, read with pieces beside them or alone, and of pieces, read with their mines or apart."""
    apart = tmp_path / "apart"
    shutil.copytree(world, apart)
    build(load_project(apart), until=OF_MINES, workers=1)
    assert rows_of(world, workers) == rows_of(apart)


def test_a_layer_named_later_gives_the_bits_of_one_named_before(
    world: Path, tmp_path: Path, opened: Counter[str]
) -> None:
    """Only pieces that were not there are read; the shards of mines and of other pieces stay."""
    rows_of(world)
    kept = {path: path.stat().st_mtime_ns for path in (world / ".quarry/store").rglob("*.parquet")}
    name_layer(world, "more", shapely.box(0.1601, -1, 1, 1))
    opened.clear()
    later = rows_of(world)
    assert set(opened.values()) == {1}
    assert all(path.stat().st_mtime_ns == written for path, written in kept.items())
    (new,) = set((world / ".quarry/store/coverage").glob("*.parquet")) - set(kept)
    held = set(pq.read_table(new)["mine_id"].to_pylist())
    with connect(world / "mines.part.duckdb") as connection:
        of_first = "SELECT piece_id FROM core.mine_piece WHERE ST_XMin(geometry) < 0.1"
        first = {piece for (piece,) in connection.execute(of_first).fetchall()}
    assert min(len(held), len(first)) > 1
    assert not held & first
    before = tmp_path / "before"
    shutil.copytree(world, before, ignore=shutil.ignore_patterns(".quarry", "*.duckdb*"))
    assert rows_of(before) == later


def test_values_over_pieces_share_a_file_and_a_new_raster_takes_its_place(world: Path) -> None:
    """A file of the store that also holds rows of a raster that is gone gives the others alone."""
    rows_of(world)
    (bundle,) = (world / ".quarry/store" / BUNDLE).glob("*.parquet")
    assert len(names_of(bundle)) == 2  # months
    write_raster(world / "ntl/ntl_200001.tif", "float32", 7)
    again = rows_of(world)
    assert bundle.exists()
    shutil.rmtree(world / ".quarry")
    assert rows_of(world) == again


def test_pixels_of_pieces_add_up_to_their_mines(world: Path) -> None:
    rows_of(world)
    with connect(world / "mines.part.duckdb") as connection:
        rows = connection.execute(
            "WITH part AS (SELECT mine_id, classes, sum(own.area_km2) AS km2 "
            "FROM raw.piece_trajectory AS own JOIN core.mine_piece USING (piece_id) GROUP BY ALL) "
            "SELECT km2, whole.area_km2 FROM part FULL JOIN (FROM raw.landcover_trajectory "
            "WHERE mine_id IN (SELECT mine_id FROM part)) AS whole USING (mine_id, classes)"
        ).fetchall()
    assert len(rows) == 9  # three classes in two years, under the mine that is cut
    for of_pieces, of_mine in rows:
        assert of_pieces == pytest.approx(of_mine, rel=1e-9, abs=1e-9)
