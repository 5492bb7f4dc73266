"""Column names and values that would break a careless loader."""

import json
from collections.abc import Callable
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely

from quarrydb.loaders import vector
from quarrydb.project import load_project
from tests.reliability.table import case, tried
from tests.reliability.tools import (
    Tables,
    context_of,
    load_polygons,
    outcome,
    refusal,
    run_first_step,
)

NAMES = [
    case("Columns", "names with quotes", "a\"b'c"),
    case("Columns", "names with SQL", "x; DROP TABLE mine; --"),
    case("Columns", "names that are not ASCII", "Größe 矿"),
    case("Columns", "a name of 200 characters", "n" * 200),
    case("Columns", "names of quarrydb's own columns", "source_id"),
    case("Columns", "a column called fid", "FID_"),
]


def write(folder: Path, columns: dict[str, list[object]]) -> Path:
    path = folder / "mines.gpkg"
    shapes = [shapely.box(i, 0, i + 0.1, 0.1) for i in range(len(next(iter(columns.values()))))]
    frame = geopandas.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326")
    frame.to_file(path, layer="mines", driver="GPKG")
    return path


@pytest.mark.parametrize("name", NAMES)
def test_name_is_kept(name: str, tmp_path: Path, happened: Callable[[str], None]) -> None:
    tables = load_polygons(tmp_path, write(tmp_path, {name: ["p", "q"]}))
    attributes = [json.loads(text) for text in tables["raw.polygon"]["attributes"].to_pylist()]
    assert [row[name] for row in attributes] == ["p", "q"]
    happened(outcome(tables))


@tried("Columns", "names that differ in case only")
def test_case_duplicates(tmp_path: Path, happened: Callable[[str], None]) -> None:
    path = tmp_path / "mines.parquet"
    frame = geopandas.GeoDataFrame(
        {"Name": ["p"], "NAME": ["q"]}, geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326"
    )
    frame.to_parquet(path)
    tables = load_polygons(tmp_path, path)
    row = json.loads(tables["raw.polygon"]["attributes"][0].as_py())
    assert row == {"Name": "p", "NAME": "q"}
    happened(outcome(tables))


@tried("Columns", "ids that stand on several features")
def test_duplicate_ids(tmp_path: Path, happened: Callable[[str], None]) -> None:
    path = write(tmp_path, {"key": ["a", "a", "b", "a"]})
    tables = load_polygons(tmp_path, path, id="key")
    assert tables["raw.polygon"]["source_id"].to_pylist() == ["a", "a#2", "b", "a#3"]
    happened(outcome(tables))


@tried("Columns", "ids that are missing")
def test_missing_ids(tmp_path: Path, happened: Callable[[str], None]) -> None:
    path = write(tmp_path, {"key": ["a", None, "b", ""]})
    tables = load_polygons(tmp_path, path, id="key")
    ids = tables["raw.polygon"]["source_id"].to_pylist()
    assert len(set(ids)) == 4
    assert None not in ids
    happened(outcome(tables))


@tried("Columns", "an id that looks like a numbered duplicate")
def test_numbered_duplicates(tmp_path: Path, happened: Callable[[str], None]) -> None:
    tables = load_polygons(tmp_path, write(tmp_path, {"key": ["a", "a#2", "a"]}), id="key")
    ids = tables["raw.polygon"]["source_id"].to_pylist()
    assert len(set(ids)) == 3
    happened(outcome(tables))


@tried("Columns", "an id column that is not there")
def test_unknown_id(tmp_path: Path, happened: Callable[[str], None]) -> None:
    path = write(tmp_path, {"key": ["a"]})
    happened(refusal(lambda: load_polygons(tmp_path, path, id="kez")))


@tried("Columns", "numbers that are NaN or infinite")
def test_not_a_number(tmp_path: Path, happened: Callable[[str], None]) -> None:
    tables = load_polygons(tmp_path, write(tmp_path, {"depth": [np.nan, np.inf, 1.5]}))
    texts = tables["raw.polygon"]["attributes"].to_pylist()
    # NaN is no JSON: with it the column could not be queried.
    values = [json.loads(text, parse_constant=pytest.fail)["depth"] for text in texts]
    assert values == [None, None, 1.5]
    happened(outcome(tables))


@tried("Columns", "text that is not in the encoding it should be in")
def test_encoding(tmp_path: Path, happened: Callable[[str], None]) -> None:
    path = tmp_path / "mines.shp"
    frame = geopandas.GeoDataFrame(
        {"name": ["Größe"]}, geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326"
    )
    frame.to_file(path, encoding="latin1")
    path.with_suffix(".cpg").unlink()
    wrong = load_polygons(tmp_path, path, encoding="cp1251")
    right = load_polygons(tmp_path, path, encoding="latin1")
    assert "Größe" in right["raw.polygon"]["attributes"][0].as_py()
    assert "Größe" not in wrong["raw.polygon"]["attributes"][0].as_py()
    happened(outcome(right))


def countries(folder: Path, columns: dict[str, list[object]]) -> Path:
    path = write(folder, columns)
    lines = ["[project]", 'name = "test"', "[[polygons]]", 'name = "m"', f'path = "{path}"']
    lines += ["[countries]", f'path = "{path}"']
    (folder / "quarry.toml").write_text("\n".join(lines))
    return folder


COUNTRIES = [
    case("Columns", "countries without a code column", {"ADMIN": ["A"]}),
    case("Columns", "countries without a name column", {"ISO_A3": ["AAA"]}),
    case("Columns", "countries none of which has a code", {"ISO_A3": ["-99"], "ADMIN": ["A"]}),
]


@pytest.mark.parametrize("columns", COUNTRIES)
def test_countries(
    columns: dict[str, list[object]], tmp_path: Path, happened: Callable[[str], None]
) -> None:
    folder = countries(tmp_path, columns)
    happened(refusal(lambda: load_countries(folder)))


def load_countries(folder: Path) -> Tables:
    step = next(s for s in vector.steps(load_project(folder)) if s.name == vector.COUNTRIES)
    return step.run(context_of(folder, step.files))


@tried("Columns", "a country without a code")
def test_a_country_without_a_code(tmp_path: Path, happened: Callable[[str], None]) -> None:
    folder = countries(tmp_path, {"ISO_A3": ["AAA", "-99"], "ADMIN": ["A", "B"]})
    tables = load_countries(folder)
    assert tables["raw.country"]["iso3"].to_pylist() == ["AAA"]
    happened(outcome(tables))


@tried("Columns", "a layer over all countries among them")
def test_countries_overlap(tmp_path: Path, happened: Callable[[str], None]) -> None:
    folder = countries(tmp_path, {"ISO_A3": ["AAA", "BBB"], "ADMIN": ["A", "Everything"]})
    shapes = [shapely.box(0, 0, 1, 1), shapely.box(-1, -1, 2, 2)]
    frame = geopandas.read_file(folder / "mines.gpkg").set_geometry(shapes, crs="EPSG:4326")
    frame.to_file(folder / "mines.gpkg", layer="mines")
    happened(refusal(lambda: load_countries(folder)))
    with (folder / "quarry.toml").open("a") as file:
        file.write("\noverlap_max = 1.0\n")
    assert load_countries(folder)["raw.country"].num_rows == 2


def test_every_source_loads_alone(tmp_path: Path) -> None:
    countries(tmp_path, {"ISO_A3": ["AAA"], "ADMIN": ["A"]})
    assert run_first_step(tmp_path)["raw.polygon"].num_rows == 1
