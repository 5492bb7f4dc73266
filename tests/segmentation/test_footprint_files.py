"""Yearly footprints as they come: by quarter, by date, several years in a file, a year without any mine."""

import json
from pathlib import Path

import geopandas
import pytest
import shapely
from pyproj import Geod

from quarrydb.contract import LoadContext
from quarrydb.errors import ProjectError, SourceError
from quarrydb.loaders import footprint, footprint_file
from quarrydb.loaders.footprint_years import files_by_year, year_of
from quarrydb.project import load_project
from quarrydb.project.segmentation import FootprintSource
from tests.reliability.tools import Tables, context_of

MINE, NEW = shapely.box(0, 0, 0.1, 0.1), shapely.box(1, 0, 1.1, 0.1)


def write(folder: Path, name: str, shapes: list[shapely.Geometry], **columns: list[object]) -> Path:
    path = folder / name
    frame = geopandas.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326")
    if shapes:
        frame.to_file(path)
    else:
        path.write_text(json.dumps({"type": "FeatureCollection", "features": []}))
    return path


def project(folder: Path, pattern: str, **keys: object) -> Path:
    write(folder, "mines.gpkg", [MINE], n=[1])
    lines = ["[project]", 'name = "t"', "[[polygons]]", 'name = "m"', 'path = "mines.gpkg"']
    lines += ["[[segmentation.footprint]]", 'name = "f"', f'path = "{pattern}"']
    lines += [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
    (folder / "quarry.toml").write_text("\n".join(lines))
    return folder


def contexts(folder: Path) -> dict[str, tuple[LoadContext, footprint.LoadStep]]:
    steps = footprint.steps(load_project(folder))
    return {step.name: (context_of(folder, step.files), step) for step in steps}


def tables(folder: Path) -> dict[int, Tables]:
    """The tables of each year's step."""
    found = contexts(folder).items()
    return {int(name[-4:]): step.run(context) for name, (context, step) in found}


def shapes_of(folder: Path) -> dict[int, list[shapely.Geometry]]:
    return {
        year: shapely.from_wkb(t[f"segmentation.mine_{year}"]["geometry"].to_pylist()).tolist()
        for year, t in tables(folder).items()
    }


def same(found: list[shapely.Geometry], *expected: shapely.Geometry) -> bool:
    return len(found) == len(expected) and bool(shapely.equals(found, list(expected)).all())


def source(folder: Path, names: list[str], **keys: object) -> FootprintSource:
    paths = [folder / name for name in names]
    return FootprintSource.model_construct(name="f", path=paths, **{"parts": "union", **keys})


@pytest.mark.parametrize(
    ("names", "years"),
    [
        (["mine_2019.gpkg", "mine_2020.gpkg"], {2019: 1, 2020: 1}),
        (["m_2019Q1.gpkg", "m_2019_q2.gpkg", "m_2020-Q1.gpkg"], {2019: 2, 2020: 1}),
        (["m_20190301.gpkg", "m_2019-11-30.gpkg", "m_2020-01.gpkg"], {2019: 2, 2020: 1}),
        (
            ["new_2018-2019.gpkg", "new_2019_2020.gpkg", "new_2020_to_2021.gpkg"],
            {2019: 1, 2020: 1, 2021: 1},
        ),
        (["mine_2018_10m.gpkg"], {2018: 1}),
    ],
)
def test_years_of_names(names: list[str], years: dict[int, int], tmp_path: Path) -> None:
    files = files_by_year(source(tmp_path, names, year=None, dates=None))
    assert {year: len(found) for year, found in files.items()} == years


def test_a_template_says_where_the_year_stands(tmp_path: Path) -> None:
    names = ["v2023_mined_2019Q4.gpkg", "v2023_mined_2019Q1.gpkg"]
    with pytest.raises(ProjectError, match="must have one year in its name, it has 2"):
        files_by_year(source(tmp_path, names, year=None, dates=None))
    dates = "v*_mined_{year}Q{quarter}.gpkg"
    files = files_by_year(source(tmp_path, names, year=None, dates=dates))
    assert [file.path.name for file in files[2019]] == sorted(names)
    last = files_by_year(source(tmp_path, names, year=None, dates=dates, parts="last"))
    assert [file.path.name for file in last[2019]] == ["v2023_mined_2019Q4.gpkg"]
    with pytest.raises(ProjectError, match="is not like"):
        files_by_year(source(tmp_path, names, year=None, dates="mined_{year}.gpkg"))


@pytest.mark.parametrize(
    ("value", "year"),
    [
        (2019, 2019),
        (2019.0, 2019),
        ("2019Q3", 2019),
        (201900, 2019),
        ("2019-07-01", 2019),
        (20190701, 2019),
        ("dry", None),
        (None, None),
        (19, None),
    ],
)
def test_years_in_columns(value: object, year: int | None) -> None:
    assert year_of(value) == year


def test_a_year_is_the_union_of_its_quarters_or_the_last(tmp_path: Path) -> None:
    write(tmp_path, "f_2019Q1.geojson", [MINE])
    write(tmp_path, "f_2019Q3.geojson", [NEW])
    assert same(shapes_of(project(tmp_path, "f_*.geojson"))[2019], MINE, NEW)
    ids = tables(tmp_path)[2019]["segmentation.mine_2019"]["footprint_id"].to_pylist()
    assert ids == ["f-2019-f_2019Q1-0", "f-2019-f_2019Q3-0"]
    assert same(shapes_of(project(tmp_path, "f_*.geojson", parts="last"))[2019], NEW)


def test_the_last_of_a_year_is_all_of_its_latest_date(tmp_path: Path) -> None:
    names = ["a_2019Q1.gpkg", "a_2019Q3_east.gpkg", "a_2019Q3_west.gpkg"]
    (files,) = files_by_year(source(tmp_path, names, year=None, parts="last")).values()
    assert [file.path.name for file in files] == names[1:]
    unordered = ["01-12-2019.gpkg", "15-03-2019.gpkg"]
    with pytest.raises(ProjectError, match=r"last of 2019 .*: 01-12-2019\.gpkg, 15-03-2019\.gpkg"):
        files_by_year(source(tmp_path, unordered, year=None, parts="last"))


def test_one_file_of_several_years(tmp_path: Path) -> None:
    seen = ["2019-05-01", "2021-05-01", None]
    write(tmp_path, "all.gpkg", [MINE, NEW, MINE], seen=seen)
    found = tables(project(tmp_path, "all.gpkg", year="seen"))
    assert list(found) == [2019, 2021]
    assert same(shapes_of(tmp_path)[2019], MINE)
    assert same(shapes_of(tmp_path)[2021], NEW)
    loads = [t["raw.load_file"].to_pylist()[0] for t in found.values()]
    assert [(row["source"], row["n_rows_kept"]) for row in loads] == [("f", 1), ("f", 1)]
    issues = [i for t in found.values() for i in t["raw.load_issue"].to_pylist()]
    assert [i["n"] for i in issues if i["problem"] == "no year in column seen"] == [1]


def test_a_year_in_which_nothing_was_found_is_an_empty_year(tmp_path: Path) -> None:
    write(tmp_path, "new_2018.geojson", [MINE])
    write(tmp_path, "new_2019.geojson", [])
    write(tmp_path, "new_2020.geojson", [NEW])
    folder = project(tmp_path, "new_*.geojson")
    assert [len(s) for s in shapes_of(folder).values()] == [1, 0, 1]
    site = tables(folder)[2019]["raw.segmented_site"].to_pylist()
    assert [(row["status"], row["n_polygons"]) for row in site] == [("done", 0)]
    project(tmp_path, "new_*.geojson", cumulated=True)
    found = shapes_of(folder)
    assert same(found[2019], MINE)
    assert same(found[2020], MINE, NEW)
    write(tmp_path, "mines.gpkg", [MINE], n=[1])
    (tmp_path / "mines.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    (tmp_path / "quarry.toml").write_text(
        '[project]\nname = "t"\n[[polygons]]\nname = "m"\npath = "mines.geojson"\n'
    )
    from tests.reliability.tools import run_first_step

    with pytest.raises(SourceError, match="holds no features"):
        run_first_step(tmp_path)


def test_a_new_year_reads_the_new_file_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for year in (2018, 2019):
        write(tmp_path, f"new_{year}.geojson", [MINE])
    folder = project(tmp_path, "new_*.geojson", cumulated=True)
    tables(folder)
    before = {name: step for name, (_, step) in contexts(folder).items()}
    write(tmp_path, "new_2020.geojson", [NEW])
    read: list[str] = []
    read_file = footprint_file.read_file

    def noted(source: FootprintSource, path: Path) -> object:
        read.append(path.name)
        return read_file(source, path)

    monkeypatch.setattr(footprint_file, "read_file", noted)
    assert [len(s) for s in shapes_of(folder).values()] == [1, 2, 3]
    assert read == ["new_2020.geojson"]
    after = {name: step for name, (_, step) in contexts(folder).items()}
    assert {name: after[name].files for name in before} == {n: s.files for n, s in before.items()}


# The area that is reported


AREAS = [
    ("Mined area (ha)", {}, [250.0, None], [2.5, None]),
    ("mined_km2", {"area": "mined_km2"}, [2.5, 0.0], [2.5, 0.0]),
    ("Area [m²]", {"area": "Area [m²]"}, [2_500_000.0, None], [2.5, None]),
    ("size", {"area": "size", "area_unit": "acre"}, [100.0, None], [0.40468564224, None]),
    ("hazard", {}, [1.0, 2.0], [None, None]),
]


@pytest.mark.parametrize(("column", "keys", "values", "expected"), AREAS)
def test_reported_areas(
    column: str,
    keys: dict[str, str],
    values: list[float | None],
    expected: list[float | None],
    tmp_path: Path,
) -> None:
    write(tmp_path, "f_2019.geojson", [MINE, NEW], **{column: values})
    rows = tables(project(tmp_path, "f_*.geojson", **keys))[2019]["segmentation.mine_2019"]
    assert rows["reported_km2"].to_pylist() == pytest.approx(expected)


def test_an_area_without_a_unit_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "f_2019.geojson", [MINE], hazard=[1.0])
    with pytest.raises(SourceError, match="the column hazard does not say its unit"):
        tables(project(tmp_path, "f_*.geojson", area="hazard"))
    with pytest.raises(SourceError, match="has no column size"):
        tables(project(tmp_path, "f_*.geojson", area="size"))


def test_parts_share_the_reported_area_by_their_own(tmp_path: Path) -> None:
    far = shapely.box(0, 50, 0.1, 50.1)
    shape = shapely.MultiPolygon([MINE, far])
    write(tmp_path, "f_2019.geojson", [shape], **{"Mined area (ha)": [100.0]})
    made = tables(project(tmp_path, "f_*.geojson"))[2019]
    sizes = [abs(Geod(ellps="WGS84").geometry_area_perimeter(s)[0]) for s in (MINE, far)]
    rows = made["segmentation.mine_2019"]
    assert sum(rows["reported_km2"].to_pylist()) == pytest.approx(1.0)
    found = dict(
        zip(
            [round(s.bounds[1]) for s in shapely.from_wkb(rows["geometry"].to_pylist())],
            rows["reported_km2"].to_pylist(),
            strict=True,
        )
    )
    assert found == pytest.approx({0: sizes[0] / sum(sizes), 50: sizes[1] / sum(sizes)})
    (issue,) = [i for i in made["raw.load_issue"].to_pylist() if "not the mine" in i["problem"]]
    assert issue["detail"].startswith("1 km2 reported of ")
