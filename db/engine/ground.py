"""Find the ground of a project: which source polygons belong to mines that meet its area.

A mine is the union of polygons that touch, of all sources, so a polygon belongs to the area where any of
those that it touches, directly or through others, meets it. What is found is kept in the store, by the
content of all that decides it.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from quarrydb.errors import SourceError
from quarrydb.loaders import layout
from quarrydb.loaders.vector_file import read_vector
from quarrydb.project import Project
from quarrydb.project.ground import TOUCH_DEGREES, Area, Geometries, Ground
from quarrydb.project.sources import VectorSource
from quarrydb.store.shards import Store, fingerprint

REVISION = 2
KIND = "ground"
KM_PER_DEGREE = 111.19508
NONE: Geometries = np.empty(0, object)


def find_ground(project: Project, identity: Callable[[Path], str]) -> Ground:
    """The ground of a project whose polygon files are here, or were the last time.

    ``identity`` stands for a file's content. SourceError where nothing meets the area, or a code is none.
    """
    key, store = ground_key(project, identity), Store(project.cache)
    if is_kept(store, key):
        return as_ground(store.read(KIND, key), key, is_restricted=project.area is not None)
    sources = [polygons_of(source) for source in project.polygons]
    polygons = np.concatenate(sources)
    area = area_of(project) if project.area is not None else None
    if area is not None:
        polygons = polygons[connected(polygons, np.flatnonzero(area.meets(polygons)))]
        if not len(polygons):
            raise SourceError(
                f"no polygon of {', '.join(s.name for s in project.polygons)} meets area = "
                f"{shown(project.area)}. Correct the area in [project]."
            )
    ground = Ground(polygons, key, area)
    store.write(KIND, key, as_table(ground))
    return ground


def is_kept(store: Store, key: str) -> bool:
    """Whether a ground was found before, and stands in the store unharmed."""
    return store.is_sound(store.path(KIND, key))


def shown(area: object) -> str:
    """An area as the user wrote it."""
    return area[0] if isinstance(area, list) and len(area) == 1 else str(area)


def ground_key(project: Project, identity: Callable[[Path], str]) -> str:
    """Name of all that decides the ground."""
    files = [(source.reading("path", "name"), identity(source.path)) for source in project.polygons]
    area: object = project.area
    if isinstance(area, str):
        area = identity(Path(area))
    countries = project.countries
    is_code = isinstance(area, list) and isinstance(area[0], str)
    if is_code and countries is not None:
        distance = project.parameters.offshore_distance_km
        area = [area, countries.reading("path"), identity(countries.path), distance]
    return fingerprint(REVISION, files, area)


def as_table(ground: Ground) -> pa.Table:
    """The ground as the store keeps it."""
    parts = {"mine": ground.polygons, **(vars(ground.area) if ground.area else {})}
    roles = np.repeat(list(parts), [len(shapes) for shapes in parts.values()])
    shapes = shapely.to_wkb(np.concatenate(list(parts.values())))
    return pa.table({"role": roles, "geometry": shapes})


def as_ground(table: pa.Table, key: str, *, is_restricted: bool) -> Ground:
    """The ground of a table that ``as_table`` made."""
    roles = table["role"].to_numpy()
    shapes: Geometries = shapely.from_wkb(table["geometry"].to_numpy())
    land, waters, coast = (shapes[roles == role] for role in ("land", "waters", "coast"))
    return Ground(
        shapes[roles == "mine"], key, Area(land, waters, coast) if is_restricted else None
    )


def polygons_of(source: VectorSource) -> Geometries:
    """Valid polygon parts of a file, in EPSG:4326."""
    data = read_vector(source.path, layer=source.layer, crs=source.crs, encoding=source.encoding)
    geometries = shapely.force_2d(shapely.from_wkb(data.wkb, on_invalid="ignore"))
    geometries = geometries[~shapely.is_missing(geometries) & ~shapely.is_empty(geometries)]
    crs = CRS.from_user_input(data.crs)
    if not crs.equals(CRS.from_epsg(4326), ignore_axis_order=True):
        to_lonlat = Transformer.from_crs(crs, 4326, always_xy=True)
        geometries = shapely.transform(geometries, to_lonlat.transform, interleaved=False)
    is_bad = ~shapely.is_valid(geometries)
    geometries[is_bad] = shapely.make_valid(geometries[is_bad])
    parts = shapely.get_parts(shapely.get_parts(geometries))
    found: Geometries = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    return found


def area_of(project: Project) -> Area:
    """The project's area; of countries with the waters within the offshore distance."""
    land = land_of(project)
    if project.countries is None or not is_codes(project.area):
        return Area(land, NONE, NONE)
    waters = grown(land, project)
    everywhere = polygons_of(project.countries)
    near = shapely.STRtree(everywhere).query(waters, predicate="intersects")[1]
    return Area(land, waters, everywhere[np.unique(near)])


def land_of(project: Project) -> Geometries:
    """The polygons of the project's area."""
    area = project.area
    if isinstance(area, str):
        return polygons_of(VectorSource.model_construct(path=Path(area)))
    if isinstance(area, list) and not isinstance(area[0], str):
        return np.array([shapely.box(*area)], dtype=object)
    countries = project.countries
    if countries is None:
        raise SourceError(f"area = {shown(area)} names countries, but there is no [countries].")
    return countries_of(countries, [str(code) for code in area or []])


def countries_of(section: VectorSource, codes: list[str]) -> Geometries:
    """The outlines of some countries. SourceError lists the codes that there are."""
    data = read_vector(
        section.path, layer=section.layer, crs=section.crs, encoding=section.encoding
    )
    iso3 = layout.iso3_codes(
        data.attributes, getattr(section, "iso3", None), where=str(section.path)
    )
    unknown = sorted(set(codes) - {code for code in iso3 if code})
    if unknown:
        known = ", ".join(sorted({code for code in iso3 if code}))
        raise SourceError(
            f"area = {unknown[0]} is no country of {section.path}. Codes there: {known}."
        )
    rows = [row for row, code in enumerate(iso3) if code in codes]
    return np.array(shapely.make_valid(shapely.from_wkb([data.wkb[row] for row in rows])), object)


def is_codes(area: object) -> bool:
    """Whether an area is a list of country codes."""
    return isinstance(area, list) and isinstance(area[0], str)


def grown(area: Geometries, project: Project) -> Geometries:
    """The area with the waters within the offshore distance, in degrees of the widest longitude."""
    bounds = shapely.bounds(area)
    latitude = np.minimum(np.abs(bounds[:, [1, 3]]).max(axis=1), 85.0)
    degrees = project.parameters.offshore_distance_km / KM_PER_DEGREE
    found: Geometries = shapely.buffer(area, degrees / np.cos(np.radians(latitude)))
    return found


def connected(polygons: Geometries, seeds: NDArray[np.int64]) -> NDArray[np.int64]:
    """The seeds and all polygons that touch them, directly or through others."""
    tree = shapely.STRtree(polygons)
    found = np.zeros(len(polygons), bool)
    front = seeds
    while len(front):
        found[front] = True
        near = tree.query(polygons[front], predicate="dwithin", distance=TOUCH_DEGREES)[1]
        front = np.unique(near[~found[near]])
    return np.flatnonzero(found)
