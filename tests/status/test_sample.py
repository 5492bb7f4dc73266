"""The sample for interpreters: drawn from the right strata, placed on the right pixels."""

import csv
import json
import re
from collections import Counter

import numpy as np
import pytest
import rasterio
import shapely
from typer.testing import CliRunner

from quarrydb.cli.app import app
from quarrydb.errors import ProjectError, SourceError, TargetError
from quarrydb.loaders.label import parse, read_labels
from quarrydb.loaders.sample_draw import COLUMNS, Design, draw_sample, write_sample
from quarrydb.loaders.sample_page import page, write_page
from quarrydb.loaders.sample_pixel import DrawnPixel, locate

MINE_RELATED = {190, 200, 210}
DESIGN = Design(per_year=8, first_year=2005, last_year=2010, seed=3)


@pytest.fixture(scope="module")
def sample(demo, demo_project):
    import quarrydb

    with quarrydb.connect(demo / "mines.duckdb") as connection:
        return draw_sample(connection, demo_project.landcover, DESIGN)


def codes_at(demo, longitude, latitude):
    """Codes of 2000-2022 at a place, from the tile whose nominal box holds it."""
    west, north = int(np.floor(longitude / 5) * 5), int(np.floor(latitude / 5) * 5 + 5)
    name = f"{'E' if west >= 0 else 'W'}{abs(west)}{'N' if north >= 0 else 'S'}{abs(north)}"
    (tile,) = (demo / "landcover").rglob(f"GLC_FCS30D_20002022_{name}_Annual_V1.1.tif")
    with rasterio.open(tile) as dataset:
        return next(dataset.sample([(longitude, latitude)]))


def test_as_many_of_every_year_as_asked_for(sample):
    assert Counter(row["predicted_year"] for row in sample) == dict.fromkeys(range(2005, 2011), 8)
    assert len({(row["longitude"], row["latitude"]) for row in sample}) == len(sample)
    assert [row["sample_id"] for row in sample] == list(range(1, len(sample) + 1))
    years = [row["predicted_year"] for row in sample]
    assert years != sorted(years)


def test_every_pixel_changed_in_its_year(demo, sample):
    for row in sample:
        codes = codes_at(demo, row["longitude"], row["latitude"])
        before, after = (codes[row["predicted_year"] - 2000 - back] for back in (1, 0))
        assert (after in MINE_RELATED) == (row["change"] == "disturbed"), row
        assert (before in MINE_RELATED) == (row["change"] == "reclaimed"), row


def test_every_pixel_touches_its_mine(sample, demo_connection):
    for row in sample:
        (wkb,) = demo_connection.execute(
            "SELECT ST_AsWKB(geometry)::BLOB FROM core.mine WHERE mine_id = ?", [row["mine_id"]]
        ).fetchone()
        half = 0.00026949458523585647 / 2
        pixel = shapely.Point(row["longitude"], row["latitude"]).buffer(half, cap_style="square")
        assert shapely.from_wkb(bytes(wkb)).intersects(pixel)


def test_the_stratum_is_the_area_that_changed_in_the_year(sample, demo_connection):
    areas = dict(
        demo_connection.sql(
            "SELECT year, developed_km2 + reclaimed_km2 FROM disturbance_yearly"
        ).fetchall()
    )
    for row in sample:
        assert row["stratum_km2"] == pytest.approx(areas[row["predicted_year"]])
        assert row["biome"]


def test_the_seed_decides(demo_project, demo_connection, sample):
    again = draw_sample(demo_connection, demo_project.landcover, DESIGN)
    assert again == sample
    other = draw_sample(demo_connection, demo_project.landcover, Design(8, 2005, 2010, seed=4))
    assert {row["longitude"] for row in other} != {row["longitude"] for row in sample}


def test_one_kind_of_change(demo_project, demo_connection):
    rows = draw_sample(demo_connection, demo_project.landcover, Design(5, 2010, 2011, "reclaimed"))
    assert {row["change"] for row in rows} == {"reclaimed"}
    (area,) = demo_connection.sql(
        "SELECT reclaimed_km2 FROM disturbance_yearly WHERE year = 2010"
    ).fetchone()
    assert next(r for r in rows if r["predicted_year"] == 2010)["stratum_km2"] == pytest.approx(
        area
    )


def test_maps_five_years_apart_are_drawn_with_the_whole_change_of_their_step(
    demo_project, demo_connection
):
    """The study's 25 years: 1990, 1995, 2000 and each year since; a stratum is what it is drawn from."""
    drawn = draw_sample(demo_connection, demo_project.landcover, Design(per_year=2))
    years = [1990, 1995, *range(2000, 2023)]
    assert Counter(row["predicted_year"] for row in drawn) == dict.fromkeys(years, 2)
    areas = dict(
        demo_connection.sql(
            "SELECT year, sum(developed_km2 + reclaimed_km2) FROM disturbance_yearly GROUP BY year"
        ).fetchall()
    )
    for row in drawn:
        step = 5 if row["predicted_year"] <= 2000 else 1
        expected = sum(areas[row["predicted_year"] - back] for back in range(step))
        assert row["stratum_km2"] == pytest.approx(expected)
        assert row["stratum"] == str(row["predicted_year"])


def test_unchanged_pixels_are_a_stratum_of_their_own(demo, demo_project, demo_connection):
    design = Design(per_year=2, first_year=2005, last_year=2006, unchanged=30)
    drawn = draw_sample(demo_connection, demo_project.landcover, design)
    unchanged = [row for row in drawn if row["change"] == "unchanged"]
    assert (len(drawn), len(unchanged)) == (34, 30)
    assert {(row["predicted_year"], row["stratum"]) for row in unchanged} == {(None, "unchanged")}
    (area,) = demo_connection.sql(
        "SELECT sum(area_km2) FROM core.sample_candidate WHERE change = 'unchanged'"
    ).fetchone()
    (data, changed) = demo_connection.sql(
        "SELECT (SELECT sum(area_km2) FROM landcover_trajectory), (SELECT sum(ever_developed_km2) "
        "FROM mine_timeline)"
    ).fetchone()
    assert 0 < area < data - changed
    for row in unchanged:
        assert row["stratum_km2"] == pytest.approx(area)
        related = np.isin(codes_at(demo, row["longitude"], row["latitude"]), list(MINE_RELATED))
        assert related.all() or not related.any()
    changes = [row["change"] for row in drawn]
    assert changes != sorted(changes)  # an interpreter can't tell by the order


def test_unchanged_and_changed_pixels_make_up_the_mines(demo_connection):
    """Each history is either a candidate of some year or unchanged (the demo has no cover type apart)."""
    ((both, neither),) = demo_connection.sql(
        """
        SELECT count(*) FILTER (n_changed > 0 AND n_unchanged > 0),
            count(*) FILTER (n_changed = 0 AND n_unchanged = 0)
        FROM (
            SELECT count(year) AS n_changed, count(*) FILTER (change = 'unchanged') AS n_unchanged
            FROM landcover_trajectory LEFT JOIN core.sample_candidate USING (mine_id, classes)
            GROUP BY mine_id, classes
        )
        """
    ).fetchall()
    assert (both, neither) == (0, 0)


def test_small_strata_are_taken_whole(demo_connection):
    n = demo_connection.sql(
        "SELECT sum(n_pixels) FROM core.sample_candidate WHERE year = 2001"
    ).fetchone()[0]
    rows = demo_connection.execute(
        "SELECT count(*), count(DISTINCT (mine_id, classes, pixel)) "
        "FROM sample_draw(1, ?, 2001, 2001, ['disturbed', 'reclaimed'])",
        [int(n) * 2],
    ).fetchone()
    assert rows == (n, n)


def test_pixels_are_drawn_evenly(demo_connection):
    """Of a tenth of all pixels, each history holds about a tenth."""
    n = demo_connection.sql(
        "SELECT sum(n_pixels) FROM core.sample_candidate WHERE year = 2010"
    ).fetchone()[0]
    share = demo_connection.execute(
        """
        SELECT corr(found.n, candidate.n_pixels)
        FROM (
            SELECT mine_id, sum(n_pixels) AS n_pixels FROM core.sample_candidate
            WHERE year = 2010 GROUP BY mine_id
        ) AS candidate
        JOIN (
            SELECT mine_id, count(*) AS n
            FROM sample_draw(1, ?, 2010, 2010, ['disturbed', 'reclaimed']) GROUP BY mine_id
        ) AS found USING (mine_id)
        """,
        [int(n) // 10],
    ).fetchone()[0]
    assert share > 0.95


def test_years_without_change_are_an_error(demo_project, demo_connection):
    with pytest.raises(ProjectError, match="no pixel changed between 1950 and 1960"):
        draw_sample(demo_connection, demo_project.landcover, Design(5, 1950, 1960))


def test_a_history_that_is_not_in_the_rasters_is_an_error(demo_project, demo_connection):
    mine_id, wkb = demo_connection.sql(
        "SELECT mine_id, ST_AsWKB(geometry)::BLOB FROM core.mine ORDER BY mine_id LIMIT 1"
    ).fetchone()
    drawn = DrawnPixel(mine_id, (99,) * 26, 0)
    with pytest.raises(SourceError, match="rasters have changed"):
        locate(demo_project.landcover, {mine_id: bytes(wkb)}, [drawn])


@pytest.mark.parametrize("name", ["sample.csv", "sample.gpkg"])
def test_a_filled_sample_comes_back_as_labels(tmp_path, sample, name):
    path = tmp_path / name
    answers = ["none", "unclear", ""]
    filled = [
        {**row, "reference_year": (answers + [str(row["predicted_year"] - 1)] * 9)[i % 12]}
        for i, row in enumerate(sample)
    ]
    write_sample(filled, path)
    labels, issues = parse(read_labels(path))
    assert len(labels) == sum(row["reference_year"] not in ("unclear", "") for row in filled)
    by_id = {row["sample_id"]: row for row in labels}
    for row in filled:
        if row["reference_year"].isdigit():
            label = by_id[str(row["sample_id"])]
            assert label["reference_year"] == row["predicted_year"] - 1
            assert label["longitude"] == row["longitude"]
            assert label["stratum_km2"] == pytest.approx(row["stratum_km2"])
            assert label["biome"] == row["biome"]
    assert {issue.problem for issue in issues} == {
        "not labelled yet",
        "the interpreter could not tell",
    }


def test_a_file_that_may_hold_labels_is_not_overwritten(tmp_path, sample):
    path = tmp_path / "sample.csv"
    write_sample(sample, path)
    with pytest.raises(ProjectError, match="may hold labels"):
        write_sample(sample, path)
    with pytest.raises(SourceError, match=r"neither \.csv nor \.gpkg"):
        write_sample(sample, tmp_path / "sample.txt")


def test_the_page_holds_the_samples_and_needs_no_network(tmp_path, sample):
    odd = [{**sample[0], "biome": "</script><script>alert(1)</script>"}, *sample[1:]]
    text = page(odd)
    assert text.count("<script") == 2
    assert not re.search(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=", text)
    assert "@import" not in text
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    content = json.loads(data[1])
    assert content["columns"] == list(COLUMNS)
    assert content["samples"] == json.loads(json.dumps(odd))
    write_page(sample, tmp_path / "label.html")
    with pytest.raises(ProjectError, match="exists"):
        write_page(sample, tmp_path / "label.html")


def test_the_command_writes_sample_and_page(demo, tmp_path):
    out, html = tmp_path / "s.csv", tmp_path / "s.html"
    arguments = ["sample", str(demo), "--out", str(out), "--page", str(html), "--per-year", "2"]
    result = CliRunner().invoke(app, [*arguments, "--years", "2008-2009"])
    assert result.exit_code == 0, result.output
    assert "No unchanged pixel is among them" in result.output
    with out.open() as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 4
    assert html.exists()
    assert isinstance(CliRunner().invoke(app, arguments).exception, ProjectError)


@pytest.mark.parametrize(
    ("out", "page", "error"),
    [
        ("taken/s.csv", "s.html", TargetError),
        ("s.csv", "taken/s.html", TargetError),
        ("s.txt", "s.html", SourceError),
    ],
)
def test_places_and_endings_are_looked_at_first(demo, tmp_path, monkeypatch, out, page, error):
    """Not after the rasters are read."""
    (tmp_path / "taken").touch()
    monkeypatch.setattr("quarrydb.loaders.sample_draw.draw_sample", None)
    places = ["--out", str(tmp_path / out), "--page", str(tmp_path / page)]
    assert isinstance(CliRunner().invoke(app, ["sample", str(demo), *places]).exception, error)
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


@pytest.mark.parametrize(
    "bad",
    [
        ["--years", "last"],
        ["--years", "2022-1998"],
        ["--change", "moved"],
        ["--per-year", "0"],
    ],
)
def test_wrong_options_are_explained(demo, tmp_path, bad):
    result = CliRunner().invoke(app, ["sample", str(demo), "--out", str(tmp_path / "s.csv"), *bad])
    assert result.exit_code == 2
