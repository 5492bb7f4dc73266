"""Tables of places as spreadsheets and strangers write them: each right, or refused by row and value."""

from collections.abc import Callable
from pathlib import Path

import geopandas
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from quarrydb.loaders.located import run_located
from quarrydb.project.places import PlaceSource
from tests.reliability.table import case, tried
from tests.reliability.tools import Tables, context_of, outcome, refusal

Happened = Callable[[str], None]
HEAD = "id,name,longitude,latitude\n"
GOOD = [("a", "A", 0.5, 0.25), ("b", "B", -1.0, 2.0)]


def load(folder: Path, path: Path, **keys: str) -> Tables:
    """What the loader makes of a table of places."""
    values = {"name": "others", "path": str(path), "id": "id", **keys}
    source = PlaceSource.model_validate(values, context={"root": folder, "remotes": {}})
    context = context_of(folder, [path])
    return run_located(context, kind="places", table="raw.place", source=source, number=0)


def table(folder: Path, content: str | bytes) -> Path:
    """A file with a name of tables."""
    path = folder / "places.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        case("Columns", "table in UTF-16, as spreadsheets save \"Unicode text\"",
             (HEAD + "a,A,0.5,0.25\nb,B,-1,2\n").replace(",", "\t").encode("utf-16")),
        case("Columns", "table with semicolons and decimal commas",
             "id;name;longitude;latitude\na;A;0,5;0,25\nb;B;-1,0;2\n"),
        case("Columns", "table with other separators, and a line break, in the name of a column",
             'id,name,"p;q;r;s;t;\nu",longitude,latitude\na,A,1,0.5,0.25\nb,B,1,-1,2\n'),
    ],
)  # fmt: skip
def test_a_table_is_read(content: str | bytes, tmp_path: Path, happened: Happened) -> None:
    tables = load(tmp_path, table(tmp_path, content), label="name")
    found = tables["raw.place"].to_pylist()
    places = [shapely.from_wkb(row["geometry"]) for row in found]
    rows = zip(found, places, strict=True)
    assert [(r["place_id"], r["place_name"], at.x, at.y) for r, at in rows] == GOOD
    happened(outcome(tables))


@pytest.mark.parametrize(
    ("content", "keys"),
    [
        case("Columns", "table without a column that says where its rows lie", "id,name\na,A\n", {}),
        case("Columns", "table of places in degrees and minutes", f"{HEAD}a,A,5°30'W,10°N\n", {}),
        case("Columns", "table of places whose longitude and latitude changed over",
             f"{HEAD}a,A,14.6,121.0\nb,B,10.3,123.9\nc,C,7.1,61.0\n", {}),
        case("Columns", "table of places in metres, called longitude and latitude",
             f"{HEAD}a,A,500000,4649776\n", {}),
        case("Columns", "table of places in metres, with a comma for thousands",
             'id,x,y\na,"500,000","649,776"\n', {"crs": "EPSG:32633"}),
        case("Columns", "table in an encoding that spells halves of characters",
             f"{HEAD}a,A\\ud800,0,0\n", {"encoding": "unicode_escape"}),
    ],
)  # fmt: skip
def test_a_table_is_refused(
    content: str, keys: dict[str, str], tmp_path: Path, happened: Happened
) -> None:
    happened(refusal(lambda: load(tmp_path, table(tmp_path, content), **keys)))


@tried("Columns", "GeoParquet with two columns of one name")
def test_two_columns_of_one_name(tmp_path: Path, happened: Happened) -> None:
    path = tmp_path / "places.parquet"
    geopandas.GeoDataFrame({"id": ["a"]}, geometry=[shapely.Point(0, 0)], crs=4326).to_parquet(path)
    read = pq.read_table(path)
    columns = [*read.columns, pa.array(["b"])]
    metadata = read.schema.metadata
    twice = pa.Table.from_arrays(columns, names=[*read.column_names, "id"])
    pq.write_table(twice.replace_schema_metadata(metadata), path)
    happened(refusal(lambda: load(tmp_path, path)))


@tried(
    "Columns", "GeoParquet with times beyond the calendar, in a map, a list and a zone that is none"
)
def test_times_that_are_none(tmp_path: Path, happened: Happened) -> None:
    path = tmp_path / "places.parquet"
    points = [shapely.Point(0, 0), shapely.Point(1, 1)]
    geopandas.GeoDataFrame({"id": ["a", "b"]}, geometry=points, crs=4326).to_parquet(path)
    read = pq.read_table(path)
    odd = {
        "map": pa.array([[("k", "v")], []], pa.map_(pa.string(), pa.string())),
        "listed": pa.array([[10**18], [0]], pa.list_(pa.timestamp("us"))),
        "zone": pa.array([0, None], pa.timestamp("us", tz="Mars/Base")),
        "span": pa.array([10**17, None], pa.duration("s")),
        "nested": pa.array([{"x": float("nan")}, {"x": 1.0}]),
    }
    for name, values in odd.items():
        read = read.append_column(name, values)
    pq.write_table(read, path)
    tables = load(tmp_path, path)
    assert tables["raw.place"]["attributes"].to_pylist() == [
        '{"id": "a", "map": [["k", "v"]], "listed": null, "zone": null, "span": null, "nested": {"x": null}}',
        '{"id": "b", "map": [], "listed": ["1970-01-01 00:00:00"], "zone": null, "span": null, '
        '"nested": {"x": 1.0}}',
    ]
    happened(outcome(tables))


@tried("Geometry", "places that are curves, sets of one point, open rings, or lines")
def test_shapes_of_places(tmp_path: Path, happened: Happened) -> None:
    curve = bytes.fromhex("010800000000000000")
    ring = bytes.fromhex("01030000000100000003000000") + bytes(16)
    ring += shapely.to_wkb(shapely.Point(1, 0))[5:] + shapely.to_wkb(shapely.Point(1, 1))[5:]
    others = [shapely.MultiPoint([(3, 4)]), shapely.LineString([(0, 0), (1, 1)])]
    path = tmp_path / "places.parquet"
    points = [shapely.Point()] * 4
    geopandas.GeoDataFrame({"id": list("abcd")}, geometry=points, crs=4326).to_parquet(path)
    read = pq.read_table(path)
    shapes = pa.array([curve, ring, *(shapely.to_wkb(shape) for shape in others)])
    pq.write_table(read.set_column(1, "geometry", shapes), path)
    tables = load(tmp_path, path)
    found = {
        r["place_id"]: shapely.from_wkb(r["geometry"]) for r in tables["raw.place"].to_pylist()
    }
    assert found.keys() == {"b", "c"}
    assert found["b"].equals(shapely.Polygon([(0, 0), (1, 0), (1, 1)]))
    assert found["c"] == shapely.Point(3, 4)
    happened(outcome(tables))


def test_a_column_named_with_accents_either_way(tmp_path: Path) -> None:
    """One system writes the accent into the letter, another behind it; both look the same."""
    path = table(tmp_path, "id,re\u0301gion,longitude,latitude\na,A,0,0\n")
    assert load(tmp_path, path, label="r\u00e9gion")["raw.place"]["place_name"].to_pylist() == ["A"]
