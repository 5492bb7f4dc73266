"""What a build of the polygons must find, computed from the plan with shapely and pyproj alone."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from quarrydb.demo.deposit import TANG
from quarrydb.demo.files import write_truth
from quarrydb.demo.measure import WGS84, area_km2
from quarrydb.demo.world import World

# The build looks for a country this far from a mine that lies off the coast.
OFFSHORE_KM = 50.0


def write_polygon_truth(world: World, folder: Path) -> None:
    """Write the truth tables of boundaries and places."""
    shares = mine_country(world)
    protected = mine_protected(world)
    write_truth(mine(world, shares, protected), folder, "mine")
    write_truth(shares, folder, "mine_country")
    write_truth(protected, folder, "mine_protected")
    write_truth(mine_source(world), folder, "mine_source")
    write_truth(world.outlines, folder, "outline")
    write_truth(world.green, folder, "green")
    write_truth(dataset(world), folder, "dataset")
    write_truth(load_issue(world), folder, "load_issue")


def overlaps(
    left: gpd.GeoDataFrame, right: gpd.GeoDataFrame
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row positions in both frames of all pairs that share area, and the area (km2)."""
    a, b = left.geometry.to_numpy(), right.geometry.to_numpy()
    i, j = shapely.STRtree(b).query(a, predicate="intersects")
    order = np.lexsort([j, i])
    i, j = i[order], j[order]
    area = area_km2(_polygons(shapely.intersection(a[i], b[j])))
    return i[area > 0], j[area > 0], area[area > 0]


def _polygons(geometries: np.ndarray) -> np.ndarray:
    """Polygon parts only: an intersection may also hold lines and points."""
    kinds = shapely.get_type_id(geometries)
    mixed = np.isin(kinds, (3, 6), invert=True)
    found = geometries.copy()
    for position in np.flatnonzero(mixed):
        parts = shapely.get_parts(geometries[position])
        found[position] = shapely.multipolygons(parts[shapely.get_type_id(parts) == 3])
    return found


def mine_country(world: World) -> pd.DataFrame:
    """Area of each mine in each country: mine, iso3, area_km2."""
    i, j, area = overlaps(world.mines, world.countries)
    return pd.DataFrame({"mine": i, "iso3": world.countries.iso3.to_numpy()[j], "area_km2": area})


def mine_protected(world: World) -> pd.DataFrame:
    """Area of each mine in each protected area: mine, site_id, area_km2."""
    i, j, area = overlaps(world.mines, world.protected)
    ids = world.protected.site_id.to_numpy()[j]
    return pd.DataFrame({"mine": i, "site_id": ids, "area_km2": area})


def mine(world: World, shares: pd.DataFrame, protected: pd.DataFrame) -> gpd.GeoDataFrame:
    """Final mines with country (largest overlap, else nearest within 50 km) and protected area."""
    largest = shares.sort_values(["mine", "area_km2"], ascending=[True, False]).drop_duplicates(
        "mine"
    )
    frame = world.mines.merge(largest[["mine", "iso3"]], on="mine", how="left")
    frame["country_by"] = np.where(frame.iso3.notna(), "overlap", "none")
    for position in frame.index[frame.iso3.isna()]:
        found = _nearest(frame.geometry.iloc[position], world.countries)
        frame.loc[position, ["iso3", "country_by"]] = [found, "nearest" if found else "none"]
    names = world.countries[["iso3", "country", "continent"]]
    frame = frame.merge(pd.DataFrame(names), on="iso3", how="left")
    frame["n_protected"] = frame.mine.map(protected.groupby("mine").size()).fillna(0).astype(int)
    frame["protected_area_km2"] = _protected_area(world, protected)
    return gpd.GeoDataFrame(frame, crs=world.mines.crs)


def _nearest(geometry: shapely.Polygon, countries: gpd.GeoDataFrame) -> str | None:
    """Code of the nearest country within 50 km, or None."""
    position = int(shapely.STRtree(countries.geometry.to_numpy()).nearest(geometry))
    line = shapely.shortest_line(geometry, countries.geometry.iloc[position])
    (x1, y1), (x2, y2) = shapely.get_coordinates(line)
    is_near = WGS84.inv(x1, y1, x2, y2)[2] / 1e3 <= OFFSHORE_KM
    return str(countries.iso3.iloc[position]) if is_near else None


def _protected_area(world: World, protected: pd.DataFrame) -> np.ndarray:
    """Area of each mine under any protected area, km2; ground under two counts once."""
    areas = np.zeros(len(world.mines))
    once = protected.drop_duplicates("mine", keep=False)
    areas[once.mine] = once.area_km2
    by_id = world.protected.set_index("site_id").geometry
    for key, group in protected[protected.mine.duplicated(keep=False)].groupby("mine"):
        union = shapely.union_all(by_id.loc[group.site_id].to_numpy())
        shape = shapely.intersection(world.mines.geometry.iloc[int(str(key))], union)
        areas[int(str(key))] = area_km2(_polygons(np.array([shape])))[0]
    return areas


def mine_source(world: World) -> pd.DataFrame:
    """Source rows that share area with each mine: mine, source, row (0-based, in the file)."""
    rows = world.source_rows.copy()
    rows["geometry"] = shapely.make_valid(shapely.force_2d(rows.geometry.to_numpy()))
    i, j, area = overlaps(world.mines, rows)
    is_real = area > 1e-9
    frame = {"mine": i[is_real], "source": rows.source.to_numpy()[j[is_real]]}
    return pd.DataFrame(frame | {"row": rows.row.to_numpy()[j[is_real]]})


def dataset(world: World) -> pd.DataFrame:
    """Parts and area (km2) of each data set, of their union (merged) and of the final mines."""
    records = []
    for source, rows in world.source_rows.groupby("source"):
        shapes = shapely.make_valid(shapely.force_2d(rows.geometry.to_numpy()))
        parts = shapely.get_parts(_polygons(shapes))
        records.append((source, len(rows), len(parts), area_km2(parts).sum()))
    for name, frame in (("merged", world.outlines), ("final", world.mines)):
        records.append((name, len(frame), len(frame), frame.area_km2.sum()))
    return pd.DataFrame(records, columns=["dataset", "n_rows", "n_polygons", "area_km2"])


def load_issue(world: World) -> pd.DataFrame:
    """Rows that loading must repair, change or set aside: source, row, problem."""
    rows = world.source_rows
    shapes = rows.geometry.to_numpy()
    problems = {
        "invalid": ~shapely.is_valid(shapes),
        "multipart": shapely.get_type_id(shapes) == 6,
        "3-D": shapely.has_z(shapes) | (rows.source == TANG).to_numpy(),  # PolygonZM throughout
    }
    frames = [
        rows.loc[mask, ["source", "row"]].assign(problem=name) for name, mask in problems.items()
    ]
    counts = rows.groupby("source").size()
    void = [(source, int(n), "null") for source, n in counts.items()]
    void += [(source, int(n) + 1, "empty") for source, n in counts.items() if source != TANG]
    frames.append(pd.DataFrame(void, columns=["source", "row", "problem"]))
    return pd.concat([pd.DataFrame(f) for f in frames], ignore_index=True)
