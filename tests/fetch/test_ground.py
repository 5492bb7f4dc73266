"""The ground of an area: whole mines, whoever mapped their parts, and nothing else."""

import shutil
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely

from quarrydb.contract import LoadStep
from quarrydb.engine.area import restricted
from quarrydb.engine.ground import find_ground
from quarrydb.engine.steps import load_steps
from quarrydb.errors import BuildError, ProjectError, SourceError
from quarrydb.project import Project, load_project
from quarrydb.store.checksum import sha256_of
from tests.fetch.world import write_map
from tests.reliability.tools import Tables, context_of
from tests.worlds import write_polygons

WEST, EAST = shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)
# A mine of three polygons over the border, one of two data sets each; one in the sea; one in the east alone.
INSIDE = shapely.box(9.90, 5.0, 9.95, 5.1)
LINK = shapely.box(9.95, 5.0, 10.05, 5.1)
FAR_END = shapely.box(10.05, 5.0, 10.1, 5.1)
SEA = shapely.box(-0.1, 5.0, -0.05, 5.05)
ELSEWHERE = shapely.box(15, 5.0, 15.1, 5.1)
TWO_PARTS = shapely.MultiPolygon([shapely.box(1, 1, 1.1, 1.1), shapely.box(18, 1, 18.1, 1.1)])


def write(folder: Path, area: str, more: str = "") -> Project:
    """A project of two data sets and two countries."""
    folder.mkdir(exist_ok=True)
    write_polygons(folder / "one.gpkg", [INSIDE, FAR_END, SEA, TWO_PARTS])
    write_polygons(folder / "two.gpkg", [LINK, ELSEWHERE], crs="EPSG:4326")
    countries = {"ISO_A3": ["WWW", "EEE"], "ADMIN": ["West", "East"], "CONTINENT": ["Asia", "Asia"]}
    geopandas.GeoDataFrame(countries, geometry=[WEST, EAST], crs=4326).to_file(folder / "land.gpkg")
    (folder / "quarry.toml").write_text(
        f'[project]\nname = "x"\narea = {area}\n'
        '[[polygons]]\nname = "one"\npath = "one.gpkg"\n[[polygons]]\nname = "two"\npath = "two.gpkg"\n'
        f'[countries]\npath = "land.gpkg"\n{more}'
    )
    return load_project(folder)


def found(project: Project) -> set[bytes]:
    """The polygons of the ground."""
    polygons = find_ground(project, sha256_of).polygons
    return {shapely.to_wkb(shapely.normalize(polygon)) for polygon in polygons}


def wkb(*polygons: shapely.Geometry) -> set[bytes]:
    """Polygons to compare with."""
    return {shapely.to_wkb(shapely.normalize(polygon)) for polygon in polygons}


def test_a_country_has_its_whole_mines_and_those_off_its_coast(tmp_path: Path) -> None:
    west = TWO_PARTS.geoms[0]
    assert found(write(tmp_path, '"WWW"')) == wkb(INSIDE, LINK, FAR_END, SEA, west)


def test_the_other_country_has_the_mine_on_the_border_too(tmp_path: Path) -> None:
    east = TWO_PARTS.geoms[1]
    assert found(write(tmp_path, '"EEE"')) == wkb(INSIDE, LINK, FAR_END, ELSEWHERE, east)


def test_a_box_a_file_and_several_countries(tmp_path: Path) -> None:
    assert found(write(tmp_path, "[14, 4, 16, 6]")) == wkb(ELSEWHERE)
    write_polygons(tmp_path / "area.gpkg", [shapely.box(14, 4, 16, 6)])
    assert found(write(tmp_path, '"area.gpkg"')) == wkb(ELSEWHERE)
    assert len(found(write(tmp_path, '["WWW", "EEE"]'))) == 7


def test_the_ground_is_found_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = write(tmp_path, '"WWW"')
    first = find_ground(project, sha256_of)
    monkeypatch.setattr("quarrydb.engine.ground.polygons_of", None)
    again = find_ground(project, sha256_of)
    assert again.key == first.key
    assert np.array_equal(shapely.to_wkb(again.polygons), shapely.to_wkb(first.polygons))


def test_a_damaged_ground_is_found_again(tmp_path: Path) -> None:
    project = write(tmp_path, '"WWW"')
    first = find_ground(project, sha256_of)
    (file,) = (tmp_path / ".quarry" / "store" / "ground").glob("*.parquet")
    whole = file.read_bytes()
    file.write_bytes(whole[:200] + bytes([whole[200] ^ 1]) + whole[201:])
    again = find_ground(project, sha256_of)
    assert np.array_equal(shapely.to_wkb(again.polygons), shapely.to_wkb(first.polygons))
    assert file.read_bytes() == whole


def test_a_ground_goes_through_no_link(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    project = write(tmp_path / "project", '"WWW"')
    key = find_ground(project, sha256_of).key
    victim = tmp_path / "victim"
    victim.write_text("mail")
    shutil.rmtree(project.cache)
    for name in (f".quarry/store/ground/{key}.parquet", f".quarry/store/ground/.{key}.parquet.tmp"):
        link = project.root / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(victim)
        with pytest.raises(BuildError, match="is a link"):
            find_ground(project, sha256_of)
        link.unlink()
    assert victim.read_text() == "mail"


def test_areas_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"area = QQQ is no country.*Codes there: EEE, WWW"):
        found(write(tmp_path, '"QQQ"'))
    with pytest.raises(SourceError, match=r"no polygon of one, two meets area = \[50"):
        found(write(tmp_path, "[50, 50, 51, 51]"))
    for area in ('"area.gpkg"', "[1, 2, 3]", "[]", "5", '["WWW", 5]'):
        with pytest.raises(ProjectError, match=r"area|no box"):
            write(tmp_path, area)


def test_local_rasters_off_the_ground_are_not_read(tmp_path: Path) -> None:
    write_map(tmp_path / "map_2018.tif", np.ones((512, 512), "uint8"))
    (tmp_path / "map_2019.tif").write_text("what can't be opened is left to the loader")
    more = "[landcover]\npath = \"map_*.tif\"\nyears_from = '_(?P<year>[0-9]{4})'\n"
    for area, names in (("[9, 4, 11, 6]", {"map_2019.tif"}), ("[0, 0, 2, 2]", {"map_2019.tif"})):
        project = write(tmp_path, area, more)
        kept = restricted(project.model_copy(update={"ground": find_ground(project, sha256_of)}))
        assert {path.name for path in kept.landcover.path} == names  # type: ignore[union-attr]


def steps_of(project: Project) -> dict[str, LoadStep]:
    """The load steps of a project on its ground."""
    ground = find_ground(project, sha256_of)
    return {step.name: step for step in load_steps(project.model_copy(update={"ground": ground}))}


def loaded(project: Project, name: str) -> Tables:
    """What one load step reads."""
    step = steps_of(project)[name]
    return step.run(context_of(project.root, step.files))


def kept_ids(project: Project, name: str, table: str, column: str) -> list[str]:
    """Ids of the rows of one load step, whose file must have as many."""
    rows = loaded(project, name)
    ids: list[str] = rows[table][column].to_pylist()
    assert rows["raw.load_file"]["n_rows_kept"].to_pylist() == [len(ids)]
    return ids


POINTS = [(5, 5), (9.92, 5.05), (10.08, 5.05), (-0.2, 5), (-5, 5), (15.05, 5.05), (10.5, 5)]
MORE = """
[protected]
path = "parks.gpkg"
label = "n"
[[places]]
name = "towns"
path = "points.gpkg"
[[attributes]]
name = "register"
path = "points.gpkg"
label = "layer"
within_km = 5
[[segmentation.footprint]]
name = "f"
path = "mine_*.gpkg"
[[segmentation.point]]
name = "p"
path = "points.gpkg"
"""


def write_all(folder: Path, area: str, more: str = "", strata: str = "aaaaabb") -> Project:
    """The project with points, and with a footprint and a park round each."""
    folder.mkdir(exist_ok=True)
    frame = {"year": 2020, "is_mine": True, "layer": list(strata), "km2": 7.0}
    points = geopandas.GeoDataFrame(frame, geometry=[shapely.Point(p) for p in POINTS], crs=4326)
    points.to_file(folder / "points.gpkg")
    shapes = list(shapely.buffer(points.geometry.to_numpy(), 0.01))
    write_polygons(folder / "mine_2020.gpkg", shapes)
    write_polygons(folder / "parks.gpkg", shapes)
    return write(folder, area, MORE + more)


def test_footprints_points_places_and_parks_keep_to_the_area(tmp_path: Path) -> None:
    # Inland, on both ends of the mine over the border, off the coast; not at sea, nor in the east.
    for area, rows in (('"WWW"', [1, 2, 3, 4]), ("[14, 4, 16, 6]", [6]), ("[0, 0, 1, 2]", [])):
        project = write_all(tmp_path, area)
        for name, table, column, text in (
            ("footprint f 2020", "segmentation.mine_2020", "footprint_id", "f-2020-{}"),
            ("points p", "raw.point", "point_id", "p {} 2020"),
            ("places towns", "raw.place", "place_id", "{}"),
            ("protected areas", "raw.protected_area", "source_id", "{}"),
        ):
            assert kept_ids(project, name, table, column) == [text.format(row) for row in rows]
        assert len(kept_ids(project, "attributes register", "raw.attribute_feature", "name")) == 7


def test_the_area_is_in_the_fingerprint(tmp_path: Path) -> None:
    west, east = (steps_of(write_all(tmp_path, area)) for area in ('"WWW"', '"EEE"'))
    for name in ("footprint f 2020", "points p", "places towns", "protected areas", "polygons one"):
        assert west[name].config["ground"] != east[name].config["ground"]
    assert west["countries"].config == east["countries"].config


def test_strata_that_reach_beyond_the_area_are_left_out(tmp_path: Path) -> None:
    keys = 'stratum = "layer"\nstratum_km2 = "km2"\n'
    for strata, found, problems in (
        ("aaaabbb", ["a"] * 4, []),
        ("abbacbc", [None] * 4, ["strata reach beyond the area of the project"]),
    ):
        rows = loaded(write_all(tmp_path, '"WWW"', keys, strata), "points p")
        assert rows["raw.point"]["stratum"].to_pylist() == found
        assert rows["raw.load_issue"]["problem"].to_pylist() == problems
