"""The whole chain on a planted project: images to yearly tables, views and metrics."""

import shutil

import numpy as np
import pytest
import shapely
from pyproj import Transformer

from benchmarks import same_views
from quarrydb.engine.build import build
from quarrydb.engine.builder import Builder
from quarrydb.engine.segment import segment
from quarrydb.errors import SourceError
from quarrydb.project import load_project

from .project import FALSE_YEAR, YEARS, query, run

pytest.importorskip("torch")
pytestmark = pytest.mark.slow


def test_there_is_one_table_a_year(planted):
    rows = query(
        planted.folder,
        "SELECT table_name FROM information_schema.tables "
        "WHERE table_schema = 'segmentation' AND table_type = 'BASE TABLE' ORDER BY 1",
    )
    assert [name for (name,) in rows] == [f"mine_{year}" for year in YEARS]
    (n,) = query(planted.folder, "SELECT count(*) FROM raw.footprint")[0]
    assert n == sum(
        query(planted.folder, f"SELECT count(*) FROM segmentation.mine_{year}")[0][0]
        for year in YEARS
    )


def test_yearly_areas_are_the_planted_ones_within_a_tenth(planted):
    found = dict(
        query(
            planted.folder,
            "SELECT year, sum(area_km2) FROM footprint WHERE is_continuous IS NOT false GROUP BY year",
        )
    )
    from .test_predict import area_km2

    for year in YEARS:
        assert found[year] == pytest.approx(area_km2(planted.mines[year]), rel=0.1)


def test_continuity_drops_the_false_detection_and_no_mine(planted):
    rows = query(planted.folder, "SELECT year, is_continuous, ST_AsWKB(geometry) FROM footprint")
    polygons = [(year, kept, shapely.from_wkb(bytes(wkb))) for year, kept, wkb in rows]
    dropped = [(year, polygon) for year, kept, polygon in polygons if kept is False]
    assert any(
        year == FALSE_YEAR and polygon.intersects(planted.false_mine) for year, polygon in dropped
    )
    for year in YEARS:
        kept = shapely.union_all([p for y, is_kept, p in polygons if y == year and is_kept])
        for mine in planted.mines[year]:
            assert kept.intersects(mine.representative_point())


def test_the_clearest_image_of_the_season_is_chosen(planted):
    rows = query(
        planted.folder, "SELECT DISTINCT year, image_id, priority FROM image_choice ORDER BY 1"
    )
    assert rows == [(year, f"clear_{year}", 1) for year in YEARS]
    visibility = query(
        planted.folder, "SELECT year, mean, sd, p01, p50, p90 FROM image_visibility ORDER BY 1"
    )
    assert visibility == [(year, 0.97, 0, 0.97, 0.97, 0.97) for year in YEARS]


def test_country_areas_add_up_and_split_at_the_border(planted):
    areas = query(
        planted.folder,
        "SELECT year, sum(area_km2), count(*) FROM segmented_country_yearly GROUP BY 1 ORDER BY 1",
    )
    whole = query(
        planted.folder,
        "SELECT year, sum(area_km2) FROM footprint WHERE is_continuous IS NOT false "
        "GROUP BY 1 ORDER BY 1",
    )
    assert [n for _, _, n in areas] == [2] * len(YEARS)
    assert [a for _, a, _ in areas] == pytest.approx([a for _, a in whole], rel=1e-6)
    regions = query(
        planted.folder,
        "SELECT year, region, area_km2, n_polygons, mean_area_km2 FROM segmented_region_yearly",
    )
    for _, region, area, n, mean in regions:
        assert region == "Planted"
        assert mean == pytest.approx(area / n)


def test_site_history_has_the_change_from_the_year_before(planted):
    rows = query(
        planted.folder, "SELECT site_id, year, area_km2, change_km2 FROM site_history ORDER BY 1, 2"
    )
    area = {(site, year): a for site, year, a, _ in rows}
    assert len(rows) == len(YEARS) * len(planted.mines[2016])
    for site, year, _, change in rows:
        if year == 2016:
            assert change is None
        else:
            assert change == pytest.approx(area[site, year] - area[site, year - 1], abs=1e-12)


def test_change_grid_holds_all_of_the_first_and_last_year(planted):
    ((first, last, change),) = query(
        planted.folder,
        "SELECT sum(area_first_km2), sum(area_last_km2), sum(change_km2) FROM segmented_change_grid",
    )
    whole = dict(
        query(
            planted.folder,
            "SELECT year, sum(area_km2) FROM footprint WHERE is_continuous IS NOT false GROUP BY 1",
        )
    )
    assert first == pytest.approx(whole[2016])
    assert last == pytest.approx(whole[2020])
    assert change == pytest.approx(last - first)


def test_metrics_equal_scikit_learn(planted):
    metrics = pytest.importorskip("sklearn.metrics")
    points = query(
        planted.folder,
        "SELECT is_mine, max(probability) FROM raw.point_probability JOIN raw.point USING (point_id) "
        "GROUP BY point_id, is_mine ORDER BY point_id",
    )
    truth, probability = (np.array(column) for column in zip(*points, strict=True))
    rows = query(
        planted.folder,
        "SELECT threshold, n, accuracy, precision, recall, false_positive_rate, mcc, f1, iou "
        "FROM segmentation_metric WHERE dataset = 'predictions' AND averaging = 'pooled' ORDER BY threshold",
    )
    assert len(rows) == 201
    for threshold, n, accuracy, precision, recall, rate, mcc, f1, iou in rows[::20]:
        said = probability >= threshold
        assert n == len(truth)
        assert accuracy == pytest.approx(metrics.accuracy_score(truth, said))
        if said.any():
            assert precision == pytest.approx(metrics.precision_score(truth, said))
            assert f1 == pytest.approx(metrics.f1_score(truth, said))
        assert recall == pytest.approx(metrics.recall_score(truth, said))
        assert rate == pytest.approx((said & ~truth).sum() / (~truth).sum())
        assert iou == pytest.approx(metrics.jaccard_score(truth, said))
        if 0 < said.sum() < len(said):
            assert mcc == pytest.approx(metrics.matthews_corrcoef(truth, said))


def test_polygon_data_sets_are_held_against_the_points_too(planted):
    rows = query(
        planted.folder,
        "SELECT DISTINCT dataset FROM segmentation_metric WHERE threshold IS NULL ORDER BY 1",
    )
    assert [name for (name,) in rows] == ["footprint", "planted", "union"]
    best = dict(query(planted.folder, "SELECT metric, value FROM best_threshold"))
    assert set(best) == {"accuracy", "mcc", "f1", "iou"}
    assert best["accuracy"] > 0.9


def test_other_thresholds_run_no_network_and_stand_side_by_side(planted, tmp_path, monkeypatch):
    from quarrydb.inference import predict as predicting

    def load_no_model(settings):
        raise AssertionError("the network ran")

    folder = tmp_path / "project"
    shutil.copytree(planted.folder, folder)
    monkeypatch.setattr(predicting, "load_predictor", load_no_model)
    file = folder / "quarry.toml"
    text = file.read_text()
    file.write_text(text.replace('model = "model"', 'model = "model"\nthreshold = [0.55, 0.9]'))
    result = run(folder)
    assert (result.n_done, result.n_kept) == (0, len(YEARS) * len(planted.mines[2016]))
    areas = query(
        folder,
        "SELECT threshold, is_main_threshold, sum(area_km2) FROM segmented_country_yearly "
        "GROUP BY ALL ORDER BY ALL",
    )
    assert [row[:2] for row in areas] == [(0.55, True), (0.9, False)]
    assert areas[0][2] > areas[1][2] > 0


def test_a_new_threshold_gives_what_a_build_from_nothing_gives(planted, tmp_path, monkeypatch):
    """No network runs, no image is read, what was seen stays; then the store goes, but for probabilities."""
    from quarrydb.inference import predict as predicting

    folder, nothing = tmp_path / "project", tmp_path / "nothing"
    shutil.copytree(planted.folder, folder)
    monkeypatch.delattr(predicting, "load_predictor")
    file = folder / "quarry.toml"
    file.write_text(
        file.read_text().replace('model = "model"', 'model = "model"\nthreshold = 0.625')
    )
    seen = sorted((folder / ".quarry/store/seen").iterdir())
    builder = Builder(load_project(folder))
    ran = {step.node.name for step in builder.explain(builder.plan()) if step.will_run}
    assert {name for name in ran if name.startswith("load ")} == {
        "load predictions",
        "load image offsets",
    }
    build(load_project(folder))
    assert sorted((folder / ".quarry/store/seen").iterdir()) == seen

    shutil.copytree(folder, nothing, ignore=shutil.ignore_patterns(".quarry", "*.duckdb"))
    shutil.copytree(folder / ".quarry/store/probability", nothing / ".quarry/store/probability")
    build(load_project(nothing))
    assert same_views.compare(nothing / "mines.duckdb", folder / "mines.duckdb", {}) == []


def test_a_project_is_built_before_there_is_a_model(planted, tmp_path):
    """Images are chosen, nothing is found, and segmenting says what is missing."""
    ignored = shutil.ignore_patterns("model", ".quarry", "*.duckdb")
    shutil.copytree(planted.folder, tmp_path / "project", ignore=ignored)
    project = load_project(tmp_path / "project")
    build(project)
    chosen = "SELECT count(DISTINCT year) FROM image_choice"
    assert query(project.root, chosen) == [(len(YEARS),)]
    assert query(project.root, "SELECT count(*) FROM footprint") == [(0,)]
    with pytest.raises(SourceError, match="holds no model"):
        segment(project)


def test_probabilities_are_exported_as_cloud_optimised_geotiffs(planted, tmp_path):
    import rasterio
    from typer.testing import CliRunner

    from quarrydb.cli.app import app

    done = CliRunner().invoke(
        app,
        [
            "export",
            str(tmp_path / "out"),
            "-d",
            str(planted.folder / "mines.duckdb"),
            "--probability",
        ],
    )
    assert done.exit_code == 0, (done.output, done.exception)
    files = sorted((tmp_path / "out" / "probability").glob("*.tif"))
    assert len(files) == len(YEARS) * len(planted.mines[2016])
    ((site_id, year, threshold, area),) = query(
        planted.folder,
        "SELECT site_id, year, any_value(threshold), sum(ST_Area_Spheroid(geometry)) FROM raw.footprint "
        "GROUP BY ALL ORDER BY 4 DESC LIMIT 1",
    )
    with rasterio.open(tmp_path / "out" / "probability" / f"{site_id}_{year}.tif") as dataset:
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert dataset.tags()["site_id"] == site_id
        assert dataset.tags()["year"] == str(year)
        probability = dataset.read(1)
        cell_m2 = abs(dataset.transform.a * dataset.transform.e)
    assert (probability >= threshold).sum() * cell_m2 == pytest.approx(area, rel=0.15)


def test_void_pixels_and_slivers_lose_no_mine(planted, tmp_path):
    """2018: the image is void over one mine; 2019: a sliver of it is there, and nothing else."""
    import rasterio
    from rasterio.windows import Window

    folder = tmp_path / "project"
    shutil.copytree(planted.folder, folder)
    with rasterio.open(folder / "images" / "clear_2018.tif", "r+") as image:
        mine = planted.mines[2020][0]
        to_map = Transformer.from_crs(4326, image.crs, always_xy=True)
        west, south, east, north = mine.bounds
        xs, ys = to_map.transform([west, east], [south, north])
        top, left = image.index(min(xs), max(ys))
        bottom, right = image.index(max(xs), min(ys))
        window = Window(left - 2, top - 2, right - left + 4, bottom - top + 4)
        image.write(np.zeros((4, int(window.height), int(window.width)), np.uint16), window=window)
    with rasterio.open(folder / "images" / "clear_2019.tif", "r+") as image:
        image.write(np.zeros((4, 512, 500), np.uint16), window=Window(0, 0, 500, 512))
    catalogue = folder / "images.csv"
    lines = catalogue.read_text().splitlines()
    gone = ("hazy_2018", "dry_2018", "hazy_2019", "dry_2019")
    catalogue.write_text("\n".join(line for line in lines if not line.startswith(gone)) + "\n")
    run(folder)
    status = query(
        folder, "SELECT year, status, count(*) FROM segmented_site GROUP BY ALL ORDER BY ALL"
    )
    n = len(planted.mines[2016])
    found = {(year, name): count for year, name, count in status}
    assert found[2018, "not seen"] >= 1
    assert found[2018, "done"] >= 1
    assert found[2019, "failed"] + found.get((2019, "not seen"), 0) == n
    kept = query(
        folder, "SELECT year, ST_AsWKB(geometry) FROM footprint WHERE is_continuous IS NOT false"
    )
    shapes = [(year, shapely.from_wkb(bytes(wkb))) for year, wkb in kept]
    for year in (2016, 2017, 2020):
        of_year = shapely.union_all([shape for y, shape in shapes if y == year])
        for planted_mine in planted.mines[year]:
            assert of_year.intersects(planted_mine.representative_point())
    assert not [year for year, _ in shapes if year == 2019]
    assert not query(folder, "SELECT * FROM site_history WHERE year = 2019")


def test_the_report_shows_the_kept_probability_beside_the_image(planted):
    from quarrydb.report.pixels import probability_tiles

    ((site_id, year, outline),) = query(
        planted.folder,
        "SELECT site_id, year, ST_AsText(geometry) FROM raw.footprint "
        "ORDER BY ST_Area(geometry) DESC LIMIT 1",
    )
    outlines = [{"kind": "found in the image", "geometry": outline}]
    row = {"site_id": site_id, "year": year, "title": "t", "outlines": outlines}
    (tile, *vertices), note = probability_tiles([row], planted.folder)
    assert note == ""
    assert tile["title"] == "t: probability"
    assert tile["image"].startswith("data:image/jpeg;base64,")
    places = np.array([(v["x"], v["y"]) for v in vertices])
    assert 0 <= places.min() < places.max() <= 1
