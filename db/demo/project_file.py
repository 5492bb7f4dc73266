"""The project file of a demo world: one section for each part that was rendered."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from quarrydb.demo.districts import DISTRICT_FILE
from quarrydb.demo.landcover import ANNUAL, BREAKS
from quarrydb.demo.register import REGISTER_FILE, VILLAGE_FILE, WITHIN_KM
from quarrydb.demo.sentinel2 import PROJECT as SENTINEL2
from quarrydb.demo.vectors import COUNTRY_FILE, GREEN_FILE, MAUS_FILE, PROTECTED_FILE, TANG_FILE
from quarrydb.project import Project

HEAD = """\
# The demo world: invented mines, rendered in the layouts that publishers use.
# truth/ holds what a build of it must find; README.md says what every file is.

[project]
name = "demo world"
"""

POLYGONS = f"""
[[polygons]]
name = "tang"
path = "{TANG_FILE}"
citation = "Invented; laid out as Tang and Werner 2023."

[[polygons]]
name = "maus"
path = "{MAUS_FILE}"
layer = "mining_polygons"
citation = "Invented; laid out as Maus et al. 2022."

[countries]
path = "{COUNTRY_FILE}"

[protected]
path = "{PROTECTED_FILE}"
"""

GREEN = f"""
[stable_green.polygons]
path = "{GREEN_FILE}"
"""

REGIONS = f"""
[[regions]]
name = "district"
path = "{DISTRICT_FILE}"
id = "shapeID"
label = "shapeName"
parent = "shapeGroup"
citation = "Invented; laid out as geoBoundaries."
"""

PLACES = f"""
[[places]]
name = "village"
path = "{VILLAGE_FILE}"
crs = "EPSG:4326"
id = "village_id"
label = "name"
"""

ATTRIBUTES = f"""
[[attributes]]
name = "register"
path = "{REGISTER_FILE}"
crs = "EPSG:4326"
id = "mine_id"
label = "mine"
commodity = "commodity"
operator = "owner"
within_km = {WITHIN_KM}
"""

LANDCOVER = """
[landcover]
path = "landcover/GLC_FCS30D_*/*.tif"
"""

INDICATORS = """
[[indicator]]
name = "ndvi"
path = "ndvi/S2_NDVI_*.tif"
unit = "1"

[[indicator]]
name = "ntl"
path = "ntl/SVDNB_npp_*.tif"
unit = "nW/cm2/sr"
"""

LABELS = """
[validation]
labels = "validation/*.csv"

[validation.biomes]
path = "ecoregions/Ecoregions2017.shp"
"""

SEGMENTATION = """
[segmentation]
reference_year = 2019
"""

IMAGES = """\
model = "demo"
years = [2016, 2024]

[segmentation.images]
path = "images/metadata.csv"
"""

POINTS = """
[[segmentation.point]]
name = "labelled"
path = "points/labelled_points.gpkg"
id = "point_id"
"""

FOOTPRINTS = """
[[segmentation.footprint]]
name = "published"
path = "footprints/mining_footprint_*.gpkg"
probability = "mean_probability"
"""


class SectionText(NamedTuple):
    """Text of the project file: for which parts, and the key that must be known to the project."""

    parts: tuple[str, ...]
    key: str
    text: str


SECTIONS = (
    SectionText(("polygons",), "polygons", POLYGONS + GREEN),
    SectionText(("places",), "regions", REGIONS + PLACES + ATTRIBUTES),
    SectionText(("landcover",), "landcover", LANDCOVER),
    SectionText(("indicators",), "indicator", INDICATORS),
    SectionText(("labels",), "validation", LABELS),
    SectionText(("images", "points", "footprints"), "segmentation", SEGMENTATION),
    SectionText(("images",), "segmentation", IMAGES),
    SectionText(("points",), "segmentation", POINTS),
    SectionText(("footprints",), "segmentation", FOOTPRINTS),
)
GREEN_TILE = """
[[stable_green.raster]]
path = "{breaks}"
landcover = "{landcover}"
landcover_band = 23
"""


def project_text(parts: Iterable[str]) -> str:
    """The text of ``quarry.toml`` for these parts, in the order of the sections."""
    wanted = set(parts)
    known = Project.model_fields
    found = [s.text for s in SECTIONS if wanted & set(s.parts) and s.key in known]
    return HEAD + "".join(found)


def green_raster_text(folder: Path, parts: Iterable[str]) -> str:
    """The same project with stable green from rasters in place of ready polygons."""
    pairs = []
    for path in sorted(folder.glob(BREAKS.format(tile="*"))):
        tile = path.stem.rsplit("_", 1)[1]
        (annual,) = folder.glob(ANNUAL.format(folder="*", tile=tile))
        names = {
            "breaks": BREAKS.format(tile=tile),
            "landcover": annual.relative_to(folder).as_posix(),
        }
        pairs.append(GREEN_TILE.format(**names))
    text = project_text(parts).replace('"demo world"', '"demo world, green from rasters"')
    text = text.replace(
        "\n\n[[polygons]]", '\ndatabase = "mines_green_raster.duckdb"\n\n[[polygons]]', 1
    )
    return text.replace(GREEN, "".join(pairs))


def sentinel2_text() -> str:
    """The project that reads the images from Sentinel-2 items, and NDVI too."""
    head = HEAD.replace(
        '"demo world"', '"demo world, images as Sentinel-2"\ndatabase = "mines_sentinel2.duckdb"'
    )
    return head + POLYGONS + GREEN + SENTINEL2


def write_project(folder: Path, parts: Iterable[str]) -> None:
    """Write ``quarry.toml``, and the projects with green from rasters and images as Sentinel-2, where those
    were rendered.
    """
    parts = list(parts)
    (folder / "quarry.toml").write_text(project_text(parts), encoding="utf-8")
    if {"polygons", "landcover"} <= set(parts):
        text = green_raster_text(folder, parts)
        (folder / "quarry_green_raster.toml").write_text(text, encoding="utf-8")
    if "sentinel2" in parts:
        (folder / "quarry_sentinel2.toml").write_text(sentinel2_text(), encoding="utf-8")
