"""Land-cover files as one product: which file holds which years of which tile, on which grid."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import shapely

from quarrydb.errors import Faults, SourceError
from quarrydb.loaders.grid import Grid
from quarrydb.loaders.landcover_years import GLC_FCS30D, Naming, Told, glc_box, tell_years
from quarrydb.loaders.raster import find_rasters
from quarrydb.loaders.raster_header import Header, read_header

ALIGNED_PX = 0.01  # a smaller offset is rounding in the file's header
SAME_TILE_SHARE = 0.5


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
    """One file of a tile: the year of each of ``bands``, and where the tile's grid starts in it.

    ``nodata`` is each band's; ``n_bands`` counts those of the file, of which ``data_bands`` hold maps, also
    those that are not read. A file that ``gives_way`` is read only
    for years that no other file of its tile has.
    """

    path: Path
    years: tuple[int, ...]
    bands: tuple[int, ...]
    n_bands: int
    data_bands: tuple[int, ...]
    grid: Grid
    dtype: str
    nodata: tuple[float | None, ...]
    block: tuple[int, int]
    gives_way: bool = False
    row_offset: int = 0
    column_offset: int = 0

    def only(self, years: Collection[int]) -> BandFile:
        """The same file, read for some of its years."""
        kept = [i for i, year in enumerate(self.years) if year in years]
        return replace(
            self,
            years=tuple(self.years[i] for i in kept),
            bands=tuple(self.bands[i] for i in kept),
            nodata=tuple(self.nodata[i] for i in kept),
        )


@dataclass(frozen=True)
class Tile:
    """Files that share a grid; ``region`` (in the grid's CRS) is what the tile answers for."""

    name: str
    grid: Grid
    files: tuple[BandFile, ...]
    region: shapely.Geometry


@dataclass(frozen=True)
class Product:
    """Every tile of a land-cover product, and the years that its trajectories run over.

    ``is_glc``: its tiles are the 5-degree boxes of GLC_FCS30D, by whose names they are called.
    """

    years: tuple[int, ...]
    tiles: tuple[Tile, ...]
    gaps: tuple[Gap, ...]
    is_glc: bool = False

    @property
    def files(self) -> tuple[Path, ...]:
        """All files in use."""
        return tuple(file.path for tile in self.tiles for file in tile.files)


def recognise(paths: Sequence[Path], naming: Naming) -> Product:
    """Read the headers of ``paths`` and put them together. Nothing but headers is read.

    SourceError names each file where years can't be told or stand twice, that lies off the grid of its
    tile, and each tile that lacks a year; with ``record_gaps`` the last two become gaps of the product
    instead.
    """
    named = read_headers(paths, naming)
    gaps: list[Gap] = []
    groups = group_by_tile(named)
    is_glc = all(tile is not None and GLC_FCS30D.search(file.path.name) for file, tile in named)
    faults = Faults()
    tiles: list[Tile] = []
    for name, files in groups.items():
        with faults.gather():
            tiles.append(make_tile(name, files, naming.record_gaps, gaps, is_glc=is_glc))
    faults.raise_all()
    if not is_glc:
        tiles = disjoint(check_lattice(tiles))
    years = tuple(sorted({year for tile in tiles for file in tile.files for year in file.years}))
    with faults.gather():
        check_years(years, naming, gaps)
    for tile in tiles:
        with faults.gather():
            note_missing_years(tile, years, naming.record_gaps, gaps)
    faults.raise_all()
    return Product(years, tuple(tiles), tuple(gaps), is_glc)


def read_headers(paths: Sequence[Path], naming: Naming) -> list[tuple[BandFile, str | None]]:
    """Each file, also in archives, and the tile that its name tells; all that can't be used in one error."""
    faults = Faults()
    found = []
    for path in sorted(find_rasters(paths)):
        with faults.gather():
            found.append(band_file(path, read_header(path, naming.crs), naming))
    faults.raise_all()
    return found


def band_file(path: Path, header: Header, naming: Naming) -> tuple[BandFile, str | None]:
    """One file without its tile's context, and the tile that its name tells, if any."""
    bands, told = years_by_band(header, path, naming)
    dtypes = {header.dtypes[band - 1] for band in bands}
    if len(dtypes) > 1 or next(iter(dtypes)).startswith("complex"):
        raise SourceError(f"{path} has band types {header.dtypes}. Give all bands one type.")
    refuse_scaled(header, path)
    return BandFile(
        path=path,
        years=told.years,
        bands=bands,
        n_bands=header.count,
        data_bands=bands,
        grid=header.grid,
        dtype=dtypes.pop(),
        nodata=tuple(header.nodata[band - 1] for band in bands),
        block=header.block,
        gives_way=told.gives_way,
    ), told.tile


def years_by_band(header: Header, path: Path, naming: Naming) -> tuple[tuple[int, ...], Told]:
    """Bands with their years: all, or all but one tagged as alpha, whichever is as many as the years."""
    bands = header.data_bands
    if len(bands) < header.count:
        with suppress(SourceError):
            told = tell_years(path, header.descriptions, naming)
            if len(told.years) == header.count:
                return tuple(range(1, header.count + 1)), told
    told = tell_years(path, [header.descriptions[band - 1] for band in bands], naming)
    if len(told.years) != len(bands):
        raise SourceError(
            f"{path} has {len(bands)} bands, but {len(told.years)} years are expected "
            f"({told.years[0]}-{told.years[-1]}). Correct years in [landcover], or take the whole file."
        )
    return bands, told


def refuse_scaled(header: Header, path: Path) -> None:
    """SourceError where a file says that its numbers must be scaled: codes are read as they are stored."""
    scaled = {*header.scales} - {1.0} or {*header.offsets} - {0.0}
    if scaled:
        raise SourceError(
            f"{path} tags scale {header.scales[0]:g} and offset {header.offsets[0]:g}: codes of land cover "
            "are no measurements. Remove the tags (gdal_edit -unsetscale -unsetoffset, or the .aux.xml "
            "beside it), or write the codes out with gdal_translate -unscale."
        )


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
    name: str, files: Sequence[BandFile], record: bool, gaps: list[Gap], *, is_glc: bool
) -> Tile:
    """Put the files of a tile on one grid, that of the majority; each year once."""
    grid = majority_grid(files)
    kept = [file for file in give_way(files) if is_aligned(file, grid, record, gaps)]
    by_year = sorted(drop_repeated_years(name, kept, record, gaps), key=lambda f: f.years)
    common = common_grid(grid, by_year)
    placed = tuple(place_on(file, common) for file in by_year)
    region = nominal_region(name, common, files[0].path) if is_glc else region_of(common)
    return Tile(name, common, placed, region)


def give_way(files: Sequence[BandFile]) -> list[BandFile]:
    """Files without the years for which another file of the tile is the better one."""
    better = {year for file in files if not file.gives_way for year in file.years}
    reduced = [f.only(set(f.years) - better) if f.gives_way else f for f in files]
    return [file for file in reduced if file.years]


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


def nominal_region(name: str, grid: Grid, path: Path) -> shapely.Geometry:
    """The 5-degree box that a GLC_FCS30D tile stands for: its pixels reach over or fall short."""
    box = glc_box(name)
    left, bottom, right, top = grid.extent
    if not box.contains(shapely.Point((left + right) / 2, (bottom + top) / 2)):
        raise SourceError(
            f"{path} is called {name}, but spans {left:.2f} to {right:.2f} by {bottom:.2f} to {top:.2f}. "
            "Give it the name of its north-west corner, or download it again."
        )
    return box.intersection(region_of(grid))


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
