"""Load land cover: the legend, the epochs, and what the pixels of every mine went through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely

from quarrydb.contract import KEPT, LoadContext, Loaded, LoadStep, PixelWindows
from quarrydb.errors import Faults, SourceError
from quarrydb.loaders.footprint_landcover import FOOTPRINT, WHAT, fetch_footprints
from quarrydb.loaders.landcover_label import stored_labels
from quarrydb.loaders.landcover_legend import Legend, legend_files, read_legend
from quarrydb.loaders.landcover_outlines import Outlines
from quarrydb.loaders.landcover_product import Gap, Product, recognise
from quarrydb.loaders.landcover_run import run_missing
from quarrydb.loaders.landcover_shard import (
    COVERAGE,
    REVISION,
    SHARDS,
    Mine,
    Shard,
    make_shards,
    place_mines,
)
from quarrydb.loaders.landcover_trajectory import TRAJECTORY
from quarrydb.loaders.landcover_windows import windows_of
from quarrydb.loaders.landcover_years import glc_tile, naming_of
from quarrydb.loaders.piece import PIECE, read_pieces
from quarrydb.loaders.provenance import Issue, Load, issue_table, load_table, relative_path
from quarrydb.loaders.raster import content_sha256, input_files, kind_of
from quarrydb.loaders.terms import terms_of

if TYPE_CHECKING:
    from quarrydb.project import Project
    from quarrydb.project.landcover import LandcoverSource

SOURCE = "landcover"
EDGE_PX = 1.0  # tiles that fall short of their 5 degrees by less than a pixel leave no gap
MESSAGE_MINES = 5
EPOCH_SCHEMA = pa.schema([("position", pa.int32()), ("year", pa.int32())])


def steps(project: Project) -> list[LoadStep]:
    """The load steps of [landcover]: none where the project has no such section."""
    section = project.landcover
    if section is None:
        return []
    return [
        LoadStep(
            name="landcover legend",
            writes=("raw.landcover_class",),
            run=partial(load_legend, section),
            files=legend_files(section.legend),
            config={"legend": Path(section.legend).name},
        ),
        LoadStep(
            name="landcover trajectories",
            writes=(
                "raw.landcover_epoch",
                "raw.landcover_trajectory",
                "raw.landcover_coverage",
                "raw.load_file",
                "raw.load_issue",
            ),
            run=partial(load_trajectories, section),
            files=(*input_files(section.path), *legend_files(section.legend)),
            check=partial(check_landcover, section),
            ahead=partial(windows_ahead, section),
            config=section.reading("path", "legend"),
            reads=("core.mine",),
            after=(PIECE, FOOTPRINT),
            revision=REVISION,
            shards=SHARDS,
            terms=terms_of(section, "landcover", SOURCE),
        ),
    ]


def load_legend(section: LandcoverSource, context: LoadContext) -> Loaded:
    """Rows of raw.landcover_class."""
    return {"raw.landcover_class": read_legend(section.legend).table()}


def load_trajectories(section: LandcoverSource, context: LoadContext) -> Loaded:
    """Read every mine once for all epochs; shards that the store holds are not read again."""
    legend = read_legend(section.legend)
    product = recognise(section.path, naming_of(section))
    fetched = fetch_mines(context)
    mines = place_mines(product, fetched)
    gaps = [*product.gaps, *uncovered(product, mines, fetched, section.records_gaps)]
    shards = shards_of(section, product, mines, legend, context)
    outlines = Outlines(product, legend, section.records_gaps, context)
    run_missing(with_footprints(outlines, with_pieces(outlines, shards)), context, legend)
    return tables(section, product, shards, gaps, context)


def windows_ahead(section: LandcoverSource, context: LoadContext) -> PixelWindows:
    """The windows of partial copies that ``load_trajectories`` will read."""
    legend = read_legend(section.legend)
    product = recognise(section.path, naming_of(section))
    mines = place_mines(product, fetch_mines(context))
    return windows_of(shards_of(section, product, mines, legend, context), context.store)


def shards_of(
    section: LandcoverSource,
    product: Product,
    mines: Sequence[Mine],
    legend: Legend,
    context: LoadContext,
) -> list[Shard]:
    """Shards of all mines that meet a tile."""
    return make_shards(
        product,
        mines,
        legend=legend,
        record_gaps=section.records_gaps,
        checksums=context.checksums,
        store=context.store.root,
    )


def with_pieces(outlines: Outlines, shards: Sequence[Shard]) -> list[Shard]:
    """Shards of mines with those of their pieces, which the next step then finds in the store."""
    pieces = read_pieces(outlines.context)
    placed = place_mines(outlines.product, [(piece.piece_id, piece.wkb) for piece in pieces])
    return outlines.beside(shards, placed, {piece.piece_id: piece.mine_id for piece in pieces})


def with_footprints(outlines: Outlines, shards: Sequence[Shard]) -> list[Shard]:
    """The same with yearly footprints, which lie inside the mines."""
    footprints = fetch_footprints(outlines.context, outlines.product.years)
    placed = place_mines(outlines.product, [(name, wkb) for name, _, wkb in footprints])
    within = {name: mine_id for name, mine_id, _ in footprints}
    return replace(outlines, what=WHAT).beside(shards, placed, within)


def check_landcover(section: LandcoverSource) -> None:
    """SourceError with every fault that the legend and the headers of the files show."""
    faults = Faults()
    with faults.gather():
        read_legend(section.legend)
    with faults.gather():
        recognise(section.path, naming_of(section))
    faults.raise_all()


def fetch_mines(context: LoadContext) -> list[tuple[str, bytes]]:
    """Id and WKB of every mine, by id."""
    return context.connection.execute(
        "SELECT mine_id, ST_AsWKB(geometry)::BLOB FROM core.mine ORDER BY mine_id"
    ).fetchall()


def uncovered(
    product: Product, mines: Sequence[Mine], fetched: Sequence[tuple[str, bytes]], record: bool
) -> list[Gap]:
    """Mines that no tile covers whole: one error that names tiles or the first mines, or a gap each.

    ``fetched`` are the mines in EPSG:4326, also those too far away to be placed.
    """
    regions = [tile.region.buffer(edge(product), join_style="mitre") for tile in product.tiles]
    covered = shapely.union_all(regions)
    shapely.prepare(covered)
    geometries = shapely.from_wkb([mine.wkb for mine in mines])
    inside = shapely.contains(covered, geometries) & ~shapely.is_empty(geometries)
    lacking = [mine for mine, whole in zip(mines, inside, strict=True) if not whole]
    lonlat = [polygon for polygon, whole in zip(fetched, inside, strict=True) if not whole]
    tiles = missing_tiles(product, covered, lonlat)
    if tiles and not record:
        raise SourceError(
            f"no land cover of tile{'s' if len(tiles) > 1 else ''} {', '.join(tiles)}: {len(lacking)} of "
            f"{len(mines)} mines lie there, wholly or in part. Add the files of the tiles, or set "
            'gaps = "record" in [landcover] to build with what there is.'
        )
    if lacking and not record:
        some = ", ".join(mine.mine_id for mine in lacking[:MESSAGE_MINES])
        raise SourceError(
            f"{len(lacking)} of {len(mines)} mines lie outside the land-cover tiles, wholly or in "
            f"part: {some}{' ...' if len(lacking) > MESSAGE_MINES else ''}. Add the tiles, or set "
            'gaps = "record" in [landcover] to build with what there is.'
        )
    where = f"wholly or in part; tiles that are missing: {', '.join(tiles)}" if tiles else ""
    return [
        Gap(
            "no land-cover tile",
            "left out",
            mine.problem or where or "wholly or in part",
            mine.mine_id,
        )
        for mine in lacking
    ]


def missing_tiles(
    product: Product, covered: shapely.Geometry, lacking: Sequence[tuple[str, bytes]]
) -> list[str]:
    """Names of the tiles of GLC_FCS30D that uncovered ground of mines lies in; none for other products."""
    if not product.is_glc:
        return []
    outside = shapely.difference(shapely.from_wkb([wkb for _, wkb in lacking]), covered)
    corners = shapely.bounds(shapely.get_parts(outside))
    corners = corners[~np.isnan(corners).any(axis=1)]
    names = {glc_tile(box[x], box[y]) for box in corners.tolist() for x in (0, 2) for y in (1, 3)}
    return sorted(names - {tile.name for tile in product.tiles})


def edge(product: Product) -> float:
    """Width that tiles may fall short, in the units of their CRS."""
    return EDGE_PX * product.tiles[0].grid.transform[0]


def tables(
    section: LandcoverSource,
    product: Product,
    shards: Sequence[Shard],
    gaps: Sequence[Gap],
    context: LoadContext,
) -> Loaded:
    """What the step hands to the build."""
    coverage = [context.store.path(COVERAGE, shard.key) for shard in shards]
    issues = [*gaps, *reading_gaps(coverage)]
    return {
        "raw.landcover_epoch": epochs(product),
        "raw.landcover_trajectory": [context.store.path(TRAJECTORY, s.key) for s in shards],
        "raw.landcover_coverage": coverage,
        "raw.load_file": load_rows(section, product, context),
        "raw.load_issue": issue_rows(issues),
        KEPT: stored_labels(context.store, [shard.key for shard in shards]),
    }


def epochs(product: Product) -> pa.Table:
    """Rows of raw.landcover_epoch: where each year stands in the lists of classes, from 1."""
    return pa.table(
        [list(range(1, len(product.years) + 1)), list(product.years)], schema=EPOCH_SCHEMA
    )


def reading_gaps(coverage: Sequence[Path]) -> list[Gap]:
    """Mines with pixels of codes that the legend lacks, or that could not be measured."""
    gaps = []
    for path in coverage:
        table = pq.read_table(path, columns=["mine_id", "problem", "n_unknown_pixels"])
        for row in table.filter(pc.field("problem").is_valid()).to_pylist():
            n = row["n_unknown_pixels"]
            problem, action = ("unknown code", "NULL") if n else ("not measured", "left out")
            gaps.append(Gap(problem, action, row["problem"], row["mine_id"], max(n, 1)))
    return gaps


def load_rows(section: LandcoverSource, product: Product, context: LoadContext) -> pa.Table:
    """Rows of raw.load_file: one a file, counted in bands."""
    return load_table(
        Load(
            source=SOURCE,
            kind="landcover",
            path=relative_path(file.path, context.root),
            layer=tile.name,
            sha256=content_sha256(file.path, context.checksums),
            driver=kind_of(file.path),
            n_rows_read=len(file.years),
            n_rows_kept=len(file.years),
            crs=file.grid.crs,
        )
        for tile in product.tiles
        for file in tile.files
    )


def issue_rows(gaps: Sequence[Gap]) -> pa.Table:
    """Rows of raw.load_issue."""
    return issue_table(
        Issue(SOURCE, gap.feature_id, gap.problem, gap.action, gap.n, detail=gap.detail)
        for gap in gaps
    )
