"""The map in a browser: what a reader sees, and finds by mouse, keyboard and touch."""

import http.server
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars
import pytest
import shapely
from rasterio.io import MemoryFile

from quarrydb.webmap import render, write_map
from quarrydb.webmap.basemap import check_basemap
from quarrydb.webmap.content import read_content
from tests.surfaces.map_page import ALL_LAYERS, n_colours, opened


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
    assert len(boxes) == ALL_LAYERS.count(",") + 1
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
