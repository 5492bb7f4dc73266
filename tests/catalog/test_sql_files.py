"""Every SQL file keeps its promises: header, order, comments, fast joins, plain clients."""

import itertools
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import duckdb
import ibis
import pytest

import quarrydb
from quarrydb.catalog.objects import SqlObject, read_catalog
from quarrydb.database.connection import install_spatial

CATALOG = read_catalog()
VIEWS = [item for item in CATALOG.values() if item.kind == "view"]
TABLES = [item for item in CATALOG.values() if item.kind == "table"]
CHECKS = [item for item in CATALOG.values() if item.kind == "check"]
PUBLIC = [item for item in CATALOG.values() if item.is_public]


def by_name(item: SqlObject) -> str:
    return item.name


@pytest.mark.parametrize("item", [*VIEWS, *CHECKS], ids=by_name)
def test_reads_line_is_what_the_statement_reads(item: SqlObject) -> None:
    assert item.reads == item.parsed_reads


def test_words_and_signs_are_those_that_sqlglot_sees() -> None:
    """What decides a fingerprint; several words may be one keyword there."""
    import sqlglot

    told = "SELECT 'it''s' AS \"a b\", -- not 'this\n1.5e-3::INT / .5 -> x /* nor\n'' this */ || '' <= $1"
    for item in [*CATALOG.values(), replace(VIEWS[0], text=told)]:
        tokens = sqlglot.tokenize(item.statement, dialect="duckdb")
        expected = (repr(t.text) if t.token_type.name == "STRING" else t.text for t in tokens)
        assert item.content == " ".join(expected), item.name
        called = {a.text.lower() for a, b in itertools.pairwise(tokens) if b.text == "("}
        assert {name.split()[-1] for name in called} == item.functions


@pytest.mark.parametrize("item", CATALOG.values(), ids=by_name)
def test_header_names_the_object_and_says_what_it_is(item: SqlObject) -> None:
    name = item.name.removeprefix("main.").removeprefix("raw.")
    assert item.header_lines[0].startswith(f"-- {name}: ")
    assert item.summary.endswith(".")
    if item.kind in ("view", "table"):
        assert item.header["Grain"].endswith(".")


@pytest.mark.parametrize("item", VIEWS, ids=by_name)
def test_method_names_a_section_of_the_methods_page(item: SqlObject) -> None:
    method = item.header.get("Method", "")
    if not method:
        return
    anchor = method.partition("docs/methods.md#")[2].partition(" ")[0]
    text = Path("docs/methods.md").read_text(encoding="utf-8")
    anchors = {
        line.lstrip("# ").strip().lower().replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("#")
    }
    assert anchor in anchors


@pytest.mark.parametrize("item", [*VIEWS, *TABLES], ids=by_name)
def test_object_and_every_column_have_a_comment(
    item: SqlObject, demo_columns: Mapping[str, Mapping[str, str | None]]
) -> None:
    columns = demo_columns[item.name]
    assert [name for name, comment in columns.items() if not comment] == []
    assert item.comments[""]
    assert set(item.comments) - {""} == set(columns)


@pytest.mark.parametrize("item", PUBLIC, ids=by_name)
def test_public_view_needs_no_spatial_function_and_no_udf(item: SqlObject) -> None:
    from quarrydb.udfs import REGISTRY

    assert not {name for name in item.functions if name.startswith("st_")}
    assert not item.functions & {name.lower() for name in REGISTRY}


@pytest.mark.parametrize("item", [i for i in VIEWS if not i.is_public], ids=by_name)
def test_inner_view_qualifies_every_name(item: SqlObject) -> None:
    """An unqualified name in a view of schema core would find core's object first."""
    from sqlglot import exp

    ctes = {cte.alias.lower() for cte in item.tree.find_all(exp.CTE)}
    loose = [
        table.name
        for table in item.tree.find_all(exp.Table)
        if isinstance(table.this, exp.Identifier)
        and not table.db
        and table.name.lower() not in ctes
    ]
    assert loose == []


def spatial_joins(item: SqlObject) -> bool:
    """Whether the statement joins two relations by a spatial predicate."""
    text = " ".join(item.statement.split())
    return " ON ST_Intersects(" in text or " ON ST_DWithin(" in text


@pytest.mark.parametrize("item", [i for i in VIEWS if spatial_joins(i)], ids=by_name)
def test_spatial_join_stays_one(
    item: SqlObject, demo_connection: duckdb.DuckDBPyConnection
) -> None:
    """A join that falls back to nested loops takes a hundred times longer at full scale."""
    from sqlglot import exp

    expression = item.tree.args["expression"]
    assert isinstance(expression, exp.Expression)
    query = item.statement.partition(" AS\n")[2].rstrip(";")
    plan = "\n".join(row[1] for row in demo_connection.execute(f"EXPLAIN {query}").fetchall())
    assert "SPATIAL_JOIN" in plan
    assert "BLOCKWISE_NL_JOIN" not in plan


def test_bare_duckdb_reads_every_public_view(demo_database: Path) -> None:
    code = (
        "import duckdb, sys\n"
        "assert 'quarrydb' not in sys.modules\n"
        "c = duckdb.connect(sys.argv[1], read_only=True)\n"
        "c.execute('SET enable_progress_bar = false')\n"  # a slow machine would show one
        "for v in sys.argv[2:]:\n"
        "    c.execute(f'SELECT * FROM {v}').fetchall()\n"
        'loaded = c.execute("SELECT loaded FROM duckdb_extensions() '
        "WHERE extension_name = 'spatial'\").fetchone()\n"
        "print('spatial loaded:', loaded[0])\n"
    )
    names = [item.name.removeprefix("main.") for item in PUBLIC]
    done = subprocess.run(
        [sys.executable, "-c", code, str(demo_database), *names],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "spatial loaded: False\n"


def test_no_public_column_is_wider_than_what_clients_know(demo_database: Path) -> None:
    """HUGEINT, which a sum of whole numbers is, becomes a float or text outside DuckDB."""
    with quarrydb.connect(demo_database) as connection:
        found = connection.execute(
            "SELECT table_name || '.' || column_name FROM duckdb_columns() "
            "WHERE schema_name = 'main' AND (data_type LIKE '%HUGEINT%' OR data_type LIKE 'DECIMAL%')"
        ).fetchall()
        n_columns = connection.execute(
            "SELECT count(*) FROM duckdb_columns() WHERE schema_name = 'main'"
        ).fetchone()
    assert found == []
    assert n_columns is not None
    assert n_columns[0] > len(PUBLIC)


def test_ibis_reads_every_public_view(demo_database: Path) -> None:
    install_spatial()
    connection = ibis.duckdb.connect(demo_database, read_only=True)
    names = {item.name.removeprefix("main.") for item in PUBLIC}
    assert names <= set(connection.list_tables())
    for name in names:
        connection.table(name).limit(2).execute()
    connection.disconnect()
