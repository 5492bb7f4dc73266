"""Somebody's database is code: its views run when they are asked. No command lets them out of the file."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

import quarrydb
from quarrydb.cli.app import app
from quarrydb.database.connection import (
    connect,
    quote_identifier,
    quote_qualified,
    spatial_extension,
)
from quarrydb.errors import QuarryError, QueryError
from quarrydb.fetch.gdal import OFFLINE
from tests.reliability.hostile import DECOY
from tests.reliability.table import case, tried
from tests.reliability.test_network import FEATURE, Server, server  # noqa: F401 a fixture
from tests.reliability.tools import refusal

SECTION = "Queries and exports"
ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("db", "loaders", "inference", "udfs", "examples")
# The one module that makes connections to DuckDB; and the calls that would make others.
ONE_PLACE = "db/database/connection.py"
CONNECTS = {"duckdb.connect", "ibis.connect", "ibis.duckdb.connect"}

TABLES = ("raw.load_file", "core.mine", "main.parameter")
TRAPS = {
    "reads a file": "(SELECT content FROM read_text('HOME/notes.txt'))",
    "reads a file with GDAL": "(SELECT note FROM ST_Read('HOME/notes.csv'))",
    "calls a server": "(SELECT min(layers::VARCHAR) FROM ST_Read_Meta('/vsicurl/URL/x.json'))",
    "calls a server with GDAL": "(SELECT count(*)::VARCHAR FROM ST_Read('/vsicurl/URL/x.json'))",
    "hides a read in a string": "(SELECT content FROM query('FROM read_text(''HOME/notes.txt'')'))",
}

COMMANDS = {
    "cite": ["cite"],
    "cite --format json": ["cite", "--format", "json"],
    "report": ["report", "OUT/report"],
    "check": ["check"],
    "views": ["views"],
    "views country_summary": ["views", "country_summary"],
    "doctor": ["doctor"],
    "map": ["map", "OUT/map.html"],
    "export": ["export", "OUT/parquet"],
    "export --format csv": ["export", "OUT/csv", "--format", "csv"],
    "export --format gpkg": ["export", "OUT/gpkg", "--format", "gpkg"],
    "export --partition-by": ["export", "OUT/parts", "--partition-by", "year"],
    "publish": ["publish", "--ducklake", "OUT/lake.ducklake", "--data", "OUT/lake/"],
    "sql": ["sql", "FROM build_info"],
    "sql of no view": ["sql", "SELECT 1"],
}


def trap(database: Path, expression: str, *, tables: Sequence[str]) -> None:
    """Let every view, and ``tables``, compute ``expression`` where text stood."""
    with connect(database, read_only=False) as connection:
        views = connection.execute(
            "SELECT schema_name || '.' || view_name FROM duckdb_views() WHERE NOT internal"
        ).fetchall()
        for name in tables:
            kept = quote_identifier(name.partition(".")[2] + "_kept")
            connection.execute(f"ALTER TABLE {quote_qualified(name)} RENAME TO {kept}")
        for name in [*tables, *(name for (name,) in views)]:
            kept = f"{name}_kept" if name in tables else ""
            trap_one(connection, name, kept, expression)


def trap_one(connection: duckdb.DuckDBPyConnection, name: str, kept: str, expression: str) -> None:
    """Put a view in the place of ``name``, with its columns; values of ``kept`` stay."""
    columns = connection.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE schema_name || '.' || table_name = ?",
        [kept or name],
    ).fetchall()
    values = ", ".join(
        f"{expression if kind == 'VARCHAR' else quote_identifier(column) if kept else f'NULL::{kind}'} "
        f"AS {quote_identifier(column)}"
        for column, kind in columns
    )
    source = f" FROM {quote_qualified(kept)}" if kept else ""
    connection.execute(f"CREATE OR REPLACE VIEW {quote_qualified(name)} AS SELECT {values}{source}")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "notes.txt").write_text(DECOY)
    (folder / "notes.csv").write_text(f"note,n\n{DECOY},1\n")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    "expression",
    [
        case(SECTION, f"every command on a foreign database of which each view {k}", v)
        for k, v in TRAPS.items()
    ],
)
def test_no_command_runs_it(
    expression: str,
    project: Path,
    home: Path,
    server: Server,  # noqa: F811 the fixture
    tmp_path: Path,
    happened: Callable[[str], None],
) -> None:
    database, out = project / "mines.duckdb", tmp_path / "out"
    text = expression.replace("HOME", str(home)).replace("URL", server.url)
    server.body = json.dumps({"type": "FeatureCollection", "features": [FEATURE]}).encode()
    trap(database, text, tables=TABLES)
    server.requests.clear()
    assert is_sprung(database, server.requests)
    answered = []
    for name, words in COMMANDS.items():
        line = [word.replace("OUT", str(out)) for word in words]
        done = CliRunner().invoke(app, [*line, "-d", str(database)])
        assert done.exception is None or isinstance(done.exception, QuarryError | SystemExit), name
        assert DECOY not in done.output + str(done.exception)
        answered += [] if done.exit_code else [name]
    for words in (["plan"], ["clean", "--predictions"], ["clean"], ["build"]):
        assert DECOY not in CliRunner().invoke(app, [*words, str(project)]).output
    files = [path for path in [*out.rglob("*"), database] if path.is_file()]
    assert not [path for path in files if DECOY.encode() in path.read_bytes()]
    assert server.requests == []
    happened(
        f"No file is read, and a server that listens gets no request; {', '.join(answered)} answer."
    )


def is_sprung(database: Path, requests: list[str]) -> bool:
    """Whether the trap works in plain DuckDB, in a process that it may crash; the server forgets it."""
    code = (
        "import sys, duckdb; connection = duckdb.connect(sys.argv[1], read_only=True); "
        "connection.load_extension(sys.argv[2]); print(connection.execute('FROM country_summary').fetchall())"
    )
    command = [sys.executable, "-c", code, str(database), str(spatial_extension())]
    free = {name: value for name, value in os.environ.items() if name not in OFFLINE}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=free)
    called = bool(requests)
    requests.clear()
    return called or DECOY in done.stdout


@tried(SECTION, "opening a foreign database whose record of the build reads a file")
def test_the_first_query_is_locked(
    project: Path, home: Path, happened: Callable[[str], None]
) -> None:
    database = project / "mines.duckdb"
    trap(database, f"(SELECT content FROM read_text('{home}/notes.txt'))", tables=["raw.build"])
    happened(refusal(lambda: quarrydb.open(database)).replace(str(database), "mines.duckdb"))


def test_python_reads_locked(project: Path, home: Path) -> None:
    """The facade, its frames and its ibis backend are locked; each can be unlocked."""
    database = project / "mines.duckdb"
    trap(database, f"(SELECT content FROM read_text('{home}/notes.txt'))", tables=())
    with quarrydb.open(database) as opened:
        for read in (opened.to_polars, lambda view: opened.ibis().table(view).execute()):
            with pytest.raises((duckdb.PermissionException, QueryError)):
                read("country_summary")
        with pytest.raises(QueryError, match="only this database is read"):
            opened.sql(f"FROM read_text('{home}/notes.txt')")
    with quarrydb.open(database, unlocked=True) as opened:
        assert DECOY in str(opened.to_polars("country_summary").to_dicts())
        assert DECOY in str(opened.ibis().table("country_summary").to_pyarrow().to_pylist())


def test_one_connection_locks_no_other(project: Path) -> None:
    """Connections of one process to one file have each its own settings."""
    database = project / "mines.duckdb"
    with connect(database, unlocked=True) as free, connect(database) as closed:
        free.execute(f"FROM read_blob('{project}/quarry.toml') SELECT size")
        with pytest.raises(duckdb.PermissionException):
            closed.execute(f"FROM read_blob('{project}/quarry.toml') SELECT size")
    with connect(database) as first, connect(database, threads=1, memory_limit="1GB") as second:
        assert first.execute("FROM mine").fetchall() == second.execute("FROM mine").fetchall()


def test_one_module_connects() -> None:
    """Nobody goes round the lock: every connection to DuckDB is made in one module."""
    found = {
        path.relative_to(ROOT).as_posix()
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        if CONNECTS & set(dotted_names(path))
    }
    assert found == {ONE_PLACE}


def dotted_names(path: Path) -> Iterator[str]:
    """Names such as duckdb.connect that a module uses, however it imports them."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module in ("duckdb", "ibis", "ibis.duckdb"):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        if isinstance(node, ast.Attribute):
            yield ast.unparse(node)
