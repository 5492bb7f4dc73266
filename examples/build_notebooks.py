"""Make the notebooks of this folder, run them against the demo world, and keep their outputs.

    python examples/build_notebooks.py demo

The cells stand here as text, so that a change shows in review as a change of lines.
"""

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent
SETUP = """\
import os
from importlib.util import find_spec
from pathlib import Path

import geopandas
import matplotlib.pyplot as plt

import quarrydb

# The demo's database, from the root of the repository or from this notebook's folder.
near = [Path(up, "demo/mines.duckdb") for up in (".", "..", "../..")]
found = next((path for path in near if path.exists()), near[0])
database = quarrydb.open(os.environ.get("QUARRY_DATABASE", found))
ORANGE, BLUE, GREEN, GREY = "#d55e00", "#0072b2", "#009e73", "#8a8f98\""""


def moving(frame: str, columns: str) -> str:
    """The cell with a map that moves, of some columns of a frame; the picture above stays where none can."""
    return f"""\
if find_spec("lonboard"):  # the same to move and hover; nothing is fetched, so no ground lies below
    from lonboard import Map, PolygonLayer

    display(
        Map(
            PolygonLayer.from_geopandas({frame}[[{columns}, "geometry"]], get_fill_color=[0, 114, 178]),
            basemap=None,
        )
    )"""


COUNTRY = [
    """# One country, from area to status

How much of a country is mine, what happened inside its mines since 1985, and which of them are active:
the way of Xu et al. 2025, for one country. Change `COUNTRY` and run it on your own build.""",
    SETUP,
    """COUNTRY = "Neneve"
area = database.to_polars(
    "SELECT country, n_mines, area_km2, area_rank FROM country_summary WHERE country = ?", [COUNTRY]
)
area""",
    """print("{} has {:,} mines with {:,.2f} km² in all: rank {} of all countries.".format(*area.row(0)))""",
    "## Where the mines are",
    """mines = database.to_geopandas("SELECT * FROM mine WHERE country = ?", [COUNTRY])
outline = database.to_geopandas(
    "SELECT geometry FROM raw.country WHERE country = ?", [COUNTRY]
)
axes = outline.plot(color="#eceef1", edgecolor="white", figsize=(5, 5))
axes.scatter(mines.longitude, mines.latitude, s=12 + 20 * mines.area_km2, color=BLUE, alpha=0.7)
axes.set(title=f"{len(mines)} mines of {COUNTRY}, by area", xlabel="longitude", ylabel="latitude")
plt.show()""",
    moving("mines", '"mine_id", "area_km2"'),
    """largest = mines.loc[mines.area_km2.idxmax()]
print(
    f"The largest has {largest.area_km2:,.2f} km², {largest.area_km2 / mines.area_km2.sum():.0%} of the "
    f"area, and lies at {largest.latitude:.2f}, {largest.longitude:.2f} (latitude, longitude)."
)""",
    "## What was developed and reclaimed",
    """years = database.to_polars(
    '''SELECT year, sum(developed_km2) AS developed, sum(reclaimed_km2) AS reclaimed
    FROM country_disturbance_yearly WHERE country = ? AND is_in_totals GROUP BY year ORDER BY year''',
    [COUNTRY],
)
figure, axes = plt.subplots(figsize=(7, 3))
axes.bar(years["year"], years["developed"], color=ORANGE, label="developed")
axes.bar(years["year"], -years["reclaimed"], color=GREEN, label="reclaimed")
axes.axhline(0, color="black", linewidth=0.6)
axes.set(ylabel="km2 a year")
axes.legend(frameon=False)
plt.show()""",
    """rates = database.to_polars(
    '''SELECT year, round(reclamation_share, 3) AS not_bare FROM reclamation_rate
    WHERE scope = 'country' AND name = ? AND year IN (1985, 1995, 2005, 2015, 2022) ORDER BY year''',
    [COUNTRY],
)
rates""",
    """print(
    f"Mines took {years['developed'].sum():,.2f} km² of vegetated land in "
    f"{years['year'].min()}-{years['year'].max()}, and {years['reclaimed'].sum():,.2f} km² came back; "
    f"in {rates['year'][-1]} {rates['not_bare'][-1]:.0%} of the mine area is not bare."
)""",
    "## Which mines are active, and what decided it",
    """status = database.to_polars(
    '''SELECT status, decided_by, count(*) AS n, round(sum(area_km2), 2) AS area_km2
    FROM mine JOIN mine_status USING (mine_id) WHERE country = ?
    GROUP BY ALL ORDER BY status, decided_by''',
    [COUNTRY],
)
status""",
    """active = status.filter(status["status"] == "active")
print(
    f"{active['n'].sum()} of {status['n'].sum()} mines are active, with "
    f"{active['area_km2'].sum() / status['area_km2'].sum():.0%} of the area."
)""",
]

MINE = [
    """# One mine through forty years

Everything that the database knows of a single mine: where it came from, its land cover since 1985, its
trends and status.""",
    SETUP,
    """mine = database.to_geopandas(
    '''SELECT * FROM mine WHERE mine_id = (
        SELECT mine_id FROM mine_timeline ORDER BY ever_developed_km2 DESC NULLS LAST LIMIT 1)'''
)
if mine.empty:
    raise SystemExit("This notebook needs land cover: name it in [landcover] of quarry.toml and build again.")
ID = mine.mine_id[0]
mine[["mine_id", "country", "area_km2", "protected_area_km2"]]""",
    "## The features that it was made from",
    """features = database.to_polars(
    "SELECT source, source_id FROM mine_source WHERE mine_id = ? ORDER BY ALL", [ID]
)
features""",
    """axes = mine.plot(color="#f3d9b1", edgecolor="black", figsize=(4, 4))
axes.set(title=f"Mine {ID}", xlabel="longitude", ylabel="latitude")
plt.show()""",
    """print(
    f"It is made from {len(features)} polygons of {', '.join(features['source'].unique().sort())} "
    f"and has {mine.area_km2[0]:,.2f} km²."
)""",
    "## What covered it, year by year",
    """cover = database.to_polars(
    '''SELECT year, category, sum(area_km2) AS area_km2
    FROM mine_landcover_yearly JOIN landcover_class USING (code)
    WHERE mine_id = ? GROUP BY ALL''',
    [ID],
).pivot("category", index="year", values="area_km2").fill_null(0).sort("year")
figure, axes = plt.subplots(figsize=(7, 3.4))
colours = {
    "mine-related": ORANGE, "cropland": "#e69f00", "sparse vegetation": "#cc79a7", "dense vegetation": GREEN
}
names = [name for name in colours if name in cover.columns]
axes.stackplot(
    cover["year"], *(cover[name] for name in names), labels=names, colors=[colours[name] for name in names]
)
axes.set(ylabel="km2", xlim=(cover["year"].min(), cover["year"].max()))
axes.legend(frameon=False, bbox_to_anchor=(1, 1), fontsize=8)
plt.show()""",
    """peak = cover.sort("mine-related", "year").row(-1, named=True)
print(
    f"Most of it was mine-related in {peak['year']}, {peak['mine-related']:,.2f} km²; "
    f"in {cover['year'][-1]} it is {cover['mine-related'][-1]:,.2f} km²."
)""",
    "## Its milestones",
    """timeline = database.to_polars("SELECT * FROM mine_timeline WHERE mine_id = ?", [ID])
timeline.unpivot()""",
    """first, back, taken = timeline.select(
    "first_developed_year", "first_reclaimed_year", "ever_developed_km2"
).row(0)
print(
    f"It took vegetated land from {first} on, {taken:,.2f} km² in all; "
    + (f"the first came back in {back}." if back else "none has come back.")
)""",
    "## Its indicators, and what they say of its status",
    """series = database.to_polars(
    "SELECT indicator, year, value FROM mine_indicator_yearly WHERE mine_id = ? ORDER BY year", [ID]
)
names = series["indicator"].unique().sort()
figure, row = plt.subplots(1, len(names), figsize=(3.2 * len(names), 2.6))
for axes, name in zip(row, names, strict=True):
    part = series.filter(series["indicator"] == name)
    axes.plot(part["year"], part["value"], color=BLUE, marker="o")
    axes.set_title(name)
plt.tight_layout()
plt.show()""",
    """database.to_polars(
    "SELECT indicator, trend, round(p_value, 3) AS p, round(slope_per_year, 4) AS slope "
    "FROM mine_trend WHERE mine_id = ? ORDER BY indicator", [ID]
)""",
    """status = database.to_polars("SELECT * FROM mine_status WHERE mine_id = ?", [ID])
status.unpivot()""",
    """print(f"It is {status['status'][0]}, with {status['n_tested'][0]} series tested for a trend.")""",
]

PROTECTED = [
    """# Protected areas under pressure

Mines inside Key Biodiversity Areas: how many, how large, and whether they still grow.""",
    SETUP,
    """areas = database.to_polars(
    '''SELECT protected_name, n_mines, round(area_km2, 3) AS area_km2 FROM protected_summary
    ORDER BY area_km2 DESC, protected_name'''
)
areas.head(8)""",
    """print(
    f"Mines reach into {len(areas)} areas; most lies in {areas['protected_name'][0]}, "
    f"{areas['area_km2'][0]:,.2f} km²."
)""",
    "## By country, with the share of the country's mine area",
    """countries = database.to_polars(
    '''SELECT kba.country, kba.n_mines, round(kba.area_km2, 3) AS area_km2,
        round(kba.area_km2 / all_mines.area_km2, 3) AS share
    FROM protected_country_summary AS kba JOIN country_summary AS all_mines USING (iso3)
    ORDER BY area_km2 DESC'''
)
countries""",
    """first = countries.row(0, named=True)
print(
    f"{first['country']} has most mine area in them, {first['area_km2']:,.2f} km², "
    f"{first['share']:.0%} of its own."
)""",
    """## Which of them are active

Of a mine that reaches in, only the part inside counts as area.""",
    """inside = database.to_geopandas(
    '''SELECT mine.*, mine_status.status FROM mine LEFT JOIN mine_status USING (mine_id)
    WHERE protected_area_km2 > 0 ORDER BY protected_area_km2 DESC, mine_id'''
)
by_status = inside.groupby("status").agg(
    n=("mine_id", "count"), protected_km2=("protected_area_km2", "sum")
)
by_status.round(3)""",
    """colours = {"active": ORANGE, "closed": BLUE, "undefined": GREY}
world = database.to_geopandas("SELECT geometry FROM raw.country")
axes = world.plot(color="#eceef1", figsize=(8, 3.5))
for status, part in inside.groupby("status"):
    axes.scatter(part.longitude, part.latitude, s=18, color=colours[status], label=status)
axes.legend(frameon=False)
plt.show()""",
    moving("inside", '"mine_id", "status", "protected_area_km2"'),
    """active = by_status[by_status.index == "active"]
print(
    f"{active.n.sum()} of {by_status.n.sum()} mines that reach in are active, with "
    f"{active.protected_km2.sum():,.2f} of {by_status.protected_km2.sum():,.2f} km² inside."
)""",
    """## How bare surface changed inside and outside

`layer_yearly` cuts mines at the areas' borders and counts ground under several areas once.""",
    """years = database.to_polars(
    '''SELECT year, place, mine_related_km2, mine_related_km2 / known_km2 AS bare
    FROM layer_yearly WHERE layer = 'protected' ORDER BY year'''
)
figure, axes = plt.subplots(figsize=(7, 3))
for place, name, colour in (("inside", "inside protected areas", ORANGE), ("outside", "elsewhere", GREY)):
    part = years.filter(years["place"] == place)
    axes.plot(part["year"], part["bare"], color=colour, label=name)
axes.set(ylabel="share that is bare", ylim=(0, None))
axes.legend(frameon=False)
plt.show()""",
    """inside_years = years.filter(years["place"] == "inside")
first, last = inside_years.row(0, named=True), inside_years.row(-1, named=True)
print(
    f"Inside, {first['mine_related_km2']:,.2f} km² were bare in {first['year']} and "
    f"{last['mine_related_km2']:,.2f} km² in {last['year']}: {first['bare']:.0%} and "
    f"{last['bare']:.0%} of the mine area there."
)""",
]

FOOTPRINT = [
    """# The segmented footprint against land cover

Two ways to see the same mines: the footprint that a model finds in each year's images (Sepin et al.
2025), and the bare classes of a land-cover map inside the mapped outline (Xu et al. 2025).""",
    SETUP,
    """years = database.to_polars(
    '''SELECT year, count(*) AS n_mines, round(sum(segmented_km2), 2) AS segmented_km2,
        round(sum(mine_related_km2), 2) AS bare_km2, round(sum(both_km2), 2) AS both_km2,
        round(median(iou), 3) AS median_iou
    FROM footprint_agreement WHERE segmented_km2 > 0 GROUP BY year ORDER BY year'''
)
years""",
    """figure, axes = plt.subplots(figsize=(7, 3))
for column, colour in (("segmented_km2", BLUE), ("bare_km2", ORANGE), ("both_km2", GREY)):
    axes.plot(years["year"], years[column], color=colour, marker="o", label=column)
axes.set(ylabel="km2", ylim=(0, None))
axes.legend(frameon=False)
plt.show()""",
    """last = years.row(-1, named=True)
print(
    f"In {last['year']} {last['both_km2']:,.2f} km² are mine in both, of {last['segmented_km2']:,.2f} km² of "
    f"footprints and {last['bare_km2']:,.2f} km² of bare classes."
)""",
    "## One mine, seen twice",
    """pick = database.to_polars(
    '''SELECT mine_id, year, both_km2 / mine_related_km2 AS seen FROM footprint_agreement
    WHERE segmented_km2 > 0 ORDER BY mine_related_km2 DESC, mine_id, year DESC LIMIT 1'''
)
ID, YEAR = pick["mine_id"][0], pick["year"][0]
outline = database.to_geopandas("SELECT * FROM mine WHERE mine_id = ?", [ID])
seen = database.to_geopandas(
    '''SELECT footprint.* FROM footprint
    JOIN mine ON ST_Intersects(footprint.geometry, mine.geometry)
    WHERE mine.mine_id = ? AND year = ?''',
    [ID, YEAR],
)
axes = outline.plot(color="none", edgecolor="black", linewidth=1.5, figsize=(4.5, 4.5))
seen.plot(ax=axes, color=BLUE, alpha=0.5)
axes.set(title=f"Mine {ID}: outline, and footprint of {YEAR}")
plt.show()""",
    moving("seen", '"footprint_id", "year"'),
    """print(f"In {YEAR} the footprint holds {pick['seen'][0]:.0%} of the mine's bare ground.")""",
    "## Where they disagree most",
    """apart = database.to_polars(
    '''SELECT mine_id, year, round(segmented_km2, 2) AS segmented_km2, round(mine_related_km2, 2) AS bare_km2,
        round(iou, 3) AS iou
    FROM footprint_agreement WHERE segmented_km2 > 0 AND mine_related_km2 > 0.1
    ORDER BY iou, mine_id, year LIMIT 6'''
)
apart""",
    """worst = apart.row(0, named=True)
print(
    f"They agree least on mine {worst['mine_id']} in {worst['year']}: {worst['segmented_km2']} km² against "
    f"{worst['bare_km2']} km², {worst['iou']:.0%} of their union in both."
)""",
]

OWN = [
    """# Bring your own polygons and rasters

A study is a folder with a project file. This notebook draws two mines and a small yearly land-cover map,
names them in a `quarry.toml`, builds a database, and asks it what happened.""",
    """import os
import tempfile
from pathlib import Path

import geopandas
import numpy
import rasterio
import shapely
from rasterio.transform import from_origin

import quarrydb

folder = Path(tempfile.mkdtemp())""",
    "## Two mines and a country",
    """mines = geopandas.GeoDataFrame(
    {"site": ["north", "south"]},
    geometry=[shapely.box(10.00, 50.02, 10.02, 50.03), shapely.box(10.01, 50.00, 10.03, 50.01)],
    crs="EPSG:4326",
)
mines.to_file(folder / "mines.gpkg")
country = geopandas.GeoDataFrame(
    {"ISO_A3": ["AAA"], "ADMIN": ["Aland"], "CONTINENT": ["Europe"]},
    geometry=[shapely.box(9, 49, 11, 51)],
    crs="EPSG:4326",
)
country.to_file(folder / "countries.gpkg")""",
    """## Land cover of four years

Forest (1), bare ground (2) and grassland (3): each year the bare ground moves east, and grass follows.""",
    """years = [2005, 2010, 2015, 2020]
transform = from_origin(9.99, 50.04, 0.001, 0.001)
for step, year in enumerate(years):
    codes = numpy.ones((50, 50), dtype="uint8")
    codes[:, : 10 * step] = 3
    codes[:, 10 * step : 10 * step + 12] = 2
    with rasterio.open(
        folder / f"cover_{year}.tif", "w", driver="GTiff", width=50, height=50, count=1,
        dtype="uint8", crs="EPSG:4326", transform=transform,
    ) as raster:
        raster.write(codes, 1)
_ = (folder / "legend.csv").write_text(
    "code,class_name,cover_type,category\\n1,forest,forest,dense vegetation\\n"
    "2,bare ground,bare,mine-related\\n3,grassland,grassland,sparse vegetation\\n"
)""",
    "## The project file",
    """_ = (folder / "quarry.toml").write_text('''
[project]
name = "my first study"

[[polygons]]
name = "own"
path = "mines.gpkg"
id = "site"
licence = "CC BY 4.0"
citation = "Drawn by hand."

[countries]
path = "countries.gpkg"

[landcover]
path = "cover_*.tif"
years_from = 'cover_(?P<year>[0-9]{4})'
legend = "legend.csv"
''')""",
    "## Build and ask",
    """from quarrydb.engine.build import build
from quarrydb.project import load_project

result = build(load_project(folder), workers=1)
database = quarrydb.open(folder / "mines.duckdb")
database.to_polars(
    '''SELECT source_id, round(area_km2, 3) AS area_km2, country
    FROM mine JOIN mine_source USING (mine_id) ORDER BY ALL'''
)""",
    """database.to_polars(
    '''SELECT source_id, year, round(bare_surface_share, 3) AS bare
    FROM mine_bare_surface JOIN mine_source USING (mine_id)
    WHERE year % 5 = 0 ORDER BY source_id, year'''
)""",
    """milestones = database.to_polars(
    '''SELECT source_id, first_developed_year, first_reclaimed_year,
        round(ever_developed_km2, 3) AS ever_developed_km2
    FROM mine_timeline JOIN mine_source USING (mine_id) ORDER BY source_id'''
)
milestones""",
    """print(
    f"{len(milestones)} mines took {milestones['ever_developed_km2'].sum():,.2f} km² of vegetated land, the "
    f"first in {milestones['first_developed_year'].min()}."
)""",
    """## Take it away

`quarry export`, `quarry report` and `quarry map` work on this database as on any other; the licence that
you wrote goes with it.""",
    """from quarrydb.provenance.licence import licence_of, read_sources

[(source.name, source.licence) for source in read_sources(database.connection)]""",
    "database.close()",
]

NOTEBOOKS = {
    "a_one_country": COUNTRY,
    "b_one_mine": MINE,
    "c_protected_areas": PROTECTED,
    "d_footprint_and_land_cover": FOOTPRINT,
    "e_bring_your_own": OWN,
}


def notebook(cells: list[str]) -> nbformat.NotebookNode:
    """A notebook; text that begins with # is Markdown unless it is code."""
    made = []
    for position, text in enumerate(cells):
        kind = (
            nbformat.v4.new_markdown_cell
            if text.startswith(("# ", "## "))
            else nbformat.v4.new_code_cell
        )
        cell = kind(text)
        cell["id"] = f"cell-{position}"
        made.append(cell)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel})


def run(page: nbformat.NotebookNode, database: Path) -> nbformat.NotebookNode:
    """Run all cells; an error in one of them is raised."""
    os.environ["QUARRY_DATABASE"] = str(database.resolve())
    client = NotebookClient(
        page, timeout=180, kernel_name="python3", record_timing=False, store_widget_state=False
    )
    client.execute()  # a widget's state holds its whole script, megabytes
    page.metadata.pop("language_info", None)
    return page


def main(folder: Path) -> None:
    """Write every notebook with its outputs."""
    (HERE / "notebooks").mkdir(exist_ok=True)
    for name, cells in NOTEBOOKS.items():
        page = run(notebook(cells), folder / "mines.duckdb")
        nbformat.write(page, HERE / "notebooks" / f"{name}.ipynb")
        print(name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
