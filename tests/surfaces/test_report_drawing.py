"""Drawings of the report: bars, empty rows, maps, and what becomes a picture."""

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import pyproj
import pytest

from quarrydb.errors import QueryError
from quarrydb.report import basemap, write_figure, write_report
from quarrydb.report.chart import Canvas, picture, whole
from tests.surfaces.panels import result

SVG = "{http://www.w3.org/2000/svg}"


def drawn(key: str, *rows: dict[str, Any], canvas: Canvas | None = None) -> ElementTree.Element:
    """A panel's chart as SVG, by vl-convert."""
    world = basemap.window(None)
    canvas = canvas or Canvas(basemap.Basemap({"type": "equalEarth"}, 2.4, []))
    assert world == basemap.WORLD
    chart = canvas.chart(result(key, *rows))
    assert chart is not None
    return ElementTree.fromstring(picture(whole(chart, canvas, title="t", subtitle="s"), "svg"))


def test_bars_are_as_long_as_their_values() -> None:
    rows = [
        {"country": name, "area_km2": area, "n_mines": 1, "area_share": 0.5}
        for name, area in (("A<b>", 10.0), ("B", 5.0))
    ]
    svg = drawn("country_area", *rows)
    bars = [
        e.get("d", "") for e in svg.iter(f"{SVG}path") if e.get("aria-roledescription") == "bar"
    ]
    widths = [max(float(x) for x in re.findall(r"[MLH]?(-?[\d.]+),", d)) for d in bars]
    widths = [float(re.search(r"h(-?[\d.]+)", d)[1]) for d in bars] if not any(widths) else widths
    assert len(bars) == 2
    assert max(widths) / min(widths) == pytest.approx(2, rel=0.03)
    assert "A<b>" in {e.text for e in svg.iter(f"{SVG}text")}


FEW: dict[str, list[dict[str, Any]]] = {
    "site_series": [
        {"site_id": "s1", "country": None, "year": y, "area_km2": v, "change_km2": None}
        for y, v in ((2016, 1.0), (2017, None), (2018, 0.5))
    ],
    "change_yearly": [{"year": 1990, "developed_km2": 0.0, "reclaimed_km2": 0.0, "gap_km2": 0.0}],
    "cover_gap": [
        {"cover_type": None, "min_km2": 0.0, "q1_km2": 0.0, "median_km2": 0.0, "q3_km2": 0.0}
        | {"max_km2": 0.0}
    ],
    "confusion": [{"predicted_year": 2000, "reference_year": 2001, "n": 3}],
    "latitude_profile": [{"degree": 5, "n_mines": 1, "area_km2": 0.1}],
}


@pytest.mark.parametrize("key", FEW)
def test_few_and_empty_values_are_drawn(key: str) -> None:
    svg = drawn(key, *FEW[key])
    assert "NaN" not in ElementTree.tostring(svg, encoding="unicode")


def test_nothing_to_draw_is_a_table() -> None:
    rows = result("confusion", {"predicted_year": 2000, "reference_year": None, "n": 3})
    assert Canvas(basemap.Basemap({"type": "equalEarth"}, 2.4, [])).chart(rows) is None


@pytest.mark.parametrize("form", ["svg", "png", "pdf"])
def test_a_panel_becomes_a_picture(
    form: str, demo_connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    target = tmp_path / f"map.{form}"
    write_figure(demo_connection, "density_map", target)
    content = target.read_bytes()
    assert content.startswith({"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF"}[form])
    if form == "png":
        width, height = (int.from_bytes(content[i : i + 4], "big") for i in (16, 20))
        assert (width, height) > (1400, 600)


def test_a_picture_that_can_not_be_says_why(
    demo_connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    for panel, name, words_ in (
        ("density_map", "map.jpg", "'jpg' is no picture format"),
        ("density_map", "map", "A name without an ending"),
        ("densitymap", "map.svg", "There is no panel densitymap. Did you mean density_map"),
        ("country_table", "map.svg", "country_table is a table"),
        ("site_series", "map.svg", "site_series has no data: It needs outlines"),
    ):
        with pytest.raises(QueryError, match=re.escape(words_)):
            write_figure(demo_connection, panel, tmp_path / name)
    with pytest.raises(QueryError, match="'gif' is no picture format"):
        write_report(demo_connection, tmp_path, pictures=("gif",))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "box", [(-3, 4, 1, 11), (-75, -55, -68, -17), (-20, 0, 50, 5), (0, 0, 1, 1), (10, 60, 30, 83)]
)
def test_a_window_holds_its_box_whatever_its_shape(box: tuple[float, ...]) -> None:
    west, south, east, north = basemap.window(box)
    assert west < box[0] < box[2] < east
    assert south < box[1] < box[3] < north or north > 80
    wide, tall, _ = basemap.size((west, south, east, north))
    assert basemap.TALLEST - 1e-9 <= wide / tall <= basemap.WIDEST + 1e-9


def test_mines_on_both_sides_of_the_globe_show_the_world() -> None:
    assert basemap.window((-120, -10, 140, 40)) == basemap.WORLD
    assert basemap.window(None) == basemap.WORLD


def test_equal_earth_is_that_of_proj() -> None:
    project = pyproj.Proj("+proj=eqearth +R=1")
    for latitude in (-56.0, 0.0, 83.8):
        assert basemap.equal_earth_y(latitude) == pytest.approx(project(0, latitude)[1])
    assert basemap.equal_earth_x(180) == pytest.approx(project(179.999999, 0)[0])


def test_a_mine_lies_on_the_map_where_its_place_is() -> None:
    """The corners of the window are the corners of the drawing."""
    bounds = (10.0, -5.0, 20.0, 5.0)
    wide, tall, middle = basemap.size(bounds)
    canvas = Canvas(
        basemap.Basemap(basemap._projection(bounds, wide, tall, middle), wide / tall, [])
    )
    rows = [
        {"longitude": x, "latitude": y, "country": None, "n_mines": 1, "area_km2": 1.0}
        for x, y in ((10.0, 5.0), (20.0, -5.0), (15.0, 0.0))
    ]
    svg = drawn("mine_map", *rows, canvas=canvas)
    marks = [e for e in svg.iter(f"{SVG}path") if e.get("aria-roledescription") == "circle"]
    at = [tuple(map(float, re.findall(r"-?[\d.]+", m.get("transform", "")))) for m in marks]
    (left, top), centre, (right, bottom) = sorted(at)
    assert centre == pytest.approx(((left + right) / 2, (top + bottom) / 2), abs=0.1)
    assert (right - left) / (bottom - top) == pytest.approx(wide / tall, rel=0.01)
    assert top == pytest.approx(0, abs=1) or left == pytest.approx(0, abs=1)
