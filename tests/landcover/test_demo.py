"""A build of the demo world against what was planted in it, and against another build of it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import shapely

from quarrydb.database.connection import connect
from quarrydb.demo import write_demo
from quarrydb.engine.build import build
from quarrydb.errors import SourceError
from quarrydb.loaders import landcover_run
from quarrydb.loaders.landcover_shard import Shard, read_mines
from quarrydb.project import load_project

YEARS = (1985, 1990, 1995, *range(2000, 2023))
CLOSE = {"rtol": 2e-6, "atol": 2e-9}


@pytest.fixture(scope="module")
def folder(demo: Path) -> Path:
    """The built demo world."""
    return demo


@pytest.fixture(scope="module")
def connection(demo_database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The built database."""
    with connect(demo_database) as con:
        yield con


def truth(folder: Path, name: str) -> pd.DataFrame:
    """One table of what was planted."""
    return pd.read_parquet(folder / f"truth/{name}.parquet")


@pytest.fixture(scope="module")
def planted(folder: Path, connection: duckdb.DuckDBPyConnection) -> pd.Series:
    """Number of the planted mine by mine_id, found where most of both lies."""
    frame = truth(folder, "mine")
    shapes = shapely.from_wkb(frame.geometry.to_numpy())
    built = connection.execute("SELECT mine_id, ST_AsWKB(geometry)::BLOB FROM mine").fetchall()
    tree = shapely.STRtree(shapes)
    numbers = {}
    for mine_id, wkb in built:
        mine = shapely.from_wkb(wkb)
        near = tree.query(mine)
        shared = shapely.area(shapely.intersection(shapes[near], mine))
        best = near[np.argmax(shared)]
        assert shared.max() > 0.99 * max(mine.area, shapes[best].area)
        numbers[mine_id] = int(frame.mine.iloc[best])
    assert sorted(numbers.values()) == sorted(frame.mine)
    return pd.Series(numbers, name="mine")


def compare(found: pd.DataFrame, wanted: pd.DataFrame, keys: list[str]) -> None:
    """Same rows by ``keys``, areas close; rows below a square metre may be on one side only."""
    values = [name for name in wanted.columns if name not in keys]
    both = (
        found.set_index(keys)[values]
        .add_suffix("_found")
        .join(wanted.set_index(keys).add_suffix("_wanted"), how="outer")
    )
    assert len(both) > 100
    for name in values:
        pair = both[[f"{name}_found", f"{name}_wanted"]].fillna(0.0)
        np.testing.assert_allclose(pair.iloc[:, 0], pair.iloc[:, 1], **CLOSE)


def fetch(connection: duckdb.DuckDBPyConnection, query: str, planted: pd.Series) -> pd.DataFrame:
    """Rows with the planted mine's number in place of mine_id."""
    frame = connection.execute(query).df()
    return frame.join(planted, on="mine_id").drop(columns="mine_id")


def test_trajectories(folder, connection, planted):
    """Every distinct history of every mine, with its area."""
    found = fetch(connection, "FROM landcover_trajectory", planted)
    found["codes"] = [bytes(0 if np.ma.is_masked(c) or c is None or c != c else int(c) for c in row).hex()
                      for row in found.classes]  # fmt: skip
    wanted = truth(folder, "landcover_trajectory").drop(columns="n_pixels")
    wanted = wanted[wanted.codes != "00" * len(YEARS)]
    compare(found[["mine", "codes", "area_km2"]], wanted, ["mine", "codes"])


def test_classes(folder, connection, planted):
    """Area of each class in each mine and epoch."""
    query = (
        "SELECT mine_id, year, code, area_km2 FROM mine_landcover_yearly WHERE NOT is_interpolated"
    )
    compare(
        fetch(connection, query, planted),
        truth(folder, "landcover_yearly"),
        ["mine", "year", "code"],
    )


def test_development_and_reclamation(folder, connection, planted):
    """DEV and REC of every mine, year and cover type."""
    query = "SELECT mine_id, year, cover_type, developed_km2, reclaimed_km2 FROM mine_disturbance_yearly"
    found = fetch(connection, query, planted)
    compare(found, truth(folder, "disturbance_yearly"), ["mine", "year", "cover_type"])


def test_bare_surface(folder, connection, planted):
    """BSP of every mine and epoch."""
    found = fetch(connection, "FROM mine_bare_surface WHERE NOT is_interpolated", planted)
    wanted = truth(folder, "bare_surface")[
        ["mine", "year", "mine_related_km2", "bare_surface_share"]
    ]
    compare(found[wanted.columns], wanted, ["mine", "year"])


def test_coverage(folder, connection, planted):
    """The share of each mine with data; one lies half in ground without."""
    found = fetch(connection, "FROM mine_landcover_coverage", planted).set_index("mine")
    wanted = truth(folder, "landcover_coverage").set_index("mine")
    np.testing.assert_allclose(
        found.coverage_share.loc[wanted.index], wanted.coverage_share, rtol=1e-5
    )
    assert 0.1 < wanted.coverage_share.min() < 0.9


def test_summaries_by_place(folder, connection):
    """Countries, continents and all mines add up the planted mines; the mine on a border is in two."""
    mines = truth(folder, "mine").set_index("mine")
    on_border = truth(folder, "mine_country").groupby("mine").iso3.agg(set)
    (neighbours,) = on_border[on_border.map(len) > 1]
    mines["iso3"] = mines.iso3.replace(dict.fromkeys(neighbours, "both"))
    planted = truth(folder, "disturbance_yearly").join(mines[["iso3", "continent"]], on="mine")
    areas = ["developed_km2", "reclaimed_km2"]
    for view, keys in (
        ("country_disturbance_yearly", ["iso3", "year", "cover_type"]),
        ("continent_disturbance_yearly", ["continent", "year", "cover_type"]),
    ):
        wanted = planted.groupby(keys, as_index=False)[areas].sum()
        found = connection.execute(f"FROM {view}").df().replace(dict.fromkeys(neighbours, "both"))
        compare(found.groupby(keys, as_index=False)[areas].sum(), wanted, keys)
    yearly = connection.execute("FROM disturbance_yearly").df().set_index("year")
    assert list(yearly.index) == list(range(1986, 2023))
    np.testing.assert_allclose(yearly[areas], planted.groupby("year")[areas].sum(), **CLOSE)


def test_timeline(folder, connection, planted):
    """First and last years of development, from the planted trajectories."""
    found = fetch(connection, "FROM mine_timeline", planted).set_index("mine")
    yearly = truth(folder, "landcover_trajectory")
    related = np.isin(np.arange(256), [183, 190, 200, 201, 202, 210])
    codes = np.array([list(bytes.fromhex(text)) for text in yearly.codes])
    bare, green = related[codes], (codes > 0) & ~related[codes]
    opened = green[:, :-1] & bare[:, 1:]
    for mine, rows in yearly.groupby("mine").indices.items():
        years = np.array(YEARS[1:])[opened[rows].any(axis=0)]
        times = opened[rows].sum(axis=1)
        row = found.loc[mine]
        if len(years):
            assert (row.first_developed_year, row.last_developed_year) == (years[0], years[-1])
        else:
            assert pd.isna(row.first_developed_year)
        area = yearly.area_km2.to_numpy()[rows]
        assert row.ever_developed_km2 == pytest.approx(area[times > 0].sum(), rel=1e-5)
        assert row.redeveloped_km2 == pytest.approx(area[times > 1].sum(), rel=1e-5, abs=1e-8)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tenth of the demo world, built in one process."""
    path = tmp_path_factory.mktemp("landcover") / "demo"
    write_demo(path, scale=0.1, only=["polygons", "landcover"])
    build(load_project(path), workers=1)
    return path


@pytest.mark.slow
def test_two_builds_are_bit_equal(small, tmp_path, monkeypatch):
    """Two processes, a fresh store: the same rows, bit by bit."""
    monkeypatch.setattr(landcover_run, "WORTH_WORKERS", 0)
    again = tmp_path / "again"
    shutil.copytree(small, again, ignore=shutil.ignore_patterns(".quarry", "*.duckdb"))
    build(load_project(again), workers=2)
    with connect(small / "mines.duckdb", unlocked=True) as con:
        con.execute(f"ATTACH '{again}/mines.duckdb' AS again (READ_ONLY)")
        tables = con.execute(
            "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE database_name = "
            "'mines' AND (table_name LIKE '%landcover%' OR table_name LIKE 'disturbance%')"
        ).fetchall()
        assert len(tables) > 8
        for (name,) in tables:
            for one, other in ((name, f"again.{name}"), (f"again.{name}", name)):
                assert con.execute(f"FROM {one} EXCEPT ALL FROM {other}").fetchall() == [], name


@pytest.mark.slow
def test_a_stopped_build_goes_on(small, tmp_path, monkeypatch):
    """What stopped after two shards reads the rest, and each shard once in all."""
    again = tmp_path / "again"
    shutil.copytree(small, again, ignore=shutil.ignore_patterns(".quarry", "*.duckdb"))
    read: list[str] = []

    def read_two(shard: Shard) -> tuple[pa.Table, pa.Table]:
        if len(read) == 2:
            raise SourceError("the disk is gone")
        read.append(shard.key)
        return read_mines(shard)

    monkeypatch.setattr("quarrydb.loaders.landcover_shard.read_mines", read_two)
    with pytest.raises(SourceError, match="the disk is gone"):
        build(load_project(again), workers=1)
    first = list(read)

    def read_rest(shard: Shard) -> tuple[pa.Table, pa.Table]:
        read.append(shard.key)
        return read_mines(shard)

    monkeypatch.setattr("quarrydb.loaders.landcover_shard.read_mines", read_rest)
    build(load_project(again), workers=1)
    assert len(first) == 2
    assert len(read) == len(set(read)) > 2
    monkeypatch.undo()
