"""What a report says of a build whose legend has no mine, and whose protected areas are no KBAs."""

from pathlib import Path

import duckdb
import geopandas
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

import quarrydb
from quarrydb.engine.build import build
from quarrydb.engine.checks import run_checks
from quarrydb.project import load_project
from quarrydb.report import write_report
from tests.worlds import write_project

MINES = [shapely.box(0.01, 0.01, 0.03, 0.03), shapely.box(5, 5, 5.02, 5.02)]
NO_MINE = "code,class_name,cover_type,category\n1,Forest,forest,dense vegetation\n2,Town,town,{}\n"


def world(folder: Path, category: str, codes: tuple[int, int], kind: str = "") -> Path:
    """Two mines, one of them on a land-cover map of 2001 and 2002, and a protected area over it."""
    write_project(folder, {"a": MINES})
    for year, code in zip((2001, 2002), codes, strict=True):
        with rasterio.open(
            folder / f"lc_{year}.tif", "w", driver="GTiff", width=50, height=50, count=1,
            dtype="uint8", crs="EPSG:4326", transform=from_origin(0, 0.05, 0.001, 0.001),
        ) as dataset:  # fmt: skip
            dataset.write(np.full((1, 50, 50), code, np.uint8))
    (folder / "legend.csv").write_text(NO_MINE.format(category))
    geopandas.GeoDataFrame(
        {"name": ["Park"]}, geometry=[shapely.box(0, 0, 0.02, 0.05)], crs="EPSG:4326"
    ).to_file(folder / "parks.gpkg")
    with (folder / "quarry.toml").open("a") as file:
        file.write(
            "[landcover]\npath = \"lc_*.tif\"\nyears_from = 'lc_(?P<year>\\d{4})'\n"
            'legend = "legend.csv"\ngaps = "record"\n[protected]\npath = "parks.gpkg"\n' + kind
        )
    build(load_project(folder))
    return folder / "mines.duckdb"


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple]:
    return connection.execute(query).fetchall()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("category", "codes", "reason"),
    [
        ("unclassified", (1, 2), "the legend has no mine-related class"),
        ("mine-related", (1, 1), "no mine shows a mine-related class in any year"),
    ],
)
def test_no_mine_related_class_is_no_value_with_a_reason(
    tmp_path: Path, category: str, codes: tuple[int, int], reason: str
) -> None:
    database = world(tmp_path / "world", category, codes)
    with quarrydb.connect(database) as connection:
        rates = rows(connection, "SELECT DISTINCT reclamation_share, reason FROM reclamation_rate")
        assert rates == [(None, reason)]
        yearly = "SELECT developed_km2, reclaimed_km2, gap_km2, reason FROM disturbance_yearly"
        assert rows(connection, yearly) == [(None, None, None, reason)]
        bare = "SELECT DISTINCT bare_surface_share, mine_related_km2 FROM mine_bare_surface"
        assert rows(connection, bare) == [(None, None)]
        assert rows(connection, "FROM mine_indicator_yearly") == []
        assert rows(connection, "SELECT ever_developed_km2 FROM mine_timeline") == [(None,)]
        noted = [str(v) for v in run_checks(connection)]
        assert any("warn_no_mine_related_class" in note and reason in note for note in noted)
        report = write_report(connection, tmp_path / "report")
    html = report.page.read_text()
    for key in ("change_yearly", "cover_total", "cover_gap", "country_cover", "bare_map"):
        assert f'id="{key}"' not in html
    assert f"a mine-related class in the legend of [landcover], seen in the mines: {reason}" in html


@pytest.mark.slow
def test_a_mine_related_class_gives_values_with_the_share_of_mines_covered(tmp_path: Path) -> None:
    database = world(tmp_path / "world", "mine-related", (1, 2))
    with quarrydb.connect(database) as connection:
        world_rate = (
            "SELECT year, reclamation_share, n_mines, reason FROM reclamation_rate "
            "WHERE scope = 'world' ORDER BY year"
        )
        assert rows(connection, world_rate) == [(2001, 1.0, 1, None), (2002, 0.0, 1, None)]
        disturbed = rows(connection, "SELECT developed_km2, reason FROM disturbance_yearly")
        assert disturbed == [(pytest.approx(4.9, rel=0.02), None)]
        noted = [v.check.name for v in run_checks(connection)]
        assert "main.warn_no_mine_related_class" not in noted
        assert "warn_no_mine_related_class" not in " ".join(noted)
        html = write_report(connection, tmp_path / "report").page.read_text()
    assert html.count("Land cover is known of 1 of 2 mines (50\u00a0%).") >= 5


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "called"), [("", "protected areas"), ('kind = "national parks"\n', "national parks")]
)
def test_other_protected_areas_are_called_what_they_are(
    tmp_path: Path, kind: str, called: str
) -> None:
    database = world(tmp_path / "world", "mine-related", (1, 2), kind)
    with quarrydb.connect(database) as connection:
        assert rows(connection, "SELECT protected_kind FROM build_info") == [(called,)]
        compared = (
            "SELECT count(computed) FROM published_comparison WHERE starts_with(metric, 'kba')"
        )
        assert rows(connection, compared) == [(0,)]
        html = write_report(connection, tmp_path / "report").page.read_text()
    assert f"Mine area and number of mines inside {called} by continent" in html
    assert "Key Biodiversity" not in html.partition('id="studies"')[0]
    card = html.partition('id="protected_continent"')[2].partition("</article>")[0]
    assert card
    assert "As printed" not in card


def test_the_demo_has_key_biodiversity_areas(demo_connection: duckdb.DuckDBPyConnection) -> None:
    found = rows(demo_connection, "SELECT protected_kind FROM build_info")
    assert found == [("Key Biodiversity Areas",)]
    compared = "SELECT count(computed) FROM published_comparison WHERE starts_with(metric, 'kba')"
    assert rows(demo_connection, compared)[0][0] > 0
