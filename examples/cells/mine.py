"""One mine through forty years."""

from examples.cells.common import SETUP

CELLS = [
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
