"""Images of a bright place in several years: which of their items must be wrong about the offset."""

from dataclasses import asdict, dataclass

import duckdb
import geopandas
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from quarrydb.catalog.objects import read_catalog
from quarrydb.inference.chips import Site
from quarrydb.inference.predict import SiteYear
from quarrydb.inference.prediction import choose_rows
from quarrydb.inference.prediction_sql import LEVELS
from quarrydb.inference.probability import SCHEMA
from quarrydb.loaders.image_mosaic import checked_level
from quarrydb.loaders.image_offset import ImageLevel
from quarrydb.loaders.image_reader import BandFile, ImageSource
from tests.sql_world import database

from .footprint_rows import done, site_rows
from .planted import ORIGIN, PIXEL_M
from .project import lonlat, query, run
from .test_sentinel2 import SIZE, earth_search, write_item

BANDS = ("blue", "green", "red", "nir")
SAND = np.array([0.18, 0.22, 0.28, 0.34])
SIDE = 40
N_SITES = 20
COLUMNS = ("n_compared", "n_against", "n_for", "verdict", "is_wrong", "reason", "offset_step")


@dataclass(frozen=True)
class Image:
    """What was seen in a year, what its counts carry and what its item says was taken off, reflectance."""

    year: int
    seen: str = "ground"
    carried: float = 0.0
    taken_off: float = 0.0
    seen_share: float = 1.0

    @property
    def is_before_offset(self):
        return self.year < 2022


def old(*years):
    return [Image(year) for year in years]


def right(year, seen="ground"):
    """As collection 1 has it since 2022."""
    return Image(year, seen, carried=0.1, taken_off=0.1)


def applied(year, seen="ground"):
    """As Earth Search's older collection has it since 2022: taken off before."""
    return Image(year, seen)


def still_in(year, seen="ground"):
    """The same item over counts that still carry the offset."""
    return Image(year, seen, carried=0.1)


def twice(year, seen="ground"):
    """An item that says -0.1 over counts that carry nothing."""
    return Image(year, seen, taken_off=0.1)


def seen_as(kind, ground):
    """The ground (4, rows, columns) as reflectance in a year, by what happened."""
    column = np.arange(SIDE) / SIDE
    band = np.array([1.0, 0.8, 0.6, 0.3])[:, None, None]  # haze scatters blue most
    if kind == "mine":  # bright tailings on a fifth of the square
        return np.where(column < 0.2, np.array([0.35, 0.40, 0.45, 0.50])[:, None, None], ground)
    if kind == "snow":  # on all but some steep slopes
        return np.where(column < 0.9, np.array([0.8, 0.8, 0.78, 0.7])[:, None, None], ground)
    if kind == "thin snow":
        return 0.8 * ground + 0.2 * np.array([0.8, 0.8, 0.78, 0.7])[:, None, None]
    return {
        "ground": ground,
        "dry": 1.4 * ground,
        "wet": 0.45 * ground,
        "flood": np.where(column < 0.6, np.array([0.07, 0.09, 0.06, 0.03])[:, None, None], ground),
        "green": ground * np.array([0.9, 0.95, 0.8, 1.3])[:, None, None],
        "haze": 0.92 * ground + 0.05 * band,
        "cirrus": 0.97 * ground + 0.05,
    }[kind]


def level(image, random, name, base):
    """A row of raw.image_level but its site, measured as the reader does; years differ by some percent."""
    texture = 1 + 0.05 * base
    ground = SAND[:, None, None] * texture * np.clip(random.normal(1, 0.02, (4, 1, 1)), 0.95, 1.05)
    counts = np.rint(1e4 * (seen_as(image.seen, ground) + image.carried))
    parts = tuple(BandFile(band, name, 1e-4, -image.taken_off) for band in BANDS)
    pixels = (counts - 1e4 * image.taken_off).astype(np.float32)
    found = checked_level(ImageSource(name, BANDS, parts, image_id=name), BANDS, pixels)
    return asdict(found) | {
        "year": image.year,
        "is_before_offset": image.is_before_offset,
        "date": None,
        "seen_share": image.seen_share,
    }


def judged(images, n_sites=N_SITES, **parameters):
    """Rows of image_offset by image, for each of some sites with other ground and other noise."""
    random = np.random.default_rng(7)
    rows = []
    for site in range(n_sites):
        base = np.clip(random.normal(0, 1, (SIDE, SIDE)), -2, 2)
        rows += [
            level(image, random, f"{image.year}-{number}", base) | {"site_id": f"s{site:02}"}
            for number, image in enumerate(images)
        ]
    with database(["main.image_offset"], {}, stored=False, **parameters) as connection:
        connection.register("measured", pa.Table.from_pylist(rows))
        connection.execute("INSERT INTO raw.image_level BY NAME FROM measured")
        found = connection.execute(
            f"SELECT site_id, image_id, {', '.join(COLUMNS)} FROM image_offset"
        ).fetchall()
    sites = {}
    for site, image, *values in found:
        sites.setdefault(site, {})[image] = dict(zip(COLUMNS, values, strict=True))
    assert len(sites) == n_sites
    return list(sites.values())


def verdicts(images, **parameters):
    """The verdicts by site, each in the order of the images."""
    return [[row["verdict"] for row in site.values()] for site in judged(images, **parameters)]


WRONG = {
    "still in, of a year alone": [*old(2019, 2020, 2021), applied(2022), still_in(2023)],
    "still in, among others": [right(2022), applied(2023), still_in(2024)],
    "twice": [*old(2019, 2020), applied(2022), twice(2023)],
    "twice, over collection 1": [right(2022), twice(2023), right(2024)],
    "both": [*old(2020, 2021), still_in(2022), twice(2023), right(2024)],
    "most of them": [*old(2021), still_in(2022), still_in(2023), still_in(2024)],
    "beside a mine": [*old(2020, 2021), right(2022, "mine"), still_in(2023, "mine")],
}


def truth(images):
    said = {0.1: "still in", 0.0: "right", -0.1: "taken off twice"}
    return [said[round(image.carried - image.taken_off, 3)] for image in images]


@pytest.mark.parametrize("case", WRONG)
def test_wrong_items_are_told_over_bright_ground_and_no_other(case):
    expected = truth(WRONG[case])
    found = verdicts(WRONG[case])
    assert np.mean([site == expected for site in found]) >= 0.75, found
    for site in found:
        for one, said in zip(site, expected, strict=True):
            assert one in {said, "right", "unclear"}


def test_items_that_disagree_are_not_chosen_between():
    """Whether that of 2022 carries what it says is off, or the others carry nothing: nobody says."""
    images = [applied(2022), twice(2023), twice(2024)]
    found = judged(images)
    assert np.mean([row["verdict"] == "unclear" for site in found for row in site.values()]) > 0.8
    assert not any(row["is_wrong"] for site in found for row in site.values())
    assert "does not tell which" in found[0]["2023-1"]["reason"]
    (still,) = {site[0] for site in verdicts([*images, *old(2021)])}
    assert still == "right"  # an older image does


def test_one_image_is_not_compared_and_half_an_image_neither():
    assert verdicts([still_in(2023)]) == [[None]] * N_SITES
    seen_little = Image(2023, carried=0.1, seen_share=0.3)
    assert verdicts([*old(2020), seen_little]) == [["right", None]] * N_SITES


def test_nothing_is_looked_for_without_a_tolerance():
    found = verdicts(WRONG["still in, of a year alone"], offset_tolerance=0)
    assert found == [["right"] * 5] * N_SITES


NATURAL = ("mine", "snow", "thin snow", "dry", "wet", "flood", "green", "haze", "cirrus")


@pytest.mark.parametrize("seen", NATURAL)
def test_ground_that_changed_is_no_wrong_item(seen):
    """In one year, and from a year on, with items of every right kind before and after."""
    one_year = [*old(2020, 2021), right(2022), applied(2023, seen), right(2024)]
    from_then = [*old(2021), right(2022), right(2023, seen), applied(2024, seen), right(2025, seen)]
    for images in (one_year, from_then):
        for site in judged(images):
            assert not [row["reason"] for row in site.values() if row["reason"]]


def test_a_wrong_image_fails_its_site_and_year():
    tables = {
        "main.image_offset": (
            "SELECT 'a' AS site_id, 2023 AS year, 'x: twice' AS reason, TRUE AS is_wrong "
            "UNION ALL SELECT 'a', 2022, 'y: unclear', FALSE"
        ),
        "raw.segmented_site": site_rows(done([2022, 2023], "a") + done([2023], "b")),
    }
    with database(["main.segmented_site"], tables) as connection:
        found = connection.execute(
            "SELECT site_id, year, status, reason, n_polygons FROM segmented_site ORDER BY 1, 2"
        ).fetchall()
    assert found == [
        ("a", 2022, "done", None, 0),
        ("a", 2023, "failed", "x: twice.", None),
        ("b", 2023, "done", None, 0),
    ]


PROJECT = """
[project]
name = "bright"
[[polygons]]
name = "planted"
path = "mines.geojson"
[segmentation]
model = "model"
years = [2020, 2023]
[segmentation.images]
path = "items"
"""


@pytest.mark.slow
def test_from_items_to_the_reason(tmp_path, untrained):
    """The image of 2023 says that the offset is off: its counts carry it still, over bright ground."""
    random = np.random.default_rng(1)
    ground = SAND[:, None, None] * random.uniform(0.9, 1.1, (SIZE, SIZE)) * 1e4
    for year in (2020, 2021):
        write_item(
            tmp_path / "items" / str(year), earth_search(f"{year}-08-01", offset=0), ground=ground
        )
    made = earth_search("2022-08-01", offset=-0.1)
    write_item(tmp_path / "items" / "2022", made, added=1000, ground=ground)
    made = earth_search("2023-08-01", offset=-0.1, applied=True)
    write_item(tmp_path / "items" / "2023", made, added=1000, ground=ground)
    x, y = ORIGIN[0] + SIZE * PIXEL_M / 2, ORIGIN[1] - SIZE * PIXEL_M / 2
    mine = lonlat(shapely.box(x - 100, y - 100, x + 100, y + 100))
    geopandas.GeoSeries([mine], crs=4326).to_file(tmp_path / "mines.geojson")
    (tmp_path / "model").symlink_to(untrained)
    (tmp_path / "quarry.toml").write_text(PROJECT)
    assert run(tmp_path, range(2020, 2024)).failures == ()
    rows = query(tmp_path, "SELECT year, status, reason FROM segmented_site ORDER BY year")
    assert [row[:2] for row in rows] == [
        (2020, "done"),
        (2021, "done"),
        (2022, "done"),
        (2023, "failed"),
    ]
    assert "every band is 0.1 brighter than in 3 other image(s) there" in rows[-1][2]
    verdict = "SELECT year, taken_off, verdict FROM image_offset ORDER BY year"
    assert query(tmp_path, verdict) == [
        (2020, 0.0, "right"),
        (2021, 0.0, "right"),
        (2022, 0.1, "right"),
        (2023, 0.0, "still in"),
    ]
    ((image, action, detail),) = query(
        tmp_path,
        "SELECT feature_id, action, detail FROM raw.load_issue WHERE problem = 'wrong offset'",
    )
    assert (image, action) == (
        query(tmp_path, "SELECT image_id FROM raw.image WHERE year = 2023")[0][0],
        "set aside",
    )
    assert ", 2023: " in detail


def test_results_of_images_without_levels_are_read(tmp_path):
    """Those of an older version, and beside them newer ones."""
    old_row = {"key": "k1", "site_id": "s", "year": 2019, "status": "done"}
    measured = ImageLevel("x", 0.1, 1.0, (0.1,), (0.2,))
    new_row = {
        "key": "k2",
        "site_id": "s",
        "year": 2020,
        "status": "done",
        "levels": [asdict(measured)],
    }
    plain = pa.schema([field for field in SCHEMA if field.name != "levels"])
    shards = [tmp_path / "old.parquet", tmp_path / "new.parquet"]
    for path, row, schema in zip(shards, (old_row, new_row), (plain, SCHEMA), strict=True):
        pq.write_table(pa.Table.from_pylist([row], schema=schema), path)
    site = Site("s", 0.0, 0.0, 100.0)
    plan = [SiteYear("k1", site, 2019, ()), SiteYear("k2", site, 2020, ())]
    for n_shards in (0, 1, 2):
        with duckdb.connect() as connection:
            connection.execute("CREATE SCHEMA raw")
            connection.execute(read_catalog()["raw.image"].statement.replace("GEOMETRY", "BLOB"))
            choose_rows(connection, plan, shards[:n_shards])
            found = connection.execute(LEVELS).fetchall()
        assert [row[:3] for row in found] == [("s", 2020, "x")] * (n_shards == 2)
