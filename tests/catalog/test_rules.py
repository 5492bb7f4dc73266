"""Rules of how SQL is written here: pieces to be read at once, reasons, order, sums that no order changes."""

import re
from collections.abc import Iterator

import pytest
from sqlglot import exp

from quarrydb.catalog.objects import SqlObject, read_catalog

CATALOG = read_catalog()
STORED = [item for item in CATALOG.values() if item.header.get("Stored")]
PUBLIC = [item for item in CATALOG.values() if item.is_public and item.kind == "view"]
CTE_LIMIT = 4

# A row or more a mine, outline or site: sorting millions of rows would precede every question asked of them.
BY_MINE = re.compile(
    r"one row per (?:mine|mine_id|footprint_id|new_site_id|dataset, site_id|site_id)\b"
)
ONE_ROW = re.compile(r"one row[.;]")
# Whole numbers: their sums are exact in any order.
WHOLE = re.compile(r"n|n_\w+|is_\w+|tp|fp|fn|tn|(?:true|false)_(?:positive|negative)")
# Sums of two terms, which are equal both ways round: the epoch before a year, and the one after.
OF_TWO = {"main.mine_bare_surface", "main.mine_landcover_yearly"}


def by_name(item: SqlObject) -> str:
    return item.name


def test_there_are_views_to_judge() -> None:
    assert len(PUBLIC) > 50
    assert len(STORED) > 20


@pytest.mark.parametrize("item", CATALOG.values(), ids=by_name)
def test_a_file_has_at_most_four_ctes(item: SqlObject) -> None:
    names = [cte.alias for cte in item.tree.find_all(exp.CTE)]
    assert len(names) <= CTE_LIMIT, names


@pytest.mark.parametrize("item", STORED, ids=by_name)
def test_what_is_stored_says_why(item: SqlObject) -> None:
    assert re.fullmatch(r"yes, \w.{10,}\.", item.header["Stored"])


@pytest.mark.parametrize("item", PUBLIC, ids=by_name)
def test_a_public_view_names_its_method(item: SqlObject) -> None:
    assert item.header["Method"].startswith("docs/methods.md#")


def is_large(item: SqlObject) -> bool:
    return BY_MINE.match(item.header["Grain"]) is not None


@pytest.mark.parametrize("item", [i for i in PUBLIC if not is_large(i)], ids=by_name)
def test_a_summary_comes_in_order(item: SqlObject) -> None:
    """Years in their order, whatever the threads did."""
    if ONE_ROW.match(item.header["Grain"]):
        return
    query = item.tree.args["expression"]
    assert isinstance(query, exp.Query)
    assert query.args.get("order"), f"{item.name} has no ORDER BY"


def loose_sums(item: SqlObject) -> Iterator[str]:
    """Sums and means of doubles whose last digits depend on the order of rows."""
    for node in item.tree.find_all(exp.Sum, exp.Avg):
        window = node.find_ancestor(exp.Window)
        if (
            window is not None
            and window.this is node
            and (window.alias or window.args.get("order"))
        ):
            continue
        columns = [column.name for column in node.this.find_all(exp.Column)]
        if not all(WHOLE.fullmatch(name) for name in columns):
            yield node.sql(dialect="duckdb")


@pytest.mark.parametrize("item", PUBLIC, ids=by_name)
def test_sums_of_doubles_are_reproducible(item: SqlObject) -> None:
    """Through ``core.reproducible_sum``, or in the order of a window."""
    assert item.name in OF_TWO or list(loose_sums(item)) == []


def test_a_sum_in_the_order_of_rows_would_be_found() -> None:
    item = CATALOG["main.mine_bare_surface"]
    assert len(list(loose_sums(item))) == 3
