"""Protected areas under pressure."""

from examples.cells.common import SETUP, moving

CELLS = [
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
