"""The map: what it carries is what the database holds, and it works in a browser, fast."""

import base64
import hashlib
import html
import http.server
import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.io import MemoryFile

import quarrydb
from quarrydb.errors import QueryError
from quarrydb.palette import THEME
from quarrydb.webmap import render, write_map
from quarrydb.webmap.basemap import check_basemap
from quarrydb.webmap.content import Content, read_content
from quarrydb.webmap.encode import (
    FIXED,
    Block,
    encode_shapes,
    pack,
    quantise,
    step_rows,
    unpack,
    varint,
    zigzag,
)
from quarrydb.webmap.outlines import area_sections, bounds_of, thin
from quarrydb.webmap.regions import breaks_of


def decode(path: bytes) -> list[int]:
    """Signed numbers from variable-length bytes, the plain way."""
    values, value, bits = [], 0, 0
    for byte in path:
        value |= (byte & 127) << bits
        bits += 7
        if byte < 128:
            values.append((value >> 1) ^ -(value & 1))
            value, bits = 0, 0
    return values


@settings(deadline=None)
@given(st.lists(st.integers(-(2**40), 2**40)))
def test_numbers_survive(numbers: list[int]) -> None:
    path, lengths = varint(zigzag(np.array(numbers, dtype=np.int64)))
    assert decode(path.tobytes()) == numbers
    assert lengths.sum() == len(path)


def test_small_steps_take_one_byte() -> None:
    assert varint(zigzag(np.array([0, -1, 1, 63, -64])))[0].tolist() == [0, 1, 2, 126, 127]
    assert varint(zigzag(np.array([64])))[0].tolist() == [128, 1]


def test_shapes_come_back_ring_by_ring() -> None:
    square = shapely.box(10, 20, 10.001, 20.001)
    ring = shapely.Polygon(
        [(0, 0), (0.01, 0), (0.01, 0.01), (0, 0.01)],
        [[(0.002, 0.002), (0.004, 0.002), (0.004, 0.004)]],
    )
    origins = np.array([[1_000_000, 2_000_000], [0, 0]])
    found = encode_shapes(np.array([square, ring], dtype=object), origins)
    assert found["rings"].tolist() == [1, 2]
    assert found["points"].tolist() == [4, 4, 3]
    for i, (shape, origin) in enumerate(zip([square, ring], origins, strict=True)):
        steps = decode(found["path"][found["start"][i] : found["start"][i + 1]].tobytes())
        places = (np.cumsum(np.reshape(steps, (-1, 2)), axis=0) + origin) / FIXED
        rings = [shape.exterior, *shape.interiors]
        wanted = np.vstack([np.array(r.coords)[:-1] for r in rings])
        assert places == pytest.approx(wanted, abs=1e-9)


def test_no_shapes_are_no_shapes() -> None:
    found = encode_shapes(np.array([], dtype=object), np.zeros((0, 2), dtype=np.int64))
    assert {key: array.tolist() for key, array in found.items()} == {
        "rings": [],
        "points": [],
        "start": [0],
        "path": [],
    }


def test_the_block_survives_packing() -> None:
    sections = {
        "a": np.arange(5, dtype=np.uint8),
        "b": np.array([1.5, -2], dtype=np.float32),
        "none": np.array([], dtype=np.uint16),
    }
    found = unpack(pack(Block({"n": 5, "name": "Åland"}, sections)))
    assert found.header == {"n": 5, "name": "Åland"}
    for name, array in sections.items():
        assert found.sections[name].tolist() == array.tolist()


def test_numbers_keep_what_is_not_known() -> None:
    values = np.array([[0, 0.5, 1], [np.nan, 1.2, -1]])
    whole = quantise(values, 0.0, 1.0)
    assert whole.tolist() == [[0, 32767, 65534], [65535, 65534, 0]]
    steps = step_rows(whole).reshape(2, 3)
    assert np.cumsum(steps, axis=1, dtype=np.uint16).tolist() == whole.tolist()
    assert quantise(np.array([3.0, 3.0]), 3.0, 3.0).tolist() == [0, 0]


def test_a_box_holds_its_shape_after_rounding() -> None:
    shape = shapely.box(10.000004, -20.000006, 10.000016, 20.0)
    west, south, east, north = bounds_of(np.array([shape])) / FIXED
    assert west <= 10.000004 <= 10.000016 <= east
    assert south <= -20.000006 <= 20.0 <= north


def test_a_layer_is_thinned_until_a_page_can_hold_it(monkeypatch: pytest.MonkeyPatch) -> None:
    circle = np.array([shapely.Point(0, 0).buffer(1, quad_segs=5000)])
    fine, step = thin(circle)
    assert step == 0.0001
    monkeypatch.setattr("quarrydb.webmap.outlines.MOST_POINTS", 100)
    few, step = thin(circle)
    assert step == 0.003
    assert len(few[0].exterior.coords) <= 100 < len(fine[0].exterior.coords)
    assert few[0].area == pytest.approx(np.pi, rel=0.004)


def test_classes_hold_about_as_many_regions_each() -> None:
    values = np.concatenate([np.zeros(50), np.arange(1, 601) / 1000])
    assert breaks_of(values) == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert breaks_of(np.array([0.0, 0.1, 0.1, 0.2])) is None


def test_the_page_carries_the_mines_of_the_database(
    demo_connection: duckdb.DuckDBPyConnection, content: Content
) -> None:
    rows = demo_connection.execute(
        "SELECT mine_id, area_km2, country, protected_area_km2 / area_km2 FROM mine "
        "ORDER BY area_km2 DESC, mine_id"
    ).fetchall()
    mines = content.blocks["mines"]
    size = content.header["id_length"]
    ids = mines.sections["id"].tobytes().decode()
    assert [ids[i : i + size] for i in range(0, len(ids), size)] == [row[0] for row in rows]
    assert mines.sections["area"].tolist() == pytest.approx([row[1] for row in rows], rel=1e-6)
    names = [*content.header["countries"], *[None] * (65536 - len(content.header["countries"]))]
    assert [names[i] for i in mines.sections["country"]] == [row[2] for row in rows]
    shares = mines.sections["protected"].tolist()
    assert shares == pytest.approx([row[3] for row in rows], rel=1e-6)


def mine_ids(content: Content) -> list[str]:
    size = content.header["id_length"]
    ids = content.blocks["mines"].sections["id"].tobytes().decode()
    return [ids[i : i + size] for i in range(0, len(ids), size)]


def test_yearly_series_are_those_of_the_views(
    demo_connection: duckdb.DuckDBPyConnection, content: Content
) -> None:
    series, ids = content.blocks["series"], mine_ids(content)
    area = content.blocks["mines"].sections["area"].astype(float)
    asked = {
        "bare": "SELECT mine_id, year, bare_surface_share FROM mine_bare_surface",
        "developed": "SELECT mine_id, year, sum(developed_km2) FROM mine_disturbance_yearly "
        "WHERE is_in_totals GROUP BY ALL",
        "footprint": "SELECT mine_id, year, inside_km2 FROM mine_footprint_yearly",
        "indicator ndvi": "SELECT mine_id, year, value FROM mine_indicator_yearly "
        "WHERE indicator = 'ndvi'",
    }
    for key, query in asked.items():
        position = [one["key"] for one in series.header["series"]].index(key)
        about = series.header["series"][position]
        years, low, high = about["years"], about["low"], about["high"]
        steps = series.sections[f"series_{position}"].reshape(-1, len(years))
        whole = np.cumsum(steps, axis=1, dtype=np.uint16)
        values = np.where(whole == 65535, np.nan, low + whole / 65534 * (high - low))
        values = values * area[:, None] if about["of_area"] else values
        rows = demo_connection.execute(query).fetchall()
        known = [row for row in rows if row[2] is not None]
        assert len(known) > 100
        for mine, year, value in known:
            i = ids.index(mine)
            fine = (high - low) / 65534 * (area[i] if about["of_area"] else 1)
            assert values[i, years.index(year)] == pytest.approx(value, abs=fine)


def test_layers_hold_the_regions_footprints_and_overlaps_of_the_views(
    demo_connection: duckdb.DuckDBPyConnection, content: Content
) -> None:
    layers = {layer["key"]: layer for layer in content.header["layers"]}
    assert set(layers) == {"region-grid", "region-biome", "region-protected", "footprints"}
    assert layers["region-protected"]["title"] == "Key Biodiversity Areas"
    ids = mine_ids(content)
    protected = content.blocks["region-protected"]
    start = protected.sections["overlap_start"]
    found = {
        (ids[i], protected.header["ids"][protected.sections["overlap_area"][k]]): share
        for i in range(len(ids))
        for k, share in enumerate(
            protected.sections["overlap_share"][start[i] : start[i + 1]], start[i]
        )
    }
    rows = demo_connection.execute(
        "SELECT mine_id, region_id, share FROM region_overlap WHERE layer = 'protected'"
    ).fetchall()
    assert found == pytest.approx({(m, r): s for m, r, s in rows}, rel=1e-6)
    grid = content.blocks["region-grid"]
    density = dict(
        demo_connection.execute(
            "SELECT cell_x || ',' || cell_y, density_share FROM grid_density WHERE n_mines > 0"
        ).fetchall()
    )
    shares = dict(zip(grid.header["ids"], grid.sections["value"].tolist(), strict=True))
    assert shares == pytest.approx(density, rel=1e-6)
    kept = demo_connection.execute(
        "SELECT year, count(*) FROM footprint WHERE is_main_threshold "
        "AND is_continuous IS DISTINCT FROM FALSE GROUP BY year ORDER BY year"
    ).fetchall()
    footprints = content.blocks["footprints"].header
    counts = np.diff(footprints["first"]).tolist()
    assert list(zip(footprints["years"], counts, strict=True)) == kept


def test_a_layer_can_be_left_out(demo_connection: duckdb.DuckDBPyConnection) -> None:
    found = read_content(demo_connection, without=("protected",))
    assert "region-protected" not in found.blocks
    assert "protected" in found.blocks["mines"].sections
    with pytest.raises(QueryError, match="Layers: biome, grid, protected, footprints"):
        read_content(demo_connection, without=("roads",))


@pytest.fixture(scope="module")
def content(demo_database: Path) -> Content:
    """The demo's map, as what it carries."""
    with quarrydb.connect(demo_database) as connection:
        return read_content(connection)


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("http://tiles.example.org/{z}/{x}/{y}.png", "is not https"),
        ("https://me:secret@tiles.example.org/{z}/{x}/{y}.png", "holds a user"),
        ("https://{s}.example.org/{z}/{x}/{y}.png", "placeholder"),
        ("https://tiles.example.org/{z}/{x}.png", "needs {y} once"),
        ("https://tiles.example.org/{z}/{x}/{y}{r}.png", "holds {r}"),
        ("https://tiles.example.org'; script-src */{z}/{x}/{y}", "holds a space"),
        ("https://*/{z}/{x}/{y}", "names no server"),
        ("https:///{z}/{x}/{y}", "names no server"),
        ("https://tiles.example.org:x/{z}/{x}/{y}", "is no address"),
        ("javascript:{z}{x}{y}", "names no server"),
    ],
)
def test_tiles_come_from_one_known_server(address: str, problem: str) -> None:
    with pytest.raises(QueryError, match=re.escape(problem)) as error:
        check_basemap(address, "© somebody")
    assert "https://tiles.example.org/{z}/{x}/{y}.png" in str(error.value)


def test_tiles_name_who_made_them() -> None:
    address = "https://tiles.example.org:8443/sat/{z}/{y}/{x}?key=abc"
    with pytest.raises(QueryError, match="--basemap-credit"):
        check_basemap(address, " ")
    with pytest.raises(QueryError, match="zooms from 1 to 24"):
        check_basemap(address, "© somebody", 30)
    found = check_basemap(address, "© somebody")
    assert (found.origin, found.host) == (
        "https://tiles.example.org:8443",
        "tiles.example.org:8443",
    )


@pytest.fixture(scope="session")
def map_page(demo_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's map."""
    path = tmp_path_factory.mktemp("map") / "map.html"
    with quarrydb.connect(demo_database) as connection:
        write_map(connection, path)
    return path


def policy_of(page: str) -> str:
    found = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert found is not None
    return html.unescape(found[1])


def test_the_page_loads_nothing_and_runs_its_own_script_alone(map_page: Path) -> None:
    text = map_page.read_text()
    assert not re.search(
        r"""(src|href)=["']?https?:|fetch\(|XMLHttpRequest|innerHTML|eval\(""", text
    )
    policy = policy_of(text)
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "img-src data: blob:;" in policy
    script = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(script) == 1
    digest = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in policy


def test_tiles_open_the_policy_for_their_server_alone(
    demo_connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    tiles = check_basemap("https://tiles.example.org/{z}/{x}/{y}.png", "© A & B <c>")
    write_map(demo_connection, tmp_path / "map.html", basemap=tiles)
    text = (tmp_path / "map.html").read_text()
    assert "img-src data: blob: https://tiles.example.org;" in policy_of(text)
    assert "Pictures: © A &amp; B &lt;c&gt;, from tiles.example.org" in text


def test_names_stay_text(demo_connection: duckdb.DuckDBPyConnection) -> None:
    found = read_content(demo_connection)
    found.header["project"] = "</title><script>alert(1)</script>"
    found.header["credits"] = ["<img src=x onerror=alert(1)>"]
    page = render(found)
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page


# The page in a browser ------------------------------------------------------------------------------

ALL_LAYERS = "mines,names,region-grid,region-biome,region-protected,footprints"


def opened(seen: Any, path: Path, address: str = "") -> Any:
    page = seen.open(path, address)
    page.wait_for_selector("body[data-ready=yes]")
    page.wait_for_selector("#largest button, #chosen:not([hidden])")
    return page


def n_colours(page: Any) -> int:
    """Colours on the canvas: how much is drawn."""
    return page.evaluate(
        """() => { const c = document.getElementById('map'), d = c.getContext('2d')
        .getImageData(0, 0, c.width, c.height).data; const s = new Set();
        for (let i = 0; i < d.length; i += 4) s.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]); return s.size }"""
    )


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["phone", "tablet", "desk"])
def test_the_map_stands_in_a_browser(
    visit: Callable[..., Any], map_page: Path, size: str, scheme: str
) -> None:
    seen = visit(size, scheme)
    page = opened(seen, map_page, f"#layers={ALL_LAYERS}")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    assert page.locator("#map").bounding_box()["height"] > 300
    assert n_colours(page) > 10
    boxes = page.locator(".layer > label input").all()
    assert len(boxes) == 6
    assert all(box.is_checked() for box in boxes)
    assert seen.problems == []
    assert seen.foreign == []


@pytest.mark.slow
def test_a_click_opens_the_mine_under_it(visit: Callable[..., Any], map_page: Path) -> None:
    page = opened(visit("desk"), map_page)
    page.locator("#largest button").nth(1).click()
    wanted = page.locator("#chosen h2").inner_text()
    assert wanted.startswith("Mine m")
    page.locator("#close").click()
    assert page.locator("#chosen").is_hidden()
    page.wait_for_timeout(300)
    x, y = page.evaluate(
        "quarryMap.view.pixel(quarryMap.mineLayer.points.x[1], quarryMap.mineLayer.points.y[1])"
    )
    page.mouse.move(x, y)
    page.wait_for_selector("#tip:not([hidden])")
    assert page.locator("#tip").inner_text().startswith(wanted)
    page.locator("#map").click(position={"x": x, "y": y})
    page.wait_for_selector("#charts svg")
    assert page.locator("#chosen h2").inner_text() == wanted
    assert page.locator("#charts svg").count() >= 3
    facts = page.locator("#facts").inner_text()
    for word in ("Country", "km²", "Status", "Key Biodiversity Areas", "Mapped by", "maus, tang"):
        assert word in facts


@pytest.mark.slow
def test_a_reader_takes_the_rows_of_a_mine_away(
    visit: Callable[..., Any], map_page: Path, demo_connection: duckdb.DuckDBPyConnection
) -> None:
    page = opened(visit("desk"), map_page)
    page.locator("#largest button").first.click()
    page.wait_for_selector("#charts svg")
    with page.expect_download() as download:
        page.get_by_role("button", name="Rows (CSV)").click()
    frame = polars.read_csv(download.value.path())
    mine = frame["mine_id"][0]
    bare = dict(
        demo_connection.execute(
            "SELECT year, bare_surface_share FROM mine_bare_surface WHERE mine_id = ?", [mine]
        ).fetchall()
    )
    found = dict(zip(frame["year"], frame["bare_surface_share"], strict=True))
    assert {y: v for y, v in found.items() if v is not None} == pytest.approx(bare, abs=6e-5)
    with page.expect_download() as download:
        page.get_by_role("button", name="Outline (GeoJSON)").click()
    feature = json.loads(Path(download.value.path()).read_text())
    outline = shapely.geometry.shape(feature["geometry"])
    row = demo_connection.execute(
        "SELECT ST_AsText(geometry) FROM mine WHERE mine_id = ?", [mine]
    ).fetchone()
    assert row is not None
    whole = shapely.from_wkt(row[0])
    assert outline.intersection(whole).area / outline.union(whole).area > 0.99
    page.get_by_text("The query behind it").click()
    query = page.locator("#charts pre").inner_text()
    for statement in query.strip().split(";\n"):
        assert demo_connection.execute(statement).fetchall()


@pytest.mark.slow
def test_the_map_works_by_keyboard_alone(visit: Callable[..., Any], map_page: Path) -> None:
    page = opened(visit("desk"), map_page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "map"
    before = page.evaluate("[quarryMap.view.x, quarryMap.view.scale]")
    for key in ("ArrowRight", "+"):
        page.keyboard.press(key)
    after = page.evaluate("[quarryMap.view.x, quarryMap.view.scale]")
    assert after[0] > before[0]
    assert after[1] > before[1]
    page.keyboard.press("0")
    page.keyboard.press("Enter")
    page.wait_for_selector("#chosen:not([hidden])")
    page.keyboard.press("Escape")
    assert page.locator("#chosen").is_hidden()
    page.locator("#search").focus()
    page.keyboard.type("mimi")
    page.wait_for_selector("#matches li")
    assert "Mimiula" in page.locator("#matches li[aria-selected=true]").inner_text()
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert page.evaluate(
        "quarryMap.data.countries[quarryMap.land.countryAt(quarryMap.view.x, quarryMap.view.y)]"
    ) == ("Mimiula")
    page.locator("#layer-footprints").focus()
    page.keyboard.press("Space")
    page.wait_for_selector("#year-row:not([hidden])")
    year = page.locator("#year-text").inner_text()
    page.locator("#year").focus()
    page.keyboard.press("ArrowLeft")
    assert int(page.locator("#year-text").inner_text()) == int(year) - 1


@pytest.mark.slow
def test_an_address_brings_back_what_was_seen(visit: Callable[..., Any], map_page: Path) -> None:
    page = opened(visit("desk"), map_page)
    page.locator("#layer-footprints").check()
    page.locator("#since").select_option("2016")
    page.locator("#layer-region-protected").check()
    page.locator("#colour").select_option("bare")
    page.locator("#largest button").first.click()
    page.wait_for_timeout(400)
    address = page.evaluate("location.hash")
    again = opened(visit("desk"), map_page, address)
    again.wait_for_selector("#charts svg")
    again.wait_for_timeout(400)
    assert again.evaluate("location.hash") == address
    assert again.locator("#chosen h2").inner_text() == page.locator("#chosen h2").inner_text()
    strange = opened(visit("desk"), map_page, "#map=x&layers=<b>,mines&year=0&mine=nobody&colour=y")
    assert strange.locator("#chosen").is_hidden()


@pytest.mark.slow
def test_hostile_names_are_shown_as_they_are(
    visit: Callable[..., Any], demo_connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    name = "</script><img src=x onerror=document.body.remove()>"
    found = read_content(demo_connection)
    found.header["project"] = name
    found.header["countries"] = [name for _ in found.header["countries"]]
    found.header["names"] = [[0, name]]
    regions = found.blocks["region-protected"].header
    regions["names"] = [name for _ in regions["names"]]
    (tmp_path / "map.html").write_text(render(found))
    seen = visit("desk")
    page = opened(seen, tmp_path / "map.html", f"#layers={ALL_LAYERS}")
    assert page.locator("h1").inner_text() == name
    page.locator("#search").fill("onerror")
    page.wait_for_selector("#matches li")
    assert page.locator("#matches li").first.inner_text().startswith(name)
    page.locator("#search").fill("")
    page.locator("#largest button").first.click()
    page.wait_for_selector("#charts svg")
    assert page.locator("#chosen h2").inner_text() == name
    assert page.locator("body img, body script[src]").count() == 0
    assert (seen.problems, seen.foreign) == ([], [])


@pytest.mark.slow
def test_the_years_play(visit: Callable[..., Any], map_page: Path) -> None:
    page = opened(visit("desk"), map_page, "#layers=mines,footprints&year=2017")
    assert page.locator("#year-text").inner_text() == "2017"
    page.locator("#play").click()
    page.locator("#year-text", has_text="2019").wait_for()
    page.locator("#play").click()
    assert page.locator("#play").get_attribute("aria-label") == "Play the years"


# Places in degrees with the colour that the layer of footprints has there; none where it has none.
COLOURS = """() => { const { view, footprints } = quarryMap, found = [], { width, height } = view;
  const pixels = footprints.canvas.getContext('2d').getImageData(0, 0, width, height).data;
  for (let px = 20; px < width - 20; px += 3) for (let py = 20; py < height - 20; py += 3) {
    const [x, y] = view.place(px + 0.5, py + 0.5), [r, g, b, a] = pixels.subarray(4 * (py * width + px));
    const latitude = Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180 / Math.PI;
    found.push([x * 360 - 180, latitude, a ? `${r},${g},${b}` : 'none']);
  }
  return found }"""


@pytest.mark.slow
def test_new_and_gone_ground_has_the_colour_of_the_legend(
    visit: Callable[..., Any], map_page: Path, demo_connection: duckdb.DuckDBPyConnection
) -> None:
    """The picture's set operations on pixels against those of shapely on the outlines."""
    kept = "FROM footprint WHERE is_main_threshold AND is_continuous IS DISTINCT FROM FALSE"
    ground = {
        year: shapely.union_all(
            [
                shapely.from_wkt(text)
                for (text,) in demo_connection.execute(
                    f"SELECT ST_AsText(geometry) {kept} AND year = ?", [year]
                ).fetchall()
            ]
        )
        for year in (2016, 2020)
    }
    change = shapely.get_parts(shapely.symmetric_difference(ground[2020], ground[2016]))
    stayed = shapely.intersection(ground[2020], ground[2016])
    grown = [part for part in change if part.dwithin(stayed, 1e-9)]
    middle = shapely.maximum_inscribed_circle(
        max(grown, key=lambda part: part.area / part.length)
    ).coords[0]
    zoom = 14.0
    rim = 1.5 * 360 / 256 / 2**zoom  # a pixel and a half, in degrees
    address = f"#map={zoom}/{middle[1]}/{middle[0]}&layers=footprints&year=2020&since=2016"
    page = visit("desk").open(map_page, address)
    page.wait_for_selector("body[data-ready=yes]")
    page.wait_for_timeout(500)
    found = page.evaluate(COLOURS)
    places = shapely.points([row[:2] for row in found])
    now, before = (shapely.contains(ground[year], places) for year in (2020, 2016))
    rims = shapely.union_all([ground[year].boundary for year in ground])
    is_clear = shapely.distance(rims, places) > rim
    colours = np.array([row[2] for row in found])
    n = {}
    for is_now, is_before, hue in ((1, 1, "c4"), (1, 0, "d7"), (0, 1, "d1"), (0, 0, None)):
        there = colours[(now == is_now) & (before == is_before) & is_clear]
        n[hue] = len(there)
        for colour in set(there):
            wanted = [int(THEME[hue][0][i : i + 2], 16) for i in (1, 3, 5)] if hue else None
            seen = None if colour == "none" else [int(v) for v in colour.split(",")]
            assert seen == (pytest.approx(wanted, abs=3) if wanted else None)
    assert n["c4"] > 30
    assert n["d7"] + n["d1"] > 20


@pytest.mark.slow
def test_two_fingers_and_the_wheel_zoom(visit: Callable[..., Any], map_page: Path) -> None:
    page = opened(visit("phone"), map_page)
    look = "[quarryMap.view.x, quarryMap.view.y, quarryMap.view.scale]"
    before = page.evaluate(look)
    page.evaluate(
        """() => { const map = document.getElementById('map');
        const point = (type, id, x, y) => map.dispatchEvent(new PointerEvent(type,
          { pointerId: id, pointerType: 'touch', clientX: x, clientY: y, bubbles: true }));
        map.setPointerCapture = () => {};
        point('pointerdown', 1, 150, 200); point('pointerdown', 2, 250, 200);
        point('pointermove', 1, 100, 200); point('pointermove', 2, 300, 200);
        point('pointerup', 1, 100, 200); point('pointerup', 2, 300, 200); }"""
    )
    after = page.evaluate(look)
    assert after[2] == pytest.approx(2 * before[2])
    assert page.locator("#chosen").is_hidden()
    page.mouse.move(200, 200)
    place = page.evaluate("quarryMap.view.place(200, 200)")
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(300)
    assert page.evaluate("quarryMap.view.scale") > 1.3 * after[2]
    assert page.evaluate("quarryMap.view.place(200, 200)") == pytest.approx(place)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_assistive_technology_finds_no_fault(
    visit: Callable[..., Any], map_page: Path, scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python")
    script = Path(axe.__file__).parent / "axe.min.js"
    page = opened(visit("desk", scheme), map_page, f"#layers={ALL_LAYERS}&since=2016")
    page.locator("#largest button").first.click()
    page.wait_for_selector("#charts svg")
    page.evaluate(script.read_text(encoding="utf-8"))
    faults = page.evaluate(
        "axe.run().then(r => r.violations.map(v => [v.id, v.impact, v.nodes[0].html]))"
    )
    assert faults == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_tiles_lie_where_the_map_is(
    visit: Callable[..., Any], demo_connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """A local server's tiles, each half red, half blue at its middle meridian."""
    asked: list[str] = []

    class Server(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            pixels = np.zeros((256, 256, 3), dtype=np.uint8)
            pixels[:, :128, 0] = pixels[:, 128:, 2] = 255
            body = as_png(pixels)
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        origin = f"http://127.0.0.1:{server.server_port}"
        tiles = check_basemap(f"{origin}/{{z}}/{{x}}/{{y}}.png", "© nobody")
        write_map(demo_connection, tmp_path / "map.html", basemap=tiles)
        seen = visit("desk")
        page = seen.open(tmp_path / "map.html", "#map=1/0/0.001&layers=")
        page.wait_for_timeout(1000)
        # At zoom 1 the world is 512 pixels wide: tiles meet at 0 degrees and turn blue at 90 and -90.
        shot = page.screenshot(clip={"x": 0, "y": 300, "width": 1060, "height": 1})
    finally:
        server.shutdown()
    assert {path.split("/")[1] for path in asked} == {"1"}
    assert all(url.startswith(origin) for url in seen.foreign)
    with MemoryFile(shot) as memory, memory.open() as file:
        red, _, blue = file.read()[:3, 0].astype(int)
    middle = 530
    for degrees, is_red in (
        (-170, True),
        (-100, True),
        (-80, False),
        (-10, False),
        (10, True),
        (100, False),
    ):
        x = middle + round(degrees / 360 * 512)
        assert (red[x] > blue[x]) == is_red, degrees
    assert seen.problems == []


def as_png(pixels: np.ndarray) -> bytes:
    height, width, bands = pixels.shape
    with MemoryFile() as memory:
        with memory.open(
            driver="PNG", width=width, height=height, count=bands, dtype="uint8"
        ) as file:
            file.write(pixels.transpose(2, 0, 1))
        return bytes(memory.read())


@pytest.fixture(scope="session")
def planet_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of 75,000 invented outlines of 40 points, spread over the globe."""
    rng = np.random.default_rng(1)
    n, corners = 75_000, 40
    middles = np.column_stack([rng.uniform(-170, 170, n), rng.uniform(-55, 65, n)])
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    radii = 0.004 * rng.uniform(0.6, 1, (n, corners)) * rng.lognormal(0, 0.8, (n, 1))
    xs = middles[:, :1] + radii * np.cos(angles)
    ys = middles[:, 1:] + radii * np.sin(angles)
    shapes = shapely.polygons(np.stack([xs, ys], axis=2))
    origins = np.rint(middles * FIXED).astype(np.int64)
    land = area_sections("land", np.array([shapely.box(-170, -60, 170, 70)]))
    sections = {
        "id": np.frombuffer(b"".join(b"m%011d" % i for i in range(n)), dtype=np.uint8),
        "longitude": origins[:, 0].astype(np.int32),
        "latitude": origins[:, 1].astype(np.int32),
        "area": np.sort(rng.lognormal(-1, 1, n))[::-1].astype(np.float32),
        "country": np.zeros(n, dtype=np.uint16),
        **{f"mine_{key}": value for key, value in encode_shapes(shapes, origins).items()},
        **land,
        "land_country": np.zeros(1, dtype=np.uint16),
        "source_set": np.zeros(n, dtype=np.uint16),
    }
    header = {"n": n, "countries": ["Everywhere"], "id_length": 12, "project": "planet"}
    header |= {"built": "2026-01-01", "build": "0" * 12, "licence": "none", "credits": []}
    header |= {"country_codes": ["EEE"], "n_mines_of_country": [n], "reach": 0.05, "names": []}
    header |= {"source_sets": [[]], "layers": [], "has_series": False, "pages": {}, "places": []}
    header |= {"country_labels": [], "newest_year": None, "series_views": []}
    path = tmp_path_factory.mktemp("planet") / "planet.html"
    path.write_text(render(Content({"mines": Block(header, sections)})))
    return path


@pytest.mark.slow
def test_the_whole_planet_is_drawn_without_decoding_it(
    visit: Callable[[str], Any], planet_page: Path
) -> None:
    """What makes frames fast: far away no outline is read, near those in sight alone."""
    assert planet_page.stat().st_size < 12e6
    seen = visit("desk")
    page = seen.open(planet_page)
    page.wait_for_selector("body[data-ready=yes]", timeout=20_000)
    far = page.evaluate(
        """async () => { const { view, mineLayer } = quarryMap;
        view.pan(5, 0);
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        return [mineLayer.shown.length, mineLayer.points.shapes.whole.size] }"""
    )
    assert far == [75_000, 0]
    shown, decoded = page.evaluate(
        """async () => { const { view, mineLayer } = quarryMap;
        view.look(mineLayer.points.x[0], mineLayer.points.y[0], 120000);
        await new Promise((done) => setTimeout(done, 400));
        return [mineLayer.shown.length, mineLayer.points.shapes.whole.size] }"""
    )
    assert 0 < decoded <= shown < 7500
    assert seen.problems == []
