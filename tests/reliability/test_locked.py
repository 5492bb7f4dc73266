"""A locked database stays as it is, and gives nothing but itself, whatever is asked of it."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from quarrydb.database.connection import connect
from quarrydb.database.query import batches, run_query
from quarrydb.errors import QueryError
from tests.reliability.hostile import DECOY, statements
from tests.reliability.table import tried

SECTION = "Queries and exports"
LINKS = (".tmp", ".wal.recovery", ".wal.checkpoint")


def fingerprint(folder: Path) -> dict[str, str]:
    """Every file, folder and link below ``folder`` with a hash of what it holds."""
    return {
        str(path.relative_to(folder)): str(path.readlink())
        if path.is_symlink()
        else hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else "folder"
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def world(built: Path, tmp_path: Path) -> Path:
    """A database with a decoy home folder beside it."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "notes.txt").write_text(f"{DECOY}\n")
    for name in ("x.shp", "x.shx", "x.dbf", "x.pbf", "x.parquet"):
        (tmp_path / "home" / name).write_text(DECOY)
    (tmp_path / "data").mkdir()
    shutil.copy(built / "mines.duckdb", tmp_path / "data" / "mines.duckdb")
    return tmp_path


@pytest.fixture
def database(world: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(world / "data" / "mines.duckdb") as opened:
        # Links that name the rest of the disk, made once the file is open: before, they are refused.
        for suffix in LINKS:
            (world / "data" / f"mines.duckdb{suffix}").symlink_to(world / "home")
        yield opened


def filled(statement: str, world: Path) -> str:
    folder = world / "data"
    words = {"HOME": world / "home", "FOLDER": folder, "DB": folder / "mines.duckdb"}
    for word, path in words.items():
        statement = statement.replace(word, str(path))
    return statement


def test_there_are_more_than_a_hundred_different_statements() -> None:
    assert len(set(statements())) == len(statements()) > 100


@tried(SECTION, "150 hostile statements to the locked query")
def test_hostile_statements_change_and_tell_nothing(
    world: Path, database: duckdb.DuckDBPyConnection, happened: Callable[[str], None]
) -> None:
    before = fingerprint(world)
    answered = []
    for statement in statements():
        with suppress(QueryError):
            result = run_query(database, filled(statement, world))
            rows = [batch.to_pylist() for batch in batches(result)] if result is not None else []
            assert DECOY not in str(rows)
            answered.append(statement)
    assert fingerprint(world) == before
    assert not [s for s in answered if not s.startswith(("FROM", "SELECT"))]
    assert database.execute("SELECT count(*) FROM mine").fetchone() == (40,)
    happened(
        "None writes, and none reads a file: the database, its folder and a home folder beside it "
        "have the same checksums as before."
    )


@tried(SECTION, "the same statements past the look at their kind")
def test_the_lock_holds_alone(
    world: Path, database: duckdb.DuckDBPyConnection, happened: Callable[[str], None]
) -> None:
    before = fingerprint(world)
    for statement in statements():
        rows: object = None
        with suppress(duckdb.Error):
            rows = database.execute(filled(statement, world)).fetchall()
        assert DECOY not in str(rows)
        assert fingerprint(world) == before, statement
    happened("The same: the connection has no file system to write to.")


NO_FILE = [
    "SELECT ST_Transform(ST_Point(1, 50), 'EPSG:4326', '+init=HOME/notes.txt:1')",
    "SELECT ST_Transform(ST_Point(1, 50), 'EPSG:4326', '+in' || 'it=HOME/notes.txt:1')",
    "SELECT st_transform(ST_Point(1, 50), project, 'EPSG:3857') FROM raw.build",
    "SELECT ST_Transform(ST_Point(1, 50), 'EPSG:4326', '+proj=longlat +nadgrids=HOME/notes.txt')",
    "FROM query('SELECT ST_Transform(ST_Point(1, 50), ''EPSG:4326'', ''+init=HOME/x:1'')')",
    "EXPLAIN ANALYZE SELECT ST_Transform(ST_Point(1, 50), 'EPSG:4326', '+init=HOME/notes.txt:1')",
    "FROM enable_profiling()",
]


@pytest.mark.parametrize("statement", NO_FILE)
def test_no_projection_opens_a_file(
    statement: str, world: Path, database: duckdb.DuckDBPyConnection
) -> None:
    with pytest.raises(QueryError, match=r"ST_Transform takes a CRS|does more"):
        run_query(database, filled(statement, world))


def test_a_projection_by_its_code_is_a_query(database: duckdb.DuckDBPyConnection) -> None:
    for crs in ("EPSG:3857", "+proj=moll +datum=WGS84"):
        query = f"SELECT ST_Transform(ST_Point(1, 50), 'EPSG:4326', '{crs}')"
        result = run_query(database, query)
        assert result is not None
        assert result.fetchone() is not None


def test_a_deep_query_is_an_error(database: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(QueryError):
        run_query(database, f"SELECT {'abs(' * 3000}1{')' * 3000}")
