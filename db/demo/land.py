"""Invented land: continents cut into countries or biomes along ragged borders that fit."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from quarrydb.demo.random_streams import stream
from quarrydb.demo.scale import Scale

SEGMENTS = 16
SYLLABLES = ("ba", "ka", "lo", "mi", "ne", "ora", "ru", "sa", "ti", "ula", "ve", "zan")


@dataclass(frozen=True)
class Continent:
    """A block of land: its name, its box (west, south, east, north), its number of countries."""

    name: str
    box: tuple[float, float, float, float]
    n_countries: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of a lattice with at least one cell a country."""
        west, south, east, north = self.box
        ratio = (north - south) / (east - west)
        rows = max(1, round((self.n_countries * ratio) ** 0.5))
        return rows, -(-self.n_countries // rows)


# Small worlds: land crosses the equator, tiles and a lobe edge of Goode Homolosine (80 E, south).
SMALL = (
    Continent("Asia", (96.2, 16.3, 108.7, 28.8), 2),
    Continent("Africa", (14.4, -8.2, 28.9, 6.9), 1),
    Continent("South America", (-61.8, -16.7, -50.2, -4.1), 1),
    Continent("Oceania", (75.3, -17.6, 86.1, -5.9), 1),
)
LARGE = (
    Continent("North America", (-124.0, 25.0, -76.0, 58.0), 0),
    Continent("South America", (-74.0, -34.0, -46.0, 6.0), 0),
    Continent("Europe", (1.0, 41.0, 39.0, 58.0), 0),
    Continent("Africa", (1.0, -29.0, 39.0, 31.0), 0),
    Continent("Asia", (51.0, 11.0, 129.0, 58.0), 0),
    Continent("Oceania", (114.0, -38.0, 151.0, -12.0), 0),
    Continent("Seven seas (open ocean)", (75.3, -17.6, 86.1, -5.9), 0),
)


def continents(scale: Scale) -> list[Continent]:
    """The continents of a world; countries are dealt out by area, one more is an enclave."""
    boxes = SMALL if scale.n_countries <= 60 else LARGE
    wanted = scale.n_countries - 1
    areas = np.array([(c.box[2] - c.box[0]) * (c.box[3] - c.box[1]) for c in boxes])
    counts = np.maximum(1, np.floor(areas / areas.sum() * wanted)).astype(int)
    for position in np.argsort(-areas)[: max(0, wanted - int(counts.sum()))]:
        counts[position] += 1
    counts[int(np.argmax(areas))] += wanted - int(counts.sum())
    return [Continent(c.name, c.box, int(n)) for c, n in zip(boxes, counts, strict=True)]


def ragged(start: np.ndarray, end: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A line of 16 segments between two points by midpoint displacement, shape (17, 2)."""
    line = np.empty((SEGMENTS + 1, 2))
    line[0], line[-1] = start, end
    step = SEGMENTS
    while step > 1:
        for left in range(0, SEGMENTS, step):
            chord = line[left + step] - line[left]
            normal = np.array([-chord[1], chord[0]])
            middle = (line[left] + line[left + step]) / 2
            line[left + step // 2] = middle + normal * rng.uniform(-0.1, 0.1)
        step //= 2
    return line.round(6)


def cells(continent: Continent, rng: np.random.Generator) -> list[shapely.Polygon]:
    """Cells of the continent's lattice, row by row; neighbours share every vertex."""
    rows, columns = continent.shape
    west, south, east, north = continent.box
    x, y = np.meshgrid(np.linspace(west, east, columns + 1), np.linspace(north, south, rows + 1))
    nodes = np.stack([x, y], axis=-1)
    size = np.array([(east - west) / columns, (north - south) / rows])
    nodes += rng.uniform(-0.12, 0.12, nodes.shape) * size
    nodes = nodes.round(6)
    across = [
        [ragged(nodes[r, c], nodes[r, c + 1], rng) for c in range(columns)] for r in range(rows + 1)
    ]
    down = [
        [ragged(nodes[r, c], nodes[r + 1, c], rng) for c in range(columns + 1)] for r in range(rows)
    ]
    return [
        shapely.Polygon(
            np.concatenate(
                [
                    across[r][c][:-1],
                    down[r][c + 1][:-1],
                    across[r + 1][c][::-1][:-1],
                    down[r][c][::-1][:-1],
                ]
            )
        )
        for r in range(rows)
        for c in range(columns)
    ]


def territories(continent: Continent, rng: np.random.Generator) -> list[shapely.Geometry]:
    """One polygon a country; spare cells of the lattice are joined to the cell before them."""
    found = cells(continent, rng)
    spare = len(found) - continent.n_countries
    joined: list[shapely.Geometry] = [shapely.union_all(found[: spare + 1]), *found[spare + 1 :]]
    return joined


def invented_name(rng: np.random.Generator, taken: set[str]) -> str:
    """A name that no other country of this world has."""
    while True:
        name = "".join(rng.choice(SYLLABLES, 3)).capitalize()
        if name not in taken:
            taken.add(name)
            return name


def code(position: int) -> str:
    """Codes XAA, XAB ...: the block that ISO 3166 leaves to users."""
    return f"X{chr(65 + position // 26)}{chr(65 + position % 26)}"


def circle(longitude: float, latitude: float, radius: float, n: int) -> np.ndarray:
    """A regular ring in degrees, shape (n, 2)."""
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1) * radius + [longitude, latitude]
    return np.asarray(points.round(6))


def make_countries(seed: int, scale: Scale) -> gpd.GeoDataFrame:
    """Countries (iso3, country, continent, has_iso, geometry) that partition the land.

    The last one is an enclave, a hole in the first; the first also owns an island. Where
    ``has_iso`` is false the layer carries -99 in ISO_A3, as Natural Earth does for some.
    """
    rng = stream(seed, "countries")
    records: list[dict[str, object]] = []
    names: set[str] = set()
    for continent in continents(scale):
        found = territories(continent, rng)
        records += [{"continent": continent.name, "geometry": shape} for shape in found]
    records.append(_cut_enclave(records[0]))
    for position, record in enumerate(records):
        record |= {"iso3": code(position), "country": invented_name(rng, names)}
        record["has_iso"] = position % 5 != 3
    columns = ["iso3", "country", "continent", "has_iso", "geometry"]
    return gpd.GeoDataFrame(records, crs="EPSG:4326")[columns]


def _cut_enclave(owner: dict[str, object]) -> dict[str, object]:
    """Cut a round country out of ``owner`` and give ``owner`` an island in exchange."""
    land = owner["geometry"]
    spot = shapely.maximum_inscribed_circle(land)
    x, y = spot.coords[0]
    ring = circle(x, y, min(0.5, shapely.length(spot) / 3), 24)
    west, _, _, north = shapely.bounds(land)
    island = shapely.Polygon(circle(west + 0.6, north + 1.2, 0.3, 12))
    owner["geometry"] = shapely.union_all([shapely.difference(land, shapely.Polygon(ring)), island])
    return {"continent": owner["continent"], "geometry": shapely.Polygon(ring)}


BIOMES = (
    (1, "Tropical & Subtropical Moist Broadleaf Forests"),
    (4, "Temperate Broadleaf & Mixed Forests"),
    (7, "Tropical & Subtropical Grasslands, Savannas & Shrublands"),
    (13, "Deserts & Xeric Shrublands"),
)


def make_biomes(seed: int, scale: Scale) -> gpd.GeoDataFrame:
    """Biomes (eco_name, biome_num, biome_name, realm, geometry), four a continent."""
    rng = stream(seed, "biomes")
    records = []
    for continent in continents(scale):
        west, south, east, north = continent.box
        grown = Continent(continent.name, (west - 2, south - 2, east + 2, north + 2), 4)
        for (number, name), territory in zip(BIOMES, territories(grown, rng), strict=True):
            record: dict[str, object] = {
                "eco_name": f"{continent.name} {name.split()[0].lower()} ecoregion"
            }
            record |= {"biome_num": number, "biome_name": name, "realm": continent.name}
            records.append(record | {"geometry": territory})
    return gpd.GeoDataFrame(records, crs="EPSG:4326")
