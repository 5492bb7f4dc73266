"""Region layers for the map: protected areas, the grid, biomes and a project's own."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import duckdb
import numpy as np
import shapely

from quarrydb.webmap.encode import Block
from quarrydb.webmap.outlines import area_sections, metres, thin

BELOW = (
    "country",
    "continent",
    "study_region",
)  # countries are the ground; the others have no outline
PROTECTED, GRID = "protected", "grid"
TITLES = {"biome": "Biomes", GRID: "Mine density, 100 km grid"}
N_CLASSES = 6
SIGNIFICANT = 2
PROTECTED_HUE = "c3"
HUES = ("c6", "c7", "c1")  # of the other layers in turn, the grid first


@dataclass
class Region:
    """A layer: what the page is told of it at once, and its block."""

    about: dict[str, Any]
    block: Block


def read_regions(
    connection: duckdb.DuckDBPyConnection, without: Collection[str]
) -> Iterator[Region]:
    """Each region layer with an outline, the protected areas last, so that they lie on top."""
    rows = connection.execute(
        "SELECT layer FROM region WHERE geometry IS NOT NULL GROUP BY layer "
        "ORDER BY layer = 'protected', layer <> 'grid', layer"
    ).fetchall()
    hues = cycle(HUES)
    for (layer,) in rows:
        if layer not in BELOW and layer not in without:
            hue = PROTECTED_HUE if layer == PROTECTED else next(hues)
            region = _read(connection, layer, hue)
            if region is not None:
                yield region


def _read(connection: duckdb.DuckDBPyConnection, layer: str, hue: str) -> Region | None:
    # Grid cells and other small ones without a mine would only hide the ground.
    rows = connection.execute(
        "SELECT region.region_id, region.region_name, region.area_km2, summary.n_mines, "
        "summary.mine_area_km2, ST_AsWKB(region.geometry) AS geometry FROM region "
        "INNER JOIN region_summary AS summary "
        "ON region.layer = summary.layer AND region.region_id = summary.region_id "
        "WHERE region.layer = $layer AND region.geometry IS NOT NULL "
        "AND (region.layer <> 'grid' OR summary.mine_area_km2 > 0) ORDER BY region.region_id",
        {"layer": layer},
    ).fetchnumpy()
    if not len(rows["region_id"]):
        return None
    shapes, step = thin(shapely.from_wkb([bytes(value) for value in rows["geometry"]]))
    block = Block()
    ids = [str(value) for value in rows["region_id"]]
    block.header |= {
        "ids": ids,
        "names": [
            f"cell {i}" if layer == GRID else str(name)
            for i, name in zip(ids, rows["region_name"], strict=True)
        ],
        "step_m": metres(step),
    }
    area, mined = rows["area_km2"].astype(float), rows["mine_area_km2"].astype(float)
    block.sections |= {
        "area": area.astype(np.float32),
        "n_mines": rows["n_mines"].astype(np.uint32),
        "mine_km2": mined.astype(np.float32),
        **area_sections("area", shapes),
    }
    about: dict[str, Any] = {"key": f"region-{layer}", "kind": "areas", "layer": layer}
    about |= {"title": _title(connection, layer), "hue": hue, "breaks": None}
    if layer != PROTECTED:
        share = _density(connection, ids) if layer == GRID else mined / area
        about["breaks"] = breaks_of(share)
        block.sections["value"] = share.astype(np.float32)
    return Region(about, block)


def _title(connection: duckdb.DuckDBPyConnection, layer: str) -> str:
    if layer != PROTECTED:
        return TITLES.get(layer, layer.replace("_", " ").capitalize())
    row = connection.execute("SELECT protected_kind FROM build_info").fetchone()
    return str(row[0]) if row and row[0] else "Protected areas"


def _density(connection: duckdb.DuckDBPyConnection, ids: list[str]) -> np.ndarray:
    """The share of each cell as grid_density has it: of the cell's nominal area."""
    found = dict(
        connection.execute(
            "SELECT cell_x || ',' || cell_y, density_share FROM grid_density"
        ).fetchall()
    )
    return np.array([found.get(i, 0.0) for i in ids])


def breaks_of(values: np.ndarray) -> list[float] | None:
    """Limits between classes that hold about as many regions each; None where values hardly differ."""
    positive = values[values > 0]
    if len(np.unique(positive)) < N_CLASSES:
        return None
    limits = np.quantile(positive, np.arange(1, N_CLASSES) / N_CLASSES)
    rounded = [float(f"{limit:.{SIGNIFICANT}g}") for limit in limits]
    return rounded if len(set(rounded)) == len(rounded) else None


def read_overlaps(
    connection: duckdb.DuckDBPyConnection, region: Region, positions: Mapping[str, int]
) -> None:
    """The regions that each mine shares area with: from ``overlap_start`` of one mine to that of the next."""
    place = {name: i for i, name in enumerate(region.block.header["ids"])}
    rows = connection.execute(
        "SELECT mine_id, region_id, share FROM region_overlap WHERE layer = $layer",
        {"layer": region.about["layer"]},
    ).fetchall()
    known = sorted(
        (positions[m], -s, place[r]) for m, r, s in rows if r in place and m in positions
    )
    counts = np.bincount([row[0] for row in known], minlength=len(positions)).astype(np.int64)
    region.about["has_overlaps"] = bool(known) and region.about["layer"] != GRID
    region.block.sections |= {
        "overlap_start": np.concatenate([[0], np.cumsum(counts)]).astype(np.uint32),
        "overlap_area": np.array([row[2] for row in known], dtype=np.uint32),
        "overlap_share": np.array([-row[1] for row in known], dtype=np.float32),
    }
