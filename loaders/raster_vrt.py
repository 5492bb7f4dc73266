"""Virtual rasters (VRT): mosaics of local GeoTIFFs, whose every reference is checked before GDAL sees one.

A VRT can name URLs, other formats and code. So only elements of a plain mosaic pass, each source must be a
GeoTIFF in the VRT's own folder or below, and GDAL is given the text that was checked, not the file.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import rasterio
from rasterio.errors import RasterioError

from quarrydb.errors import SourceError
from quarrydb.loaders.raster_format import SIGNATURE_BYTES, driver_of
from quarrydb.loaders.raster_side import side_files
from quarrydb.loaders.xml_text import parse_xml

SIZE_LIMIT_BYTES = 64 * 2**20
# What gdalbuildvrt and gdal_translate write for a mosaic.
PLAIN_ELEMENTS = """
VRTDataset SRS GeoTransform Metadata MDI BlockXSize BlockYSize VRTRasterBand NoDataValue ColorInterp
Description UnitType Offset Scale CategoryNames Category ColorTable Entry HideNoDataValue Histograms
HistItem HistMin HistMax BucketCount IncludeOutOfRange Approximate HistCounts SimpleSource
ComplexSource SourceFilename SourceBand SourceProperties SrcRect DstRect NODATA UseMaskBand MaskBand
OverviewList GDALRasterAttributeTable FieldDefn Name Type Usage Row F
"""
PLAIN = frozenset(PLAIN_ELEMENTS.split())


@dataclass(frozen=True)
class CheckedVrt:
    """A VRT that reads nothing but ``sources``; ``text`` names them by their full paths."""

    text: str
    sources: tuple[Path, ...]


def check_vrt(path: Path) -> CheckedVrt:
    """Check a VRT; SourceError names what in it is more than a mosaic of local GeoTIFFs."""
    root = parse_xml(path, SIZE_LIMIT_BYTES)
    for element in root.iter():
        if element.tag not in PLAIN or "subClass" in element.attrib:
            kind = element.attrib.get("subClass", element.tag)
            raise SourceError(
                f"{path} holds {kind}: quarrydb reads a VRT only where it is a plain mosaic of local "
                "GeoTIFFs. Write it out with gdal_translate -of GTiff."
            )
    sources: dict[Path, None] = {}
    for element in root.iter("SourceFilename"):
        source = source_path(path, element)
        element.text, element.attrib["relativeToVRT"] = str(source), "0"
        element.attrib.pop("shared", None)
        sources[source] = None
    if not sources:
        raise SourceError(f"{path} is a VRT without a source. Build it again with gdalbuildvrt.")
    for source in sources:
        check_source(path, source)
    check_void_pixels(path, root)
    return CheckedVrt(ElementTree.tostring(root, encoding="unicode"), tuple(sources))


def source_path(path: Path, element: ElementTree.Element) -> Path:
    """The local file that a source names, beside the VRT or below."""
    text = element.text or ""
    place = path.parent / text if element.attrib.get("relativeToVRT") == "1" else Path(text)
    folder = path.parent.resolve()
    is_local = bool(text) and "\0" not in text and "://" not in text and not text.startswith("/vsi")
    if not is_local or not place.resolve().is_relative_to(folder):
        raise SourceError(
            f"{path} names {text[:200]!r}, which is no file in its folder: refused. Put tiles beside the "
            "VRT, or name the tiles themselves."
        )
    if not place.is_file():
        raise SourceError(f"{path} names {text[:200]!r}, which does not exist. Put the tile there.")
    return place.resolve()


def check_source(path: Path, source: Path) -> None:
    """A source must be a GeoTIFF, without files beside it that hide or scale pixels."""
    with source.open("rb") as file:
        head = file.read(SIGNATURE_BYTES)
    if driver_of(head, str(source), source.stat().st_size) != "GTiff":
        raise SourceError(f"{path} names {source.name}, which is no GeoTIFF. Convert that tile.")
    if side_files(source).paths:
        raise SourceError(
            f"{path} names {source.name}, beside which {side_files(source).paths[0].name} hides or scales "
            "pixels: a VRT does not read it. Name the tiles themselves in path."
        )


def check_void_pixels(path: Path, root: ElementTree.Element) -> None:
    """SourceError where a source hides pixels that the VRT would show: nodata and masks must be its own."""
    has_mask = next(root.iter("MaskBand"), None) is not None
    names = {element.text or "" for element in root.iter("SourceFilename")}
    facts = {name: hides(name) for name in names}
    for band in root.findall("VRTRasterBand"):
        nodata = band.findtext("NoDataValue")
        for source in (*band.findall("SimpleSource"), *band.findall("ComplexSource")):
            name = source.findtext("SourceFilename") or ""
            own, is_masked = facts[name]
            told = {number(path, text) for text in (nodata, source.findtext("NODATA"))}
            if own is not None and (nodata is None or own not in told):
                raise SourceError(
                    f"{Path(name).name} tags nodata {own:g}, which {path} does not. Build it again with "
                    f"gdalbuildvrt -srcnodata {own:g} -vrtnodata {own:g}."
                )
            if is_masked and not has_mask:
                raise SourceError(
                    f"{Path(name).name} has a mask, which {path} does not. Build it again with gdalbuildvrt."
                )


def number(path: Path, text: str | None) -> float | None:
    """A number of a VRT, None where there is none; SourceError for other text."""
    try:
        return None if text is None else float(text)
    except ValueError as error:
        raise SourceError(f"{path} has {text!r:.80} where a number should be.") from error


def hides(name: str) -> tuple[float | None, bool]:
    """Nodata of a GeoTIFF, NaN left out since it says itself, and whether it has a mask or alpha band."""
    try:
        with rasterio.open(name, driver="GTiff") as dataset:
            nodata = dataset.nodata
            flags = {flag.name for band in dataset.mask_flag_enums for flag in band}
    except RasterioError as error:
        raise SourceError(f"{name} can't be read: {error}. Download it again.") from error
    return None if nodata is None or math.isnan(nodata) else nodata, "per_dataset" in flags
