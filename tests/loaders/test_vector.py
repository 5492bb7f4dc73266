"""Polygons come in the same whatever file they are in, and nothing is lost on the way."""

import json
import zipfile
from pathlib import Path

import geopandas
import numpy as np
import pyarrow as pa
import pytest
import shapely

from quarrydb.errors import SourceError
from quarrydb.loaders import layout
from quarrydb.loaders.longitude import split_at_antimeridian
from quarrydb.loaders.vector_clean import clean, geodesic_area_km2
from quarrydb.loaders.vector_file import read_vector

SHAPES = [
    shapely.box(10, 20, 10.1, 20.1),
    shapely.MultiPolygon([shapely.box(11, 20, 11.1, 20.1), shapely.box(12, 20, 12.1, 20.1)]),
    shapely.box(13, 20, 13.2, 20.2).difference(shapely.box(13.05, 20.05, 13.1, 20.1)),
]


def write(folder: Path, kind: str, crs: str = "EPSG:4326") -> Path:
    frame = geopandas.GeoDataFrame({"name": ["a", "b", "ç"]}, geometry=SHAPES, crs="EPSG:4326")
    frame = frame.to_crs(crs)
    if kind == "zip":
        write(folder, "shp", crs)
        with zipfile.ZipFile(folder / "mines.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for part in folder.glob("mines.*"):
                if part.suffix != ".zip":
                    archive.write(part, f"inner/{part.name}")
    elif kind == "parquet":
        frame.to_parquet(folder / "mines.parquet")
    else:
        frame.to_file(folder / f"mines.{kind}")
    return folder / f"mines.{kind}"


@pytest.mark.parametrize("kind", ["gpkg", "shp", "zip", "geojson", "parquet", "fgb"])
@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "EPSG:4674"])
def test_every_format_and_crs_gives_the_same_polygons(tmp_path: Path, kind: str, crs: str) -> None:
    if kind == "geojson" and crs != "EPSG:4326":
        pytest.skip("GeoJSON is longitude and latitude by its standard")
    data = read_vector(write(tmp_path, kind, crs))
    cleaned = clean("s", data.wkb, data.ids, str(data.crs), where="x")
    names = data.attributes["name"].to_pylist()
    found = sorted(
        (names[feature], *np.round(shapely.bounds(geometry), 6))
        for feature, geometry in zip(cleaned.feature, cleaned.geometry, strict=True)
    )
    parts = shapely.get_parts(np.array(SHAPES, dtype=object), return_index=True)
    expected = sorted(
        ("abç"[index], *np.round(shapely.bounds(part), 6))
        for part, index in zip(*parts, strict=True)
    )
    assert found == expected
    assert [issue.problem for issue in cleaned.issues if issue.problem == "several parts"]


def cleaned_of(*shapes: shapely.Geometry | None, crs: str = "EPSG:4326"):  # type: ignore[no-untyped-def]
    wkb = [None if shape is None else shapely.to_wkb(shape) for shape in shapes]
    return clean("s", wkb, [str(i) for i in range(len(wkb))], crs, where="x.gpkg, layer y")


def test_what_is_no_polygon_is_set_aside_with_its_id() -> None:
    line = shapely.LineString([(0, 0), (1, 1)])
    good = shapely.box(0, 0, 1, 1)
    mixed = shapely.GeometryCollection([line, shapely.box(2, 2, 3, 3)])
    cleaned = cleaned_of(None, shapely.Polygon(), line, shapely.Point(0, 0), good, mixed)
    assert cleaned.feature.tolist() == [4, 5]
    assert {(i.feature_id, i.problem, i.action) for i in cleaned.issues} >= {
        ("0", "no geometry", "set aside"),
        ("1", "geometry is empty", "set aside"),
        ("2", "not a polygon", "set aside"),
        ("3", "not a polygon", "set aside"),
    }


def test_a_bow_tie_keeps_both_lobes_and_tells_the_change_of_area() -> None:
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    cleaned = cleaned_of(bow)
    assert shapely.area(cleaned.geometry).sum() == pytest.approx(0.5)
    (issue,) = [i for i in cleaned.issues if i.action == "repaired"]
    assert issue.problem == "self-intersection"
    assert issue.area_change_km2 == pytest.approx(
        geodesic_area_km2(shapely.box(0, 0, 1, 0.5)), rel=1e-2
    )


def test_height_is_dropped_and_counted() -> None:
    cleaned = cleaned_of(shapely.force_3d(shapely.box(0, 0, 1, 1), 5))
    assert not shapely.has_z(cleaned.geometry).any()
    assert ("3-D coordinates", 1) in {(i.problem, i.n) for i in cleaned.issues}


def test_metres_called_degrees_and_swapped_axes_are_errors_that_say_so() -> None:
    with pytest.raises(SourceError, match=r"x\.gpkg, layer y says EPSG:4326.*not in degrees"):
        cleaned_of(shapely.box(500000, 7000000, 501000, 7001000))
    with pytest.raises(SourceError, match="axes look swapped"):
        cleaned_of(shapely.box(-10, 120, -9, 121), shapely.box(-11, 130, -10, 131))


def test_one_feature_off_the_globe_is_set_aside() -> None:
    cleaned = cleaned_of(
        shapely.box(0, 0, 1, 1), shapely.box(0, 0, 1, 1), shapely.box(0, 89, 1, 91)
    )
    assert cleaned.feature.tolist() == [0, 1]


def test_a_polygon_over_the_antimeridian_is_split_there() -> None:
    wrapped = shapely.Polygon([(179, 0), (-179, 0), (-179, 1), (179, 1)])
    parts = shapely.get_parts(split_at_antimeridian(wrapped))
    bounds = sorted(tuple(p.bounds) for p in parts)
    assert bounds == [(-180, 0, -179, 1), (179, 0, 180, 1)]
    antarctica = shapely.box(-180, -90, 180, -70)
    assert split_at_antimeridian(antarctica) is antarctica


def test_ids_that_stand_twice_are_told_apart() -> None:
    box = shapely.to_wkb(shapely.box(0, 0, 1, 1))
    cleaned = clean("s", [box, box], ["7", "7"], "EPSG:4326", where="x")
    assert list(cleaned.ids) == ["7", "7#2"]
    assert {i.problem for i in cleaned.issues} == {
        "id stands on several features",
        "same polygon as an earlier feature",
    }


def test_geodesic_area_of_known_squares() -> None:
    assert geodesic_area_km2(shapely.box(0, 50, 1, 51)) == pytest.approx(7892.061583, rel=1e-9)
    hollow = shapely.box(0, 0, 1, 1).difference(shapely.box(0.2, 0.2, 0.8, 0.8))
    parts = geodesic_area_km2(shapely.box(0, 0, 1, 1)) - geodesic_area_km2(
        shapely.box(0.2, 0.2, 0.8, 0.8)
    )
    assert geodesic_area_km2(hollow) == pytest.approx(parts, rel=1e-12)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"ADM0_A3": ["FRA", "USA"], "ISO_A3": ["-99", "USA"]}, ["FRA", "USA"]),
        ({"iso_a3": ["-99", "USA"], "adm0_a3": ["FRA", "USA"]}, ["FRA", "USA"]),
        ({"shapeGroup": ["FRA", "USA"]}, ["FRA", "USA"]),
    ],
)
def test_country_codes_of_known_layouts(columns: dict[str, list[str]], expected: list[str]) -> None:
    assert layout.iso3_codes(pa.table(columns), None, where="x") == expected


def test_an_unknown_layout_is_an_error_that_lists_the_columns() -> None:
    with pytest.raises(SourceError, match=r"no known column for iso3.*columns there: a, b"):
        layout.iso3_codes(pa.table({"a": [1], "b": [2]}), None, where="x")


@pytest.mark.parametrize("name", ["id", "fid", "OGC_FID", "wkb_geometry", "geometry"])
def test_an_attribute_may_be_called_as_an_id_or_a_geometry_is(tmp_path, name):
    """GDAL takes a whole number named id for the feature's own, and gives it twice."""
    features = [
        {"type": "Feature", "properties": {name: n}, "geometry": shapely.geometry.mapping(shape)}
        for n, shape in ((7, shapely.box(0, 0, 1, 1)), (8, shapely.box(2, 0, 3, 1)))
    ]
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    data = read_vector(path, wanted="polygon")
    assert data.attributes.to_pydict() == {name: [7, 8]}
    assert len(set(data.ids)) == 2
    assert shapely.bounds(shapely.from_wkb(data.wkb))[:, 0].tolist() == [0, 2]
