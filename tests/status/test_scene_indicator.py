"""NDVI of Sentinel-2 as an indicator: expressions, clouds, offsets, overviews, servers."""

import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

import quarrydb
from quarrydb.engine.build import build
from quarrydb.errors import NetworkError, SourceError
from quarrydb.loaders.indicator import check_series, run_indicator
from quarrydb.project import load_project
from quarrydb.project.expression import parse
from quarrydb.project.indicator import IndicatorSource
from tests.fetch.server import serving
from tests.worlds import write_polygons

from .rasters import context_for, mines_connection
from .scenes import MINES, SIZE, expected_ndvi, ground, lonlat, metres, write_items, write_scene

NDVI = "(nir - red) / (nir + red)"
GROUND = ground()


def source_of(tmp_path, made, **fields):
    path = write_items(tmp_path / "items.json", made)
    given = {"name": "ndvi", "expression": NDVI, "items": str(path)} | fields
    return IndicatorSource.model_validate(given, context={"root": tmp_path})


def loaded(tmp_path, source):
    """Rows of ``raw.indicator`` as (mine, year) -> row, and issues."""
    connection = mines_connection({name: lonlat(mine) for name, mine in MINES.items()})
    found = run_indicator(context_for(connection, tmp_path), source=source)
    tables = [pq.read_table(shard) for shard in found["raw.indicator"]]
    rows = pa.concat_tables([t.replace_schema_metadata() for t in tables]).to_pylist()
    return {(row["mine_id"], row["year"]): row for row in rows}, found["raw.load_issue"].to_pylist()


def test_the_mean_over_a_mine_is_that_of_exactextract(tmp_path):
    rows, issues = loaded(
        tmp_path, source_of(tmp_path, [write_scene(tmp_path, "2021-07-01", GROUND)])
    )
    for name, mine in MINES.items():
        row = rows[name, 2021]
        assert row["value"] == pytest.approx(expected_ndvi(GROUND, mine), abs=1e-6)
        assert (row["month"], row["day"]) == (7, 1)
        assert row["valid_km2"] == pytest.approx(row["inside_km2"])
    assert not issues


def test_no_step_at_the_new_baseline_and_two_wrong_items_are_set_aside(tmp_path):
    """2022 carries 1,000 counts; one item says that they are off, one of 2021 that they are in."""
    items = [
        write_scene(tmp_path, "2021-07-01", GROUND),
        write_scene(tmp_path, "2021-08-01", GROUND, offset=-0.1),
        write_scene(tmp_path, "2022-07-01", GROUND, added=1000, offset=-0.1),
        write_scene(tmp_path, "2022-08-01", GROUND, added=1000, offset=-0.1, applied=True),
        write_scene(tmp_path, "2023-07-01", GROUND, offset=-0.1, applied=True),
    ]
    rows, issues = loaded(tmp_path, source_of(tmp_path, items))
    for name in MINES:
        values = [rows[name, year]["value"] for year in (2021, 2022, 2023)]
        assert values == pytest.approx([values[0]] * 3, abs=1e-12)
    assert [(i["feature_id"], i["problem"]) for i in issues] == [
        ("S2_2021-08-01", "wrong offset"),
        ("S2_2022-08-01", "wrong offset"),
    ]
    again = loaded(tmp_path, source_of(tmp_path, items))  # from the store
    assert again == (rows, issues)
    unchecked, _ = loaded(tmp_path, source_of(tmp_path, items[3:4], check_offset=False))
    brighter = {band: counts + 1000 for band, counts in GROUND.items()}
    assert unchecked["m1", 2022]["value"] == pytest.approx(
        expected_ndvi(brighter, MINES["m1"]), abs=1e-6
    )


def test_over_bright_ground_other_dates_tell_a_wrong_item(tmp_path):
    """Red of 0.2 at least: by itself an image with 1,000 counts more might be of a desert."""
    texture = np.random.default_rng(2).uniform(0.9, 1.1, (SIZE, SIZE))
    bright = {"blue": 1800 * texture, "red": 2600 * texture, "nir": 3300 * texture}
    bright = {band: np.rint(counts).astype(np.uint16) for band, counts in bright.items()}
    items = [
        write_scene(tmp_path, "2020-07-01", bright),
        write_scene(tmp_path, "2021-07-01", bright),
        write_scene(tmp_path, "2022-07-01", bright, added=1000, offset=-0.1),
        write_scene(tmp_path, "2022-08-01", bright, added=1000, offset=-0.1, applied=True),
        write_scene(tmp_path, "2023-07-01", bright, offset=-0.1),
        write_scene(tmp_path, "2023-08-01", bright, offset=-0.1, applied=True),
    ]
    rows, issues = loaded(tmp_path, source_of(tmp_path, items))
    for name, mine in MINES.items():
        values = [rows[name, year]["value"] for year in range(2020, 2024)]
        assert values == pytest.approx([expected_ndvi(bright, mine)] * 4, abs=1e-6)
    assert [(i["feature_id"], i["problem"], i["action"]) for i in issues] == [
        ("S2_2022-08-01", "wrong offset", "set aside"),
        ("S2_2023-07-01", "wrong offset", "set aside"),
    ]
    assert "brighter than in 4 other image(s) there" in issues[0]["detail"]
    assert "darker than in 4 other image(s) there" in issues[1]["detail"]
    assert loaded(tmp_path, source_of(tmp_path, items)) == (rows, issues)  # from the store
    alone, none = loaded(tmp_path, source_of(tmp_path, items[3:4]))
    assert ("m1", 2022) in alone
    assert not none


def test_clouds_are_left_out_and_a_mine_that_is_hardly_seen_has_no_value(tmp_path):
    classes = np.full((SIZE // 2, SIZE // 2), 4)
    classes[:, :32] = 9  # over the first mine's middle: columns 0 to 64 of 256
    cloudy = GROUND | {"red": np.where(np.arange(SIZE) < 64, 9000, GROUND["red"])}
    item = write_scene(tmp_path, "2021-07-01", cloudy, classes=classes)
    rows, issues = loaded(tmp_path, source_of(tmp_path, [item], min_clear_share=0.2))
    hidden = np.s_[:, :64]
    expected = expected_ndvi(GROUND, MINES["m1"], hidden=hidden)
    assert rows["m1", 2021]["value"] == pytest.approx(expected, abs=1e-6)
    share = rows["m1", 2021]["valid_km2"] / rows["m1", 2021]["inside_km2"]
    assert 0.2 < share < 0.5
    rows, issues = loaded(tmp_path, source_of(tmp_path, [item]))
    assert rows["m1", 2021]["value"] is None
    assert rows["m2", 2021]["value"] is not None
    assert [(i["feature_id"], i["problem"]) for i in issues] == [("m1", "no pixel with data")]


@pytest.mark.parametrize("overviews", [(), (2, 4)])
@pytest.mark.parametrize("has_grid", [True, False])
def test_coarser_pixels_are_the_means_of_counts(tmp_path, overviews, has_grid):
    item = write_scene(tmp_path, "2021-07-01", GROUND, overviews=overviews, has_grid=has_grid)
    rows, _ = loaded(tmp_path, source_of(tmp_path, [item], resolution_m=60))
    expected = expected_ndvi(GROUND, MINES["m2"], coarsen=4)
    # An overview holds whole counts.
    assert rows["m2", 2021]["value"] == pytest.approx(expected, abs=2e-4 if overviews else 1e-6)
    assert abs(expected - expected_ndvi(GROUND, MINES["m2"])) > 1e-3


def test_what_one_image_of_a_day_lacks_comes_from_the_other(tmp_path):
    left = {band: np.where(np.arange(SIZE) < 60, values, 0) for band, values in GROUND.items()}
    right = {band: np.where(np.arange(SIZE) >= 60, values, 0) for band, values in GROUND.items()}
    items = [
        write_scene(tmp_path, "2021-07-01", left, name="left"),
        write_scene(tmp_path, "2021-07-01", right, name="right"),
    ]
    rows, _ = loaded(tmp_path, source_of(tmp_path, items))
    expected = expected_ndvi(GROUND, MINES["m1"])
    assert rows["m1", 2021]["value"] == pytest.approx(expected, abs=1e-6)
    assert rows["m1", 2021]["valid_km2"] == pytest.approx(rows["m1", 2021]["inside_km2"])


def test_years_months_and_cloud_choose_the_items(tmp_path):
    dates = ("2020-07-01", "2021-01-15", "2021-07-01", "2022-12-31")
    items = [write_scene(tmp_path, date, GROUND) for date in dates]
    items.append(write_scene(tmp_path, "2021-08-01", GROUND, cloud=90))
    around = source_of(tmp_path, items, months=(12, 2))
    assert sorted(year for _, year in loaded(tmp_path, around)[0]) == [2021, 2021, 2022, 2022]
    of_year = source_of(tmp_path, items, years="2020")
    assert sorted(year for _, year in loaded(tmp_path, of_year)[0]) == [2020, 2020]
    with pytest.raises(SourceError, match="Correct years, months or max_cloud"):
        check_series(source_of(tmp_path, items, years="1999"))


def test_bad_items_are_named_all_at_once(tmp_path):
    one = write_scene(tmp_path, "2021-07-01", GROUND)
    del one["assets"]["nir"]
    two = write_scene(tmp_path, "2021-08-01", GROUND)
    (tmp_path / "2021-08-01" / "red.tif").unlink()
    three = write_scene(tmp_path, "2021-09-01", GROUND)
    with pytest.raises(SourceError) as problem:
        check_series(source_of(tmp_path, [one, two, three]))
    text = str(problem.value)
    assert "S2_2021-07-01" in text
    assert "needs nir" in text
    assert "2021-08-01/red.tif does not exist" in text
    assert "S2_2021-09-01" not in text


def test_an_item_that_lies_about_its_grid_is_an_error(tmp_path):
    item = write_scene(tmp_path, "2021-07-01", GROUND)
    for asset in item["assets"].values():
        if "proj:transform" in asset:
            asset["proj:transform"][2] += 30
    with pytest.raises(SourceError, match=r"S2_2021-07-01.*another grid"):
        loaded(tmp_path, source_of(tmp_path, [item]))


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        (NDVI, {"nir": 0.3, "red": 0.1}, 0.5),
        ("2.5 * (nir - red) / (nir + 6 * red - 7.5 * blue + 1)",
         {"nir": 0.4, "red": 0.1, "blue": 0.04}, 2.5 * 0.3 / (0.4 + 0.6 - 0.3 + 1)),
        ("nir - red - 0.1", {"nir": 1.0, "red": 0.25}, 0.65),
        ("nir / red / 2", {"nir": 1.0, "red": 0.25}, 2.0),
        ("-nir + - -red * 2", {"nir": 1.0, "red": 0.25}, -0.5),
    ],
)  # fmt: skip
def test_expressions_follow_the_rules_of_arithmetic(text, values, expected):
    arrays = {name: np.array([value]) for name, value in values.items()}
    assert parse(text).bands == tuple(sorted(values))
    assert parse(text).values(arrays) == pytest.approx([expected])


@pytest.mark.parametrize(
    "text",
    ["", "nir +", "(nir", "nir)", "nir red", "nir ** 2", "1 + 1", "__import__('os')", "nir.real", "nir[0]",
     "lambda: nir", "(" * 60 + "nir" + ")" * 60, "nir" + "+nir" * 200],
)  # fmt: skip
def test_what_is_no_expression_is_refused(text):
    with pytest.raises(ValueError, match=r"\S"):
        parse(text)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"expression": None}, "go with expression"),
        ({"items": None}, "needs items"),
        ({"scale": 2.0}, "remove scale"),
        ({"expression": "nir ^ red"}, "expression is bands"),
        ({"stac": "https://example.org"}, "needs collection"),
        ({"stac": "https://example.org", "collection": "c"}, "needs years"),
        ({"items": "nowhere.json"}, "does not exist"),
    ],
)
def test_mixed_sections_are_refused(tmp_path, fields, said):
    with pytest.raises(ValueError, match=said):
        source_of(tmp_path, [write_scene(tmp_path, "2021-07-01", GROUND)], **fields)


PROJECT = """
[project]
name = "searched"
[[polygons]]
name = "planted"
path = "mines.gpkg"
[network]
hosts = ["http://{host}"]
cache = "cache"
[[indicator]]
name = "ndvi"
expression = "(nir - red) / (nir + red)"
items = "ndvi/items.json"
stac = "{address}/api"
collection = "sentinel-2-c1-l2a"
years = "2021-2022"
resolution_m = {resolution}
[network.tokens]
"{address}/data/" = "{address}/token"
"""
DATES = ("2021-07-01", "2022-07-01")
SECRET, STALE = "OnlyInMemory0815", "SignedLongAgo0816"


def quarry(*arguments):
    from typer.testing import CliRunner

    from quarrydb.cli.app import app

    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def searched(tmp_path):
    """A server of an API with scenes of two years, and a maker of a project that asks it."""
    published, folder = tmp_path / "published", tmp_path / "project"
    published.mkdir()
    (folder / "cache").mkdir(parents=True)
    write_polygons(folder / "mines.gpkg", [lonlat(mine) for mine in MINES.values()])
    with serving(published) as server:
        base = f"{server.address}/data/"
        items = [
            write_scene(published / "data", date, GROUND, added=added, offset=-added / 1e4,
                        base=base, overviews=(2, 4))
            for date, added in zip(DATES, (0, 1000), strict=True)
        ]  # fmt: skip
        for item in items:
            item["assets"]["thumbnail"] = {"href": "preview.jpg"}
            for asset in item["assets"].values():
                asset["href"] += f"?se=2020-01-01T00%3A00%3A00Z&sp=r&sig={STALE}"
        (published / "token").write_text(json.dumps({"token": f"sp=r&sig={SECRET}"}))
        server.barred = lambda path, query: (
            403 * (path.startswith("/data/") and query != f"sp=r&sig={SECRET}")
        )
        link = {"rel": "search", "href": f"{server.address}/search", "type": "application/geo+json"}
        conforms = [f"https://api.stacspec.org/v1.0.0/{part}" for part in ("core", "item-search")]
        root = {"type": "Catalog", "id": "api", "stac_version": "1.0.0", "description": "planted"}
        (published / "api").write_text(json.dumps(root | {"conformsTo": conforms, "links": [link]}))
        write_items(published / "search", items)

        def make(resolution=10):
            text = PROJECT.format(host=server.host, address=server.address, resolution=resolution)
            (folder / "quarry.toml").write_text(text)
            return load_project(folder)

        yield make, server, folder


def values_of(folder):
    with quarrydb.connect(folder / "mines.duckdb") as connection:
        return connection.execute(
            "SELECT mine_id, year, value FROM mine_indicator_yearly ORDER BY mine_id, year"
        ).fetchall()


@pytest.mark.slow
@pytest.mark.parametrize("coarsen", [1, 4])
def test_images_are_searched_and_their_blocks_fetched(searched, coarsen):
    pytest.importorskip("pystac_client")
    make, server, folder = searched
    project = make(10 * coarsen)
    build(project)  # no item was searched for yet: no indicator
    assert values_of(folder) == []
    done = quarry("images", folder)
    assert done.exit_code == 0, (done.output, done.exception)
    items = json.loads((folder / "ndvi" / "items.json").read_text())["features"]
    assert [sorted(item["assets"]) for item in items] == [["nir", "red", "scl"]] * 2
    with pytest.raises(NetworkError, match=r"6 files of indicator ndvi are not here.*--fetch"):
        build(project)
    before = server.n_bytes
    build(project, fetch=True)
    assert server.n_bytes - before < 0.9 * n_bytes(server.folder / "data")
    assert [request.path for request in server.requests].count("/token") == 1
    assert files_with(folder, SECRET, STALE) == []
    values = values_of(folder)
    assert len(values) == 4
    with quarrydb.connect(folder / "mines.duckdb") as connection:
        query = "SELECT mine_id, ST_AsWKB(geometry) FROM core.mine"
        mines = {
            name: shapely.from_wkb(bytes(wkb)) for name, wkb in connection.execute(query).fetchall()
        }
    for name, year, value in values:
        expected = expected_ndvi(GROUND, metres(mines[name]), coarsen)
        assert value == pytest.approx(expected, abs=1e-6 if coarsen == 1 else 2e-4), (name, year)
    n_before = len(server.requests)
    assert build(project).was_current
    (folder / "mines.duckdb").unlink()
    shutil.rmtree(folder / "cache")
    build(project)  # what was read is in the store: nobody is asked
    assert (values_of(folder), len(server.requests)) == (values, n_before)


def files_with(folder, *texts):
    """Files that hold any of some texts."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return [file for file in files if any(t.encode() in file.read_bytes() for t in texts)]


def n_bytes(folder):
    return sum(file.stat().st_size for file in folder.rglob("*.tif"))


@pytest.mark.slow
def test_an_image_that_is_gone_is_set_aside_and_others_are_read(searched):
    pytest.importorskip("pystac_client")
    make, server, folder = searched
    project = make()
    build(project)
    assert quarry("images", folder).exit_code == 0
    (server.folder / "data" / DATES[0] / "nir.tif").unlink()
    build(project, fetch=True)
    assert {year for _, year, _ in values_of(folder)} == {2022}
    with quarrydb.connect(folder / "mines.duckdb") as connection:
        issues = connection.execute(
            "SELECT feature_id, problem FROM raw.load_issue WHERE source = 'ndvi'"
        ).fetchall()
    assert issues == [("S2_2021-07-01", "image is gone")]
