"""Country outlines: codes and names of published layouts, and ground that two countries claim."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from quarrydb.errors import SourceError
from quarrydb.loaders import layout
from quarrydb.loaders.layout import Columns
from quarrydb.loaders.vector_clean import Cleaned, geodesic_area_km2
from quarrydb.loaders.vector_file import VectorData
from quarrydb.project.sources import CountrySource

SHOWN = 5
# An interior in common, by the pattern of points that two polygons share (DE-9IM); a common border is none.
OVERLAP = "T********"


def country_columns(
    section: CountrySource, data: VectorData, where: str
) -> tuple[list[str], Columns]:
    """Code, name and continent of each country feature; a feature without a code has None."""
    table = data.attributes
    names = table.column_names
    iso3 = layout.iso3_codes(table, section.iso3, where=where)
    if all(code is None for code in iso3):
        raise SourceError(
            f'{where}: no feature has a country code. Name another column with iso3 = "..."; columns '
            f"there: {', '.join(names)}."
        )
    label = layout.named_column(names, section.country, layout.COUNTRY, where=where, key="country")
    continent = None
    if section.continent is not None or layout.find_column(names, layout.CONTINENT):
        continent = layout.named_column(
            names, section.continent, layout.CONTINENT, where=where, key="continent"
        )
    columns: Columns = {
        "iso3": iso3,
        "country": layout.texts(table, label),
        "continent": layout.texts(table, continent),
        "attributes": layout.attributes_json(table),
    }
    return data.ids, columns


def finish_countries(
    section: CountrySource, data: VectorData, cleaned: Cleaned, columns: Columns
) -> Mapping[str, pa.Array]:
    """Set features without a code aside; SourceError that names countries which overlap."""
    codes = np.array([code or "" for code in columns["iso3"]], dtype=object)
    cleaned.keep(codes[cleaned.feature] != "", "no country code")
    names = dict(zip(columns["iso3"], columns["country"], strict=True))
    found = overlaps(cleaned.geometry, codes[cleaned.feature], section.overlap_max)
    if found:
        shown = "; ".join(
            f"{names[one] or one} ({one}) and {names[other] or other} ({other}) share {share:.0%} of "
            f"the smaller, {area:,.0f} km2"
            for one, other, area, share in found[:SHOWN]
        )
        more = f"; and {len(found) - SHOWN} more pairs" if len(found) > SHOWN else ""
        raise SourceError(
            f"{data.path}: countries overlap: {shown}{more}. Ground would count twice, or for the wrong "
            "country. Remove what is no country from the layer, or allow it with overlap_max = 1 in "
            "[countries]."
        )
    return {}


def overlaps(
    geometry: npt.NDArray[np.object_],
    codes: npt.NDArray[np.object_],
    share_max: float,
) -> list[tuple[str, str, float, float]]:
    """Pairs of countries that share more than ``share_max`` of the smaller: codes, km2, share; largest first.

    Neighbours drawn apart from each other overlap by slivers, which is no claim.
    """
    if share_max >= 1 or len(geometry) < 2:
        return []
    one, other = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    apart = (one < other) & (codes[one] != codes[other])
    one, other = one[apart], other[apart]
    shapely.prepare(geometry)
    shared = shapely.relate_pattern(geometry[one], geometry[other], OVERLAP)
    areas: dict[tuple[str, str], float] = {}
    for i, j in zip(one[shared].tolist(), other[shared].tolist(), strict=True):
        key = min(codes[i], codes[j]), max(codes[i], codes[j])
        common = shapely.intersection(geometry[i], geometry[j])
        pieces = [p for p in shapely.get_parts(common) if shapely.get_type_id(p) == 3]
        areas[key] = areas.get(key, 0.0) + sum(map(geodesic_area_km2, pieces))
    wanted = {code for pair in areas for code in pair}
    sizes = {code: sum(map(geodesic_area_km2, geometry[codes == code].tolist())) for code in wanted}
    found = [(a, b, area, area / min(sizes[a], sizes[b])) for (a, b), area in areas.items()]
    return sorted((f for f in found if f[3] > share_max), key=lambda f: -f[2])
