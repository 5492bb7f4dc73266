"""Have the parts of remote images fetched that sites need, and read them from local copies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rasterio.io import DatasetReader

from quarrydb.fetch.address import canonical, is_remote
from quarrydb.fetch.copy import as_windows
from quarrydb.fetch.windows import Wanted
from quarrydb.inference.predict import SiteYear
from quarrydb.loaders.image_asset import SCENE_BAND
from quarrydb.loaders.image_mosaic import clear_share, grid_of, worth
from quarrydb.loaders.image_reader import ChipGrid, ImageSource, open_image, window_under

if TYPE_CHECKING:
    from quarrydb.fetch.fetcher import Fetcher

# Resampling looks at neighbours of a window.
MARGIN_PX = 4
# Images of a site and year beside those that are asked for: they fill what clouds hide.
SPARE_IMAGES = 2


def has_remote(item: SiteYear) -> bool:
    """Whether any file of a site and year lies on a server."""
    return any(is_remote(str(path)) for source in item.images for path in files_of(source))


def files_of(source: ImageSource) -> Iterable[Path | str]:
    """The files that an image is made of."""
    return [part.path for part in source.parts] or [source.path]


def with_local_files(
    items: Sequence[SiteYear],
    fetcher: Fetcher,
    bands: Sequence[str],
    chip_px: int,
    advance: Callable[[], None] = lambda: None,
) -> list[SiteYear]:
    """The items with local copies in the place of addresses, which hold what their chips show.

    First the scene classifications, which say what images are clear over each square, then the bands
    of the clearest. NetworkError where something is not here and may not be fetched.
    """
    found = []
    for item in items:
        found.append(localised(item, fetcher, bands, chip_px) if has_remote(item) else item)
        advance()
    return found


def localised(item: SiteYear, fetcher: Fetcher, bands: Sequence[str], chip_px: int) -> SiteYear:
    """One item with local copies of its clearest images."""
    wanted = {band.lower() for band in bands}
    site = item.site
    first = with_headers(item.images[0], fetcher, wanted)
    grid = grid_of(first, site.longitude, site.latitude, site.side_m, chip_px, bands)
    shares = [
        clear_share(with_windows(source, fetcher, {SCENE_BAND}, grid), grid)
        for source in item.images
    ]
    order = sorted(range(len(shares)), key=lambda i: -worth(shares[i]))
    chosen = order[: item.median_of + SPARE_IMAGES]
    images = [with_windows(item.images[i], fetcher, {*wanted, SCENE_BAND}, grid) for i in chosen]
    return replace(item, images=tuple(images))


def with_headers(source: ImageSource, fetcher: Fetcher, wanted: set[str]) -> ImageSource:
    """The image with the header of each wanted band's file: enough to know its grid."""
    return placed(
        source, wanted, {name: fetcher.header(name) for name in addresses(source, wanted)}
    )


def with_windows(
    source: ImageSource, fetcher: Fetcher, wanted: set[str], grid: ChipGrid
) -> ImageSource:
    """The image with copies of each wanted band's file that hold what a chip's grid shows."""
    found = []
    for name in addresses(source, wanted):
        with open_image(fetcher.header(name)) as dataset:
            found.append(Wanted(name, as_windows([window_of(dataset, grid)])))
    return placed(source, wanted, fetcher.windows_of_many(found) if found else {})


def addresses(source: ImageSource, wanted: set[str]) -> list[str]:
    """Addresses of the wanted bands; of a single file with all bands, unless only classes are wanted."""
    if source.parts:
        paths = [part.path for part in source.parts if part.band in wanted]
    else:
        paths = [source.path] if wanted != {SCENE_BAND} else []
    return [canonical(str(path)) for path in paths if is_remote(str(path))]


def placed(source: ImageSource, wanted: set[str], paths: Mapping[str, Path]) -> ImageSource:
    """The image with local paths in the place of addresses; bands that stay away are left out."""

    def place(path: Path | str) -> Path | str:
        return paths.get(canonical(str(path)), path) if is_remote(str(path)) else path

    parts = tuple(
        replace(part, path=place(part.path)) for part in source.parts if part.band in wanted
    )
    return replace(source, path=place(source.path), parts=parts)


def window_of(dataset: DatasetReader, grid: ChipGrid) -> tuple[int, int, int, int]:
    """Rows and columns (first row, end row, first column, end column) of a file under a chip's grid."""
    window = window_under(dataset, grid)
    if window is None:
        return (0, 0, 0, 0)
    left, top = int(window.col_off), int(window.row_off)
    return (
        max(0, top - MARGIN_PX),
        min(dataset.height, top + int(window.height) + MARGIN_PX),
        max(0, left - MARGIN_PX),
        min(dataset.width, left + int(window.width) + MARGIN_PX),
    )
