"""Files beside a raster that hide or rescale its pixels: ``.msk``, and nodata or scale in ``.aux.xml``.

GDAL is kept from reading side files itself: an .aux.xml can move a raster or rename its CRS, and a .msk can
be of any format. What counts is checked here and put before GDAL as a VRT of the raster and its mask.
"""

import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import rasterio
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader

from quarrydb.errors import SourceError
from quarrydb.loaders.archive import (
    PIECE_ERRORS,
    damaged,
    gdal_file,
    head_of,
    holder_of,
    inside,
    is_tar,
    is_zip,
    members_of,
)
from quarrydb.loaders.raster_format import driver_of
from quarrydb.loaders.xml_text import parse_xml, parse_xml_bytes

MASK_SUFFIX, NOTES_SUFFIX = ".msk", ".aux.xml"
SIDE_SUFFIXES = (MASK_SUFFIX, NOTES_SUFFIX)
NOTES_LIMIT_BYTES = 64 * 2**20
GMF_PER_DATASET = 2
# GDAL's names of number types, where they differ from numpy's.
GDAL_TYPES = {
    "uint8": "Byte", "int8": "Int8", "uint16": "UInt16", "int16": "Int16", "uint32": "UInt32",
    "int32": "Int32", "uint64": "UInt64", "int64": "Int64", "float32": "Float32", "float64": "Float64",
}  # fmt: skip


@dataclass(frozen=True)
class BandNotes:
    """What an .aux.xml says of a band's stored numbers, and whether it is alpha; None: nothing."""

    nodata: str | None = None
    scale: str | None = None
    offset: str | None = None
    alpha: str | None = None


@dataclass(frozen=True)
class SideFiles:
    """Files beside a raster that matter to its pixels: a mask, and notes by band."""

    mask: Path | None = None
    notes: Path | None = None
    bands: dict[int, BandNotes] = field(default_factory=dict)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Those that there are; notes only where they say something of the pixels."""
        return tuple(path for path in (self.mask, self.notes) if path is not None)


def side_files(path: Path) -> SideFiles:
    """The files beside a raster, on disk or in the same archive, that hide or rescale its pixels."""
    mask, notes = (path.with_name(path.name + suffix) for suffix in SIDE_SUFFIXES)
    if holder_of(path) == path:
        has_mask, has_notes = mask.is_file(), notes.is_file()
    else:
        beside = names_beside(path)
        has_mask, has_notes = inside(mask) in beside, inside(notes) in beside
    if not (has_mask or has_notes):
        return NOTHING_BESIDE
    bands = read_notes(notes) if has_notes else {}
    return SideFiles(mask if has_mask else None, notes if bands else None, bands)


NOTHING_BESIDE = SideFiles()


def names_beside(path: Path) -> tuple[str, ...]:
    """Members of the archive that holds a raster; none for a variable of a netCDF file."""
    holder = holder_of(path)
    return members_of(holder) if is_zip(holder) or is_tar(holder) else ()


def read_notes(path: Path) -> dict[int, BandNotes]:
    """What an .aux.xml says of each band's pixels; statistics and the rest are not read."""
    root = notes_root(path)
    found = {}
    for element in root.iter("PAMRasterBand"):
        number = element.attrib.get("band", "")
        if not number.isdecimal():
            continue
        meaning = element.findtext("ColorInterp")
        notes = BandNotes(
            nodata_text(element, path),
            number_text(element, "Scale", path),
            number_text(element, "Offset", path),
            meaning if meaning == "Alpha" else None,
        )
        if notes != BandNotes():
            found[int(number)] = notes
    return found


def number_text(band: ElementTree.Element, tag: str, path: Path) -> str | None:
    """A number of a band as text; GDAL would take what is none for zero."""
    text = band.findtext(tag)
    try:
        return None if text is None else repr(float(text))
    except ValueError as error:
        raise SourceError(f"{path} has {tag.lower()} {text!r}, no number. Correct it.") from error


def notes_root(path: Path) -> ElementTree.Element:
    """The root of an .aux.xml, on disk or in a ZIP."""
    holder, name = holder_of(path), inside(path)
    if not name:
        return parse_xml(path, NOTES_LIMIT_BYTES)
    if is_tar(holder):
        raise SourceError(
            f"{path} lies beside a raster in a tar. Unpack the archive, and name its files."
        )
    try:
        with zipfile.ZipFile(holder) as archive, archive.open(name) as file:
            return parse_xml_bytes(file.read(NOTES_LIMIT_BYTES), str(path))
    except PIECE_ERRORS as error:
        raise damaged(holder, error) from error


def nodata_text(band: ElementTree.Element, path: Path) -> str | None:
    """Nodata of a band as text, to the bit where the file gives it so."""
    element = band.find("NoDataValue")
    if element is None:
        return None
    exact = element.attrib.get("le_hex_equiv")
    try:
        value = struct.unpack("<d", bytes.fromhex(exact))[0] if exact else float(element.text or "")
    except (ValueError, struct.error) as error:
        raise SourceError(f"{path} has nodata {element.text!r}, no number. Correct it.") from error
    return repr(value)


@contextmanager
def with_side_files(dataset: DatasetReader, name: str, path: Path) -> Iterator[DatasetReader]:
    """``dataset``, which GDAL opened as ``name``, as the files beside ``path`` would have it."""
    beside = side_files(path)
    if not beside.paths:
        yield dataset
        return
    if dataset.driver not in ("GTiff", "JP2OpenJPEG"):
        raise SourceError(
            f"{path}: {beside.paths[0].name} lies beside it, which quarrydb reads for GeoTIFF and JPEG 2000 "
            "only. Write both into one file with gdal_translate -of GTiff."
        )
    with mask_file(beside, dataset, path) as mask:
        text = wrapping_vrt(dataset, name, beside, mask)
        with rasterio.open(text, driver="VRT") as whole:
            yield whole


@contextmanager
def mask_file(
    beside: SideFiles, dataset: DatasetReader, path: Path
) -> Iterator[tuple[str, bool] | None]:
    """GDAL's name of the checked mask, and whether one band of it serves all; None without a mask."""
    if beside.mask is None:
        yield None
        return
    if any(flag.name == "per_dataset" for flags in dataset.mask_flag_enums for flag in flags):
        raise SourceError(
            f"{path} has a mask inside and {beside.mask.name} beside it. Remove the one that is wrong."
        )
    with gdal_file(beside.mask) as name:
        yield name, is_shared(beside.mask, name, dataset)


@lru_cache(maxsize=64)
def mask_tags(name: str, size: int) -> tuple[int, int, int, dict[str, str]]:
    """Width, height, bands and tags of a GeoTIFF; ``size`` tells a changed file."""
    del size
    with rasterio.open(name, driver="GTiff") as mask:
        return mask.width, mask.height, mask.count, mask.tags()


def is_shared(path: Path, name: str, dataset: DatasetReader) -> bool:
    """Whether a mask holds for all bands; SourceError where it is no mask of this raster."""
    head, size = head_of(path)
    if driver_of(head, str(path), size) != "GTiff":
        raise SourceError(f"{path} is no mask that GDAL wrote. Remove it, or write the mask again.")
    try:
        width, height, count, tags = mask_tags(name, size)
    except RasterioError as error:
        raise SourceError(
            f"{path} can't be read: {error}. Remove it, or write it again."
        ) from error
    flags = tags.get("INTERNAL_MASK_FLAGS_1")
    shared = flags is not None and flags.isdecimal() and bool(int(flags) & GMF_PER_DATASET)
    if (
        (width, height) != (dataset.width, dataset.height)
        or flags is None
        or not (shared or count >= dataset.count)
    ):
        raise SourceError(
            f"{path} is no mask of the raster beside it: it has {count} bands of {width} x {height} pixels. "
            "Remove it, or write the mask again."
        )
    return shared


def wrapping_vrt(
    dataset: DatasetReader, name: str, beside: SideFiles, mask: tuple[str, bool] | None
) -> str:
    """Text of a VRT of the whole raster, with nodata, scale and mask from beside it."""
    attributes = {"rasterXSize": str(dataset.width), "rasterYSize": str(dataset.height)}
    root = ElementTree.Element("VRTDataset", attributes)
    if dataset.crs:
        add(root, "SRS", dataset.crs.to_wkt())
    if not dataset.transform.is_identity:
        add(root, "GeoTransform", ", ".join(repr(number) for number in dataset.transform.to_gdal()))
    for number in dataset.indexes:
        band = band_element(root, dataset, number, name, beside.bands.get(number, BandNotes()))
        if mask is not None and not mask[1]:
            add_mask(band, mask[0], str(number))
    if mask is not None and mask[1]:
        add_mask(root, mask[0], "1")
    elif mask is None and has_inner_mask(dataset):
        add_mask(root, name, "mask,1")
    return ElementTree.tostring(root, encoding="unicode")


def has_inner_mask(dataset: DatasetReader) -> bool:
    """Whether the file itself holds a mask that is no alpha band."""
    names = {flag.name for flag in dataset.mask_flag_enums[0]}
    return "per_dataset" in names and "alpha" not in names


def band_element(
    root: ElementTree.Element, dataset: DatasetReader, number: int, name: str, notes: BandNotes
) -> ElementTree.Element:
    """One band of the raster, as it is but for ``notes``."""
    kind = GDAL_TYPES.get(dataset.dtypes[number - 1])
    if kind is None:
        raise SourceError(f"{name}: a band of {dataset.dtypes[number - 1]} can't have side files.")
    block = dataset.block_shapes[number - 1]
    attributes = {"dataType": kind, "band": str(number)}
    attributes |= {"blockYSize": str(block[0]), "blockXSize": str(block[1])}
    band = ElementTree.SubElement(root, "VRTRasterBand", attributes)
    own = dataset.nodatavals[number - 1]
    settings: dict[str, Any] = {
        "Description": dataset.descriptions[number - 1],
        "NoDataValue": notes.nodata or (None if own is None else repr(own)),
        "ColorInterp": notes.alpha or dataset.colorinterp[number - 1].name.capitalize(),
        "Offset": notes.offset or repr(dataset.offsets[number - 1]),
        "Scale": notes.scale or repr(dataset.scales[number - 1]),
    }
    for tag, value in settings.items():
        if value is not None:
            add(band, tag, str(value))
    add_source(band, name, str(number))
    return band


def add(parent: ElementTree.Element, tag: str, text: str) -> ElementTree.Element:
    """A child element with text."""
    child = ElementTree.SubElement(parent, tag)
    child.text = text
    return child


def add_source(band: ElementTree.Element, name: str, number: str) -> None:
    """The whole of a band of a file as a band's source."""
    source = ElementTree.SubElement(band, "SimpleSource")
    add(source, "SourceFilename", name).attrib["relativeToVRT"] = "0"
    add(source, "SourceBand", number)


def add_mask(parent: ElementTree.Element, name: str, number: str) -> None:
    """A mask, from a band of a file."""
    band = ElementTree.SubElement(
        ElementTree.SubElement(parent, "MaskBand"), "VRTRasterBand", {"dataType": "Byte"}
    )
    add_source(band, name, number)
