"""The tables of docs/data.md, made from the catalogue of data sets; their text stands in the page."""

import re
from math import ceil, cos, radians, sqrt
from pathlib import Path

from quarrydb.fetch.catalogue import Dataset, Variant, shipped

PAGE = Path(__file__).parents[2] / "docs" / "data.md"
SECTIONS = {
    "polygons": "`[[polygons]]`",
    "countries": "`[countries]`",
    "protected": "`[protected]`",
    "landcover": "`[landcover]`",
    "indicator": "`[[indicator]]`",
    "biomes": "`[validation.biomes]`",
    "footprints": "`[[segmentation.footprint]]`",
    "images": "`[segmentation.images]`",
    "results": "none: results of a study",
}
WAYS = {"whole": "whole", "windows": "in windows", "member": "by tile", "request": "by hand"}
KM2_PER_SQUARE_DEGREE = 12_364.0  # at the equator
# Land area, km2, and mean latitude; of the planet the number of mines (Xu et al. 2025) bounds the blocks.
COUNTRIES = {"Ghana": (238_533, 8.0), "Indonesia": (1_904_569, 2.0)}
PLANET_MINES = 74_726
BLOCKS_PER_MINE = 1.2
N_MAPS = {"glc_fcs30d": 26, "viirs_monthly": 144}


def page() -> str:
    """The page with its tables as the catalogue has them now."""
    text = PAGE.read_text(encoding="utf-8")
    for name, table in (("datasets", datasets()), ("estimates", estimates())):
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        text = pattern.sub(lambda _, b=begin, e=end, t=table: f"{b}\n\n{t}\n\n{e}", text)
    return text


def datasets() -> str:
    """A row for each data set, by section."""
    rows = sorted(shipped().values(), key=lambda one: (list(SECTIONS).index(one.kind), one.name))
    head = "| section | data set | what | how much | fetched | licence |\n|---|---|---|---|---|---|"
    return "\n".join([head, *map(row, rows)])


def row(one: Dataset) -> str:
    """One data set as a line of the table."""
    ways = ", ".join(dict.fromkeys(WAYS[variant.access] for variant in one.variant))
    cells = (
        SECTIONS[one.kind],
        f"`{one.name}`",
        f"[{one.title}]({one.page})",
        one.size,
        ways,
        f"{one.licence}: {one.asks}",
    )
    return "| " + " | ".join(cells) + " |"


def estimates() -> str:
    """What one country, or all, moves at most, from the published sizes of pixels and blocks."""
    columns = "| place | polygons and countries | land cover, 26 maps | night lights, 72 months |"
    whole = sum(
        shipped()[name].get(None).size_mb or 0
        for name in ("maus2022", "tang2023", "natural_earth_10m")
    )
    found = [columns, "|---|---:|---:|---:|"]
    for place, (land_km2, latitude) in COUNTRIES.items():
        sizes = [
            megabytes(shipped()[name].get(None), n, country_blocks(name, land_km2, latitude))
            for name, n in N_MAPS.items()
        ]
        found.append(f"| {place} | {whole:,.0f} MB | {sizes[0]} | {sizes[1]} |")
    most = ceil(PLANET_MINES * BLOCKS_PER_MINE)
    land = country_blocks("viirs_monthly", 148_940_000, 45.0)
    sizes = [
        megabytes(shipped()["glc_fcs30d"].get(None), N_MAPS["glc_fcs30d"], most),
        megabytes(shipped()["viirs_monthly"].get(None), N_MAPS["viirs_monthly"], land),
    ]
    found.append(f"| the planet | {whole:,.0f} MB | {sizes[0]} | {sizes[1]} |")
    return "\n".join(found)


def country_blocks(name: str, land_km2: float, latitude: float) -> int:
    """Blocks that a square of so much land meets, as if there were a mine in each."""
    blocks = shipped()[name].get(None).blocks
    if blocks is None:
        raise ValueError(f"{name} has no blocks")
    side = blocks.pixel_degrees * blocks.side
    cell_km2 = side**2 * KM2_PER_SQUARE_DEGREE * cos(radians(latitude))
    return ceil((sqrt(land_km2 / cell_km2) + 1) ** 2)


def megabytes(variant: Variant, n_maps: int, n_blocks: int) -> str:
    """Size of so many blocks of each map."""
    mb = n_blocks * n_maps * (variant.blocks.block_kb if variant.blocks else 0) / 1000
    return f"{mb / 1000:,.1f} GB" if mb >= 1000 else f"{mb:,.0f} MB"
