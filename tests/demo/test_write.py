"""Rendered worlds: layouts as published, truth that agrees with itself, same bytes every time."""

import hashlib
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from quarrydb.demo import write_demo
from quarrydb.errors import ProjectError
from quarrydb.project import load_project


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo")
    write_demo(path, scale=1, only=["polygons"])
    return path


def checksums(folder: Path) -> dict[str, str]:
    files = sorted(f for f in folder.rglob("*") if f.is_file() and f.name != "README.md")
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def test_project_file_is_valid(folder: Path) -> None:
    project = load_project(folder)
    assert [source.name for source in project.polygons] == ["tang", "maus"]
    assert project.stable_green is not None


def test_maus_layout(folder: Path) -> None:
    info = pyogrio.read_info(
        folder / "maus_2022/global_mining_polygons_v2.gpkg", layer="mining_polygons"
    )
    assert list(info["fields"]) == ["ISO3_CODE", "COUNTRY_NAME", "AREA"]
    assert info["features"] == 92


def test_natural_earth_layout(folder: Path) -> None:
    countries = gpd.read_file(folder / "natural_earth/ne_10m_admin_0_countries.shp")
    assert {"ADM0_A3", "ISO_A3", "ADMIN", "NAME", "CONTINENT"} <= set(countries.columns)
    assert "-99" in set(countries.ISO_A3)
    assert countries.ADM0_A3.is_unique


def test_truth_of_places_adds_up(folder: Path) -> None:
    mine = gpd.read_parquet(folder / "truth/mine.parquet").set_index("mine")
    split = pd.read_parquet(folder / "truth/mine_country.parquet").groupby("mine").area_km2.sum()
    assert mine.iso3.isna().sum() == 1
    assert set(mine.country_by[mine.special != ""]) == {"overlap", "nearest", "none"}
    on_land = split.index
    pd.testing.assert_series_equal(mine.area_km2[on_land], split, check_names=False, rtol=1e-9)
    assert (mine.protected_area_km2 <= mine.area_km2 * (1 + 1e-9)).all()
    assert (mine.n_protected > 1).any()


def test_every_mine_has_a_source(folder: Path) -> None:
    lineage = pd.read_parquet(folder / "truth/mine_source.parquet")
    mine = pd.read_parquet(folder / "truth/mine.parquet", columns=["mine", "kind"])
    assert set(lineage.mine) == set(mine.mine)
    chains = lineage[lineage.mine.isin(mine.mine[mine.kind == "chain"])]
    assert (chains.groupby("mine").size() == 3).all()


def test_null_empty_and_3d_rows_are_there(folder: Path) -> None:
    maus = pyogrio.read_dataframe(folder / "maus_2022/global_mining_polygons_v2.gpkg")
    assert maus.geometry.isna().sum() + maus.geometry.is_empty.sum() == 2
    assert shapely.has_z(maus.geometry.dropna().to_numpy()).sum() == 1


def test_same_bytes_twice(folder: Path, tmp_path: Path) -> None:
    write_demo(tmp_path, scale=1, only=["polygons"])
    assert checksums(tmp_path) == checksums(folder)


def test_refuses_a_folder_with_other_files(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ProjectError, match="other files"):
        write_demo(tmp_path)


def test_parts_add_up_in_a_folder(tmp_path: Path) -> None:
    write_demo(tmp_path, scale=0.1, only=["polygons"])
    write_demo(tmp_path, scale=0.1, only=["landcover"])
    project = load_project(tmp_path)
    assert project.landcover is not None
    assert len(project.polygons) == 2


def test_refuses_the_folder_of_another_world(tmp_path: Path) -> None:
    write_demo(tmp_path, scale=0.1, only=["polygons"])
    with pytest.raises(ProjectError, match=r"seed 1, scale 0\.1"):
        write_demo(tmp_path, scale=0.1, seed=2)


def test_refuses_an_unknown_part(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="no such part: moon"):
        write_demo(tmp_path, only=["moon"])


def test_refuses_the_folder_of_another_version(tmp_path: Path) -> None:
    (tmp_path / "world.json").write_text('{"seed": 1, "scale": "1", "parts": ["polygons"]}')
    with pytest.raises(ProjectError, match="another version of quarrydb"):
        write_demo(tmp_path)
