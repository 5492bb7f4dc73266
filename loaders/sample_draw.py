"""Draw a stratified sample of changed pixels, and write it for interpreters."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from quarrydb.contract import SILENT, Progress
from quarrydb.errors import ProjectError, SourceError
from quarrydb.files import replacing, replacing_aside, writing
from quarrydb.loaders.sample_pixel import DrawnPixel, locate
from quarrydb.project.landcover import LandcoverSource

COLUMNS = (
    "sample_id",
    "longitude",
    "latitude",
    "mine_id",
    "change",
    "predicted_year",
    "stratum",
    "stratum_km2",
    "biome",
    "reference_year",
    "reference_change",
    "interpreter",
    "note",
)
TO_FILL = ("reference_year", "reference_change", "interpreter", "note")
KINDS = {"any": ["disturbed", "reclaimed"], "disturbed": ["disturbed"], "reclaimed": ["reclaimed"]}
DRAW = """
    SELECT mine_id, classes, pixel, year, change, stratum, stratum_km2
    FROM (
        FROM sample_draw($seed, $per_year, $first, $last, $kinds)
        UNION ALL
        FROM sample_draw($seed, $unchanged, $first, $last, ['unchanged'])
    )
    ORDER BY draw_order
"""
BIOMES = """
    WITH place AS (
        SELECT unnest($samples) AS sample, unnest($longitudes) AS x, unnest($latitudes) AS y
    ),
    point AS (SELECT sample, ST_Point(x, y) AS point FROM place)
    SELECT point.sample, min(biome.biome)
    FROM point INNER JOIN raw.biome ON ST_Intersects(point.point, biome.geometry)
    GROUP BY point.sample
"""
Sample = Mapping[str, object]


@dataclass(frozen=True)
class Design:
    """How many pixels of which years and changes, and unchanged ones, are drawn by which seed."""

    per_year: int = 40
    first_year: int = 1900
    last_year: int = 2200
    kind: str = "any"
    seed: int = 1
    unchanged: int = 0


def draw_sample(
    connection: duckdb.DuckDBPyConnection,
    section: LandcoverSource,
    design: Design,
    progress: Progress = SILENT,
) -> list[Sample]:
    """Samples in random order, each with the columns of ``COLUMNS``.

    The draw is ``sample_draw`` in SQL; the places come from the rasters of ``section``.
    """
    if design.kind not in KINDS:
        raise ProjectError(f"change is {design.kind!r}. Choose one of: {', '.join(KINDS)}.")
    drawn = connection.execute(
        DRAW,
        {
            "seed": design.seed,
            "per_year": design.per_year,
            "first": design.first_year,
            "last": design.last_year,
            "kinds": KINDS[design.kind],
            "unchanged": design.unchanged,
        },
    ).fetchall()
    if not any(row[3] for row in drawn):
        raise ProjectError(
            f"no pixel changed between {design.first_year} and {design.last_year}: nothing can be "
            "drawn. Choose other years, or build with [landcover]."
        )
    pixels = [DrawnPixel(row[0], tuple(row[1]), row[2]) for row in drawn]
    places = locate(
        section, polygons(connection, {pixel.mine_id for pixel in pixels}), pixels, progress
    )
    biome = biomes(connection, places)
    return [
        _sample(number, row, place, biome.get(number))
        for number, (row, place) in enumerate(zip(drawn, places, strict=True), start=1)
    ]


def _sample(
    number: int, drawn: tuple[Any, ...], place: tuple[float, float], biome: str | None
) -> Sample:
    """One sample from its row of the draw and its longitude and latitude, to be filled in."""
    mine_id, _, _, year, change, stratum, stratum_km2 = drawn
    return {
        "sample_id": number,
        "longitude": round(place[0], 7),
        "latitude": round(place[1], 7),
        "mine_id": mine_id,
        "change": change,
        "predicted_year": year,
        "stratum": stratum,
        "stratum_km2": stratum_km2,
        "biome": biome,
        **dict.fromkeys(TO_FILL),
    }


def polygons(connection: duckdb.DuckDBPyConnection, wanted: set[str]) -> dict[str, bytes]:
    """Polygons of some mines as WKB."""
    rows = connection.execute(
        "SELECT mine_id, ST_AsWKB(geometry)::BLOB FROM core.mine WHERE list_contains(?, mine_id)",
        [sorted(wanted)],
    ).fetchall()
    return dict(rows)


def biomes(
    connection: duckdb.DuckDBPyConnection, places: Sequence[tuple[float, float]]
) -> dict[int, str]:
    """Biome of each place by its number from 1, where the project has biomes."""
    values = {
        "samples": list(range(1, len(places) + 1)),
        "longitudes": [longitude for longitude, _ in places],
        "latitudes": [latitude for _, latitude in places],
    }
    return dict(connection.execute(BIOMES, values).fetchall())


def write_sample(samples: Sequence[Sample], path: Path) -> None:
    """Write a CSV or a GeoPackage, by the file's ending. An existing file may hold labels: refused."""
    if path.exists():
        raise ProjectError(f"{path} exists and may hold labels. Move it, or name another file.")
    check_ending(path)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".gpkg":
        write_geopackage(samples, path)
        return
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(samples)


def check_ending(path: Path) -> None:
    """SourceError for a file that is neither a CSV nor a GeoPackage by its ending."""
    if path.suffix.lower() not in (".csv", ".gpkg"):
        raise SourceError(f"{path} is neither .csv nor .gpkg. Name the file so.")


def write_geopackage(samples: Sequence[Sample], path: Path) -> None:
    """Points with the same columns; reference_year is text, since it may be none or unclear."""
    import geopandas
    import shapely

    points = shapely.points([[s["longitude"], s["latitude"]] for s in samples])
    frame = geopandas.GeoDataFrame(list(samples), geometry=points, crs="EPSG:4326")
    frame = frame.astype({"predicted_year": "Int32"})
    frame = frame.astype(
        dict.fromkeys(("sample_id", "mine_id", "change", "stratum", *TO_FILL), "string")
    )
    with replacing_aside(path) as temporary:
        try:
            frame.to_file(temporary, layer="sample", driver="GPKG")
        except RuntimeError as error:  # GDAL's
            raise OSError(str(error)) from error
