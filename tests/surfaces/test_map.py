"""The map: what it carries is what the database holds, and it works in a browser, fast."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import quarrydb
from quarrydb.webmap import render, write_map
from quarrydb.webmap.content import Content, read_content
from quarrydb.webmap.encode import FIXED, encode_shapes, pack, share, unpack, varint, zigzag


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


def test_the_block_survives_packing() -> None:
    sections = {
        "a": np.arange(5, dtype=np.uint8),
        "b": np.array([1.5, -2], dtype=np.float32),
        "none": np.array([], dtype=np.uint16),
    }
    header, found = unpack(pack({"n": 5, "name": "Åland"}, sections))
    assert (header["n"], header["name"]) == (5, "Åland")
    for name, array in sections.items():
        assert found[name].tolist() == array.tolist()
        assert header["sections"][name]["at"] % 8 == 0


def test_shares_keep_what_is_not_known() -> None:
    assert share(np.array([0, 0.5, 1, 1.2, np.nan]), 200, 255).tolist() == [0, 100, 200, 200, 255]


def test_the_page_carries_the_mines_of_the_database(
    demo_connection: duckdb.DuckDBPyConnection,
) -> None:
    content = read_content(demo_connection)
    rows = demo_connection.execute(
        "SELECT mine_id, area_km2, country FROM mine ORDER BY area_km2 DESC, mine_id"
    ).fetchall()
    size = content.header["id_length"]
    ids = content.sections["id"].tobytes().decode()
    assert [ids[i : i + size] for i in range(0, len(ids), size)] == [row[0] for row in rows]
    assert content.sections["area"].tolist() == pytest.approx([row[1] for row in rows], rel=1e-6)
    names = [*content.header["countries"], *[None] * (65536 - len(content.header["countries"]))]
    assert [names[i] for i in content.sections["country"]] == [row[2] for row in rows]


def test_yearly_series_are_those_of_the_views(demo_connection: duckdb.DuckDBPyConnection) -> None:
    content = read_content(demo_connection)
    if "years" not in content.header:
        pytest.skip("no land cover in this database")
    years = content.header["years"]
    bare = content.sections["bare"].reshape(-1, len(years))
    largest = content.sections["id"][: content.header["id_length"]].tobytes().decode()
    rows = demo_connection.execute(
        "SELECT year, bare_surface_share FROM mine_bare_surface WHERE mine_id = ?", [largest]
    ).fetchall()
    assert len(rows) == len(years)
    for year, value in rows:
        assert bare[0, year - years[0]] / 200 == pytest.approx(value, abs=0.0026)


@pytest.fixture(scope="session")
def map_page(demo_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's map."""
    path = tmp_path_factory.mktemp("map") / "map.html"
    with quarrydb.connect(demo_database) as connection:
        write_map(connection, path)
    return path


def test_the_page_names_no_other_address(map_page: Path) -> None:
    text = map_page.read_text()
    assert "__" not in re.sub(r'<script id="data".*?</script>', "", text, flags=re.DOTALL)
    assert not re.search(r"""(src|href)=["']?https?:|fetch\(|import\(|XMLHttpRequest""", text)


@pytest.mark.slow
@pytest.mark.parametrize("size", ["phone", "desk"])
def test_the_map_stands_in_a_browser(
    visit: Callable[[str], Any], map_page: Path, size: str
) -> None:
    seen = visit(size)
    page = seen.open(map_page)
    page.wait_for_selector("body[data-ready=yes]")
    page.wait_for_selector("#largest button")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    canvas = page.locator("#map").bounding_box()
    assert canvas["height"] > 300
    colours = page.evaluate(
        """() => { const c = document.getElementById('map'), d = c.getContext('2d')
        .getImageData(0, 0, c.width, c.height).data; const s = new Set();
        for (let i = 0; i < d.length; i += 4) s.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]); return s.size }"""
    )
    assert colours > 4
    assert seen.problems == []
    assert seen.foreign == []


@pytest.mark.slow
def test_a_click_opens_the_mine_under_it(visit: Callable[[str], Any], map_page: Path) -> None:
    page = visit("desk").open(map_page)
    page.wait_for_selector("#largest button")
    page.locator("#largest button").nth(1).click()
    wanted = page.locator("#mine h2").inner_text()
    assert wanted.startswith("Mine m")
    page.locator("#close").click()
    assert page.locator("#mine").is_hidden()
    page.wait_for_timeout(300)
    x, y = page.evaluate(
        """() => { const { mines, view } = quarryMap; return [
        (mines.x[1] - view.x) * view.scale + view.width / 2,
        (mines.y[1] - view.y) * view.scale + view.height / 2] }"""
    )
    page.locator("#map").click(position={"x": x, "y": y})
    assert page.locator("#mine h2").inner_text() == wanted
    if page.evaluate("!!quarryMap.mines.data.years"):
        assert page.locator("#charts svg").count() >= 2
        assert page.locator("#charts table tr").count() > 20


@pytest.mark.slow
def test_the_map_works_by_keyboard_alone(visit: Callable[[str], Any], map_page: Path) -> None:
    page = visit("desk").open(map_page)
    page.wait_for_selector("#largest button")
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
    page.wait_for_selector("#mine:not([hidden])")
    page.keyboard.press("Escape")
    assert page.locator("#mine").is_hidden()
    names = page.evaluate(
        """() => [...document.querySelectorAll('button, select, input, canvas')]
        .filter(e => e.offsetParent).map(e => e.getAttribute('aria-label')
        || e.textContent.trim() || (e.closest('label') || {}).textContent || '')"""
    )
    assert all(name.strip() for name in names)


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
    land = encode_shapes(
        np.array([shapely.box(-170, -60, 170, 70)]), np.zeros((1, 2), dtype=np.int64)
    )
    sections = {
        "id": np.frombuffer(b"".join(b"m%011d" % i for i in range(n)), dtype=np.uint8),
        "longitude": origins[:, 0].astype(np.int32),
        "latitude": origins[:, 1].astype(np.int32),
        "area": np.sort(rng.lognormal(-1, 1, n))[::-1].astype(np.float32),
        "country": np.zeros(n, dtype=np.uint16),
        **{f"mine_{key}": value for key, value in encode_shapes(shapes, origins).items()},
        **{f"land_{key}": value for key, value in land.items()},
    }
    header = {"n": n, "countries": ["Everywhere"], "id_length": 12, "project": "planet"}
    header |= {"built": "2026-01-01", "build": "0" * 12, "licence": "none"}
    path = tmp_path_factory.mktemp("planet") / "planet.html"
    path.write_text(render(Content(header, sections)))
    return path


@pytest.mark.slow
def test_the_whole_planet_is_drawn_fast(visit: Callable[[str], Any], planet_page: Path) -> None:
    assert planet_page.stat().st_size < 12e6
    seen = visit("desk")
    page = seen.open(planet_page)
    page.wait_for_selector("body[data-ready=yes]", timeout=20_000)
    times = page.evaluate(
        """async () => { const { view, painter } = quarryMap; const times = [];
        const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        for (let k = 0; k < 25; k++) { view.pan(5, 0); await frame(); times.push(painter.milliseconds); }
        return times.sort((a, b) => a - b) }"""
    )
    assert times[len(times) // 2] < 100
    near = page.evaluate(
        """async () => { const { view, painter, mines } = quarryMap;
        view.x = mines.x[0]; view.y = mines.y[0]; view.scale = 120000; view.changed();
        await new Promise((done) => setTimeout(done, 200));
        return [painter.milliseconds, painter.shown.length] }"""
    )
    assert near[1] > 0
    assert near[0] < 300
    assert seen.problems == []
