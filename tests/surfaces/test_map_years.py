"""The years on the map in a browser: play, new and gone ground, sites that nobody saw."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
import shapely

import quarrydb
from quarrydb.database.connection import connect
from quarrydb.palette import THEME
from quarrydb.webmap import write_map
from tests.surfaces.map_page import n_colours, opened


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
def test_sites_that_nobody_saw_are_hatched_and_named(
    visit: Callable[..., Any], demo_database: Path, tmp_path: Path
) -> None:
    """A segmentation whose largest site was under clouds in 2018, and seen else."""
    copy = Path(shutil.copy(demo_database, tmp_path / "mines.duckdb"))
    with connect(copy, read_only=False) as connection:
        site, longitude, latitude = connection.execute(
            "SELECT site_id, longitude, latitude FROM core.site ORDER BY side_m DESC, site_id LIMIT 1"
        ).fetchone() or ("", 0, 0)
        connection.execute("UPDATE core.site_seen SET status = 'done' WHERE site_id IS NOT NULL")
        connection.execute(
            "UPDATE core.site_seen SET status = 'not seen' WHERE site_id = ? AND year = 2018",
            [site],
        )
        assert connection.execute(
            "SELECT count(*) FROM segmented_site WHERE status = 'not seen'"
        ).fetchone() == (1,)
    target = tmp_path / "map.html"
    with quarrydb.connect(copy) as connection:
        assert "Sites not seen" in write_map(connection, target).layers
    said, colours = {}, {}
    for year in (2018, 2019):
        seen = visit("desk")
        page = seen.open(target, f"#map=13/{latitude:.5f}/{longitude:.5f}&layers=sites&year={year}")
        page.wait_for_selector("body[data-ready=yes]")
        colours[year] = n_colours(page)
        box = page.locator("#map").bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_timeout(400)
        said[year] = page.locator("#tip").text_content()
        assert seen.problems == []
    assert "Site in 2018: not seen" in said[2018]
    assert "Site in" not in said[2019]
    assert colours[2018] > colours[2019]
