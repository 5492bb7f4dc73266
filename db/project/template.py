"""The commented project file that ``quarry init`` writes."""

import tomllib
from collections.abc import Iterator

from pydantic.fields import FieldInfo

from quarrydb.project.parameters import Parameters

HEAD = """\
# Project file of quarrydb. Paths are relative to this file. Build with: quarry build

[project]
name = {name}
# database = "mines.duckdb"

# Mine polygons: any number of data sets; the union takes them all.
# GeoPackage, shapefile (also zipped), GeoJSON, GeoParquet or FlatGeobuf, in any CRS.
[[polygons]]
name = "maus2022"
path = "global_mining_polygons_v2.gpkg"       # https://doi.org/10.1594/PANGAEA.942325
# layer = "mining_polygons"
licence = "CC BY-SA 4.0"
citation = "Maus et al. 2022, https://doi.org/10.1594/PANGAEA.942325"

[[polygons]]
name = "tang2023"
path = "74548_projected.shp"                  # https://doi.org/10.5281/zenodo.6806817
licence = "CC BY 4.0"
citation = "Tang and Werner 2023, https://doi.org/10.5281/zenodo.6806817"

# Countries: Natural Earth admin 0 needs no more; for other files name iso3, country, continent.
[countries]
path = "ne_10m_admin_0_countries.shp"         # https://www.naturalearthdata.com
licence = "public domain"

# Key Biodiversity Areas (on request from https://www.keybiodiversityareas.org) or other areas.
# [protected]
# path = "KBAsGlobal_2026_March_01_POL.shp"
# kind = "national parks"                     # what other areas are called in titles

# Regions to add up by (districts, basins), places to look from, names of mines; one section a file.
# [[regions]]
# name = "district"
# path = "districts.gpkg"
# id = "GID_2"
# label = "NAME_2"
# parent = "GID_1"
# [[places]]
# name = "cluster"
# path = "survey_clusters.csv"                # longitude and latitude, or WKT
# crs = "EPSG:4326"
# id = "cluster"
# [[attributes]]
# name = "register"
# path = "mines.csv"
# crs = "EPSG:4326"
# label = "mine"
# commodity = "commodities"

# Mines of an earlier build, so that its ids keep joining (mine_succession).
# [[previous]]
# name = "edition_2024"
# path = "mines_2024.duckdb"

# Stable vegetation to erase at the edges of mines: ready polygons, or rasters to take it from.
# [stable_green.polygons]
# path = "stable_green.gpkg"
# [[stable_green.raster]]
# path = "break_count_1999_2019.tif"
# landcover = "landcover_newest.tif"

# Land cover by year, for development, reclamation and bare surface (docs/landcover.md).
# [landcover]
# path = "GLC_FCS30D_*/**/*.tif"              # https://doi.org/10.5281/zenodo.8239305
# legend = "glc_fcs30d"                       # or a CSV: code, class_name, cover_type, category
# gaps = "record"                             # mines outside the tiles have no data; "error" stops

# Any yearly or monthly series of rasters, for trends and status; one section each (docs/status.md).
# [[indicator]]
# name = "ndvi"
# path = "ndvi/*.tif"
# dates = "ndvi_{{year}}*.tif"                  # where the year stands in a file's name

# Labels of interpreters for a sample drawn by quarry sample (docs/status.md).
# [validation]
# labels = "labels/*.csv"

# The mine seen every year: yearly footprints made elsewhere, or images and a model (docs/segmentation.md).
# [segmentation]
# [[segmentation.footprint]]
# name = "amazon_mining_watch"
# path = "new_mining_*.geojson"               # one file a year, the year in its name
# cumulated = true                            # a file holds only what is new in its year

# Every threshold of a build, with its default.
[parameters]
"""


def project_template(name: str) -> str:
    """The text of a new project file; every parameter stands in it with its default, commented out."""
    return HEAD.format(name=quoted(name)) + "\n".join(_parameter_lines()) + "\n"


def quoted(text: str) -> str:
    """A text as TOML has it, without what would need an escape."""
    safe = "".join(c for c in text if c.isprintable() and c not in '"\\')
    tomllib.loads(f'name = "{safe}"')
    return f'"{safe}"'


def _parameter_lines() -> Iterator[str]:
    for name, field in Parameters.model_fields.items():
        yield f"# {field.description}"
        yield f"# {name} = {_toml_value(field)}"


def _toml_value(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return "[" + ", ".join(f'"{v}"' if isinstance(v, str) else str(v) for v in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)
