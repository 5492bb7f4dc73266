"""The chips of a project: one of every site with an image, with masks and splits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from quarrydb.contract import Progress
from quarrydb.database.connection import connect
from quarrydb.errors import SourceError
from quarrydb.files import replacing
from quarrydb.inference.chips import (
    Site,
    chip_ground,
    mine_mask,
    read_chip,
    site_year_name,
    write_chip,
)
from quarrydb.inference.site_plan import image_source
from quarrydb.inference.splits import SEAM, SPLIT_SHARES, assign_splits, counted
from quarrydb.inference.training_data import CHIP_TABLE
from quarrydb.loaders.image_reader import ImageSource

if TYPE_CHECKING:
    import duckdb

    from quarrydb.project import Project


@dataclass(frozen=True)
class Placed:
    """A site, its images, the clearest first, and the ground that its chip shows."""

    site: Site
    images: list[ImageSource]
    ground: shapely.Geometry


@dataclass(frozen=True)
class ChipResult:
    """How many chips each split got, how many lie between splits, and which sites have none and why."""

    counts: dict[str, int]
    n_seam: int
    failures: tuple[str, ...]


def make_chips(
    project: Project,
    folder: Path,
    *,
    year: int,
    chip_px: int,
    bands: Sequence[str],
    seed: int,
    progress: Progress,
    shares: Sequence[float] = SPLIT_SHARES,
) -> ChipResult:
    """Cut a chip with its mask around every site from the images of ``year``, and write their
    table.

    Masks come from all final mines, so ``year`` should be the one that the polygons show. Splits are
    by the ground that chips show, which is more than a small site's square.
    """
    with connect(project.database) as connection:
        sites = _sites_with_images(connection, year, project.root)
        mines = _mines(connection)
        named = _band_names(connection) if not bands else tuple(bands)
    placed, failures = _place(sites, year, chip_px)
    splits = assign_splits(
        [chip.ground for chip in placed],
        [chip.site.site_id for chip in placed],
        seed=seed,
        shares=shares,
    )
    tree = shapely.STRtree(mines)
    rows = []
    with progress.task("Chips", len(placed), "chips") as task:
        for chip, split in zip(placed, splits, strict=True):
            near = [mines[index] for index in tree.query(chip.ground)]
            row = _chip_row(folder, chip, year, named, chip_px, near) if split != SEAM else None
            if isinstance(row, str):
                failures.append(row)
            elif row:
                rows.append({**row, "split": split, "bands": list(named)})
            task.advance()
    if not rows:
        raise SourceError(f"No chip could be cut for {year}. First problem: {failures[0]}")
    with replacing(folder / CHIP_TABLE) as temporary:
        pq.write_table(pa.Table.from_pylist(rows), temporary)
    return ChipResult(counted([row["split"] for row in rows]), splits.count(SEAM), tuple(failures))


def _place(
    sites: Sequence[tuple[Site, list[ImageSource]]], year: int, chip_px: int
) -> tuple[list[Placed], list[str]]:
    """The ground of each site's chip; those whose image can't be read, with the reason."""
    placed, failures = [], []
    for site, images in sites:
        try:
            placed.append(Placed(site, images, chip_ground(site, images[0], chip_px)))
        except SourceError as error:
            failures.append(f"{site.site_id} {year}: {error}")
    return placed, failures


def _chip_row(
    folder: Path,
    placed: Placed,
    year: int,
    bands: Sequence[str],
    chip_px: int,
    mines: Sequence[shapely.Polygon],
) -> dict[str, Any] | str:
    site = placed.site
    try:
        chip = read_chip(site, placed.images, bands, chip_px)
    except SourceError as error:
        return f"{site.site_id} {year}: {error}"
    mask = mine_mask(chip.grid, mines)
    image, label = write_chip(folder, site_year_name(site.site_id, year), chip, mask)
    paths = {
        "image": image.relative_to(folder).as_posix(),
        "mask": label.relative_to(folder).as_posix(),
    }
    return {
        "site_id": site.site_id,
        "year": year,
        **paths,
        "mine_share": float(mask.mean()),
        "ground": shapely.to_wkb(placed.ground),
    }


def _sites_with_images(
    connection: duckdb.DuckDBPyConnection, year: int, root: Path
) -> list[tuple[Site, list[ImageSource]]]:
    rows = connection.execute(
        """
        SELECT
            site.site_id, site.longitude, site.latitude, site.side_m,
            list(image.path ORDER BY image_choice.priority),
            list(image.bands ORDER BY image_choice.priority),
            list(image.parts ORDER BY image_choice.priority),
            list(image.masked_classes ORDER BY image_choice.priority)
        FROM core.site
        INNER JOIN main.image_choice ON site.site_id = image_choice.site_id
        INNER JOIN raw.image ON image_choice.image_id = image.image_id
        WHERE image_choice.year = ? AND site.mine_id IS NOT NULL
        GROUP BY ALL
        ORDER BY site.site_id
        """,
        [year],
    ).fetchall()
    if not rows:
        raise SourceError(f"No site has an image of {year}. Name a year of the image catalogue.")
    return [
        (
            Site(*row[:4]),
            [
                image_source(path, bands, parts, masked, root)
                for path, bands, parts, masked in zip(*row[4:], strict=True)
            ],
        )
        for row in rows
    ]


def _mines(connection: duckdb.DuckDBPyConnection) -> list[shapely.Polygon]:
    rows = connection.execute(
        "SELECT ST_AsWKB(geometry) FROM core.mine ORDER BY mine_id"
    ).fetchall()
    return [shapely.from_wkb(bytes(wkb)) for (wkb,) in rows]


def _band_names(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    row = connection.execute("SELECT bands FROM raw.image WHERE len(bands) > 0 LIMIT 1").fetchone()
    if row is None:
        raise SourceError("The images name no bands. Name them with --bands, in their order.")
    return tuple(row[0])
