"""The map: what it carries is what the database holds, and where its tiles come from."""

import base64
import hashlib
import html
import re
from pathlib import Path

import duckdb
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import quarrydb
from quarrydb.errors import QueryError
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
from quarrydb.webmap.outlines import bounds_of, thin
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
    regions = {f"region-{name}" for name in ("grid", "biome", "district", "protected")}
    assert set(layers) == {*regions, "footprints"}
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
    with pytest.raises(QueryError, match="Layers: biome, district, grid, protected, footprints"):
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
