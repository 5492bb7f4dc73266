"""One country, from area to status."""

from examples.cells.common import SETUP, moving

CELLS = [
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
