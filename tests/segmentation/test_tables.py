"""Tables of images and columns of footprints, as people and pandas write them."""

from datetime import date

import geopandas
import pandas
import pytest
import shapely

from quarrydb.errors import SourceError
from quarrydb.loaders.footprint_file import probabilities
from quarrydb.loaders.image import read_catalogue
from quarrydb.loaders.vector_file import read_vector
from quarrydb.project.segmentation import FootprintSource


def written(folder, kind, **columns):
    """A table of images as pandas writes it."""
    frame = pandas.DataFrame({"path": [f"{i}.tif" for i in range(len(columns["year"]))], **columns})
    path = folder / f"images.{kind}"
    frame.to_csv(path, index=False) if kind == "csv" else frame.to_parquet(path)
    return path


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_year_beside_an_empty_cell_is_a_float_and_a_year(tmp_path, kind):
    """pandas turns whole numbers into 2019.0 where one is missing."""
    table = written(tmp_path, kind, date=["2018-11-30", "2018-11-30"], year=[2019, None])
    assert [(entry.year, entry.date) for entry in read_catalogue(table)] == [
        (2019, date(2018, 11, 30)),
        (2018, date(2018, 11, 30)),
    ]
    alone = written(tmp_path, kind, year=[2019.0])
    assert [(e.year, e.date) for e in read_catalogue(alone)] == [(2019, date(2019, 7, 1))]


@pytest.mark.parametrize("year", [2019.5, "dry", 0, 1e12, float("inf")])
def test_what_is_no_year_is_named_with_its_row(tmp_path, year):
    table = written(tmp_path, "csv", date=["2018-11-30"], year=[year])
    with pytest.raises(SourceError, match=r"images\.csv, row 2: .* is no year"):
        read_catalogue(table)


def read_probabilities(folder, *values):
    """The probability column of a file with a polygon for each value."""
    path = folder / "mine_2019.gpkg"
    squares = [shapely.box(i, 0, i + 0.5, 0.5) for i in range(len(values))]
    frame = geopandas.GeoDataFrame({"p": values}, geometry=squares, crs=4326)
    frame.to_file(path, driver="GPKG")
    source = FootprintSource.model_construct(name="made", probability="p")
    return probabilities(source, read_vector(path), path)


def test_probabilities_are_numbers_from_0_to_1_or_empty(tmp_path):
    assert read_probabilities(tmp_path, 0.0, 0.87, None, 1.0) == [0.0, 0.87, None, 1.0]
    assert read_probabilities(tmp_path, "0.5", "", None) == [0.5, None, None]


@pytest.mark.parametrize(
    ("value", "said"), [(87, "Divide percentages"), (-0.1, "between 0 and 1"), ("high", "a number")]
)
def test_what_is_no_probability_is_named_with_its_feature(tmp_path, value, said):
    with pytest.raises(SourceError, match=rf"mine_2019\.gpkg, feature 2: p is .*{said}"):
        read_probabilities(tmp_path, type(value)(0), value)
