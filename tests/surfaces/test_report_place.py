"""The page of one region, and pages of all regions of a layer."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import geopandas
import polars
import pytest
import shapely

import quarrydb
from quarrydb.engine.build import build
from quarrydb.errors import QueryError
from quarrydb.project import load_project
from quarrydb.report import write_figure, write_report
from quarrydb.report.page import MANY_PLACES, Place, _by_kind
from quarrydb.report.pages import write_pages
from quarrydb.report.panel import read_place_questions
from quarrydb.report.read import Reader
from quarrydb.report.region import Region, find_region, folder_names, read_regions
from tests.worlds import write_project

NAMES = ["O'Brien", "../up", '<b>{{ 7 * 7 }}</b>"', "Überland", "empty"]
MINES = [shapely.box(x + 0.4, 0.4, x + 0.42, 0.42) for x in range(4)]
BORDER = shapely.box(0.95, 0.5, 1.05, 0.51)  # half in the first district, half in the second
SECTIONS = """
[[regions]]
name = "district"
path = "districts.gpkg"
id = "code"
label = "name"
parent = "country"

[[attributes]]
name = "register"
path = "register.gpkg"
label = "mine"
commodity = "yields"
"""


@pytest.fixture(scope="module")
def odd_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five mines in four of five districts with names that pages and folders could stumble over."""
    folder = write_project(tmp_path_factory.mktemp("odd"), {"a": [*MINES, BORDER]})
    shapes = [shapely.box(x, 0, x + 1, 1) for x in range(5)]
    columns = {"code": [f"{name}/1" for name in NAMES], "name": NAMES, "country": "AAA"}
    geopandas.GeoDataFrame(columns, geometry=shapes, crs=4326).to_file(folder / "districts.gpkg")
    known = {"mine": ["Big <i>pit</i>"], "yields": ["gold; copper"]}
    points = [shapely.Point(0.41, 0.41)]
    geopandas.GeoDataFrame(known, geometry=points, crs=4326).to_file(folder / "register.gpkg")
    with (folder / "quarry.toml").open("a") as file:
        file.write(SECTIONS)
    build(load_project(folder), workers=1)
    return folder / "mines.duckdb"


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple]:
    return connection.execute(query).fetchall()


def table(folder: Path, panel: str) -> polars.DataFrame:
    return polars.read_parquet(folder / "tables" / f"{panel}.parquet")


# One region -----------------------------------------------------------------------------------------


def test_the_page_of_a_country_counts_the_part_inside(
    demo_connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    written = write_report(
        demo_connection,
        tmp_path,
        region="country/vekave",
        places=[Place("World", "../index.html")],
    )
    ((iso3, n, area),) = rows(
        demo_connection,
        "SELECT region_id, n_mines, mine_area_km2 FROM region_summary "
        "WHERE layer = 'country' AND region_name = 'Vekave'",
    )
    assert table(tmp_path, "place_map")["area_km2"].sum() == pytest.approx(area, rel=1e-9)
    assert table(tmp_path, "place_map")["n_mines"].sum() == n
    size = table(tmp_path, "place_size")
    assert size["area_km2"].sum() == pytest.approx(area, rel=1e-9)
    assert size["n_share"].sum() == pytest.approx(1)
    change = table(tmp_path, "place_change")
    ((developed, by_type),) = rows(
        demo_connection,
        "SELECT (SELECT sum(developed_km2) FROM region_yearly WHERE layer = 'country' "
        f"AND region_id = '{iso3}'), (SELECT sum(developed_km2) FROM region_disturbance_yearly "
        f"WHERE layer = 'country' AND region_id = '{iso3}' AND is_in_totals)",
    )
    assert change["developed_km2"].sum() == pytest.approx(developed, rel=1e-9)
    cover = table(tmp_path, "place_cover").filter(polars.col("is_in_totals"))
    assert cover["developed_km2"].sum() == pytest.approx(by_type, rel=1e-9)
    assert by_type == pytest.approx(developed, rel=1e-6)
    assert table(tmp_path, "place_status")["n_mines"].sum() == n
    html = (tmp_path / "index.html").read_text()
    assert f"{n}\u00a0surface mines cover" in html
    assert f"region_id = &#39;{iso3}&#39;" in html
    assert '<option value="../index.html">World</option>' in html
    assert "Tizanti" not in html.partition('id="data"')[0]
    assert "it ranks 5th of 6 countries with mines" in html
    assert not written.missing


@pytest.mark.parametrize("layer", ["continent", "study_region", "protected", "biome", "grid"])
def test_every_layer_has_pages(demo_connection: duckdb.DuckDBPyConnection, layer: str) -> None:
    region = read_regions(demo_connection, layer)[0]
    report = Reader(demo_connection).report(region)
    there = {key for key, result in report.results.items() if not result.missing}
    assert {"place_map", "place_size", "place_largest", "place_sources"} <= there
    assert ("place_protected" in report.results) == (layer != "protected")
    assert ("place_within" in there) == (layer in ("continent", "study_region"))
    assert bool(report.canvas.basemap.here) == (layer not in ("continent", "study_region"))


def test_what_is_protected_in_a_country_counts_ground_once(
    demo_connection: duckdb.DuckDBPyConnection,
) -> None:
    """Against the sums of the mines' own shares, in countries that no mine with a border in it shares."""
    by_country = rows(
        demo_connection,
        "SELECT iso3, sum(protected_area_km2) FROM mine WHERE iso3 NOT IN (SELECT region_id FROM "
        "region_overlap WHERE layer = 'country' AND share < 0.999) GROUP BY iso3",
    )
    assert by_country
    for iso3, area in by_country:
        report = Reader(demo_connection).report(
            Region("country", iso3, iso3), only="place_protected"
        )
        found = report.results["place_protected"].rows
        assert (found[0]["area_km2"] if found else 0) == pytest.approx(area, abs=1e-6)


def test_a_region_that_is_not_there_says_which_are(
    demo_connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    for wanted, said in (
        ("country/Mimula", "has no region Mimula. Did you mean Mimiula"),
        ("contry/Mimiula", "names no region: write layer/id or layer/name. Did you mean country"),
        ("Mimiula", "names no region"),
        ("country/", "names no region"),
    ):
        with pytest.raises(QueryError, match=re.escape(said)):
            write_report(demo_connection, tmp_path, region=wanted)
    with pytest.raises(QueryError, match="There is no layer of regions districts"):
        write_pages(demo_connection, tmp_path, ["country", "districts"])
    with pytest.raises(QueryError, match=r"There is no panel place_mup\. Did you mean place_map"):
        write_figure(demo_connection, "place_mup", tmp_path / "a.svg", region="country/XAA")
    assert not list(tmp_path.iterdir())


def test_a_region_without_data_says_what_is_missing(
    demo_connection: duckdb.DuckDBPyConnection,
) -> None:
    report = Reader(demo_connection).report(Region("country", "none", "Nowhere"))
    assert {r.missing for r in report.results.values()} == {
        "No mine is known in Nowhere.",
        "The database holds none of it in Nowhere.",
        "It needs regions that name this one as theirs: the key parent of a [[regions]] section.",
        "It needs names and commodities of mines: an [[attributes]] section.",
    }


def test_a_region_stands_in_each_query_as_text() -> None:
    region = Region("district", "O'Brien $layer/1", "O'Brien")
    (panel,) = (p for q in read_place_questions(region) for p in q.panels if p.key == "place_bare")
    assert "layer = 'district' AND region_id = 'O''Brien $layer/1'" in panel.query


# Pages of a layer -----------------------------------------------------------------------------------


def test_folders_of_regions_are_safe_and_never_shared() -> None:
    ids = ["GHA", "gha", "../up", "a/b", "a b", "", "Ü", "x" * 200, "CON-1"]
    names = folder_names([Region("district", name, name) for name in ids])
    assert len({name.casefold() for name in names}) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,80}", name) for name in names)
    assert names[-1] == "CON-1"
    assert names == folder_names([Region("district", name, "another name") for name in ids])


def test_a_chooser_names_the_largest_places_and_the_page_itself() -> None:
    places = [Place(str(n), f"{n}.html", "district", n == 700) for n in range(800)]
    ((kind, shown),) = _by_kind(places)
    assert kind == "district"
    assert len(shown) == MANY_PLACES + 1
    assert shown[-1].is_here


@pytest.mark.slow
def test_pages_of_odd_regions_stay_in_their_folder_and_lead_to_each_other(
    odd_database: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "site"
    with quarrydb.connect(odd_database) as connection:
        written = write_pages(connection, folder, ["district", "country"])
        assert find_region(connection, "district/o'brien").region_id == "O'Brien/1"
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
    assert len(written) == 1 + 4 + 1
    pages = [w.page for w in written]
    for page in pages:
        html = page.read_text()
        assert len(html) < 400_000
        links = re.findall(r'<option value="([^"]+)"( selected)?', html)
        assert {(page.parent / link).resolve() for link, _ in links} == set(pages)
        assert [(page.parent / link).resolve() for link, is_here in links if is_here] == [page]
        assert "<b>{{" not in html
        assert "Big <i>" not in html
        (script,) = re.findall(r'<script src="([^"]+)"', html)
        assert (page.parent / script).resolve() == folder / "report.js"
    first = next(page for page in pages if "O&#39;Brien" in page.read_text().partition("</h1>")[0])
    html = first.read_text()
    assert "2\u00a0surface mines cover" in html
    assert "Big &lt;i&gt;pit" in html
    assert "Mines of copper make" in html
    assert "It needs protected areas, of whatever kind" in html
    largest = table(first.parent, "place_largest")
    assert largest["area_km2"].to_list()[1] * 2 == pytest.approx(
        largest["whole_area_km2"][1], rel=0.1
    ) or (
        largest["area_km2"].to_list()[0] * 2 == pytest.approx(largest["whole_area_km2"][0], rel=0.1)
    )
    country = next(page for page in pages if page.parent.name == "AAA")
    assert table(country.parent, "place_within")["n_mines"].sum() == 6  # the one on a border twice


@pytest.mark.slow
def test_a_page_beside_its_script_is_drawn_from_a_folder(
    visit: Callable[..., Any], odd_database: Path, tmp_path: Path
) -> None:
    with quarrydb.connect(odd_database) as connection:
        pages = [w.page for w in write_pages(connection, tmp_path, ["district"])]
    seen = visit("phone", "dark")
    page = seen.open(pages[0])
    page.locator("select[data-goto]").select_option(index=1)
    page.wait_for_url(lambda url: url != pages[0].as_uri())
    page.wait_for_selector("html[data-drawn=yes]", state="attached", timeout=60_000)
    assert page.evaluate("document.querySelectorAll('.chart svg').length") > 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    data = json.loads(page.locator("#data").text_content())
    assert data["here"]
    assert seen.problems == []
    assert all(url.startswith(tmp_path.resolve().as_uri()) for url in seen.foreign)
