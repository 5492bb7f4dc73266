"""The map of a whole planet: what is decoded when it is drawn."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from quarrydb.webmap import render
from quarrydb.webmap.content import Content
from quarrydb.webmap.encode import (
    FIXED,
    Block,
    encode_shapes,
)
from quarrydb.webmap.outlines import area_sections


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
