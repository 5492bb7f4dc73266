"""What opens as a raster, and what is refused: VRTs, files beside, archives that lie."""

import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.warp import transform
from rasterio.windows import Window

from quarrydb.errors import SourceError
from quarrydb.loaders.archive import expand
from quarrydb.loaders.grid import Grid
from quarrydb.loaders.raster import (
    find_rasters,
    gdal_environment,
    grid_of,
    input_files,
    open_raster,
)
from quarrydb.loaders.raster_mask import hidden, masking_of
from quarrydb.loaders.raster_nearest import NearestReader
from tests.status.rasters import write_raster

ONES = np.ones((10, 10), np.uint8)
BLOCK = Window(0, 0, 10, 10)


def opened(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Pixels and what hides them."""
    with gdal_environment(), open_raster(path) as dataset:
        found = dataset.read(1)
        return found, hidden(dataset, path, masking_of(dataset), BLOCK, [1])


def vrt(folder: Path, *sources: str, head: str = "", band: str = "", relative: str = "1") -> Path:
    """A mosaic of sources of 10 x 10 pixels, side by side."""
    parts = [
        f'<SimpleSource><SourceFilename relativeToVRT="{relative}">{source}</SourceFilename>'
        f'<SourceBand>1</SourceBand><SrcRect xOff="0" yOff="0" xSize="10" ySize="10"/>'
        f'<DstRect xOff="{10 * i}" yOff="0" xSize="10" ySize="10"/></SimpleSource>'
        for i, source in enumerate(sources)
    ]
    path = folder / "mosaic_2018.vrt"
    path.write_text(
        f'<VRTDataset rasterXSize="{10 * len(sources)}" rasterYSize="10"><SRS>EPSG:4326</SRS>'
        f"<GeoTransform>0, 0.001, 0, 0.01, 0, -0.001</GeoTransform>{head}"
        f'<VRTRasterBand dataType="Byte" band="1">{band}{"".join(parts)}</VRTRasterBand></VRTDataset>'
    )
    return path


def test_a_vrt_of_local_tiles(tmp_path):
    """Read as one raster; its tiles are inputs of it, and no rasters of their own."""
    (tmp_path / "tiles").mkdir()
    for i in (1, 2):
        write_raster(tmp_path / "tiles" / f"t{i}.tif", ONES * i, west=0.01 * (i - 1))
    path = vrt(tmp_path, "tiles/t1.tif", "tiles/t2.tif")
    with gdal_environment(), open_raster(path) as dataset:
        assert dataset.read(1)[0].tolist() == [1] * 10 + [2] * 10
        assert grid_of(dataset, path).width == 20
    tiles = sorted((tmp_path / "tiles").iterdir())
    assert set(input_files([path])) == {path, *tiles}
    assert find_rasters([path, *tiles]) == [path]


@pytest.mark.parametrize(
    ("source", "relative", "said"),
    [
        ("/vsicurl/http://127.0.0.1:9/a.tif", "0", "no file in its folder"),
        ("http://127.0.0.1:9/a.tif", "0", "no file in its folder"),
        ("/etc/hostname", "0", "no file in its folder"),
        ("../a.tif", "1", "no file in its folder"),
        ("link.tif", "1", "no file in its folder"),
        ("nested.vrt", "1", "no GeoTIFF"),
        ("NETCDF:a.nc:x", "1", "does not exist"),
        ("none.tif", "1", "does not exist"),
        ("", "1", "no file in its folder"),
    ],
)
def test_a_vrt_that_reads_other_things_is_refused(tmp_path, source, relative, said):
    folder = tmp_path / "project"
    folder.mkdir()
    write_raster(tmp_path / "a.tif", ONES)
    (folder / "link.tif").symlink_to(tmp_path / "a.tif")
    vrt(folder, "x.tif").rename(folder / "nested.vrt")
    with pytest.raises(SourceError, match=said) as error:
        opened(vrt(folder, source, relative=relative))
    assert "mosaic_2018.vrt" in str(error.value)


@pytest.mark.parametrize(
    "change",
    [
        ("<SRS>", "<GDALWarpOptions/><SRS>"),
        ('band="1">', 'band="1" subClass="VRTDerivedRasterBand">'),
        ("<SRS>", "<PixelFunctionCode>import os</PixelFunctionCode><SRS>"),
        ("<VRTDataset ", '<VRTDataset subClass="VRTWarpedDataset" '),
        ("<SRS>", "<OpenOptions><OOI key='a'>b</OOI></OpenOptions><SRS>"),
    ],
)
def test_a_vrt_that_is_more_than_a_mosaic_is_refused(tmp_path, change):
    write_raster(tmp_path / "a.tif", ONES)
    path = vrt(tmp_path, "a.tif")
    path.write_text(path.read_text().replace(*change, 1))
    with pytest.raises(SourceError, match="plain mosaic of local GeoTIFFs"):
        opened(path)


def test_entities_and_broken_xml_are_refused(tmp_path):
    write_raster(tmp_path / "a.tif", ONES)
    path = vrt(tmp_path, "a.tif")
    text = path.read_text()
    path.write_text(text.replace("<SRS>", '<!ENTITY a "b"><SRS>', 1))
    with pytest.raises(SourceError, match="document type or entities"):
        opened(path)
    path.write_text(text[:-20])
    with pytest.raises(SourceError, match="no XML that can be read"):
        opened(path)


def test_tiles_whose_void_pixels_a_vrt_would_show_are_refused(tmp_path):
    write_raster(tmp_path / "a.tif", ONES, nodata=1)
    with pytest.raises(SourceError, match=r"a\.tif tags nodata 1, which .* does not"):
        opened(vrt(tmp_path, "a.tif"))
    assert opened(vrt(tmp_path, "a.tif", band="<NoDataValue>1</NoDataValue>"))[0].all()
    mask = np.zeros((10, 10), np.uint8)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        write_raster(tmp_path / "b.tif", ONES, mask=mask)
    with pytest.raises(SourceError, match=r"b\.tif has a mask, which .* does not"):
        opened(vrt(tmp_path, "b.tif"))
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False):
        write_raster(tmp_path / "c.tif", ONES, mask=mask)
    with pytest.raises(SourceError, match=r"c\.tif\.msk hides or scales pixels"):
        opened(vrt(tmp_path, "c.tif"))


@pytest.mark.parametrize(
    "content",
    [b"", b"text", b"<VRTDataset rasterXSize='1' rasterYSize='1'></VRTDataset>"],
)
def test_a_mask_that_is_none_is_refused(tmp_path, content):
    path = tmp_path / "a.tif"
    write_raster(path, ONES)
    (tmp_path / "a.tif.msk").write_bytes(content)
    with pytest.raises(SourceError, match=r"a\.tif\.msk"):
        opened(path)


def test_a_mask_of_another_raster_is_refused(tmp_path):
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False):
        write_raster(tmp_path / "small.tif", ONES[:5], mask=ONES[:5])
    write_raster(tmp_path / "a.tif", ONES)
    (tmp_path / "small.tif.msk").rename(tmp_path / "a.tif.msk")
    with pytest.raises(SourceError, match=r"1 bands of 10 x 5 pixels"):
        opened(tmp_path / "a.tif")


def test_notes_of_statistics_are_not_read_and_broken_ones_are_named(tmp_path):
    path = tmp_path / "a.tif"
    write_raster(path, ONES)
    notes = tmp_path / "a.tif.aux.xml"
    notes.write_text(
        "<PAMDataset><PAMRasterBand band='1'><Histograms/></PAMRasterBand></PAMDataset>"
    )
    with gdal_environment(), open_raster(path) as dataset:
        assert dataset.driver == "GTiff"
    notes.write_text(
        "<PAMDataset><PAMRasterBand band='1'><NoDataValue>x</NoDataValue></PAMRasterBand>"
    )
    with pytest.raises(SourceError, match=r"a\.tif\.aux\.xml is no XML"):
        opened(path)
    notes.write_text(notes.read_text() + "</PAMDataset>")
    with pytest.raises(SourceError, match=r"a\.tif\.aux\.xml has nodata 'x', no number"):
        opened(path)
    notes.write_text(notes.read_text().replace("NoDataValue", "Scale"))
    with pytest.raises(SourceError, match=r"a\.tif\.aux\.xml has scale 'x', no number"):
        opened(path)


def test_masks_of_each_band(tmp_path):
    """A .msk may hold a mask a band; GDAL gives such a band no mask flag at all."""
    path = tmp_path / "a.tif"
    write_raster(path, np.stack([ONES, ONES]))
    masks = np.stack([np.zeros((10, 10), np.uint8), ONES * 255])
    with rasterio.open(
        tmp_path / "a.tif.msk", "w", driver="GTiff", width=10, height=10, count=2, dtype="uint8"
    ) as file:
        file.write(masks)
        file.update_tags(INTERNAL_MASK_FLAGS_1="0", INTERNAL_MASK_FLAGS_2="0")
    with gdal_environment(), open_raster(path) as dataset:
        found = hidden(dataset, path, masking_of(dataset), BLOCK, [1, 2])
    assert found is not None
    assert found[0].all()
    assert not found[1].any()


# Archives


def test_links_in_a_tar_are_no_files(tmp_path):
    with tarfile.open(tmp_path / "links.tgz", "w:gz") as archive:
        link = tarfile.TarInfo("a.tif")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(SourceError, match="holds nothing that is a raster"):
        expand([tmp_path / "links.tgz"])


@pytest.mark.parametrize("name", ["cut.zip", "cut.tgz"])
def test_a_cut_archive_is_named(tmp_path, name):
    write_raster(tmp_path / "a.tif", np.random.default_rng(1).integers(0, 255, (99, 99), np.uint8))
    whole = tmp_path / f"whole{name[3:]}"
    if name.endswith("zip"):
        with zipfile.ZipFile(whole, "w") as archive:
            archive.write(tmp_path / "a.tif", "a.tif")
    else:
        with tarfile.open(whole, "w:gz") as tar:
            tar.add(tmp_path / "a.tif", "a.tif")
    (tmp_path / name).write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(SourceError, match=rf"{name} is a damaged archive"):
        expand([tmp_path / name])


def test_a_header_at_the_end_of_a_tars_member(tmp_path, monkeypatch):
    """A TIFF may keep its directory after its pixels: then the member is unpacked whole."""
    monkeypatch.setattr("quarrydb.loaders.archive.HEAD_BYTES", 1000)
    path = tmp_path / "a.tif"
    write_raster(path, np.ones((100, 100), np.uint8))
    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(note="x" * 5000)  # no room in front: the directory moves to the end
    with tarfile.open(tmp_path / "a.tgz", "w:gz") as archive:
        archive.add(path, "a.tif")
    with gdal_environment(), open_raster(tmp_path / "a.tgz" / "a.tif", header_only=True) as dataset:
        assert dataset.width == 100


# One raster on the grid of another


def test_nearest_values_are_those_at_the_centres(tmp_path):
    """Between projections, at another resolution and place, against GDAL's transform and sampling."""
    path = tmp_path / "cover.tif"
    values = np.random.default_rng(1).integers(1, 200, (300, 300)).astype(np.uint8)
    write_raster(path, values, west=500_000, north=6_000_000, step=30.0, crs="EPSG:32631", nodata=0)
    target = Grid("EPSG:4326", (0.0004, 0.0, 3.02, 0.0, -0.0004, 54.13), 250, 200)
    x, y = np.meshgrid(
        3.02 + 0.0004 * (np.arange(20, 220) + 0.5), 54.13 - 0.0004 * (np.arange(10, 160) + 0.5)
    )
    with rasterio.open(path) as dataset:
        reader = NearestReader(dataset, path, grid_of(dataset, path), 1)
        found, known = reader.read(target, Window(20, 10, 200, 150))
        places = zip(*transform("EPSG:4326", dataset.crs, x.ravel(), y.ravel()), strict=True)
        expected = np.array([value[0] for value in dataset.sample(places)]).reshape(150, 200)
    assert (expected > 0).any()
    assert (expected == 0).any()
    assert np.array_equal(np.where(known, found, 0), expected)
