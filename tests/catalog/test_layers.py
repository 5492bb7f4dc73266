"""Which layers' borders decide the rows of a view, and so whose licences they carry."""

from collections.abc import Iterator

import pytest
from sqlglot import exp

from quarrydb.catalog.layer_names import BUILT_IN_LAYERS
from quarrydb.catalog.layers import has_layer, layers_of_header, raw_tables
from quarrydb.catalog.objects import SqlObject, public_views, read_catalog

CATALOG = read_catalog()
NAMED = [item for item in CATALOG.values() if "Layers" in item.header]
OUTLINES = {"raw.country", "raw.protected_area", "raw.biome", "raw.region"}


def layered_reads(item: SqlObject) -> Iterator[exp.Table]:
    """Tables with a column ``layer`` that the statement reads."""
    for table in item.tree.find_all(exp.Table):
        name = f"{table.db or 'main'}.{table.name}".lower()
        if name in CATALOG and name != item.name and has_layer(CATALOG[name]):
            yield table


def asked_for(table: exp.Table) -> set[str]:
    """The layers that the SELECT around ``table`` asks for, in WHERE or ON; none where it takes all."""
    select = table.find_ancestor(exp.Select)
    assert select is not None
    conditions = [
        select.args.get("where"),
        *(join.args.get("on") for join in select.args.get("joins", [])),
    ]
    found = set()
    for condition in (part for whole in conditions if whole for part in conjuncts(whole)):
        column = condition.this
        if not isinstance(condition, exp.EQ | exp.In) or column.name != "layer":
            continue
        if column.table and column.table != table.alias_or_name:
            continue
        found |= {literal.this for literal in condition.find_all(exp.Literal)}
    return found


def conjuncts(condition: exp.Expr) -> Iterator[exp.Expr]:
    """What must all hold: an OR is one condition, which asks for nothing."""
    whole = condition.this if isinstance(condition, exp.Where | exp.Paren) else condition
    if isinstance(whole, exp.And):
        yield from conjuncts(whole.left)
        yield from conjuncts(whole.right)
    elif whole is not condition:
        yield from conjuncts(whole)
    else:
        yield whole


@pytest.mark.parametrize("item", NAMED, ids=lambda item: item.name)
def test_the_layers_line_is_what_the_statement_asks_for(item: SqlObject) -> None:
    """Every read of rows by layer is cut down to some, and together they are those of the line."""
    reads = [asked_for(table) for table in layered_reads(item)]
    assert reads
    assert all(reads), "a table of all layers is read whole"
    assert set().union(*reads) == layers_of_header(item)
    assert layers_of_header(item) <= set(BUILT_IN_LAYERS)


@pytest.mark.parametrize("item", NAMED, ids=lambda item: item.name)
def test_rows_of_one_layer_are_not_named_twice(item: SqlObject) -> None:
    """An object with a column ``layer`` passes on what is asked of it; a line would stand against that."""
    assert not has_layer(item)


def test_a_statement_that_takes_all_layers_may_not_name_one() -> None:
    """The test above can fail: on a filter that is gone, or is one side of an OR."""
    item = CATALOG["main.country_disturbance_yearly"]
    for other in ("WHERE TRUE", "WHERE disturbance.layer = 'country' OR disturbance.year > 2000"):
        text = item.text.replace("WHERE disturbance.layer = 'country'", other)
        changed = SqlObject(item.name, item.kind, item.topic, item.path, text)
        assert [asked_for(table) for table in layered_reads(changed)] == [set()]


def outlines(view: str, *layers: str) -> set[str]:
    return set(raw_tables(view, frozenset(layers) or None) & OUTLINES)


@pytest.mark.parametrize(
    ("view", "of"),
    [
        ("country_summary", {"raw.country"}),
        ("country_disturbance_yearly", {"raw.country"}),
        ("continent_disturbance_yearly", {"raw.country"}),
        ("bare_surface_yearly", {"raw.country"}),
        ("segmented_country_yearly", {"raw.country"}),
        ("status_summary", {"raw.country"}),
        ("disturbance_yearly", set()),
        ("mine_source", set()),
        ("protected_summary", {"raw.country", "raw.protected_area"}),
        ("mine", {"raw.country", "raw.protected_area", "raw.biome"}),
        ("region_yearly", OUTLINES),
        ("layer_yearly", OUTLINES),
    ],
)
def test_a_view_is_made_from_the_outlines_that_it_asks_for(view: str, of: set[str]) -> None:
    assert outlines(view) == of


@pytest.mark.parametrize(
    "view", ["region_yearly", "region_summary", "region_overlap", "layer_yearly"]
)
def test_rows_of_a_layer_are_made_from_its_outlines(view: str) -> None:
    """The countries, which say where a mine counts that lies off all coasts, are no secret here."""
    assert outlines(view, "continent") == {"raw.country"}
    assert outlines(view, "grid") == {"raw.country"}
    assert outlines(view, "protected") == {"raw.country", "raw.protected_area"}
    assert outlines(view, "district", "biome") == {"raw.country", "raw.region", "raw.biome"}


def test_outlines_of_a_layer_are_its_own() -> None:
    assert outlines("region", "protected") == {"raw.protected_area"}
    assert outlines("region", "district") == {"raw.region"}


def test_public_views_without_a_layer_rest_on_named_layers_only() -> None:
    """A sum by place that names no layer would take over the licence of every layer of the project."""
    resting = [
        item.name
        for item in public_views(CATALOG)
        if not has_layer(item) and "raw.region" in raw_tables(item.name.removeprefix("main."))
    ]
    assert resting == []
