"""The report: panels, their queries, and what they say."""

import base64
import csv
import hashlib
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import altair
import duckdb
import polars
import pytest
import shapely
import vl_convert

import quarrydb
from quarrydb.report import basemap, draw, words
from quarrydb.report.chart import Canvas, whole
from quarrydb.report.facts import Facts, read_missing_tiles
from quarrydb.report.page import (
    MAP_ROW_LIMIT,
    ROW_LIMIT,
    Report,
    finding,
    read_prints,
    table_columns,
)
from quarrydb.report.panel import Panel, read_questions
from quarrydb.report.read import Reader
from quarrydb.report.region import Region
from quarrydb.report.result import NEEDS
from tests.surfaces.panels import ALL, PANELS, PLACE_PANELS, result

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "figures.csv"


@pytest.fixture(scope="session")
def report(demo_database: Path) -> Report:
    """The demo's report before it is a page."""
    with quarrydb.connect(demo_database) as connection:
        return Reader(connection).report()


# Panels in print ------------------------------------------------------------------------------------


def test_every_panel_in_print_is_shown_or_says_why_not() -> None:
    listed = {(row["study"], row["label"]): row["why"] for row in read_prints()}
    shown = {print_ for panel in PANELS.values() for print_ in panel.prints}
    assert shown <= set(listed)
    assert {print_ for print_, why in listed.items() if not why} <= shown


def test_the_list_of_panels_is_the_one_that_was_read_from_the_studies() -> None:
    if not REFERENCE.is_file():
        pytest.skip(f"the list of panels is not there: {REFERENCE}")
    with REFERENCE.open(encoding="utf-8") as file:
        wanted = [tuple(row.values())[:4] for row in csv.DictReader(file)]
    assert [tuple(row.values())[:4] for row in read_prints()] == wanted


def test_the_page_lists_every_panel_in_print(report_folder: Path) -> None:
    html = (report_folder / "index.html").read_text()
    rows = html.partition('id="studies"')[2].partition("</table>")[0].split("<tr>")[2:]
    assert len(rows) == len(read_prints())
    assert all(row.split("<td>")[3].strip() for row in rows)


# Panels ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("panel", ALL.values(), ids=lambda panel: panel.key)
def test_a_panel_says_what_it_shows_and_needs_and_its_query_runs_when_pasted(
    panel: Panel, demo_connection: duckdb.DuckDBPyConnection
) -> None:
    assert panel.text.splitlines()[0] == f"-- {panel.key}: {panel.shows}."
    assert panel.needs in NEEDS
    assert set(panel.header) <= {"Panel", "Needs", "Apart", "Finding", "Caveat", "Published"}
    demo_connection.execute(panel.query).fetchall()


def test_printed_figures_stand_beside_the_panels_that_ask_for_them(report: Report) -> None:
    asked = {key for key, panel in PANELS.items() if "Published" in panel.header}
    found = {key for key, r in report.results.items() if r.published}
    assert asked == found


@pytest.mark.parametrize("folder", ["panels", "place"])
def test_every_file_beside_the_questions_belongs_to_a_panel_that_is_asked_for(folder: str) -> None:
    home = Path(basemap.__file__).parent / folder
    found = {path.stem for path in home.iterdir()} - {"questions"}
    assert found == set(PANELS if folder == "panels" else PLACE_PANELS)


def test_drawings_are_vega_lite(report: Report) -> None:
    for key, chart in report.charts.items():
        spec = whole(chart, report.canvas, title="t", subtitle="s")
        altair.Chart.from_dict(spec, validate=True)
        assert "var(--" not in json.dumps(spec), key


def test_titles_are_sentences_made_from_the_data(report: Report) -> None:
    said = {key: finding(r, report.facts) for key, r in report.results.items() if not r.missing}
    for key, sentence in said.items():
        assert sentence != report.facts.named(PANELS[key].shows), key
        assert not re.search(r"None|nan|–|[{}]|\s,|\s\.|  |\.$", sentence), sentence


FINDINGS = {
    "country_area": (
        [
            {"country": "A", "area_share": 0.4, "cumulative_area_share": 0.4},
            {"country": "B", "area_share": 0.3, "cumulative_area_share": 0.7},
            {"country": "C", "area_share": 0.1, "cumulative_area_share": 0.8},
        ],
        "A holds 40 % of the mine area; the first 3 countries together hold 80 %",
    ),
    "change_yearly": (
        [
            {"year": 2022, "developed_km2": 1.5, "reclaimed_km2": 0.5},
            {"year": 2021, "developed_km2": 2.5, "reclaimed_km2": 3.0},
        ],
        "In 2022 mines took 1.5 km² of vegetated land, and 0.5 km² came back; "
        "most was taken in 2021, 2.5 km²",
    ),
    "protected_continent": (
        [{"continent": "Asia", "area_km2": 15.0}, {"continent": "Africa", "area_km2": 5.0}],
        "20 % of the mine area lies inside national parks: 20 km², 15 km² of it in Asia",
    ),
    "years_to_reclaim": (
        [{"years": 3, "n_mines": 2}, {"years": 7, "n_mines": 2}, {"years": 9, "n_mines": 1}],
        "Where mined land came back, it took 7 years in the median mine",
    ),
    "confusion": (
        [
            {"predicted_year": 2001, "reference_year": 2001, "n": 3},
            {"predicted_year": 2002, "reference_year": 2001, "n": 2},
            {"predicted_year": 2002, "reference_year": None, "n": 1},
        ],
        "3 of 6 samples carry the very year that interpreters saw",
    ),
    "footprint_change_map": (
        [{"change_km2": -2.0}, {"change_km2": 1.0}, {"change_km2": 0.0}],
        "Mines grew in 1 cell of 100 km and shrank in 1; the largest change is −2 km²",
    ),
}


@pytest.mark.parametrize("key", FINDINGS)
def test_what_a_panel_says_is_what_its_rows_say(key: str) -> None:
    rows, sentence = FINDINGS[key]
    facts = Facts(protected_kind="national parks", area_km2=100.0)
    assert finding(result(key, *rows), facts).replace("\u00a0", " ") == sentence


def test_a_place_with_a_foreign_name_stays_text(report: Report) -> None:
    row = {"country": "<b>{{ 7 * 7 }}</b>", "area_share": 0.5, "cumulative_area_share": 0.5}
    assert finding(result("country_area", row), report.facts).startswith("<b>{{ 7 * 7 }}</b> holds")


# Numbers --------------------------------------------------------------------------------------------


def test_numbers_are_as_people_read_them() -> None:
    values = (0, 5, 12345.6, 1.5, 0.0123456, 250.7, 2.0, -3.14159, None, float("nan"))
    shown = ["0", "5", "12,346", "1.5", "0.0123", "251", "2", "−3.14", "–", "–"]
    assert [words.number(v) for v in values] == shown
    shares = (0, 0.256, 0.0803, 0.000931, 0.00000033, 1)
    shown = ["0 %", "25.6 %", "8.03 %", "0.093 %", "< 0.01 %", "100 %"]
    assert [words.percent(share).replace("\u00a0", " ") for share in shares] == shown
    assert words.label("mean_area_km2") == "mean area, km²"
    assert words.label("n_mines") == "mines"
    assert words.cell(2005, "year") == "2005"
    assert words.cell(0.25, "area_share").replace("\u00a0", " ") == "25 %"
    assert (words.north(-3.5), words.east(117.2)) == ("3.5° S", "117° E")


def test_the_page_shows_the_same_numbers_as_the_charts() -> None:
    """Values are cut for a chart as a table writes them, so that a tooltip says the same."""
    for value in (112.274, 36.739, 0.012345, 65585.4, -0.5):
        text = words.number(value).replace(",", "").replace("−", "-")
        assert float(text) == words.round_as_shown(value)


def test_newest_years_stand_first() -> None:
    rows = [{"country": "A", "2016": 1.0, "2017": None, "paths": ["a.tif"]}]
    assert table_columns(["country", "2016", "2017", "paths"], rows) == ["country", "2017", "2016"]


# The page -------------------------------------------------------------------------------------------


def test_the_page_answers_questions_and_loads_nothing(report_folder: Path) -> None:
    html = (report_folder / "index.html").read_text()
    assert len(html) < 4_000_000
    tables = {path.stem for path in (report_folder / "tables").glob("*.csv")}
    for key in PANELS:
        assert html.count(f'id="{key}"') == (key in tables)
    assert not re.search(r'(src|href)="https?:', html)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy is not None
    assert "unsafe-eval" not in policy[1]
    assert "default-src &#39;none&#39;" in policy[1]
    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    hashes = {base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts}
    assert set(re.findall(r"sha256-([^&]+)&", policy[1])) == hashes
    for question in read_questions():
        assert question.title in html


def test_the_first_screen_says_how_much_of_when_and_how_sure(
    report_folder: Path, demo_connection: duckdb.DuckDBPyConnection
) -> None:
    top = (report_folder / "index.html").read_text().partition('id="main"')[0]
    text = re.sub(r"<[^>]+>", " ", top.partition("<body>")[2])
    row = demo_connection.execute("SELECT count(*), sum(area_km2) FROM mine").fetchone()
    assert row is not None
    assert f"{row[0]}\u00a0surface mines cover {words.km2(row[1])}" in text
    for name, area in demo_connection.execute(
        "SELECT dataset, area_km2 FROM dataset_summary WHERE dataset IN ('maus', 'tang')"
    ).fetchall():
        assert f"{words.km2(area)} ({name})" in text
    assert "land cover 1985–2022" in text
    assert "licence of the numbers" in text


def test_a_planet_of_cells_and_dots_fits_into_the_page() -> None:
    """5,000 cells in four maps, 6,000 dots, 12,000 dots by status: what the planet's mines make at most."""
    canvas = Canvas(basemap.Basemap({"type": "equalEarth"}, 2.4, []))
    square = shapely.to_wkb(shapely.segmentize(shapely.box(101.234, 3.456, 102.135, 4.357), 0.1))
    cell = {"cell_y": -33, "class": "0.01 to 0.1 %", "geometry": square, "year": 2022}
    area = {"density_share": 0.000123456, "mine_area_km2": 1.23456, "n_mines": 12}
    area |= {"bare_surface_share": 0.54321, "change_km2": -1.2345, "area_first_km2": 1.2345}
    area |= {"protected_density_share": 0.000123, "protected_km2": 1.23456, "area_last_km2": 2.3456}
    maps = ("density_map", "bare_map", "protected_map", "footprint_change_map")
    cells = [cell | area | {"cell_x": x} for x in range(5_000)]
    charts = [canvas.chart(result(key, *cells)) for key in maps]
    dot = {
        "longitude": 101.2345,
        "latitude": -12.3456,
        "country": "Democratic Republic",
        "n_mines": 2,
    }
    dots = [dot | {"area_km2": 1.2345, "status": "undefined"}] * 6_000
    charts += [
        canvas.chart(result("mine_map", *dots)),
        canvas.chart(result("status_map", *dots * 2)),
    ]
    size = sum(len(json.dumps(vars(chart), separators=(",", ":"))) for chart in charts if chart)
    size += len(json.dumps(canvas.cells, separators=(",", ":")))
    assert size < 2_600_000  # beside 0.9 MB of scripts and 0.4 of land and tables


def test_files_hold_the_rows_of_the_panel(
    report_folder: Path, demo_connection: duckdb.DuckDBPyConnection
) -> None:
    paths = sorted((report_folder / "tables").glob("*.parquet"))
    assert paths
    for path in paths:
        n = len(demo_connection.execute(PANELS[path.stem].query).fetchall())
        assert polars.read_parquet(path).height == n
        assert len(path.with_suffix(".csv").read_text().splitlines()) == n + 1
    assert "POLYGON" in (report_folder / "tables" / "density_map.csv").read_text()


def test_tables_are_whole(report_folder: Path) -> None:
    html = (report_folder / "index.html").read_text()
    for path in sorted((report_folder / "tables").glob("*.csv")):
        card = html.partition(f'id="{path.stem}"')[2].partition("</article>")[0]
        n = len(path.read_text().splitlines())
        shown = card.count("<tr>") - ("As printed</summary>" in card) * (
            card.partition("As printed</summary>")[2].count("<tr>")
        )
        limit = MAP_ROW_LIMIT if (PANELS[path.stem].spec or {}).get("map") else ROW_LIMIT
        assert shown == min(n, limit + 1), path.stem


def test_missing_land_cover_is_named_by_its_tiles() -> None:
    ghana = Region("country", "GHA", "Ghana")
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA raw")
        connection.execute(
            "CREATE TABLE mine AS SELECT mine_id, iso3, x::DOUBLE AS longitude, y::DOUBLE AS latitude "
            "FROM (VALUES ('a', 'GHA', -1.5, 6.2), ('b', 'GHA', 0.5, 7.0), ('c', 'BRA', -60.5, -3.0)) "
            "AS mine (mine_id, iso3, x, y)"
        )
        connection.execute(
            "CREATE TABLE region_overlap AS SELECT mine_id, 'country' AS layer, iso3 AS region_id FROM mine"
        )
        detail = "wholly or in part; tiles that are missing: E0N10, W5N10, W65N0"
        connection.execute(
            "CREATE TABLE raw.load_issue AS SELECT mine_id AS feature_id, "
            f"'no land-cover tile' AS problem, '{detail}' AS detail FROM mine"
        )
        assert read_missing_tiles(connection, ghana) == ("E0N10", "W5N10")
        assert read_missing_tiles(connection) == ("E0N10", "W5N10", "W65N0")
    facts = Facts(region=ghana, n_mines=2, n_covered=0, missing_tiles=("E0N10", "W5N10"))
    assert facts.nothing_here("landcover") == (
        "No land-cover tile covers Ghana: fetch E0N10, W5N10."
    )
    assert facts.nothing_here("status") == "The database holds none of it in Ghana."
    half = Facts(n_mines=2, n_covered=1, missing_tiles=("E0N10",))
    assert half.coverage.replace("\u00a0", " ").endswith("1 of 2 mines (50 %): fetch E0N10.")


def test_pictures_are_written_beside_the_page(report: Report) -> None:
    svg = ElementTree.fromstring(draw(report, "change_yearly", "svg"))
    assert "In 2022 mines took" in " ".join(svg.itertext())
    assert vl_convert.svg_to_png(ElementTree.tostring(svg, encoding="unicode"))[:4] == b"\x89PNG"
