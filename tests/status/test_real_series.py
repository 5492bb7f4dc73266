"""Trends of real series, with pymannkendall's numbers as reference."""

import csv

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pymannkendall
import pytest

from quarrydb.udfs import register

pytestmark = pytest.mark.real
NUMBERS = {"p": "p", "z": "z", "s": "s", "tau": "Tau", "slope": "slope", "intercept": "intercept"}


def trends_of(series, names):
    """Mann-Kendall of each list in DuckDB, beside its name."""
    with duckdb.connect() as connection:
        register(connection)
        table = pa.table({"name": names, "v": pa.array(series, pa.list_(pa.float64()))})
        connection.register("series", table)
        return (
            connection.sql("SELECT name, unnest(mann_kendall(v)) FROM series ORDER BY name")
            .df()
            .set_index("name")
        )


def assert_as_pymannkendall(found, series, names):
    for name, values in zip(names, series, strict=True):
        clean = [np.nan if v is None else v for v in values]
        theirs = pymannkendall.original_test(clean)
        for ours, their_name in NUMBERS.items():
            assert found.loc[name, ours] == pytest.approx(getattr(theirs, their_name), abs=1e-12)
        if found.loc[name, "n"] >= 4:
            assert found.loc[name, "trend"] == theirs.trend


def test_mining_area_of_appalachian_counties_1985_to_2015(real_data):
    path = real_data / "skytruth_appalachia" / "county_areas.csv"
    rows = list(csv.DictReader(path.read_text().replace("\r", "\n").splitlines()))
    years = [str(year) for year in range(1985, 2016)]
    names = [f"{row['County']} {row['State']}" for row in rows]
    series = [[float(row[year]) if row[year] else None for year in years] for row in rows]
    found = trends_of(series, names)
    assert len(found) > 60
    assert_as_pymannkendall(found, series, names)
    assert set(found.trend) == {"increasing", "decreasing", "no trend"}


def test_ndvi_at_mines_of_appalachia(real_data):
    """Three years with data out of ten: the numbers are there, and a trend is not claimed."""
    folder = real_data / "skytruth_appalachia"
    points = pd.concat([pd.read_csv(folder / "ls58.csv"), pd.read_csv(folder / "ls7.csv")])
    wide = points.pivot(index="ID", columns="year", values="NDVI").reindex(
        columns=range(2005, 2015)
    )
    series = [[None if np.isnan(v) else v for v in row] for row in wide.to_numpy()]
    names = [str(i) for i in wide.index]
    found = trends_of(series, names)
    assert len(found) == 900
    assert (found.n == 3).all()
    assert (found.n_missing == 7).all()
    assert found.trend.isna().all()
    assert set(found.reason) == {"fewer than four values"}
    assert_as_pymannkendall(found, series, names)


def test_yearly_mean_ndvi_of_mined_and_unmined_points(real_data):
    folder = real_data / "skytruth_appalachia"
    points = pd.concat([pd.read_csv(folder / "ls58.csv"), pd.read_csv(folder / "ls7.csv")])
    mean = points.groupby(["trueMining", "year"]).NDVI.mean().unstack()
    series = mean.reindex(columns=range(2005, 2015)).to_numpy()
    lists = [[None if np.isnan(v) else v for v in row] for row in series]
    found = trends_of(lists, ["forest", "mine"])
    assert_as_pymannkendall(found, lists, ["forest", "mine"])
    assert (mean.loc[1] < mean.loc[0]).all()


def test_new_mining_of_the_amazon_by_country_2018_to_2024(real_data):
    import geopandas

    countries = geopandas.read_file(real_data / "ne_50m_admin_0_countries")[["ADM0_A3", "geometry"]]
    parts = []
    for year in range(2018, 2025):
        path = real_data / "amazon_mining_watch" / f"new_mining_{year}.geojson"
        mines = geopandas.read_file(path).to_crs(6933)
        centres = geopandas.GeoDataFrame(
            {"area_km2": mines.area / 1e6, "year": year},
            geometry=mines.representative_point().to_crs(4326),
        )
        parts.append(centres.sjoin(countries)[["ADM0_A3", "year", "area_km2"]])
    area = pd.concat(parts).groupby(["ADM0_A3", "year"]).area_km2.sum().unstack()
    assert {"BRA", "PER", "VEN", "GUY", "SUR", "COL"} <= set(area.index)
    series = [[None if np.isnan(v) else v for v in row] for row in area.to_numpy()]
    found = trends_of(series, list(area.index))
    assert_as_pymannkendall(found, series, list(area.index))
    assert found.loc["BRA", "n"] == 7
