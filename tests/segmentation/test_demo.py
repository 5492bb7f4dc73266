"""The demo world: footprints with planted false detections, and the shipped model on images it
never saw.
"""

import numpy as np
import pytest
import shapely

import quarrydb
from quarrydb.engine.build import build
from quarrydb.loaders.vector_clean import geodesic_area_km2
from quarrydb.progress import QuietProgress
from quarrydb.project import load_project

pytestmark = pytest.mark.slow
YEARS = range(2016, 2025)


def test_continuity_drops_the_planted_false_detections_and_nothing_else(demo, demo_connection):
    rows = demo_connection.execute(
        """
        SELECT truth.is_false, mine.is_continuous, count(*)
        FROM read_parquet(?) AS truth
        INNER JOIN footprint AS mine
            ON ST_Intersects(truth.geometry::GEOMETRY, mine.geometry)
        WHERE truth.year - mine.year = 0
        GROUP BY ALL ORDER BY ALL
        """,
        [str(demo / "truth" / "footprint.parquet")],
    ).fetchall()
    assert [row[:2] for row in rows] == [(False, True), (True, False)]
    n_false, n_all = demo_connection.execute(
        "SELECT count(*) FILTER (is_false), count(*) FROM read_parquet(?)",
        [str(demo / "truth" / "footprint.parquet")],
    ).fetchone()
    assert rows[1][2] == n_false > 20
    assert rows[0][2] == n_all - n_false


def test_every_year_has_its_table(demo_connection):
    rows = demo_connection.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'segmentation' "
        "AND table_type = 'BASE TABLE' ORDER BY 1"
    ).fetchall()
    assert [name for (name,) in rows] == [f"mine_{year}" for year in YEARS]


def test_footprint_and_land_cover_are_compared_on_the_same_ground(demo_connection):
    """Pixels under a footprint add up to it, and where it covers the mine both are the mine's."""
    rows = demo_connection.execute(
        """
        SELECT footprint.area_km2, sum(trajectory.area_km2)
        FROM core.footprint_mine AS footprint
        INNER JOIN raw.footprint_trajectory AS trajectory
            ON footprint.mine_id = trajectory.mine_id AND footprint.year = trajectory.footprint_year
        INNER JOIN mine_landcover_coverage AS coverage ON footprint.mine_id = coverage.mine_id
        WHERE coverage.coverage_share > 0.999999
        GROUP BY footprint.mine_id, footprint.year, footprint.area_km2
        """
    ).fetchall()
    assert len(rows) > 100
    assert [a for a, _ in rows] == pytest.approx([b for _, b in rows], rel=1e-5)
    rows = demo_connection.execute(
        "SELECT segmented_km2, mine_related_km2, both_km2, iou, area_km2 "
        "FROM footprint_agreement INNER JOIN mine USING (mine_id)"
    ).fetchall()
    covered = 0
    for segmented, related, both, iou, area in rows:
        assert both <= min(segmented, related) + 1e-9
        assert segmented <= area + 1e-9
        if segmented > area * (1 - 1e-9):
            covered += 1
            assert both == pytest.approx(related, rel=1e-6, abs=1e-9)
        if iou is not None:
            assert iou == pytest.approx(both / (segmented + related - both))
    assert covered > 10


@pytest.fixture(scope="module")
def segmented(demo, tmp_path_factory):
    """The demo's images segmented by the shipped model, without the published footprints."""
    pytest.importorskip("torch")
    from quarrydb.inference.run import segment

    folder = tmp_path_factory.mktemp("segmented")
    (folder / "quarry.toml").write_text(
        f"""
[project]
name = "demo images"
[[polygons]]
name = "tang"
path = "{demo}/tang_werner_2023/74548_projected polygons.shp"
[[polygons]]
name = "maus"
path = "{demo}/maus_2022/global_mining_polygons_v2.gpkg"
layer = "mining_polygons"
[stable_green.polygons]
path = "{demo}/stable_green/stable_green.gpkg"
[countries]
path = "{demo}/natural_earth/ne_10m_admin_0_countries.shp"
[segmentation]
model = "demo"
years = [2016, 2024]
reference_year = 2019
[segmentation.images]
path = "{demo}/images/metadata.csv"
[[segmentation.point]]
name = "labelled"
path = "{demo}/points/labelled_points.gpkg"
id = "point_id"
"""
    )
    project = load_project(folder)
    build(project, workers=1)
    result = segment(project, list(YEARS), workers=1, device="cpu", progress=QuietProgress())
    assert result.failures == ()
    build(project, workers=1)
    return folder / "mines.duckdb"


def polygons(connection, query, values=()):
    rows = connection.execute(query, values).fetchall()
    return [(row[0], shapely.from_wkb(bytes(row[1])), *row[2:]) for row in rows]


def test_shipped_model_finds_the_planted_mines(segmented, demo):
    truth_file = str(demo / "truth" / "segmented.parquet")
    with quarrydb.connect(segmented, unlocked=True) as connection:
        truth = polygons(
            connection,
            "SELECT year, ST_AsWKB(geometry::GEOMETRY) FROM read_parquet(?)",
            [truth_file],
        )
        found = polygons(
            connection, "SELECT year, ST_AsWKB(geometry), is_continuous FROM footprint"
        )
        windows = polygons(
            connection,
            "SELECT DISTINCT site.site_id, ST_AsWKB(site.geometry) FROM core.site "
            "INNER JOIN image_choice USING (site_id)",
        )
    ground = shapely.union_all([window for _, window in windows])
    ratios, confusion = [], np.zeros(4)
    for year in YEARS:
        planted = shapely.union_all([p for y, p in truth if y == year]).intersection(ground)
        kept = shapely.union_all([p for y, p, k in found if y == year and k is not False])
        kept = kept.intersection(ground)
        ratios.append(geodesic_area_km2(kept) / geodesic_area_km2(planted))
        both = kept.intersection(planted).area
        neither = ground.area - kept.union(planted).area
        confusion += [both, kept.area - both, planted.area - both, neither]
    assert all(0.9 < ratio < 1.1 for ratio in ratios)
    both, only_found, only_planted, neither = confusion
    wrong = only_found + only_planted
    assert (both / (both + wrong) + neither / (neither + wrong)) / 2 > 0.8
    dropped = [(year, p) for year, p, kept in found if kept is False]
    real = [
        (year, p)
        for year, p in dropped
        if any(y == year and p.intersects(mine) for y, mine in truth)
    ]
    assert real == []


def test_shipped_model_agrees_with_labelled_points(segmented):
    with quarrydb.connect(segmented) as connection:
        best = dict(connection.execute("SELECT metric, value FROM best_threshold").fetchall())
        years = connection.execute("SELECT count(*), min(p50), max(p90) FROM image_visibility")
        assert years.fetchone() == (9, pytest.approx(1.0, abs=0.05), 1.0)
    assert best["accuracy"] > 0.9
    assert best["mcc"] > 0.8
