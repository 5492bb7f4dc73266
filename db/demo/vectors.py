"""The polygon inputs, in the layouts of their publishers."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from quarrydb.demo import ease_grid
from quarrydb.demo.deposit import MAUS, TANG
from quarrydb.demo.files import write_layer, write_measured
from quarrydb.demo.measure import area_km2
from quarrydb.demo.world import CRS, World

MAUS_FILE = "maus_2022/global_mining_polygons_v2.gpkg"
TANG_FILE = "tang_werner_2023/74548_projected polygons.shp"
COUNTRY_FILE = "natural_earth/ne_10m_admin_0_countries.shp"
PROTECTED_FILE = "kba/KBAsGlobal_2026_March_01_POL.shp"
GREEN_FILE = "stable_green/stable_green.gpkg"


def render_polygons(world: World, folder: Path) -> None:
    """Write both mine data sets, countries, protected areas and stable-green polygons."""
    write_layer(maus(world), folder / MAUS_FILE, layer="mining_polygons", geometry_type="Unknown")
    write_measured(*tang(world), folder / TANG_FILE, ease_grid.PRJ)
    write_layer(natural_earth(world), folder / COUNTRY_FILE)
    write_layer(key_biodiversity_areas(world), folder / PROTECTED_FILE)
    write_layer(world.green[["green", "geometry"]], folder / GREEN_FILE, layer="stable_green")


def maus(world: World) -> gpd.GeoDataFrame:
    """Maus et al. 2022 v2: ISO3_CODE, COUNTRY_NAME, AREA (km2); last a null and an empty row."""
    rows = world.source_rows[world.source_rows.source == MAUS]
    country = world.countries.iloc[nearest_country(world, rows.geometry.to_numpy())]
    frame = pd.DataFrame(
        {
            "ISO3_CODE": country.iso3.to_numpy(),
            "COUNTRY_NAME": country.country.to_numpy(),
            "AREA": area_km2(shapely.make_valid(rows.geometry.to_numpy())),
        }
    )
    void = pd.DataFrame({"ISO3_CODE": ["XAA"] * 2, "COUNTRY_NAME": ["none"] * 2, "AREA": [0.0] * 2})
    geometry = [*rows.geometry, None, shapely.Polygon()]
    return gpd.GeoDataFrame(pd.concat([frame, void], ignore_index=True), geometry=geometry, crs=CRS)


def tang(world: World) -> tuple[pd.DataFrame, ease_grid.Geometries]:
    """Tang and Werner 2023: OBJECTID, Shape_Area (m2), shapes in metres; a null row at the end."""
    rows = world.source_rows[world.source_rows.source == TANG]
    shapes = ease_grid.projected(rows.geometry.to_numpy())
    columns = {
        "OBJECTID": np.arange(1, len(rows) + 2, dtype=np.int32),
        "Shape_Area": [*shapely.area(shapely.make_valid(shapes)), 0.0],
    }
    measured = np.array([*ease_grid.measured(shapes), None], dtype=object)
    return pd.DataFrame(columns), measured


def nearest_country(world: World, geometries: np.ndarray) -> np.ndarray:
    """Position of the country nearest to each geometry's first vertex."""
    first = shapely.get_point(shapely.get_exterior_ring(shapely.get_geometry(geometries, 0)), 0)
    return np.asarray(shapely.STRtree(world.countries.geometry.to_numpy()).nearest(first))


def natural_earth(world: World) -> gpd.GeoDataFrame:
    """Natural Earth admin 0: ADM0_A3 is always set, ISO_A3 is -99 for some, ISO_A3_EH for fewer."""
    countries = world.countries
    iso = np.where(countries.has_iso, countries.iso3, "-99")
    columns = {
        "featurecla": "Admin-0 country",
        "SOVEREIGNT": countries.country,
        "ADM0_A3": countries.iso3,
        "ADMIN": countries.country,
        "NAME": countries.country,
        "NAME_LONG": "Republic of " + countries.country,
        "ISO_A3": iso,
        "ISO_A3_EH": iso,
        "CONTINENT": countries.continent,
        "REGION_UN": countries.continent,
        "SUBREGION": countries.continent,
    }
    return gpd.GeoDataFrame(columns, geometry=countries.geometry, crs=CRS)


def key_biodiversity_areas(world: World) -> gpd.GeoDataFrame:
    """World Database of Key Biodiversity Areas: SitRecID, names, country, status, area (ha)."""
    areas = world.protected
    spot = shapely.point_on_surface(areas.geometry.to_numpy())
    columns = {
        "SitRecID": areas.site_id,
        "Region": "Demo",
        "Country": areas.country,
        "ISO3": areas.iso3,
        "NatName": areas["name"],
        "IntName": areas["name"],
        "SitLat": shapely.get_y(spot),
        "SitLong": shapely.get_x(spot),
        "SitArea": area_km2(areas.geometry.to_numpy()) * 100,
        "KbaStatus": areas.status,
        "KbaClass": "Global",
        "AzeStatus": "",  # of the few that hold the last of a species
    }
    return gpd.GeoDataFrame(columns, geometry=areas.geometry, crs=CRS)
