"""Land-cover files as one product: which file holds which years of which tile, on which grid."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import shapely

from quarrydb.errors import SourceError
from quarrydb.loaders.grid import Grid
from quarrydb.loaders.raster import gdal_environment, grid_of, open_raster

GLC_FCS30D = re.compile(
    r"GLC_FCS30D_(?P<first>\d{4})(?P<last>\d{4})(?:maps)?_(?P<tile>[EW]\d+[NS]\d+)"
    r"_(?P<step>5years|Annual)",
    re.IGNORECASE,
)
GLC_TILE_DEGREES = 5.0
ALIGNED_PX = 0.01  # a smaller offset is rounding in the file's header
SAME_TILE_SHARE = 0.5
YEARS = range(1900, 2101)


@dataclass(frozen=True)
class Gap:
    """Something of the product that is missing or left out, as raw.load_issue records it."""

    problem: str
    action: str
    detail: str
    feature_id: str | None = None
    n: int = 1


@dataclass(frozen=True)
class BandFile:
    """One file of a tile: the year of each band, and where the tile's grid starts in it."""

    path: Path
    years: tuple[int, ...]
    grid: Grid
    dtype: str
    nodata: float | None
    block: tuple[int, int]
    row_offset: int = 0
    column_offset: int = 0


@dataclass(frozen=True)
class Tile:
    """Files that share a grid; ``region`` (in the grid's CRS) is what the tile answers for."""

    name: str
    grid: Grid
    files: tuple[BandFile, ...]
    region: shapely.Geometry


@dataclass(frozen=True)
class Product:
    """Every tile of a land-cover product, and the years that its trajectories run over."""

    years: tuple[int, ...]
    tiles: tuple[Tile, ...]
    gaps: tuple[Gap, ...]

    @property
    def files(self) -> tuple[Path, ...]:
        """All files in use."""
        return tuple(file.path for tile in self.tiles for file in tile.files)


@dataclass(frozen=True)
class Naming:
    """How to tell years: ``years`` of the bands of every file, or a pattern with a year group.

    With a pattern, ``years`` are those that the product should have.
    """

    years: tuple[int, ...] | None = None
    years_from: str | None = None
    crs: str | None = None
    record_gaps: bool = False


def recognise(paths: Sequence[Path], naming: Naming) -> Product:
    """Read the headers of ``paths`` and put them together. Nothing but headers is read.

    SourceError names the file where years can't be told or stand twice, where a file lies off the
    grid of its tile, or where a tile lacks a year; with ``record_gaps`` the last two become gaps
    of the product instead.
    """
    with gdal_environment():
        named = [read_header(path, naming) for path in sorted(paths)]
    gaps: list[Gap] = []
    groups = group_by_tile(named)
    is_glc = all(tile is not None and GLC_FCS30D.search(file.path.name) for file, tile in named)
    tiles = [
        make_tile(name, files, naming.record_gaps, gaps, nominal=is_glc)
        for name, files in groups.items()
    ]
    if not is_glc:
        tiles = disjoint(check_lattice(tiles))
    years = tuple(sorted({year for tile in tiles for file in tile.files for year in file.years}))
    check_years(years, naming, gaps)
    for tile in tiles:
        note_missing_years(tile, years, naming.record_gaps, gaps)
    return Product(years, tuple(tiles), tuple(gaps))


def read_header(path: Path, naming: Naming) -> tuple[BandFile, str | None]:
    """One file without its tile's context, and the tile that its name tells, if any."""
    with open_raster(path) as dataset:
        grid = grid_of(dataset, path, naming.crs)
        years, tile = tell_years(path.name, dataset.count, naming)
        if len(years) != dataset.count:
            raise SourceError(
                f"{path} has {dataset.count} bands, but {len(years)} years are expected "
                f"({years[0]}-{years[-1]}). Correct years in [landcover], or take the whole file."
            )
        if len(set(dataset.dtypes)) > 1 or dataset.dtypes[0].startswith("complex"):
            raise SourceError(f"{path} has band types {dataset.dtypes}. Give all bands one type.")
        block = dataset.block_shapes[0]
        return BandFile(path, years, grid, dataset.dtypes[0], dataset.nodata, block), tile


def tell_years(name: str, n_bands: int, naming: Naming) -> tuple[tuple[int, ...], str | None]:
    """Years of the bands of a file, and its tile, from its name or from the project file."""
    if naming.years_from:
        return year_in_name(name, naming.years_from), tile_in_name(name, naming.years_from)
    if naming.years:
        return naming.years, None
    if match := GLC_FCS30D.search(name):
        step = 5 if match["step"].lower() == "5years" else 1
        first, last = int(match["first"]), int(match["last"])
        return tuple(range(first, last + 1, step)), match["tile"].upper()
    raise SourceError(
        f"the years of {name} ({n_bands} bands) can't be told from its name. Set years = [...] "
        "(one a band) or years_from = '(?P<year>\\d{4})' in [landcover]."
    )


def year_in_name(name: str, pattern: str) -> tuple[int]:
    """The year that ``pattern`` finds in a file name."""
    match = re.search(pattern, name)
    if not match or int(match["year"]) not in YEARS:
        raise SourceError(
            f"{name} holds no year that years_from = {pattern!r} finds "
            f"between {YEARS[0]} and {YEARS[-1]}. Correct the pattern, or narrow path."
        )
    return (int(match["year"]),)


def tile_in_name(name: str, pattern: str) -> str | None:
    """The tile that ``pattern`` finds in a file name, where it has a tile group."""
    match = re.search(pattern, name)
    return match.groupdict().get("tile") if match else None


def group_by_tile(named: Iterable[tuple[BandFile, str | None]]) -> dict[str, list[BandFile]]:
    """Files by tile: by the tile in the name, else by where they lie."""
    groups: dict[str, list[BandFile]] = defaultdict(list)
    for file, tile in named:
        groups[tile or place_of(file, groups)].append(file)
    return dict(sorted(groups.items()))


def place_of(file: BandFile, groups: Mapping[str, Sequence[BandFile]]) -> str:
    """The group whose first file lies mostly where ``file`` does, else a new one."""
    area = shapely.box(*file.grid.extent)
    for name, members in groups.items():
        other = shapely.box(*members[0].grid.extent)
        smaller = min(area.area, other.area)
        if area.intersection(other).area > SAME_TILE_SHARE * smaller:
            return name
    return file.path.stem


def make_tile(
    name: str, files: Sequence[BandFile], record: bool, gaps: list[Gap], *, nominal: bool
) -> Tile:
    """Put the files of a tile on one grid, that of the majority; each year once."""
    grid = majority_grid(files)
    kept = [file for file in files if is_aligned(file, grid, record, gaps)]
    by_year = sorted(drop_repeated_years(name, kept, record, gaps), key=lambda f: f.years)
    common = common_grid(grid, by_year)
    placed = tuple(place_on(file, common) for file in by_year)
    return Tile(name, common, placed, nominal_region(common) if nominal else region_of(common))


def majority_grid(files: Sequence[BandFile]) -> Grid:
    """The grid most files have; the first one where several are as frequent."""
    counts = Counter(file.grid for file in files)
    return max(counts, key=lambda grid: counts[grid])


def is_aligned(file: BandFile, grid: Grid, record: bool, gaps: list[Gap]) -> bool:
    """Whether pixels of ``file`` fall on those of ``grid``; else an error or a gap."""
    problem = misfit(file.grid, grid)
    if problem is None:
        return True
    years = ", ".join(map(str, file.years))
    if not record:
        raise SourceError(
            f"{file.path} {problem} against the other files of its tile. Warp it to their grid, "
            f'or set gaps = "record" in [landcover] to go without {years}.'
        )
    gaps.append(Gap("raster off the grid", "left out", f"{file.path.name} {problem}: {years}"))
    return False


def misfit(one: Grid, other: Grid) -> str | None:
    """Why two grids can't share pixels, in words; None where they can."""
    if one.crs != other.crs:
        return f"has CRS {one.crs[:40]} instead of {other.crs[:40]}"
    a, _, _, _, e, _ = one.transform
    wide, high = other.transform[0], other.transform[4]
    far = max(one.width, one.height)
    if abs(a - wide) * far > ALIGNED_PX * wide or abs(e - high) * far > ALIGNED_PX * abs(high):
        return f"has pixels of {a:.9g} x {-e:.9g} instead of {wide:.9g} x {-high:.9g}"
    across, down = offset_px(one, other)
    if max(abs(across - round(across)), abs(down - round(down))) > ALIGNED_PX:
        return f"is shifted by {across + 0.0:.2f} pixels east and {down + 0.0:.2f} south"
    return None


def offset_px(one: Grid, other: Grid) -> tuple[float, float]:
    """Columns and rows from the first pixel of ``other`` to that of ``one``."""
    wide, high = other.transform[0], other.transform[4]
    return (
        (one.transform[2] - other.transform[2]) / wide,
        (one.transform[5] - other.transform[5]) / high,
    )


def drop_repeated_years(
    name: str, files: Sequence[BandFile], record: bool, gaps: list[Gap]
) -> list[BandFile]:
    """Each year of a tile once: two files with one year are an error or a gap."""
    seen: dict[int, BandFile] = {}
    kept = []
    for file in files:
        twice = [year for year in file.years if year in seen]
        if not twice and len(set(file.years)) == len(file.years):
            seen.update(dict.fromkeys(file.years, file))
            kept.append(file)
            continue
        other = seen[twice[0]].path.name if twice else "itself"
        detail = f"{file.path.name} repeats years of {other} in tile {name}"
        if not record:
            raise SourceError(f"{detail}: {twice or file.years}. Remove one of the two.")
        gaps.append(Gap("year twice", "left out", detail))
    return kept


def common_grid(grid: Grid, files: Sequence[BandFile]) -> Grid:
    """The part of ``grid`` that every file covers."""
    offsets = [tuple(round(px) for px in offset_px(file.grid, grid)) for file in files]
    left = max(0, *(column for column, _ in offsets))
    top = max(0, *(row for _, row in offsets))
    right = min(o[0] + file.grid.width for o, file in zip(offsets, files, strict=True))
    bottom = min(o[1] + file.grid.height for o, file in zip(offsets, files, strict=True))
    return sub_grid(grid, top, left, bottom - top, right - left)


def sub_grid(grid: Grid, row: int, column: int, n_rows: int, n_columns: int) -> Grid:
    """A window of a grid as a grid of its own."""
    a, b, c, d, e, f = grid.transform
    return Grid(grid.crs, (a, b, c + a * column, d, e, f + e * row), n_columns, n_rows)


def place_on(file: BandFile, grid: Grid) -> BandFile:
    """``file`` with the position of the tile's first pixel in it."""
    across, down = offset_px(grid, file.grid)
    return replace(file, row_offset=round(down), column_offset=round(across))


def region_of(grid: Grid) -> shapely.Geometry:
    """All that a grid covers."""
    return shapely.box(*grid.extent)


def nominal_region(grid: Grid) -> shapely.Geometry:
    """The 5-degree box that a GLC_FCS30D tile stands for: its pixels reach over or fall short."""
    left, bottom, right, top = grid.extent
    size = GLC_TILE_DEGREES
    x, y = (left + right) / 2 // size * size, (bottom + top) / 2 // size * size
    return shapely.box(x, y, x + size, y + size).intersection(region_of(grid))


def check_lattice(tiles: Sequence[Tile]) -> Sequence[Tile]:
    """SourceError where tiles of one product do not fall on one pixel lattice."""
    for tile in tiles[1:]:
        problem = misfit(tile.grid, tiles[0].grid)
        if problem:
            raise SourceError(
                f"{tile.files[0].path} {problem} against {tiles[0].files[0].path}: tiles of one "
                "product must share a grid. Warp them to one, or build them as two projects."
            )
    return tiles


def disjoint(tiles: Sequence[Tile]) -> list[Tile]:
    """Tiles whose regions do not overlap: what two cover, the first answers for."""
    tree = shapely.STRtree([tile.region for tile in tiles])
    result = []
    for index, tile in enumerate(tiles):
        earlier = [tiles[i].region for i in tree.query(tile.region) if i < index]
        region = tile.region
        if earlier and region.intersection(shapely.union_all(earlier)).area > 0:
            region = region.difference(shapely.union_all(earlier))
        result.append(replace(tile, region=region))
    return result


def check_years(years: Sequence[int], naming: Naming, gaps: list[Gap]) -> None:
    """Years that no tile has: those listed in the project, else a hole in a regular series."""
    if not naming.years_from:
        return
    step = min((b - a for a, b in pairwise(years)), default=1)
    expected = naming.years or range(years[0], years[-1] + 1, step)
    missing = ", ".join(str(year) for year in expected if year not in years)
    if missing and not naming.record_gaps:
        raise SourceError(
            f"no land-cover file is of {missing}; there are {', '.join(map(str, years))}. Add the "
            'file, list the years there should be (years = [...]), or set gaps = "record".'
        )
    if missing:
        gaps.append(Gap("year missing", "no epoch", f"in all tiles: {missing}"))


def note_missing_years(tile: Tile, years: Sequence[int], record: bool, gaps: list[Gap]) -> None:
    """Years that other tiles have and this one lacks: an error, or a gap."""
    have = {year for file in tile.files for year in file.years}
    missing = ", ".join(str(year) for year in years if year not in have)
    if not missing:
        return
    if not record:
        raise SourceError(
            f"tile {tile.name} ({tile.files[0].path.parent}) lacks {missing}. "
            'Add its file, or set gaps = "record" in [landcover] to have NULL there.'
        )
    gaps.append(Gap("year missing", "NULL in trajectories", f"tile {tile.name}: {missing}"))
