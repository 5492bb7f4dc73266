"""Protected areas: most lie around mine districts, to cover some mines and cut others."""

import geopandas as gpd
import numpy as np
import shapely

from quarrydb.demo.place import DEGREE_M, Slot
from quarrydb.demo.random_streams import stream
from quarrydb.demo.scale import Scale


def make_protected(
    seed: int, scale: Scale, countries: gpd.GeoDataFrame, slots: list[Slot]
) -> gpd.GeoDataFrame:
    """Protected areas (site_id, name, iso3, country, status, geometry); some overlap."""
    rng = stream(seed, "protected")
    n = scale.n_protected
    centres = _centres(countries, slots, n, rng)
    shapes = [_shape(x, y, rng) for x, y in centres]
    country = _country_of(centres, countries)
    status = np.where(rng.uniform(size=n) < 0.9, "confirmed", "proposed")
    return gpd.GeoDataFrame(
        {
            "site_id": 10_000 + np.arange(n),
            "name": [f"{countries.country[c]} reserve {i + 1}" for i, c in enumerate(country)],
            "iso3": countries.iso3.to_numpy()[country],
            "country": countries.country.to_numpy()[country],
            "status": status,
            "geometry": shapes,
        },
        crs="EPSG:4326",
    )


def _centres(
    countries: gpd.GeoDataFrame, slots: list[Slot], n: int, rng: np.random.Generator
) -> np.ndarray:
    """Three fifths close to mines, some in pairs, the rest anywhere in the countries' boxes."""
    n_near = n * 3 // 5
    at = np.array([[s.longitude, s.latitude] for s in slots])
    picked = rng.integers(0, len(at), n_near)
    picked[1::4] = picked[0 : n_near - 1 : 4]
    near = at[picked] + rng.normal(0, 0.02, (n_near, 2))
    west, south, east, north = countries.bounds.to_numpy()[
        rng.integers(0, len(countries), n - n_near)
    ].T
    far = np.stack([rng.uniform(west, east), rng.uniform(south, north)], axis=1)
    return np.concatenate([near, far])


def _shape(x: float, y: float, rng: np.random.Generator) -> shapely.Geometry:
    """A ragged outline 1 to 12 km across; one in eight has a second part."""
    outline = _ring(x, y, float(rng.lognormal(7.9, 0.6)), rng)
    if rng.uniform() > 1 / 8:
        return outline
    return shapely.MultiPolygon([outline, _ring(x + 0.35, y, 1500.0, rng)])


def _ring(x: float, y: float, radius_m: float, rng: np.random.Generator) -> shapely.Polygon:
    """A star of 14 vertices."""
    angles = 2 * np.pi * (np.arange(14) + rng.uniform(-0.2, 0.2, 14)) / 14
    radius = min(radius_m, 12_000.0) * rng.uniform(0.7, 1.3, 14) / DEGREE_M
    ring = [x + radius * np.cos(angles) / np.cos(np.radians(y)), y + radius * np.sin(angles)]
    return shapely.Polygon(np.stack(ring, axis=1).round(6))


def _country_of(centres: np.ndarray, countries: gpd.GeoDataFrame) -> np.ndarray:
    """Position of the nearest country of each point."""
    tree = shapely.STRtree(countries.geometry.to_numpy())
    return np.asarray(tree.nearest(shapely.points(centres)))
