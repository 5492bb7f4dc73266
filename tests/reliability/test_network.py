"""Nothing is fetched: neither for a path in a project file, nor for what a file says. A server listens."""

import json
import threading
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyogrio
import pytest
import shapely

from quarrydb.errors import SourceError
from quarrydb.loaders import image
from quarrydb.loaders.formats.geojson import BLOCK_BYTES, check_crs_is_no_link
from quarrydb.loaders.raster import gdal_environment, grid_of, open_raster
from quarrydb.loaders.vector_file import read_vector
from quarrydb.project import load_project
from tests.landcover.conftest import write_raster
from tests.reliability.table import case, tried
from tests.reliability.tools import context_of, load_polygons, refusal

WKT = (
    b'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],'
    b'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]'
)
FEATURE = {
    "type": "Feature",
    "properties": {"crs": "of no meaning here"},
    "geometry": shapely.geometry.mapping(shapely.box(0, 0, 1, 1)),
}


class Server(ThreadingHTTPServer):
    """Answers every request, with a CRS where ``body`` says nothing else, and notes it."""

    body = WKT

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.requests.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(self.server.body)

    do_HEAD = do_GET  # noqa: N815 the names are http.server's

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()


# Paths of a project file

HEAD = '[project]\nname = "test"\n'
MINES = '[[polygons]]\nname = "a"\npath = "a.gpkg"\n'
IMAGES = (
    '[segmentation]\nmodel = "demo"\nyears = [2016, 2017]\n[segmentation.images]\npath = "{}"\n'
)
PLACES = {
    "project.database": '[project]\nname = "test"\ndatabase = "{}"\n' + MINES,
    "polygons.path": HEAD + '[[polygons]]\nname = "a"\npath = "{}"\n',
    "countries.path": HEAD + MINES + '[countries]\npath = "{}"\n',
    "protected.path": HEAD + MINES + '[protected]\npath = "{}"\n',
    "stable_green.polygons.path": HEAD + MINES + '[stable_green.polygons]\npath = "{}"\n',
    "stable_green.raster.path": HEAD
    + MINES
    + '[[stable_green.raster]]\npath = "{}"\nlandcover = "a.gpkg"\n',
    "stable_green.raster.landcover": HEAD
    + MINES
    + '[[stable_green.raster]]\npath = "a.gpkg"\nlandcover = "{}"\n',
    "stable_green.raster.legend": HEAD
    + MINES
    + '[[stable_green.raster]]\npath = "a.gpkg"\nlandcover = "a.gpkg"\nlegend = "{}"\n',
    "landcover.path": HEAD + MINES + '[landcover]\npath = "{}"\n',
    "landcover.legend": HEAD + MINES + '[landcover]\npath = "a.gpkg"\nlegend = "{}"\n',
    "indicator.path": HEAD + MINES + '[[indicator]]\nname = "ndvi"\npath = "{}"\n',
    "segmentation.images.path": HEAD + MINES + IMAGES,
    "segmentation.footprint.path": HEAD
    + MINES
    + '[[segmentation.footprint]]\nname = "f"\npath = "{}"\n',
    "segmentation.point.path": HEAD + MINES + '[[segmentation.point]]\nname = "p"\npath = "{}"\n',
    "validation.labels": HEAD + MINES + '[validation]\nlabels = "{}"\n',
    "validation.biomes.path": HEAD + MINES + '[validation.biomes]\npath = "{}"\n',
}
SPELLINGS = ("{}/a.gpkg", "/vsicurl/{}/a.gpkg", "/vsizip//vsicurl/{}/a.zip", "/vsigzip/{}/a.gz")


@tried("Security", "URL, or a path under /vsicurl/, at every place of a project file")
def test_no_path_is_fetched(
    server: Server, tmp_path: Path, happened: Callable[[str], None]
) -> None:
    (tmp_path / "a.gpkg").touch()
    for place, text in PLACES.items():
        for spelling in SPELLINGS:
            path = spelling.format(server.url)
            (tmp_path / "quarry.toml").write_text(text.format(path))
            said = refusal(lambda: load_project(tmp_path))
            unknown = f"{server.url.removeprefix('http://')} is no host of a known data set"
            assert f"{path} is not a local path" in said or unknown in said, place
    assert server.requests == []
    happened(
        f"Refused, exit code 2, at all {len(PLACES)} places; a server that listens there gets no "
        "request. Only hosts of the catalogue and of `[network] hosts` are asked, and only with --fetch."
    )


# What files say


def geojson(server: Server, *, key: str = '"crs"', kind: str = "link", at: str = "file") -> str:
    """GeoJSON whose CRS, of the whole file or of a geometry, is to be fetched."""
    member = json.dumps({"type": kind, "properties": {"href": server.url, "url": server.url}})
    text = json.dumps({"type": "FeatureCollection", "features": [FEATURE]})
    if at == "geometry":
        return text.replace('"coordinates"', f'{key}: {member}, "coordinates"')
    return text[:-1] + f", {key}: {member}}}"


LINKS = [
    case("Security", "GeoJSON whose CRS is a link", {}),
    case("Security", "the same, its key in capitals and escapes", {"key": r'"C\u0072s"'}),
    case("Security", "GeoJSON whose CRS is a URL", {"kind": "url"}),
    case("Security", "GeoJSON with a link at a geometry", {"at": "geometry"}),
]


@pytest.mark.parametrize("options", LINKS)
def test_no_crs_is_fetched(
    options: dict[str, str], server: Server, tmp_path: Path, happened: Callable[[str], None]
) -> None:
    path = tmp_path / "mines.geojson"
    path.write_text(geojson(server, **options))
    text = refusal(lambda: load_polygons(tmp_path, path))
    with zipfile.ZipFile(tmp_path / "mines.zip", "w") as archive:
        archive.write(path, "mines.geojson")
    assert "crs member" in refusal(lambda: load_polygons(tmp_path, tmp_path / "mines.zip"))
    assert server.requests == []
    pyogrio.read_arrow(path)
    assert server.requests != [], "GDAL itself fetches it, or this test shows nothing"
    happened(text)


@pytest.mark.parametrize("distance", [0, 100, BLOCK_BYTES - 10, BLOCK_BYTES, 2 * BLOCK_BYTES - 3])
@pytest.mark.parametrize("gap", [b"", b"\n\t ", b" " * 2**17])
def test_a_link_is_found_wherever_it_stands(distance: int, gap: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    head = b'{"type": "FeatureCollection", "features": [],'
    member = b'"crs"' + gap + b":" + gap + b'{"type": "link"}'
    path.write_bytes(head + b" " * distance + member + b" " * 1000 + b"}")
    with path.open("rb") as file, pytest.raises(SourceError, match="crs member"):
        check_crs_is_no_link(file, "a.geojson")


@pytest.mark.parametrize(
    "member",
    [
        '"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}',
        '"crs": null',
        '"properties": {"crs": "EPSG:4326", "note": "crs"}',
        '"properties": {"a": ["crs", "crs"], "note": "\\"crs\\": {\\"type\\": \\"link\\"}"}',
    ],
)
def test_a_named_crs_and_words_are_no_link(member: str, tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text('{"type": "FeatureCollection", "features": [], ' + member + "}")
    with path.open("rb") as file:
        check_crs_is_no_link(file, "a.geojson")


VECTORS = {
    "mines.geojson": "<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>/vsicurl/URL/a.gpkg"
    "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
    "mines.gpkg": "<OGRWFSDataSource><URL>URL/wfs</URL></OGRWFSDataSource>",
    "mines.json": '{"type": "gdal_streamed_alg", "command_line": "gdal vector read URL/a.geojson"}',
    "mines.fgb": "URL/a.fgb",
    "mines.shp": "/vsicurl/URL/a.shp",
    "mines.kml": '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><NetworkLink><Link>'
    "<href>URL/a.kml</href></Link></NetworkLink></Document></kml>",
    "mines.gml": '<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml" xmlns:xsi='
    '"http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="URL URL/a.xsd?SERVICE=WFS&amp;'
    'REQUEST=DescribeFeatureType&amp;typename=a"></gml:FeatureCollection>',
}
RASTERS = {
    "vrt.tif": '<VRTDataset rasterXSize="3" rasterYSize="3"><VRTRasterBand dataType="Byte" band="1">'
    "<SimpleSource><SourceFilename>/vsicurl/URL/a.tif</SourceFilename></SimpleSource>"
    "</VRTRasterBand></VRTDataset>",
    "wms.tif": '<GDAL_WMS><Service name="TMS"><ServerUrl>URL</ServerUrl></Service></GDAL_WMS>',
    "stac.tif": '{"stac_version": "1.0.0", "type": "Feature", "assets": {"a": {"href": "URL/a.tif"}}}',
}


@tried("Security", "files of ten kinds that name a server")
def test_no_content_is_fetched(
    server: Server, tmp_path: Path, happened: Callable[[str], None]
) -> None:
    for name, text in VECTORS.items():
        (tmp_path / name).write_text(text.replace("URL", server.url))
        with pytest.raises(SourceError):
            read_vector(tmp_path / name)
    for name, text in RASTERS.items():
        (tmp_path / name).write_text(text.replace("URL", server.url))
        with gdal_environment(), pytest.raises(SourceError), open_raster(tmp_path / name):
            pass
    assert len(VECTORS) + len(RASTERS) == 10
    assert server.requests == []
    happened("Refused, and the server gets no request.")


@tried("Security", "CRS in the project file that is a URL or a file")
def test_no_declared_crs_is_fetched(
    server: Server, tmp_path: Path, happened: Callable[[str], None]
) -> None:
    raster = write_raster(tmp_path / "lc_2000.tif", [[1]], crs=None)
    mines = tmp_path / "mines.fgb"
    pyogrio.write_dataframe(
        pyogrio.read_dataframe(plain(tmp_path)).set_crs(None, allow_override=True), mines
    )
    (tmp_path / "secret.wkt").write_bytes(WKT)
    for crs in (server.url, f"/vsicurl/{server.url}", str(tmp_path / "secret.wkt")):
        said = refusal(partial(load_polygons, tmp_path, mines, crs=crs))
        assert "is unknown" in said
        with gdal_environment(), open_raster(raster) as dataset:
            assert "is unknown" in refusal(partial(grid_of, dataset, raster, crs))
    assert server.requests == []
    happened("Refused, exit code 3: unknown CRS. Nothing is fetched, no file is read.")


def plain(folder: Path) -> Path:
    path = folder / "plain.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [FEATURE]}))
    return path


def table_of_images(folder: Path, url: str) -> Path:
    path = folder / "images.csv"
    paths = [f"{url}/a.tif", f"/vsicurl/{url}/a.tif", "good.tif"]
    rows = [f"{n},{where},2016-01-01,90" for n, where in enumerate(paths)]
    path.write_text("\n".join(["image_id,path,date,clear_percent", *rows]))
    return path


def items_of_images(folder: Path, url: str) -> Path:
    path = folder / "items.json"
    features = [
        {
            "type": "Feature",
            "stac_version": "1.0.0",
            "id": str(number),
            "geometry": None,
            "properties": {"datetime": "2016-01-01T00:00:00Z", "eo:cloud_cover": 10},
            "assets": {"data": {"href": href, "type": "image/tiff; application=geotiff"}},
            "links": [],
        }
        for number, href in enumerate([f"{url}/a.tif", f"/vsicurl/{url}/a.tif", "good.tif"])
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


CATALOGUES = [
    case("Security", "table of images that names URLs", table_of_images),
    case("Security", "STAC items whose images are URLs", items_of_images),
]


@pytest.mark.parametrize("make", CATALOGUES)
def test_no_image_is_fetched(
    make: Callable[[Path, str], Path],
    server: Server,
    tmp_path: Path,
    happened: Callable[[str], None],
) -> None:
    write_raster(tmp_path / "good.tif", [[1, 2], [3, 4]])
    (tmp_path / "a.gpkg").touch()
    catalogue = make(tmp_path, server.url)
    (tmp_path / "quarry.toml").write_text(HEAD + MINES + IMAGES.format(catalogue.name))
    (step,) = image.steps(load_project(tmp_path))
    tables = step.run(context_of(tmp_path, step.files))
    assert tables["raw.image"]["image_id"].to_pylist() == ["2"]
    problems = tables["raw.load_issue"]["problem"].to_pylist()
    assert set(problems) == {"place is unknown", "file is missing"}
    assert server.requests == []
    happened("Those images are set aside, and the server gets no request.")
