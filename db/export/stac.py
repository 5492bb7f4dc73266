"""A STAC item of an export: where and when it is about, its files, and its licence."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb
from shapely import box
from shapely.geometry import mapping

from quarrydb.database.dictionary import View
from quarrydb.provenance.cite import read_build, title_of
from quarrydb.provenance.licence import Source, licence_of, obligations, source_names, spdx

MEDIA = {
    "parquet": "application/vnd.apache.parquet",
    "gpkg": "application/geopackage+sqlite3",
    "csv": "text/csv",
    "geojson": "application/geo+json",
    "stata": "application/x-stata-dta",
}
STAC_VERSION = "1.1.0"
YEARLY = ("landcover_epoch", "mine_indicator_yearly", "segmented_country_yearly")


def stac_item(
    connection: duckdb.DuckDBPyConnection,
    views: Sequence[View],
    sources: Sequence[Source],
    paths: Mapping[str, str],
    file_format: str,
) -> dict[str, Any]:
    """An item with an asset a file; ``paths`` says in which file each view is."""
    build = read_build(connection)
    west, south, east, north = extent(connection)
    years = period(connection, {view.name for view in views})
    return {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "id": f"quarrydb-{build.fingerprint[:12]}",
        "bbox": [west, south, east, north],
        "geometry": mapping(box(west, south, east, north)),
        "properties": {
            "title": title_of(build),
            "description": "Mines with their boundaries, land-cover change, status and footprints.",
            "created": f"{build.built_at:%Y-%m-%dT%H:%M:%SZ}",
            "license": spdx(licence_of(sources)),
            "providers": [{"name": name, "roles": ["producer"]} for name in source_names(sources)],
            "quarrydb:obligations": obligations(sources),
            **_when(years, build.built_at),
        },
        "links": [{"rel": "describedby", "href": "./datapackage.json", "type": "application/json"}],
        "assets": {
            view.name: {
                "href": f"./{paths[view.name]}",
                "title": view.comment,
                "type": MEDIA[file_format],
                "roles": ["data"],
            }
            for view in views
        },
    }


def extent(connection: duckdb.DuckDBPyConnection) -> tuple[float, float, float, float]:
    """West, south, east and north of all mines; the globe where there is none."""
    row = connection.execute(
        "SELECT min(xmin), min(ymin), max(xmax), max(ymax) FROM core.mine"
    ).fetchone()
    return row if row and row[0] is not None else (-180.0, -90.0, 180.0, 90.0)


def period(connection: duckdb.DuckDBPyConnection, there: set[str]) -> tuple[int, int] | None:
    """First and last year of the yearly views; None where they hold nothing."""
    parts = [
        f"SELECT min(year) AS first, max(year) AS last FROM {view}"  # noqa: S608 own names
        for view in YEARLY
        if view in there
    ]
    if not parts:
        return None
    row = connection.execute(
        f"SELECT min(first), max(last) FROM ({' UNION ALL '.join(parts)})"  # noqa: S608 own names
    ).fetchone()
    return (int(row[0]), int(row[1])) if row and row[0] is not None else None


def _when(years: tuple[int, int] | None, built_at: datetime) -> dict[str, str | None]:
    if years is None:
        return {"datetime": f"{built_at:%Y-%m-%dT%H:%M:%SZ}"}
    return {
        "datetime": None,
        "start_datetime": f"{years[0]}-01-01T00:00:00Z",
        "end_datetime": f"{years[1]}-12-31T23:59:59Z",
    }
