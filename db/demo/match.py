"""Which built mine is which planted one."""

from pathlib import Path

import duckdb
import geopandas as gpd
import pandas as pd
import shapely


def read_mines(connection: duckdb.DuckDBPyConnection) -> gpd.GeoDataFrame:
    """The view ``mine`` of a build, geometry as shapely, in order of mine_id."""
    table = connection.execute(
        "SELECT * EXCLUDE (geometry), geometry::BLOB AS geometry FROM mine ORDER BY mine_id"
    ).to_arrow_table()
    frame = table.drop_columns(["geometry"]).to_pandas()
    shapes = shapely.from_wkb(table["geometry"].to_numpy())
    return gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4326")


def match_mines(folder: Path, connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Pairs of planted and built mines that share most of their area: mine, mine_id, iou.

    Planted mines that were not found, and built ones that were not planted, have no row.
    """
    planted = gpd.read_parquet(folder / "truth" / "mine.parquet", columns=["mine", "geometry"])
    built = read_mines(connection)
    a, b = planted.geometry.to_numpy(), built.geometry.to_numpy()
    i, j = shapely.STRtree(b).query(a, predicate="intersects")
    shared = shapely.area(shapely.intersection(a[i], b[j]))
    iou = shared / (shapely.area(a[i]) + shapely.area(b[j]) - shared)
    pairs = pd.DataFrame({"mine": planted.mine.to_numpy()[i], "iou": iou})
    pairs.insert(1, "mine_id", built.mine_id.to_numpy()[j])
    return pairs[pairs.iou > 0.5].sort_values("mine", ignore_index=True)
