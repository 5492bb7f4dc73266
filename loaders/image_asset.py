"""The assets of a STAC item: which file holds which band, how counts become reflectance.

Facts of how four servers write Sentinel-2: Earth Search has keys blue ... nir and scl, CDSE B02_10m
and SCL_20m, Planetary Computer B02 and SCL. From processing baseline 04.00 on counts carry +1000.
Earth Search writes an offset of -0.1 also where it has taken it off already, and says so in
``earthsearch:boa_offset_applied``; Planetary Computer writes none where it applies.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from quarrydb.errors import SourceError

SCENE_CLASSES = re.compile(r"scl(_20m)?", re.IGNORECASE)
SCENE_BAND = "scl"
# Keys of Sentinel-2's bands where an asset names none; an ending says the resolution.
SENTINEL_BANDS = {
    "B01": "coastal", "B02": "blue", "B03": "green", "B04": "red", "B05": "rededge1", "B06": "rededge2",
    "B07": "rededge3", "B08": "nir", "B8A": "nir08", "B09": "nir09", "B11": "swir16", "B12": "swir22",
}  # fmt: skip
COMMON_NAMES = {*SENTINEL_BANDS.values(), "rededge", "nir08", "swir22", "swir16", "pan"}
NO_REFLECTANCE = re.compile(r"(aot|wvp|scl|visual|tci|thumbnail|cloud|snow).*", re.IGNORECASE)
FIRST_BASELINE_WITH_OFFSET = 4.0
FIRST_DAY_WITH_OFFSET = date(2022, 1, 25)
BOA_OFFSET = -0.1
SENTINEL_SCALE = 1e-4
NO_RESOLUTION = 1e9
JPEG2000 = ("jp2", "jpeg2000", "x-jp2")


@dataclass(frozen=True)
class AssetGrid:
    """Where an asset's pixels lie, as its item says: CRS, geotransform and size (rows, columns)."""

    crs: str
    transform: tuple[float, float, float, float, float, float]
    shape: tuple[int, int]


@dataclass(frozen=True)
class BandAsset:
    """One band in a file of its own: reflectance = count * scale + offset; None where counts are as
    they are. ``grid`` and ``pixel_m`` are there where the item says them.
    """

    band: str
    href: str
    scale: float | None = None
    offset: float | None = None
    grid: AssetGrid | None = None
    pixel_m: float | None = None


def band_assets(
    item: Mapping[str, Any], assets: Mapping[str, Mapping[str, Any]]
) -> list[BandAsset]:
    """The bands that have a file each, and the scene classification as ``scl``; none where fewer than
    two bands do.

    Of copies of a band a GeoTIFF goes before JPEG 2000, then the finest.
    """
    found: dict[str, list[tuple[tuple[bool, float], str, Mapping[str, Any]]]] = {}
    for key, asset in assets.items():
        band = band_of(key, asset)
        if band is not None and asset.get("href"):
            rank = (is_jpeg2000(asset), resolution(asset))
            found.setdefault(band, []).append((rank, key, asset))
    if len(found.keys() - {SCENE_BAND}) < 2:
        return []
    made = []
    for band, copies in sorted(found.items()):
        _, _, asset = min(copies, key=lambda copy: copy[:2])
        scale, offset = (None, None) if band == SCENE_BAND else reflectance(item, asset)
        if not (math.isfinite(offset or 0.0) and 0 < (1.0 if scale is None else scale) < math.inf):
            raise SourceError(
                f"item {item.get('id')}: band {band} has scale {scale} and offset {offset}. Correct the item."
            )
        grid, pixel = grid_said(item, asset), resolution(asset)
        pixel_m = pixel if pixel < NO_RESOLUTION else None
        made.append(BandAsset(band, str(asset["href"]), scale, offset, grid, pixel_m))
    return made


def band_of(key: str, asset: Mapping[str, Any]) -> str | None:
    """The one band that an asset holds, by common name, else by its key; None for other assets."""
    if SCENE_CLASSES.fullmatch(key):
        return SCENE_BAND
    if NO_REFLECTANCE.fullmatch(key):
        return None
    names = [band.get("eo:common_name") or band.get("common_name") for band in band_objects(asset)]
    if len(names) > 1:
        return None
    if names and names[0]:
        return str(names[0]).lower()
    stem = key.split("_")[0]
    if stem.upper() in SENTINEL_BANDS:
        return SENTINEL_BANDS[stem.upper()]
    return key.lower() if key.lower() in COMMON_NAMES else None


def band_objects(asset: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The bands of an asset in STAC 1.1 or 1.0."""
    bands = asset.get("bands") or asset.get("eo:bands") or []
    return [band for band in bands if isinstance(band, dict)] if isinstance(bands, list) else []


def is_jpeg2000(asset: Mapping[str, Any]) -> bool:
    """Whether an asset is a JPEG 2000 file, by its type or name."""
    kind, href = str(asset.get("type") or "").lower(), str(asset.get("href") or "").lower()
    return any(name in kind for name in JPEG2000) or href.endswith((".jp2", ".j2k"))


def resolution(asset: Mapping[str, Any]) -> float:
    """Size of an asset's pixels, m; a large number where nothing says it."""
    raster = first_object(asset.get("raster:bands"))
    value = (
        asset.get("gsd")
        or raster.get("spatial_resolution")
        or asset.get("raster:spatial_resolution")
    )
    return float(value) if isinstance(value, int | float) else NO_RESOLUTION


def grid_said(item: Mapping[str, Any], asset: Mapping[str, Any]) -> AssetGrid | None:
    """The grid that an item says of an asset (projection extension, 1.x or 2.0); None where it does not."""
    properties = item.get("properties") or {}

    def said(name: str) -> Any:
        return asset.get(name) or properties.get(name)

    code, epsg = said("proj:code"), said("proj:epsg")
    crs = str(code) if isinstance(code, str) else f"EPSG:{epsg}" if isinstance(epsg, int) else None
    transform, shape = numbers(asset.get("proj:transform")), numbers(asset.get("proj:shape"))
    if crs is None or len(transform) < 6 or len(shape) < 2:
        return None
    a, b, c, d, e, f = transform[:6]
    return AssetGrid(crs, (a, b, c, d, e, f), (int(shape[0]), int(shape[1])))


def numbers(value: Any) -> list[float]:
    """A list of finite numbers as it is; none for anything else."""
    listed = value if isinstance(value, list) else []
    found = [float(v) for v in listed if isinstance(v, int | float) and math.isfinite(v)]
    return found if len(found) == len(listed) else []


def first_object(value: Any) -> Mapping[str, Any]:
    """The first of a list of objects; empty for anything else."""
    return value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else {}


def reflectance(
    item: Mapping[str, Any], asset: Mapping[str, Any]
) -> tuple[float | None, float | None]:
    """Scale and offset that take an asset's counts to reflectance; (None, None) where nothing is known.

    What the item says of the offset being taken off already goes before what its bands say.
    """
    properties = item.get("properties") or {}
    raster, band = first_object(asset.get("raster:bands")), first_object(asset.get("bands"))
    scale = first_number(raster.get("scale"), asset.get("raster:scale"), band.get("raster:scale"))
    offset = first_number(
        raster.get("offset"), asset.get("raster:offset"), band.get("raster:offset")
    )
    baseline = baseline_of(properties, item)
    applied = properties.get("earthsearch:boa_offset_applied")
    if applied is True:
        return scale or SENTINEL_SCALE, 0.0
    if offset is None and is_sentinel2_l2a(item):
        offset = (
            BOA_OFFSET if baseline is not None and baseline >= FIRST_BASELINE_WITH_OFFSET else 0.0
        )
        return scale or SENTINEL_SCALE, offset
    if scale is None and offset is None:
        return None, None
    return 1.0 if scale is None else scale, offset or 0.0


def first_number(*values: Any) -> float | None:
    """The first value that is a number."""
    return next(
        (float(v) for v in values if isinstance(v, int | float) and not isinstance(v, bool)), None
    )


def baseline_of(properties: Mapping[str, Any], item: Mapping[str, Any]) -> float | None:
    """Processing baseline of Sentinel-2, such as 4.0; None where nothing says it."""
    text = properties.get("s2:processing_baseline") or properties.get("processing:version")
    try:
        return float(str(text)) if text is not None else None
    except ValueError as error:
        raise SourceError(
            f"item {item.get('id')}: {text} is no processing baseline. Write 04.00, or leave it out."
        ) from error


def is_before_offset(baseline: float | None, day: date) -> bool:
    """Whether counts of Sentinel-2 can carry no offset: by the processing baseline, else by the day."""
    if baseline is None:
        return day < FIRST_DAY_WITH_OFFSET
    return baseline < FIRST_BASELINE_WITH_OFFSET


def is_sentinel2_l2a(item: Mapping[str, Any]) -> bool:
    """Whether an item is a Sentinel-2 surface reflectance product, by its collection or its name."""
    text = f"{item.get('collection') or ''} {item.get('id') or ''}".lower()
    return "sentinel-2" in text or bool(re.search(r"\bs2[abcd]_(msil2a|.*_l2a)", text))


def parts_of(assets: Iterable[BandAsset]) -> tuple[str, ...]:
    """Names of the bands with reflectance, in the order of the assets."""
    return tuple(asset.band for asset in assets if asset.band != SCENE_BAND)
