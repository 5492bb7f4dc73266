"""Panels that read pixels where the project lies: changed ones of example mines, and probabilities."""

from collections import Counter
from pathlib import Path

import duckdb
import numpy as np
import pytest
import rasterio
import shapely

from quarrydb.errors import SourceError
from quarrydb.report.pixels import changed_rows, placed_outlines, probability_tiles
from tests.surfaces.panels import PANELS

MINE_RELATED = (190, 200, 210)  # of the demo's codes, as its page names them


def shown(connection: duckdb.DuckDBPyConnection, key: str) -> list[dict]:
    """The rows of a panel."""
    return connection.sql(PANELS[key].query.rstrip(";")).to_arrow_table().to_pylist()


def expected(demo: Path, row: dict) -> Counter[str]:
    """Numbers of changed pixels that a mine meets, by rasterio and shapely; its tile has all of it."""
    mine = shapely.from_wkt(row["outline"])
    west, south, east, north = mine.bounds
    for path in sorted(demo.glob("landcover/*/*Annual*.tif")):
        with rasterio.open(path) as raster:
            box = raster.bounds
            if not (
                box.left < west and east < box.right and box.bottom < south and north < box.top
            ):
                continue
            top, left = raster.index(west, north)
            bottom, right = raster.index(east, south)
            window = ((top, bottom + 1), (left, right + 1))
            bands = [row[year] - 2000 + 1 for year in ("first_year", "last_year")]
            before, after = raster.read(bands, window=window)
            rows, columns = np.mgrid[top : bottom + 1, left : right + 1]
            x, y = (
                raster.transform.c + columns * raster.transform.a,
                (raster.transform.f + rows * raster.transform.e),
            )
            cells = shapely.box(x, y + raster.transform.e, x + raster.transform.a, y)
            is_inside = shapely.area(shapely.intersection(cells, mine)) > 0
            is_known = (before > 0) & (after > 0)
            was, becomes = np.isin(before, MINE_RELATED), np.isin(after, MINE_RELATED)
            return Counter(
                developed=int((is_inside & is_known & ~was & becomes).sum()),
                reclaimed=int((is_inside & is_known & was & ~becomes).sum()),
            )
    raise AssertionError(f"{row['mine_id']} lies in no tile")


def test_changed_pixels_are_those_of_the_maps(
    demo: Path, demo_connection: duckdb.DuckDBPyConnection
) -> None:
    rows = shown(demo_connection, "status_pixels")
    assert [row["status"] for row in rows] == ["active", "closed", "undefined"]
    found = changed_rows(rows, demo)
    for row in rows:
        kinds = Counter(r["kind"] for r in found if r["title"] == row["title"] and "x2" in r)
        assert kinds == +expected(demo, row)
        assert sum(kinds.values()) > 10
    places = np.array([[r["x"], r["y"]] for r in found if r["kind"] == "outline"])
    assert 0 < places.min() < 0.1
    assert 0.9 < places.max() < 1


def test_without_the_project_it_says_where_pixels_come_from(
    tmp_path: Path, demo_connection: duckdb.DuckDBPyConnection
) -> None:
    with pytest.raises(SourceError, match=r"reads pixels.*quarry\.toml"):
        changed_rows(shown(demo_connection, "status_pixels"), tmp_path)


def test_without_a_segmentation_it_says_so(
    demo: Path, demo_connection: duckdb.DuckDBPyConnection
) -> None:
    tiles, note = probability_tiles(shown(demo_connection, "site_truth"), demo)
    assert tiles == []
    assert "Segment first: quarry segment" in note


def test_outlines_lie_where_the_field_has_them() -> None:
    outlines = [{"kind": "found", "geometry": "POLYGON ((1 2, 2 2, 2 3, 1 2))"}]
    rows = list(
        placed_outlines("t", {"outlines": outlines}, "EPSG:4326", (0.1, 0, 1, 0, -0.1, 4), (20, 40))
    )
    assert [(r["x"], r["y"]) for r in rows] == [(0, 0), (0.25, 0), (0.25, 0.5), (0, 0)]
