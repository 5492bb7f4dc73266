"""Mines of one continent by country with ibis: filter, join, plot.

python examples/ibis/country_areas.py demo/mines.duckdb areas.png
"""

import sys

import ibis
from ibis import _

import quarrydb


def country_areas(path: str) -> ibis.Table:
    """Countries by mine area with the part of it that lies in Key Biodiversity Areas, 0-1."""
    tables = quarrydb.open(path).ibis()
    protected = tables.table("protected_country_summary").select("iso3", protected_km2=_.area_km2)
    countries = tables.table("country_summary").left_join(protected, "iso3")
    return (
        countries.mutate(kba_share=_.protected_km2.fill_null(0) / _.area_km2)
        .select("country", "continent", "n_mines", "area_km2", "kba_share")
        .order_by(_.area_km2.desc())
    )


def plot(areas: ibis.Table, picture: str) -> None:
    """A bar a country."""
    import matplotlib as mpl

    mpl.use("Agg")
    frame = areas.limit(15).to_pandas().iloc[::-1]
    axes = frame.plot.barh(x="country", y="area_km2", color="#0072b2", legend=False)
    axes.set(xlabel="mine area, km2", ylabel="")
    axes.figure.savefig(picture, bbox_inches="tight", dpi=150)


if __name__ == "__main__":
    if len(sys.argv) <= 1:
        sys.exit(__doc__)
    result = country_areas(sys.argv[1])
    print(result.to_pandas().to_string(index=False))
    if len(sys.argv) > 2:
        plot(result, sys.argv[2])
