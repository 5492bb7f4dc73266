"""Mines within some degrees of a place with ibis: geometry in the database, no network.

python examples/ibis/mines_near_a_place.py demo/mines.duckdb 15.7 0.1 0.5
"""

import sys

import ibis
import shapely
from ibis import _

import quarrydb


def mines_near(path: str, longitude: float, latitude: float, degrees: float) -> ibis.Table:
    """Mines whose outline comes within ``degrees`` of a point, nearest first."""
    tables = quarrydb.open(path).ibis()
    place = ibis.literal(shapely.Point(longitude, latitude))
    return (
        tables.table("mine")
        .filter(_.geometry.distance(place) <= degrees)
        .mutate(distance_degrees=_.geometry.distance(place))
        .select("mine_id", "country", "area_km2", "distance_degrees", "geometry")
        .order_by("distance_degrees", "mine_id")
    )


if __name__ == "__main__":
    if len(sys.argv) <= 4:
        sys.exit(__doc__)
    here = [float(text) for text in sys.argv[2:5]]
    frame = mines_near(sys.argv[1], *here).execute()
    print(frame.drop(columns="geometry").to_string(index=False))
