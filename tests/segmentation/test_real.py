"""Continuity and countries of real yearly footprints, against geopandas."""

from pathlib import Path

import pytest

REAL = Path(__file__).parents[3] / "shared" / "data" / "real"


@pytest.fixture(scope="module")
def amazon(tmp_path_factory):
    """A build of the real yearly footprints of the Amazon."""
    from quarrydb.engine.build import build
    from quarrydb.project import load_project

    if not (REAL / "amazon_mining_watch").is_dir():
        pytest.skip(f"{REAL} is not here")
    folder = tmp_path_factory.mktemp("amazon")
    (folder / "quarry.toml").write_text(
        f"""
[project]
name = "amazon"
[[polygons]]
name = "maus"
path = "{REAL}/maus_2022_tiles.gpkg"
[countries]
path = "{REAL}/ne_50m_admin_0_countries/ne_50m_admin_0_countries.shp"
[[segmentation.footprint]]
name = "amw"
path = "{REAL}/amazon_mining_watch/new_mining_*.geojson"
cumulated = true
"""
    )
    build(load_project(folder))
    return folder / "mines.duckdb"


@pytest.mark.slow
@pytest.mark.real
def test_real_continuity_and_countries_equal_geopandas(amazon):
    """Every polygon of 2018-2024: the same verdict, the same country area, computed another way."""
    import geopandas
    import shapely

    import quarrydb

    with quarrydb.connect(amazon) as connection:
        table = connection.sql(
            "SELECT footprint_id, year, iso3, area_km2, is_continuous, ST_AsWKB(geometry) AS wkb "
            "FROM footprint"
        ).df()
        countries = connection.sql(
            "SELECT iso3, year, n_polygons, area_km2 FROM segmented_country_yearly"
        ).df()
    table["wkb"] = table["wkb"].map(bytes)
    frame = geopandas.GeoDataFrame(table, geometry=shapely.from_wkb(table["wkb"]), crs=4326)
    years = range(2018, 2025)
    by_year = {year: frame[frame["year"] == year] for year in years}
    assert_dissolved_equals_unary_union(by_year)
    for year in years:
        confirmed = set()
        for other in (year - 1, year + 1):
            if other in by_year:
                pairs = geopandas.sjoin(by_year[year], by_year[other], predicate="intersects")
                confirmed |= set(pairs["footprint_id_left"])
        verdict = dict(
            zip(by_year[year]["footprint_id"], by_year[year]["is_continuous"], strict=True)
        )
        assert {name for name, kept in verdict.items() if kept} == confirmed
    assert (frame["is_continuous"].notna()).all()
    assert (~frame["is_continuous"].astype(bool)).any()
    assert_countries_equal_overlay(frame[frame["is_continuous"].astype(bool)], countries)


def assert_dissolved_equals_unary_union(by_year):
    import geopandas
    import shapely

    files = sorted((REAL / "amazon_mining_watch").glob("*.geojson"))
    raw = [shapely.make_valid(geopandas.read_file(file).geometry.to_numpy()) for file in files]
    union = shapely.get_parts(shapely.disjoint_subset_union_all(raw[0]))
    assert len(union) == len(by_year[2018])
    found = shapely.area(by_year[2018].geometry.to_numpy()).sum()
    assert shapely.area(union).sum() == pytest.approx(found, rel=1e-9)


def assert_countries_equal_overlay(kept, countries):
    import geopandas

    from quarrydb.loaders.vector_clean import geodesic_area_km2

    world = geopandas.read_file(REAL / "ne_50m_admin_0_countries").to_crs(4326)
    world["iso3"] = world["ISO_A3"].where(world["ISO_A3"] != "-99", world["ADM0_A3"])
    box = kept.total_bounds
    near = world.cx[box[0] : box[2], box[1] : box[3]][["iso3", "geometry"]]
    pieces = geopandas.overlay(
        kept[["footprint_id", "year", "geometry"]], near, how="intersection", keep_geom_type=True
    )
    pieces["area_km2"] = [geodesic_area_km2(geometry) for geometry in pieces.geometry]
    expected = pieces.groupby(["iso3", "year"])["area_km2"].sum()
    found = countries.set_index(["iso3", "year"])["area_km2"]
    assert set(found[found > 0].index) == set(expected[expected > 0].index)
    for key, area in expected.items():
        # Tiles add vertices where they cut, between which an edge is a geodesic: 18 m2 in 844 km2.
        assert found[key] == pytest.approx(area, rel=1e-7, abs=1e-9)
    largest = pieces.sort_values("area_km2").groupby("footprint_id").last()
    counts = largest.groupby(["iso3", "year"]).size()
    n_found = countries.set_index(["iso3", "year"])["n_polygons"]
    assert {key: n for key, n in n_found.items() if n} == counts.to_dict()
