"""Make polygons fit to compute with: two dimensions, longitude first, valid, one part a row.

Pure functions over arrays of shapely geometries. Nothing is dropped or changed without an
``Issue``.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Geod
from pyproj.exceptions import ProjError

from quarrydb.errors import SourceError
from quarrydb.loaders.crs import is_lonlat, to_lonlat, unusable_crs
from quarrydb.loaders.longitude import beyond_edge, on_globe, split_at_antimeridian, wrap
from quarrydb.loaders.provenance import Issue
from quarrydb.loaders.repair import POLYGON, polygons_only, repaired
from quarrydb.loaders.reproject import holds_pole, reproject

Geometries = npt.NDArray[np.object_]
GEOD = Geod(ellps="WGS84")
POLYGONAL = (POLYGON, 6)  # shapely type ids of Polygon and MultiPolygon
COLLECTION = 7
PROJECTED_SHARE = 0.5
SWAPPED_SHARE = 0.02  # a few wild latitudes are bad rows; more, and x and y changed places


@dataclass
class Cleaned:
    """Polygon parts in EPSG:4326 with the feature each comes from, and all that was noted on the
    way.
    """

    source: str
    geometry: Geometries
    feature: npt.NDArray[np.int64]
    issues: list[Issue] = field(default_factory=list)
    ids: Sequence[str] = ()

    def keep(self, good: npt.NDArray[np.bool_], problem: str) -> None:
        """Set aside the features that are not ``good``, each with an issue."""
        for index in self.feature[~good]:
            self.issues.append(Issue(self.source, self.ids[index], problem, "set aside"))
        self.geometry, self.feature = self.geometry[good], self.feature[good]

    @property
    def part(self) -> npt.NDArray[np.int64]:
        """Number of each part within its feature, from 1."""
        counts: Counter[int] = Counter()
        numbers = np.empty(len(self.feature), dtype=np.int64)
        for position, index in enumerate(self.feature.tolist()):
            counts[index] += 1
            numbers[position] = counts[index]
        return numbers


def geodesic_area_km2(geometry: shapely.Geometry) -> float:
    """Area on the WGS84 ellipsoid, km2, holes taken off; 0 for what is no polygon."""
    if shapely.get_type_id(geometry) not in POLYGONAL:
        return 0.0
    area, _ = GEOD.geometry_area_perimeter(shapely.orient_polygons(geometry))
    return abs(area) / 1e6


def clean(
    source: str, wkb: Sequence[bytes | None], ids: Sequence[str], crs: str, *, where: str
) -> Cleaned:
    """Turn features of any CRS into valid single polygons in EPSG:4326.

    ``where`` names the file and layer in errors. Raises SourceError where the CRS is unknown or the
    coordinates contradict it.
    """
    ids, notes = unique_ids(source, ids)
    raw = np.array(list(wkb), dtype=object)
    cleaned = Cleaned(source, raw, np.arange(len(raw)), notes, ids)
    _parse(cleaned)
    _flatten(cleaned)
    cleaned.keep(_is_finite(cleaned.geometry), "coordinates are NaN or infinite")
    _reproject(cleaned, crs, where)
    _refuse_projected(cleaned, crs, where)
    cleaned.keep(on_globe(cleaned.geometry), "coordinates beyond 360 degrees or the poles")
    _wrap(cleaned)
    _split_at_antimeridian(cleaned)
    _repair(cleaned)
    _explode(cleaned)
    cleaned.keep(shapely.area(cleaned.geometry) > 0, "a part without area")
    _note_duplicates(cleaned)
    return cleaned


def unique_ids(source: str, ids: Sequence[str]) -> tuple[list[str], list[Issue]]:
    """``ids`` with ``#2``, ``#3`` ... after those that came before, and an
    issue for each such id.
    """
    seen: Counter[str] = Counter()
    given, taken = set(ids), set()
    unique = []
    for value in ids:
        seen[value] += 1
        name, number = value, seen[value]
        while name in taken or (name != value and name in given):
            name, number = f"{value}#{max(number, 2)}", number + 1
        taken.add(name)
        unique.append(name)
    notes = [
        Issue(source, value, "id stands on several features", "numbered from #2", n)
        for value, n in seen.items()
        if n > 1
    ]
    return unique, notes


def _parse(cleaned: Cleaned) -> None:
    is_null = np.array([value is None for value in cleaned.geometry], dtype=bool)
    cleaned.keep(~is_null, "no geometry")
    wkb, features = cleaned.geometry, cleaned.feature
    with np.errstate(invalid="ignore"):  # NaN is set aside later, and counted
        geometry = shapes_of(wkb)
        broken = np.flatnonzero(shapely.is_missing(geometry))
        if len(broken):
            geometry[broken] = shapes_of(wkb[broken], on_invalid="fix")
    cleaned.geometry = geometry
    cleaned.keep(~shapely.is_missing(geometry), "geometry can't be read")
    for index in features[broken][~shapely.is_missing(geometry[broken])].tolist():
        cleaned.issues.append(
            Issue(cleaned.source, cleaned.ids[index], "ring is not closed", "closed")
        )
    cleaned.keep(~shapely.is_empty(cleaned.geometry), "geometry is empty")


def shapes_of(wkb: Geometries, on_invalid: str = "ignore") -> Geometries:
    """Geometries of WKB; None for what is none, or holds curves."""
    try:
        return np.asarray(shapely.from_wkb(wkb, on_invalid=on_invalid), dtype=object)
    except (NotImplementedError, shapely.errors.ShapelyError):
        # One curve makes shapely refuse the whole array: find it.
        return np.array([_one_from_wkb(value, on_invalid) for value in wkb], dtype=object)


def _one_from_wkb(wkb: bytes | None, on_invalid: str) -> shapely.Geometry | None:
    try:
        return shapely.from_wkb(wkb, on_invalid=on_invalid)
    except (NotImplementedError, shapely.errors.ShapelyError):
        return None


def _flatten(cleaned: Cleaned) -> None:
    kinds = shapely.get_type_id(cleaned.geometry)
    collections = np.flatnonzero(kinds == COLLECTION)
    for position in collections:
        before = cleaned.geometry[position]
        after = cleaned.geometry[position] = polygons_only(before)
        if not shapely.is_empty(after):
            cleaned.issues.append(
                Issue(
                    cleaned.source,
                    cleaned.ids[cleaned.feature[position]],
                    "a collection of several kinds",
                    "polygons kept",
                )
            )
    fits = np.isin(shapely.get_type_id(cleaned.geometry), POLYGONAL)
    fits &= ~shapely.is_empty(cleaned.geometry)
    cleaned.keep(fits, "not a polygon")
    has_z = shapely.has_z(cleaned.geometry)
    if has_z.any():
        cleaned.geometry = shapely.force_2d(cleaned.geometry)
        cleaned.issues.append(
            Issue(cleaned.source, None, "3-D coordinates", "height dropped", int(has_z.sum()))
        )


def _is_finite(geometry: Geometries) -> npt.NDArray[np.bool_]:
    coordinates, index = shapely.get_coordinates(geometry, return_index=True)
    good = np.ones(len(geometry), dtype=bool)
    good[index[~np.isfinite(coordinates).all(axis=1)]] = False
    return good


def _reproject(cleaned: Cleaned, crs: str, where: str) -> None:
    try:
        # Axis order in files is longitude first whatever the authority says: GDAL and PROJ are told so.
        if is_lonlat(crs):
            return
        transformer = to_lonlat(crs)
    except ProjError as error:
        raise unusable_crs(where, crs, error) from error
    given = CRS.from_user_input(crs)
    cleaned.keep(~holds_pole(cleaned.geometry, transformer), "a pole lies inside")
    cleaned.geometry = reproject(cleaned.geometry, transformer)
    name = given.to_string() if len(given.to_string()) < 40 else given.name
    cleaned.issues.append(
        Issue(cleaned.source, None, f"CRS {name}", "reprojected", len(cleaned.geometry))
    )
    cleaned.keep(_is_finite(cleaned.geometry), f"coordinates outside the CRS {name}")


def _refuse_projected(cleaned: Cleaned, crs: str, where: str) -> None:
    outside = ~on_globe(cleaned.geometry)
    names = [cleaned.ids[i] for i in cleaned.feature[outside][:1].tolist()]
    refuse_off_globe(shapely.bounds(cleaned.geometry), outside, names, crs, where)


def refuse_off_globe(
    bounds: npt.NDArray[np.float64],
    outside: npt.NDArray[np.bool_],
    outside_ids: Sequence[str],
    crs: str,
    where: str,
) -> None:
    """SourceError where so much lies ``outside`` the globe that its coordinates can be no degrees, or x and y
    changed places; ``bounds`` are (n, 4), and ``outside_ids`` begin with the first feature outside.
    """
    if not len(bounds):
        return
    swapped = _look_swapped(bounds, outside)
    if outside.mean() <= (SWAPPED_SHARE if swapped else PROJECTED_SHARE):
        return
    x, y = bounds[outside][0][:2]
    hint = (
        "The axes look swapped: longitude must stand first."
        if swapped
        else 'Give the true CRS with crs = "..." in a file without one, or correct the file.'
    )
    raise SourceError(
        f"{where} says {crs}, but feature {outside_ids[0]} is at ({x:,.6g}, {y:,.6g}), not in degrees. {hint}"
    )


def _look_swapped(bounds: npt.NDArray[np.float64], outside: npt.NDArray[np.bool_]) -> bool:
    """Whether longitudes stand where latitudes belong: all fits the globe the other way round.

    A shape that only reaches over a pole is no sign of it: what is outside must be so as a whole.
    """
    fits = (np.abs(bounds[:, [0, 2]]) <= 90).all() and (np.abs(bounds[:, [1, 3]]) <= 180).all()
    beyond = (bounds[outside, 1] > 90) | (bounds[outside, 3] < -90)
    return bool(fits and beyond.all())


def _wrap(cleaned: Cleaned) -> None:
    for position in beyond_edge(cleaned.geometry):
        cleaned.geometry[position] = wrap(cleaned.geometry[position])
        cleaned.issues.append(
            Issue(
                cleaned.source,
                cleaned.ids[cleaned.feature[position]],
                "longitudes beyond 180 degrees",
                "brought onto the globe",
            )
        )
    cleaned.keep(~shapely.is_empty(cleaned.geometry), "no area is left after repair")


def _split_at_antimeridian(cleaned: Cleaned) -> None:
    bounds = shapely.bounds(cleaned.geometry)
    for position in np.flatnonzero(bounds[:, 2] - bounds[:, 0] > 180) if len(bounds) else ():
        before = cleaned.geometry[position]
        after = split_at_antimeridian(before)
        if after is not before:
            cleaned.geometry[position] = after
            cleaned.issues.append(
                Issue(
                    cleaned.source,
                    cleaned.ids[cleaned.feature[position]],
                    "crosses the 180th meridian",
                    "split there",
                )
            )


def _repair(cleaned: Cleaned) -> None:
    invalid = np.flatnonzero(~shapely.is_valid(cleaned.geometry))
    for position in invalid:
        before = cleaned.geometry[position]
        after = repaired(before)
        cleaned.geometry[position] = after
        cleaned.issues.append(
            Issue(
                cleaned.source,
                cleaned.ids[cleaned.feature[position]],
                shapely.is_valid_reason(before).partition("[")[0].strip().lower(),
                "repaired" if not shapely.is_empty(after) else "nothing left",
                area_change_km2=geodesic_area_km2(after) - geodesic_area_km2(before),
                detail=shapely.is_valid_reason(before),
                area_before_km2=geodesic_area_km2(before),
            )
        )
    cleaned.keep(~shapely.is_empty(cleaned.geometry), "no area is left after repair")


def _explode(cleaned: Cleaned) -> None:
    parts, index = shapely.get_parts(cleaned.geometry, return_index=True)
    n_multi = int((np.bincount(index) > 1).sum()) if len(index) else 0
    if n_multi:
        cleaned.issues.append(
            Issue(cleaned.source, None, "several parts", "split into polygons", n_multi)
        )
    cleaned.geometry, cleaned.feature = parts, cleaned.feature[index]


def _note_duplicates(cleaned: Cleaned) -> None:
    first: dict[bytes, int] = {}
    n_twice = 0
    for wkb, index in zip(
        shapely.to_wkb(shapely.normalize(cleaned.geometry)), cleaned.feature.tolist(), strict=True
    ):
        n_twice += first.setdefault(wkb, index) != index
    if n_twice:
        cleaned.issues.append(
            Issue(
                cleaned.source, None, "same polygon as an earlier feature", "kept, united", n_twice
            )
        )
