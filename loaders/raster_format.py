"""Raster formats that are opened, each by one driver, known by a file's first bytes."""

from quarrydb.errors import SourceError

FORMATS = "GeoTIFF, JPEG 2000, netCDF or VRT of local tiles"
SIGNATURE_BYTES = 512
DRIVER_OF_SIGNATURE = {
    b"II*\0": "GTiff",
    b"MM\0*": "GTiff",
    b"II+\0": "GTiff",
    b"MM\0+": "GTiff",
    b"\0\0\0\x0cjP  \r\n\x87\n": "JP2OpenJPEG",
    b"\xff\x4f\xff\x51": "JP2OpenJPEG",
    b"CDF\x01": "netCDF",
    b"CDF\x02": "netCDF",
    b"CDF\x05": "netCDF",
    b"\x89HDF\r\n\x1a\n": "netCDF",
}
RASTER_SUFFIXES = (".tif", ".tiff", ".jp2", ".j2k", ".nc")
VRT_SUFFIX = ".vrt"


def driver_of(head: bytes, name: str, size: int) -> str:
    """GDAL's driver for a file that begins with ``head``; SourceError where quarrydb opens none.

    A VRT must be named .vrt as well: under another name somebody expects pixels, not references.
    """
    for signature, driver in DRIVER_OF_SIGNATURE.items():
        if head.startswith(signature):
            return driver
    if head.lstrip().startswith(b"<VRTDataset") and name.lower().endswith(VRT_SUFFIX):
        return "VRT"
    found = f"it starts with {head[:16]!r}" if head else "it is empty"
    raise SourceError(
        f"{name} ({size} bytes) is not a {FORMATS} that can be read: {found}. "
        "Download it again, or convert it with gdal_translate -of GTiff."
    )
