"""The load step: what it hands to the build, and what it says when tiles don't hold the mines."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from pydantic import ValidationError

import quarrydb
from quarrydb.contract import KEPT, LoadContext, SilentProgress
from quarrydb.errors import SourceError
from quarrydb.loaders import landcover_run
from quarrydb.loaders.footprint_landcover import run_footprints
from quarrydb.loaders.landcover import load_trajectories
from quarrydb.loaders.landcover_shard import run_shard
from quarrydb.project.landcover import LandcoverSource
from quarrydb.store.shards import Store

ONES = np.full((1, 3, 3), 10)
PATTERN = r"m_(?P<year>\d{4})"


@pytest.fixture
def load(tmp_path):
    """Run the step on m_*.tif of the test's folder, for mines given as WKT."""

    def run(mines: dict[str, str], **settings: object) -> dict[str, list[dict]]:
        with quarrydb.connect() as connection:
            connection.execute("CREATE SCHEMA core")
            connection.execute("CREATE TABLE core.mine (mine_id VARCHAR, geometry GEOMETRY)")
            for mine_id, wkt in mines.items():
                connection.execute(
                    "INSERT INTO core.mine VALUES (?, ST_GeomFromText(?))", [mine_id, wkt]
                )
            section = section_of(tmp_path, **settings)
            loaded = load_trajectories(section, context_of(section, connection, tmp_path))
        return {name: rows_of(rows) for name, rows in loaded.items()}

    return run


def section_of(folder: Path, **settings: object) -> LandcoverSource:
    """Land cover from m_*.tif of a folder."""
    return LandcoverSource.model_validate(
        {"path": "**/m_*.tif", "years_from": PATTERN, **settings}, context={"root": folder}
    )


def context_of(
    section: LandcoverSource, connection: duckdb.DuckDBPyConnection, folder: Path
) -> LoadContext:
    """What the step gets, with a store in ``folder``."""
    checksums = {path: sha256(path.read_bytes()).hexdigest() for path in section.path}
    store = Store(folder / ".quarry")
    return LoadContext(connection, store, SilentProgress(), 1, checksums, folder)


def rows_of(rows: pa.Table | list[Path]) -> list[dict]:
    """Rows of a table or of files."""
    if isinstance(rows, pa.Table):
        return rows.to_pylist()
    return [row for path in rows for row in pq.read_table(path).to_pylist()]


INSIDE = "POLYGON ((0 1, 1 1, 1 2, 0 2, 0 1))"
HALF = "POLYGON ((2 1, 4.5 1, 4.5 2, 2 2, 2 1))"
FAR = "POLYGON ((50 1, 51 1, 51 2, 50 2, 50 1))"


def test_shards_of_footprints_are_kept_for_the_next_year(raster, tmp_path):
    """The rows are one table, so no record names the shards as its rows."""
    raster("m_2000.tif", ONES)
    section = section_of(tmp_path)
    with quarrydb.connect() as connection:
        connection.execute("CREATE SCHEMA core")
        connection.execute(
            "CREATE TABLE core.footprint_mine AS "
            "SELECT 'a' AS mine_id, 2000 AS year, ST_GeomFromText(?) AS geometry",
            [INSIDE],
        )
        loaded = run_footprints(section, context_of(section, connection, tmp_path))
    assert rows_of(loaded["raw.footprint_trajectory"])[0]["mine_id"] == "a"
    assert set(loaded[KEPT]) == set((tmp_path / ".quarry" / "store").rglob("*.parquet"))
    assert len(loaded[KEPT]) == 3  # trajectories, coverage and labels


def test_a_new_year_of_footprints_reads_its_own_outlines_only(raster, tmp_path, monkeypatch):
    """And that of an earlier year where the new one changed it; rows are those of a reading from nothing."""
    for year in (2000, 2001):
        raster(f"m_{year}.tif", ONES)
    section = section_of(tmp_path)
    read = []
    monkeypatch.setattr(
        landcover_run,
        "run_shard",
        lambda shard: (read.extend(mine.mine_id for mine in shard.mines), run_shard(shard))[1],
    )

    def load(store: Path, **years: dict[str, str]) -> list[dict]:
        read.clear()
        with quarrydb.connect() as connection:
            connection.execute("CREATE SCHEMA core")
            connection.execute(
                "CREATE TABLE core.footprint_mine (mine_id VARCHAR, year INTEGER, geometry GEOMETRY)"
            )
            for year, mines in years.items():
                for mine, wkt in mines.items():
                    row = [mine, int(year[1:]), wkt]
                    connection.execute(
                        "INSERT INTO core.footprint_mine VALUES (?, ?, ST_GeomFromText(?))", row
                    )
            store.mkdir(exist_ok=True)
            context = replace(
                context_of(section, connection, tmp_path), store=Store(store / ".quarry")
            )
            rows = rows_of(run_footprints(section, context)["raw.footprint_trajectory"])
        return sorted(rows, key=lambda row: (row["mine_id"], row["footprint_year"]))

    small = "POLYGON ((0 1, 0.5 1, 0.5 2, 0 2, 0 1))"
    before = {"a": INSIDE, "b": "POLYGON ((2 1, 3 1, 3 2, 2 2, 2 1))"}
    load(tmp_path / "one", y2000=before)
    assert sorted(name.split("@")[0] for name in read) == ["a", "b"]
    after = {"y2000": {**before, "a": small}, "y2001": {"a": INSIDE}}
    rows = load(tmp_path / "one", **after)
    assert sorted(name.rpartition("@")[0] for name in read) == ["a@2000", "a@2001"]
    assert load(tmp_path / "one", **after) == rows
    assert read == []
    assert load(tmp_path / "two", **after) == rows
    assert [(row["mine_id"], row["footprint_year"]) for row in rows] == [
        ("a", 2000), ("a", 2001), ("b", 2000)
    ]  # fmt: skip


def test_rows(raster, load):
    """Epochs, trajectories, coverage, files."""
    raster("m_2000.tif", ONES)
    raster("deep/er/m_2001.tif", ONES * 2)
    found = load({"a": INSIDE})
    assert found["raw.landcover_epoch"] == [
        {"position": 1, "year": 2000}, {"position": 2, "year": 2001}
    ]  # fmt: skip
    (row,) = found["raw.landcover_trajectory"]
    assert (row["mine_id"], row["classes"], row["n_pixels"]) == ("a", [10, 20], 1)
    (coverage,) = found["raw.landcover_coverage"]
    assert coverage["data_km2"] == row["area_km2"] == pytest.approx(12305, rel=1e-3)
    assert [row["path"] for row in found["raw.load_file"]] == ["m_2000.tif", "deep/er/m_2001.tif"]
    assert found["raw.load_issue"] == []


def test_missing_tile(raster, load):
    """Mines beyond the tiles are an error that lists them, or recorded one by one."""
    raster("m_2000.tif", ONES)
    mines = {"a": INSIDE, "half": HALF, "far": FAR}
    with pytest.raises(
        SourceError, match=r"2 of 3 mines lie outside the land-cover tiles.*far, half"
    ):
        load(mines)
    found = load(mines, gaps="record")
    assert [(row["feature_id"], row["problem"]) for row in found["raw.load_issue"]] == [
        ("far", "no land-cover tile"), ("half", "no land-cover tile")
    ]  # fmt: skip
    assert [row["mine_id"] for row in found["raw.landcover_coverage"]] == ["a", "half"]


def test_unknown_code_is_recorded(raster, load):
    """By mine, with the code and the number of pixels."""
    raster("m_2000.tif", np.full((1, 3, 3), 77))
    (row,) = load({"a": INSIDE}, gaps="record")["raw.load_issue"]
    assert (row["feature_id"], row["problem"], row["action"], row["n"]) == (
        "a", "unknown code", "NULL", 1,
    )  # fmt: skip
    assert row["detail"] == "codes 77 are not in the legend"


def test_file_off_the_grid_is_recorded(raster, load):
    """With its name, its shift and the year that is gone."""
    for year, left in ((2000, 0.0), (2001, 0.0), (2002, 0.5)):
        raster(f"m_{year}.tif", ONES, left=left)
    (row,) = load({"a": INSIDE}, gaps="record")["raw.load_issue"]
    assert row["detail"] == "m_2002.tif is shifted by 0.50 pixels east and 0.00 south: 2002"


def test_legend_of_ones_own(raster, load, tmp_path):
    """Codes that the packaged legend lacks."""
    raster("m_2000.tif", np.full((1, 3, 3), 3))
    (tmp_path / "legend.csv").write_text(
        "code,class_name,cover_type,category\n3,Forest,forest,dense vegetation\n"
    )
    found = load({"a": INSIDE}, legend="legend.csv")
    assert found["raw.landcover_trajectory"][0]["classes"] == [3]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"years_from": "MT_(\\d{4})"}, "no group"),
        ({"years_from": "MT_(?P<year>"}, "no regular expression"),
        ({"years": [2001, 2000]}, "years must rise"),
        ({"gaps": "ignore"}, "'error' or 'record'"),
        ({"legend": "none.csv"}, "does not exist"),
        ({"legend": "/vsicurl/http://x/legend.csv"}, "not a local path"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_mistakes_in_the_project_file(raster, tmp_path, settings, said):
    """Each is found before anything is read."""
    raster("m_2000.tif", ONES)
    with pytest.raises(ValidationError, match=said):
        LandcoverSource.model_validate({"path": "*.tif", **settings}, context={"root": tmp_path})


def test_projected_tiles_without_the_mine(raster, read):
    """A mine on another continent than a UTM raster has no rows, and no error on the way."""
    path = raster("m_2000.tif", ONES, crs="EPSG:32721", left=500_000.0, top=8_000_000.0, pixel=30.0)
    found = read([path], {"a": shapely.box(100, 50, 100.1, 50.1)}, years_from=PATTERN)
    assert found.trajectories == {}
