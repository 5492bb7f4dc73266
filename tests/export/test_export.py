"""Exports open in every library that people use, with the same rows."""

import json
from pathlib import Path

import duckdb
import geopandas
import numpy as np
import polars
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

import quarrydb
from quarrydb.errors import QueryError, TargetError
from quarrydb.export.geoparquet import write_partitioned
from quarrydb.export.views import export_views


@pytest.fixture(scope="module")
def parquet(demo_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parquet")
    with quarrydb.connect(demo_database) as connection:
        export_views(connection, folder)
    return folder


def rows_of(connection: duckdb.DuckDBPyConnection, view: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {view}").fetchone()
    assert row is not None
    return int(row[0])


def test_every_view_is_there_with_all_its_rows(
    parquet: Path, demo_connection: duckdb.DuckDBPyConnection
) -> None:
    package = json.loads((parquet / "datapackage.json").read_text())
    names = {resource["name"] for resource in package["resources"]}
    assert {"mine", "country_summary", "grid_density", "published_comparison"} <= names
    for name in names:
        found = pq.read_metadata(parquet / f"{name}.parquet").num_rows
        assert found == rows_of(demo_connection, name), name


def test_geoparquet_says_crs_and_covering(parquet: Path) -> None:
    metadata = pq.read_schema(parquet / "mine.parquet").metadata
    geo = json.loads(metadata[b"geo"])
    column = geo["columns"]["geometry"]
    assert geo["version"] == "1.1.0"
    assert column["crs"]["id"] == {"authority": "EPSG", "code": 4326}
    assert column["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]
    assert column["geometry_types"] == ["Polygon"]


def test_geopandas_reads_it_and_filters_by_box(
    parquet: Path, demo_connection: duckdb.DuckDBPyConnection
) -> None:
    mines = geopandas.read_parquet(parquet / "mine.parquet")
    assert mines.crs == "EPSG:4326"
    assert mines.geometry.is_valid.all()
    total = demo_connection.execute("SELECT sum(area_km2) FROM mine").fetchone()
    assert total is not None
    assert mines.area_km2.sum() == pytest.approx(total[0], rel=1e-12)
    west, south, east, north = mines.geometry.iloc[0].bounds
    near = geopandas.read_parquet(parquet / "mine.parquet", bbox=(west, south, east, north))
    assert 0 < len(near) < len(mines)
    assert shapely.intersects(near.geometry.values, shapely.box(west, south, east, north)).any()


def test_rows_follow_a_space_filling_curve(parquet: Path) -> None:
    """Neighbours in the file are much nearer to each other than rows in the order of ids."""
    mines = geopandas.read_parquet(parquet / "mine.parquet").geometry.values
    points = shapely.get_coordinates(shapely.point_on_surface(mines))
    shuffled = np.random.default_rng(1).permutation(points)
    steps = [np.median(np.hypot(*np.diff(p, axis=0).T)) for p in (points, shuffled)]
    assert steps[0] < 0.2 * steps[1]


def test_polars_and_a_plain_duckdb_read_it(parquet: Path) -> None:
    frame = polars.read_parquet(parquet / "mine.parquet")
    assert frame["bbox"].struct.field("xmin").min() is not None
    with duckdb.connect() as connection:
        query = f"SELECT count(*) FROM '{parquet / 'mine.parquet'}'"
        assert connection.execute(query).fetchone() == (frame.height,)


def test_geopackage_has_one_layer_a_view(demo_database: Path, tmp_path: Path) -> None:
    with quarrydb.connect(demo_database) as connection:
        written = export_views(connection, tmp_path, file_format="gpkg")
    layers = {name for name, _ in pyogrio.list_layers(tmp_path / "quarrydb.gpkg")}
    assert set(written) <= layers
    mines = geopandas.read_file(tmp_path / "quarrydb.gpkg", layer="mine")
    assert mines.crs == "EPSG:4326"
    assert len(mines) == written["mine"]


@pytest.mark.parametrize("file_format", ["csv", "geojson"])
def test_text_formats_keep_every_row(demo_database: Path, tmp_path: Path, file_format: str) -> None:
    with quarrydb.connect(demo_database) as connection:
        written = export_views(
            connection, tmp_path, views=["mine", "grid_density"], file_format=file_format
        )
    for name, n_rows in written.items():
        path = tmp_path / f"{name}.{file_format}"
        frame = geopandas.read_file(path) if file_format == "geojson" else polars.read_csv(path)
        assert len(frame) == n_rows
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_an_unknown_view_or_format_is_refused(
    demo_connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    with pytest.raises(QueryError, match="no public view nothing"):
        export_views(demo_connection, tmp_path, views=["nothing"])
    with pytest.raises(QueryError, match="Format xls is unknown"):
        export_views(demo_connection, tmp_path, file_format="xls")


def test_a_folder_that_is_a_file_is_refused(
    demo_connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("x")
    with pytest.raises(TargetError, match="can't be written"):
        export_views(demo_connection, tmp_path / "taken", views=["build_info"])
    assert (tmp_path / "taken").read_text() == "x"


def test_the_dictionary_describes_every_column(parquet: Path) -> None:
    text = (parquet / "data_dictionary.md").read_text()
    assert "| mine_id | VARCHAR | Id of the mine" in text
    assert "|  |" not in text


def test_a_view_is_cut_by_a_column_into_folders(demo_database: Path, tmp_path: Path) -> None:
    with quarrydb.connect(demo_database) as connection:
        names = ["country_disturbance_yearly", "grid_bare_surface", "country_summary"]
        for _ in range(2):  # the second takes the place of the first
            export_views(connection, tmp_path, views=names, partition_by="year")
        for name in names[:2]:
            whole = sorted(
                map(
                    str,
                    connection.execute(f"FROM {name}")
                    .pl()
                    .drop("geometry", strict=False)
                    .rows(named=True),
                )
            )
            files = polars.scan_parquet(tmp_path / name, hive_partitioning=True).collect()
            columns = [c for c in connection.table(name).columns if c != "geometry"]
            assert sorted(map(str, files.select(columns).rows(named=True))) == whole
    years = {path.name for path in (tmp_path / "grid_bare_surface").iterdir()}
    assert "year=2022" in years
    one = geopandas.read_parquet(tmp_path / "grid_bare_surface" / "year=2022" / "part-0.parquet")
    assert one.crs == "EPSG:4326"
    assert "year" not in one.columns
    assert (tmp_path / "country_summary.parquet").is_file()
    package = json.loads((tmp_path / "datapackage.json").read_text())
    paths = [resource["path"] for resource in package["resources"]]
    assert sum(path.startswith("grid_bare_surface/") for path in paths) == len(years)
    assert all((tmp_path / path).is_file() for path in paths)
    assert not list(tmp_path.glob(".*"))


def test_values_that_are_no_file_names(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE VIEW odd AS FROM (VALUES ('a/../b', 1), (NULL, 2), ('c=d e', 3)) AS t (place, n)"
        )
        assert write_partitioned(connection, "odd", "place", tmp_path / "odd") == 3
        read = f"SELECT place, n FROM read_parquet('{tmp_path}/odd/*/*.parquet', hive_partitioning = true)"
        found = connection.execute(f"{read} ORDER BY n").fetchall()
    assert found == [("a/../b", 1), (None, 2), ("c=d e", 3)]
    assert len(list((tmp_path / "odd").iterdir())) == 3


def test_a_value_that_no_folder_can_be_called(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE VIEW odd AS SELECT repeat('é', 100_000) AS place, 1 AS n")
        with pytest.raises(QueryError, match=r"--partition-by place: .* Partition by another"):
            write_partitioned(connection, "odd", "place", tmp_path / "odd")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("column", "file_format"), [("nothing", "parquet"), ("year", "csv")])
def test_a_partition_that_can_not_be_is_refused(
    demo_database: Path, tmp_path: Path, column: str, file_format: str
) -> None:
    with quarrydb.connect(demo_database) as connection, pytest.raises(QueryError):
        export_views(connection, tmp_path, file_format=file_format, partition_by=column)
    assert not list(tmp_path.iterdir())
