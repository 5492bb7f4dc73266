"""The report: figures, their queries, their files, and how the page stands in a browser."""

import io
import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import matplotlib.image
import polars
import pytest

from quarrydb import palette
from quarrydb.errors import QueryError
from quarrydb.report import chart, geography, png, svg, write_report
from quarrydb.report.drawings import DRAWINGS
from quarrydb.report.figure import NEEDS, evaluate, read_country_figures, read_figures

SVG = "{http://www.w3.org/2000/svg}"
WANTED = {
    "xu2025": [f"Figure {n}" for n in ("4a", "4b", "4c", "5a", "5b", "5c")]
    + [f"Figure {n}" for n in ("6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c", "7d")]
    + [f"Figure A{n}" for n in range(1, 7)]
    + ["Table 1", "Table A1", "Table A2", "Table A3"],
    "sepin2025": [f"Figure {n}" for n in ("1", "2", "3", "5", "S1", "S4")]
    + ["Table S1", "Table S2"],
}


@pytest.mark.parametrize("study", WANTED)
def test_every_figure_of_the_studies_is_there(study: str) -> None:
    titles = [figure.title for figure in read_figures() if figure.study == study]
    for name in WANTED[study]:
        assert [t for t in titles if t.startswith(f"{name}:")], name


def test_every_drawing_has_its_query_and_every_figure_says_what_it_needs() -> None:
    both = (*read_figures(), *read_country_figures("ABC"))
    figures = {figure.key: figure for figure in both}
    assert set(DRAWINGS) <= set(figures)
    assert {figure.header("Needs") for figure in figures.values()} <= set(NEEDS)


@pytest.mark.parametrize("figure", read_figures(), ids=lambda figure: figure.key)
def test_queries_run_when_pasted(figure: Any, demo_connection: duckdb.DuckDBPyConnection) -> None:
    demo_connection.execute(figure.query).fetchall()


def test_numbers_are_as_people_read_them() -> None:
    values = (0, 5, 12345.6, 1.5, 0.0123456, 250.7, 2.0)
    assert [svg.number(v) for v in values] == ["0", "5", "12,346", "1.5", "0.0123", "251", "2"]
    shares = (0, 0.256, 0.0803, 0.000931, 0.00000736, 1)
    shown = ["0 %", "25.6 %", "8 %", "0.093 %", "0.00074 %", "100 %"]
    assert [svg.percent(share) for share in shares] == shown
    assert svg.ticks(0, 97) == [0, 25, 50, 75, 100]
    assert svg.ticks(0, 0) == [0, 0.25, 0.5, 0.75, 1.0]


def test_a_png_shows_what_the_svg_says() -> None:
    rows = [{"name": "A", "v": 10.0}, {"name": "B", "v": 5.0}]
    drawn = chart.bars(rows, "name", {"v": "km2"}, title="t")
    picture = (matplotlib.image.imread(io.BytesIO(png.as_png(drawn)))[..., :3] * 255).round()
    units = (svg.WIDTH + 2 * png.MARGIN) / picture.shape[1]
    blue = [int(palette.BLUE[i : i + 2], 16) for i in (1, 3, 5)]
    for rect in ElementTree.fromstring(drawn).iter(f"{SVG}rect"):
        x, y, width, height = (float(rect.get(key, 0)) for key in ("x", "y", "width", "height"))
        row = round((y + height / 2 + png.MARGIN) / units)
        start, end = (round((at + png.MARGIN) / units) for at in (x, x + width))
        assert (picture[row, start + 2 : end - 2] == blue).all()
        assert (picture[row, end + 2 : end + 8] == 255).all()


def test_paths_of_a_drawing_have_holes_and_ends() -> None:
    drawn = png.path("M0,0L4,0L4,-4ZM1,1L2.5,1")
    assert drawn.vertices.tolist() == [[0, 0], [4, 0], [4, -4], [4, -4], [1, 1], [2.5, 1]]
    assert list(drawn.codes) == [1, 2, 2, 79, 1, 2]


def test_bars_are_as_long_as_their_values() -> None:
    rows = [{"name": "A<b>", "v": 10.0}, {"name": "B", "v": 5.0}, {"name": "C", "v": None}]
    drawn = ElementTree.fromstring(chart.bars(rows, "name", {"v": "km2"}, title="t"))
    widths = [float(rect.get("width", 0)) for rect in drawn.iter(f"{SVG}rect")]
    assert widths[0] == pytest.approx(2 * widths[1], rel=0.02)
    texts = [element.text for element in drawn.iter(f"{SVG}text")]
    assert "A<b>" in texts
    assert "no data" in texts


def test_stacked_shares_fill_the_bar() -> None:
    rows = [
        {"name": "World", "status": "active", "share": 0.25},
        {"name": "World", "status": "closed", "share": 0.75},
    ]
    drawn = chart.stacked(rows, "name", "status", "share", title="t", hues=palette.STATUS)
    rects = [r for r in ElementTree.fromstring(drawn).iter(f"{SVG}rect") if r.get("height") == "18"]
    widths = [float(rect.get("width", 0)) for rect in rects]
    assert sum(widths) == pytest.approx(svg.WIDTH - chart.LABEL_WIDTH, abs=0.05)
    assert widths[1] == pytest.approx(3 * widths[0], rel=0.01)


def test_colours_differ_in_lightness_or_hue_for_every_eye() -> None:
    def lightness(colour: str) -> float:
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    ramp = [lightness(colour) for colour in palette.SEQUENCE]
    assert all(a - b > 15 for a, b in itertools.pairwise(ramp))
    assert abs(lightness(palette.STATUS["active"]) - lightness(palette.STATUS["closed"])) > 15


def test_the_page_holds_every_figure_its_query_and_what_is_missing(report_folder: Path) -> None:
    html = (report_folder / "index.html").read_text()
    drawn = {path.stem for path in (report_folder / "figures").glob("*.svg")}
    tables = {path.stem for path in (report_folder / "tables").glob("*.csv")}
    for figure in read_figures():
        assert (f'id="{figure.key}"' in html) == (figure.key in tables)
        assert figure.title.partition(":")[0] in html
    assert drawn == {key for key in DRAWINGS if key in tables}
    assert not re.search(r'(src|href)="https?:', html)
    assert "What is missing and why" in html


def test_files_hold_the_rows_of_the_figure(
    report_folder: Path, demo_connection: duckdb.DuckDBPyConnection
) -> None:
    for path in sorted((report_folder / "tables").glob("*.parquet")):
        figure = next(f for f in read_figures() if f.key == path.stem)
        n = len(demo_connection.execute(figure.query).fetchall())
        assert polars.read_parquet(path).height == n
        assert len(path.with_suffix(".csv").read_text().splitlines()) == n + 1
    for path in (report_folder / "figures").glob("*.svg"):
        root = ElementTree.parse(path).getroot()
        assert root.find(f"{SVG}title") is not None
        height, width = matplotlib.image.imread(path.with_suffix(".png")).shape[:2]
        box = [float(number) + 2 * png.MARGIN for number in root.attrib["viewBox"].split()[2:]]
        assert height / width == pytest.approx(box[1] / box[0], rel=0.01)


def test_the_page_of_one_country_holds_that_country_alone(
    demo_connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    written = write_report(demo_connection, tmp_path, country="mimiula")
    assert written.missing == ()
    n, area, iso3 = demo_connection.execute(
        "SELECT count(*), sum(area_km2), any_value(iso3) FROM mine WHERE country = 'Mimiula'"
    ).fetchone() or (0, 0, "")
    mines = polars.read_csv(tmp_path / "tables" / "country_map.csv")
    assert mines.height == n > 1
    size = polars.read_csv(tmp_path / "tables" / "country_size.csv")
    assert size["area_km2"].sum() == pytest.approx(area, rel=1e-12)
    assert size["n_share"].sum() == pytest.approx(1)
    change = polars.read_csv(tmp_path / "tables" / "country_change.csv")
    expected = demo_connection.execute(
        "SELECT sum(developed_km2) FROM country_disturbance_yearly WHERE country = 'Mimiula'"
    ).fetchone()
    assert expected is not None
    assert change["developed_km2"].sum() == pytest.approx(expected[0], rel=1e-12)
    status = polars.read_csv(tmp_path / "tables" / "country_status.csv")
    assert status["n_mines"].sum() == n
    html = (tmp_path / "index.html").read_text()
    assert "<h1>Mimiula: " in html
    assert f"iso3 = &#x27;{iso3}&#x27;" in html
    assert "Tizanti" not in html
    for figure in read_country_figures(iso3):
        demo_connection.execute(figure.query).fetchall()
    with pytest.raises(QueryError, match=r"no mine in Mimula\. Did you mean Mimiula"):
        write_report(demo_connection, tmp_path, country="Mimula")


def test_a_country_without_data_says_what_is_missing(
    demo_connection: duckdb.DuckDBPyConnection,
) -> None:
    figures = {figure.key: figure for figure in read_country_figures("none")}
    nothing = evaluate(demo_connection, figures["country_change"])
    assert nothing.missing == "The database holds none of it in this country."


@pytest.mark.slow
@pytest.mark.parametrize("size", ["phone", "desk"])
def test_the_page_stands_in_a_browser(
    visit: Callable[[str], Any], report_folder: Path, size: str
) -> None:
    seen = visit(size)
    page = seen.open(report_folder / "index.html")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    sizes = page.evaluate(
        "[...document.querySelectorAll('.card svg text')].map(t => t.getBoundingClientRect().height)"
    )
    assert min(sizes) >= 9
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    summary = page.locator("#xu_4b summary", has_text="SQL")
    summary.focus()
    page.keyboard.press("Enter")
    assert "country_summary" in page.locator("#xu_4b pre").inner_text()
    assert seen.problems == []
    assert seen.foreign == []


ROWS: dict[str, list[dict[str, Any]]] = {
    "sepin_2": [
        {"site_id": "s1", "year": year, "area_km2": value, "change_km2": None}
        for year, value in ((2016, 1.0), (2017, None), (2018, 0.5))
    ],
    "sepin_5": [
        {"threshold": t, "n": 9, "accuracy": 0.9, "precision": None, "recall": 1.0}
        | {"false_positive_rate": 0.1, "mcc": -0.2}
        for t in (0.1, 0.5, 0.9)
    ],
    "xu_6a": [{"year": 1990, "developed_km2": 0.0, "reclaimed_km2": 0.0, "gap_km2": 0.0}],
    "xu_a5": [
        {"cover_type": None, "min_km2": 0, "q1_km2": 0, "median_km2": 0, "q3_km2": 0, "max_km2": 0}
    ],
    "xu_a6": [{"predicted_year": 2000, "reference_year": None, "n": 3}],
    "xu_4c_latitude": [{"degree": 5, "n_mines": 1, "area_km2": 0.1}],
}


@pytest.mark.parametrize("key", ROWS)
def test_few_and_empty_values_are_drawn(
    key: str, demo_connection: duckdb.DuckDBPyConnection
) -> None:
    drawn = DRAWINGS[key](ROWS[key], f"Figure <{key}>", demo_connection)
    root = ElementTree.fromstring(drawn if isinstance(drawn, str) else drawn.file())
    assert "nan" not in ElementTree.tostring(root, encoding="unicode")
    assert root.findtext(f"{SVG}title") == f"Figure <{key}>"


@pytest.mark.parametrize(
    "box", [(-3, 4, 1, 11), (-75, -55, -68, -17), (-20, 0, 50, 5), (0, 0, 1, 1)]
)
def test_a_window_holds_its_box_whatever_its_shape(box: tuple[float, ...]) -> None:
    frame = geography.frame_around([box])
    west, south, east, north = box
    left, bottom = frame.place(west, south)
    right, top = frame.place(east, north)
    assert 0 < left < right < svg.WIDTH
    assert 0 < top < bottom < frame.height <= geography.TALLEST + 1e-9


def test_one_cell_makes_a_map(demo_connection: duckdb.DuckDBPyConnection) -> None:
    import shapely

    cell = {"geometry": shapely.to_wkb(shapely.box(15, 0, 16, 1)), "change_km2": 0.0}
    for key, column in (("xu_4c", "density_share"), ("sepin_1", "change_km2")):
        drawn = DRAWINGS[key]([cell | {column: 0.25}], "one cell", demo_connection)
        assert not isinstance(drawn, str)
        assert len(drawn.entries) in (1, 6)
        ElementTree.fromstring(drawn.file())
