"""Rows of some region layers taken away, with the licences of those alone."""

import json
from dataclasses import replace
from pathlib import Path

import duckdb
import polars
import pytest

from quarrydb.database.dictionary import public_views
from quarrydb.errors import QueryError
from quarrydb.export import datapackage as package
from quarrydb.export import layers as export_layers
from quarrydb.export import views as export
from quarrydb.export.datapackage import datapackage
from quarrydb.export.views import export_views
from quarrydb.provenance.licence import Source, read_sources, sources_of

VIEWS = ["region_yearly", "country_summary", "layer_yearly"]


@pytest.fixture
def all_named(demo_connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every source but the protected areas, which may not be passed on, names a licence."""
    free = [
        s if s.licence else replace(s, licence="CC BY 4.0") for s in read_sources(demo_connection)
    ]
    for module in (export, package):
        monkeypatch.setattr(module, "read_sources", lambda connection: free)


@pytest.mark.usefixtures("all_named")
def test_all_layers_together_are_kept_back_and_it_says_by_which(
    demo_connection: duckdb.DuckDBPyConnection,
) -> None:
    views = [view for view in public_views(demo_connection) if view.name in VIEWS]
    found = datapackage(demo_connection, views, "csv", {name: [f"{name}.csv"] for name in VIEWS})
    assert found["licenses"] == []
    assert found["obligations"][0] == (
        "protected areas (no redistribution): rows with layer = protected in layer_yearly, region_yearly "
        "are made from it. Name the other layers with --layer to leave them out."
    )


@pytest.mark.usefixtures("all_named")
def test_rows_of_other_layers_may_be_passed_on(
    demo_connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    written = export_views(
        demo_connection, tmp_path, views=VIEWS, file_format="csv", layers=["country", "biome"]
    )
    yearly = polars.read_csv(tmp_path / "region_yearly.csv")
    assert set(yearly["layer"]) == {"country", "biome"}
    assert written["region_yearly"] == yearly.height
    assert (
        written["country_summary"] == polars.read_csv(tmp_path / "country_summary.csv").height > 1
    )
    found = json.loads((tmp_path / "datapackage.json").read_text())
    assert [licence["name"] for licence in found["licenses"]] == ["CC-BY-SA-4.0"]
    assert not any("protected" in line for line in found["obligations"])
    assert "protected areas" not in {source["title"] for source in found["sources"]}
    whole = demo_connection.execute("SELECT count(DISTINCT layer) FROM region_yearly").fetchone()
    assert whole is not None
    assert whole[0] > 2, "the view is whole again"


@pytest.mark.parametrize("file_format", ["parquet", "stata", "gpkg"])
def test_every_format_has_the_rows_of_the_layer_alone(
    demo_connection: duckdb.DuckDBPyConnection, tmp_path: Path, file_format: str
) -> None:
    (n,) = demo_connection.execute(
        "SELECT count(*) FROM region_summary WHERE layer = 'biome'"
    ).fetchone() or (0,)
    written = export_views(
        demo_connection,
        tmp_path,
        views=["region_summary"],
        file_format=file_format,
        layers=["biome"],
    )
    assert written == {"region_summary": n}


def test_a_layer_that_is_not_there_is_an_error(
    demo_connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    with pytest.raises(QueryError, match=r"no layer distrikt in region_yearly.*biome, continent"):
        export_views(demo_connection, tmp_path, views=["region_yearly"], layers=["distrikt"])
    with pytest.raises(QueryError, match="column layer"):
        export_views(demo_connection, tmp_path, views=["mine"], layers=["country"])


def test_layers_of_the_project_count_one_by_one() -> None:
    """Two region layers and a layer of places, each of a file with a licence of its own."""
    secret = Source("village", "places", "confidential", None)
    own = [Source("district", "regions", "CC BY 4.0", None), Source("basin", "regions", None, None)]
    polygons = Source("maus", "polygons", "CC BY-SA 4.0", None)
    sources = [*own, secret, polygons]
    assert sources_of("country_summary", sources) == [polygons]
    assert sources_of("region_yearly", sources) == [*own, polygons]
    assert sources_of("region_yearly", sources, frozenset({"district"})) == [own[0], polygons]
    assert sources_of("region_yearly", sources, frozenset({"protected"})) == [polygons]
    assert sources_of("place_exposure", sources) == [secret, polygons]
    assert export_layers.kept_back([], sources, None) == []


def test_a_view_made_from_what_may_not_be_passed_on_says_so(
    demo_connection: duckdb.DuckDBPyConnection,
) -> None:
    """Whatever layers are asked for: its rows are of all of them."""
    names = ["protected_summary", "country_summary", "region_yearly"]
    for layers in ([], ["country"]):
        *by_layer, whole = export_layers.lines_of_kept_back(demo_connection, names, layers)
        assert whole.startswith("protected areas (no redistribution): made from it are protected_")
        assert "country_summary" not in whole
        assert len(by_layer) == (not layers)
