"""The segmented footprint against land cover."""

from examples.cells.common import SETUP, moving

CELLS = [
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
