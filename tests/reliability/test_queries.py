"""Users' queries read this database and nothing else; exports go where they were sent and nowhere else."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from quarrydb.cli.app import app
from quarrydb.database.connection import connect
from quarrydb.database.opening import open_checked
from quarrydb.database.query import as_table, batches, run_query
from quarrydb.database.statement import check_reads
from quarrydb.errors import DatabaseError, QueryError
from quarrydb.export.views import export_views
from quarrydb.redact import CONTROL
from tests.reliability.table import case, tried
from tests.reliability.tools import refusal

SECTION = "Queries and exports"
FORBIDDEN = {
    "creates a table": "CREATE TABLE t AS SELECT 1",
    "deletes rows": "DELETE FROM raw.load_file",
    "drops a view": "DROP VIEW mine",
    "attaches a file": "ATTACH 'FOLDER/other.duckdb' AS other",
    "writes a file": "COPY (SELECT 1) TO 'FOLDER/out.csv'",
    "writes a file with GDAL": "COPY (FROM mine) TO 'FOLDER/o' (FORMAT gdal, DRIVER 'GeoJSON')",
    "exports the database": "EXPORT DATABASE 'FOLDER/export'",
    "installs an extension": "INSTALL httpfs",
    "loads an extension": "LOAD 'FOLDER/evil.duckdb_extension'",
    "reads a text file": "FROM read_text('FOLDER/secret.csv')",
    "reads a CSV": "FROM read_csv('FOLDER/secret.csv')",
    "reads a file by name": "FROM 'FOLDER/secret.csv'",
    "lists files": "FROM glob('FOLDER/*')",
    "reads a URL": "FROM 'https://127.0.0.1:9/x.parquet'",
    "reads with GDAL": "FROM ST_Read('FOLDER/secret.csv')",
    "reads with GDAL through a prefix": "FROM ST_Read('/vsicsv/FOLDER/secret.csv')",
    "reads a shapefile": "FROM ST_ReadSHP('FOLDER/secret.shp')",
    "reads an OSM file": "FROM ST_ReadOSM('FOLDER/secret.csv')",
    "unlocks": "SET enable_external_access = true",
    "unlocks the lock": "SET lock_configuration = false",
    "resets the lock": "RESET enable_external_access",
    "hides a write behind a read": "SELECT 1; COPY (SELECT 1) TO 'FOLDER/out.csv'",
    "hides a read in a string": "FROM query('FROM read_text(''FOLDER/secret.csv'')')",
    "moves the temporary folder": "SET temp_directory = 'FOLDER/tmp'",
    "stores a secret": "CREATE PERSISTENT SECRET (TYPE http, BEARER_TOKEN 'x')",
    "names a Python variable": "FROM connection",
}


@pytest.fixture
def connection(built: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(built / "mines.duckdb") as opened:
        yield opened


def run_whole(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    """Run a query and read all that it gives: some functions open their file only then."""
    result = run_query(connection, query)
    list(batches(result) if result is not None else [])


@pytest.mark.parametrize(
    "query", [case(SECTION, f"query that {k}", q) for k, q in FORBIDDEN.items()]
)
def test_query_is_refused(
    query: str,
    connection: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    happened: Callable[[str], None],
) -> None:
    (tmp_path / "secret.csv").write_text("secret\n42\n")
    before = sorted(tmp_path.iterdir())
    text = query.replace("FOLDER", str(tmp_path))
    with pytest.raises(DatabaseError) as caught:
        run_whole(connection, text)
    assert "42" not in str(caught.value)
    assert sorted(tmp_path.iterdir()) == before
    # Names are left out: which file of many is met first is of no interest.
    said = re.sub(r"'[^']*'|\"[^\"]*\"|: FOLDER.*|/\S+", "...", str(caught.value).splitlines()[0])
    happened(f"Refused, exit code {caught.value.exit_code}: {said}")


@tried(SECTION, "query that reads a file, with --unlocked")
def test_unlocked(built: Path, tmp_path: Path, happened: Callable[[str], None]) -> None:
    (tmp_path / "secret.csv").write_text("secret\n42\n")
    with connect(built / "mines.duckdb", unlocked=True) as connection:
        result = run_query(connection, f"FROM '{tmp_path}/secret.csv'", unlocked=True)
        assert result is not None
        assert result.fetchall() == [(42,)]
    happened("Read, as the flag asks; the database itself stays read-only.")


@tried(SECTION, "query by the command line that writes")
def test_command_line(built: Path, happened: Callable[[str], None]) -> None:
    command = [sys.executable, "-m", "quarrydb.cli", "sql", "CREATE TABLE t (i INT)"]
    done = subprocess.run(
        [*command, "-d", str(built / "mines.duckdb")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    happened(f"Refused, exit code {done.returncode}: {done.stderr.removeprefix('Error: ')}")


BIG = "SELECT i, hash(i) h FROM range(3000000) t(i) ORDER BY h, i"


@tried(SECTION, "query that needs more memory than it is given")
def test_no_spilling_when_locked(built: Path, happened: Callable[[str], None]) -> None:
    with connect(built / "mines.duckdb", memory_limit="50MB", threads=1) as opened:
        text = refusal(lambda: run_whole(opened, BIG))
    happened(re.sub(r"\(.*?used\)", "(...)", text))


def test_spilling_works_when_unlocked(built: Path) -> None:
    with connect(built / "mines.duckdb", memory_limit="50MB", threads=1, unlocked=True) as opened:
        result = run_query(opened, BIG, unlocked=True)
        assert result is not None
        assert sum(batch.num_rows for batch in batches(result)) == 3_000_000


EXPORTS = [
    case(SECTION, "export to a folder that is a file", "file"),
    case(SECTION, "export to a device", "/dev/null"),
    case(SECTION, "export to /proc", "/proc/quarry"),
]


@pytest.mark.parametrize("where", EXPORTS)
def test_export_is_refused(
    where: str,
    connection: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    happened: Callable[[str], None],
) -> None:
    (tmp_path / "file").touch()
    happened(refusal(lambda: export_views(connection, tmp_path / where)))


@tried(SECTION, "export to a relative path with ..")
def test_export_upwards(
    connection: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    happened: Callable[[str], None],
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    written = export_views(connection, Path("../there"), views=["mine"])
    assert written == {"mine": 40}
    assert (tmp_path / "there" / "mine.parquet").is_file()
    assert not list((tmp_path / "here").iterdir())
    happened("Written there: the folder is the user's choice.")


@tried(SECTION, "export over a symbolic link")
def test_export_over_link(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, happened: Callable[[str], None]
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("keep")
    folder = tmp_path / "out"
    folder.mkdir()
    for name in ("mine.parquet", ".mine.parquet.tmp", ".datapackage.json.tmp"):
        (folder / name).symlink_to(precious)
    export_views(connection, folder, views=["mine"])
    assert precious.read_text() == "keep"
    assert not (folder / "mine.parquet").is_symlink()
    assert not [p for p in folder.iterdir() if p.name.endswith(".tmp") and not p.is_symlink()]
    happened("The link is replaced by the file; what it pointed to is untouched.")


@tried(SECTION, "export of a view that is not there")
def test_export_unknown(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, happened: Callable[[str], None]
) -> None:
    happened(refusal(lambda: export_views(connection, tmp_path, views=["../mine"])))


@tried(SECTION, "export of a foreign database whose view is named as a path")
def test_hostile_view_name(tmp_path: Path, happened: Callable[[str], None]) -> None:
    path = tmp_path / "hostile.duckdb"
    with duckdb.connect(str(path)) as c:
        c.execute('CREATE VIEW "../../escaped" AS SELECT 1 AS n')
    with connect(path) as opened:
        happened(refusal(lambda: export_views(opened, tmp_path / "a" / "b")))
    assert not (tmp_path / "escaped.parquet").exists()


@tried(SECTION, "export of a foreign database whose view reads a file")
def test_hostile_view_query(project: Path, tmp_path: Path, happened: Callable[[str], None]) -> None:
    from typer.testing import CliRunner

    (tmp_path / "secret.csv").write_text("secret\n42\n")
    database = project / "mines.duckdb"
    with duckdb.connect(str(database)) as c:
        c.execute(f"CREATE VIEW trap AS FROM read_csv('{tmp_path}/secret.csv')")
    done = CliRunner().invoke(app, ["export", str(tmp_path / "out"), "-d", str(database)])
    assert isinstance(done.exception, DatabaseError)
    assert not (tmp_path / "out" / "trap.parquet").exists()
    happened(f"Refused, exit code 6: {str(done.exception).splitlines()[0]}")


DATABASES = [
    case(SECTION, "database that is not there", None),
    case(SECTION, "database of 0 bytes", b""),
    case(SECTION, "text named .duckdb", b"not a database" * 1000),
]


@pytest.mark.parametrize("content", DATABASES)
def test_no_database(
    content: bytes | None, tmp_path: Path, happened: Callable[[str], None]
) -> None:
    path = tmp_path / "mines.duckdb"
    if content is not None:
        path.write_bytes(content)
    text = refusal(lambda: open_checked(path))
    happened(text.replace(str(path), "mines.duckdb"))


@tried(SECTION, "database made by something else")
def test_foreign_database(tmp_path: Path, happened: Callable[[str], None]) -> None:
    path = tmp_path / "mines.duckdb"
    duckdb.connect(str(path)).close()
    happened(refusal(lambda: open_checked(path)).splitlines()[0])


@tried(SECTION, "database of an older schema")
def test_old_schema(project: Path, happened: Callable[[str], None]) -> None:
    database = project / "mines.duckdb"
    with duckdb.connect(str(database)) as c:
        c.execute("UPDATE raw.build SET schema_version = 0")
    text = refusal(lambda: open_checked(database))
    happened(text)


@pytest.mark.parametrize("whole", [True, False])
def test_a_table_shows_no_control_of_any_alphabet(
    connection: duckdb.DuckDBPyConnection, capsys: pytest.CaptureFixture[str], *, whole: bool
) -> None:
    """DuckDB spells out those of ASCII alone; chr(155) begins a command on some terminals."""
    query = "SELECT chr(8238) || 'a' || chr(155) || chr(27) || chr(8203) AS \"x\u202ey\""
    relation = run_query(connection, query)
    assert relation is not None
    as_table(relation, whole=whole)
    shown = capsys.readouterr().out
    assert not CONTROL.search(shown)
    assert "\\u202ea" in shown


def test_environment_is_not_read(connection: duckdb.DuckDBPyConnection) -> None:
    assert os.environ["PATH"]
    with pytest.raises(DatabaseError):
        run_query(connection, "SELECT getenv('PATH')")


def test_a_query_imports_only_what_it_needs(built: Path) -> None:
    """pandas, NumPy and Arrow take longer than the query."""
    code = (
        "import sys; from quarrydb.database.opening import open_checked\n"
        "from quarrydb.database.query import as_table, run_query\n"
        f"with open_checked({str(built / 'mines.duckdb')!r}) as c: as_table(run_query(c, 'SELECT 1'))\n"
        "print([m for m in ('pandas', 'numpy', 'pyarrow', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_query_is_looked_at_as_it_is_written() -> None:
    with duckdb.connect() as connection:
        for query in ("SELECT 'it''s', $$a'b$$", "SELECT '; COPY (SELECT 1) TO ''x''' AS a"):
            check_reads(connection, query)
        for query in ("SELECT 1\0; COPY (SELECT 1) TO 'x'", "COPY (SELECT '''') TO 'x'"):
            with pytest.raises(QueryError):
                check_reads(connection, query)
