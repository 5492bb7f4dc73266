"""The demo world, built once and shared by all processes of a test run, or by several runs."""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import pytest
from hypothesis import settings

import quarrydb
from quarrydb.database.connection import quote_identifier, quote_literal
from quarrydb.demo.write import write_demo
from quarrydb.engine.build import build
from quarrydb.fetch.gdal import OFFLINE
from quarrydb.project import Project, load_project
from tests.once import MakeOnce, maker

# The processes of a test run share the cores; threads of linear algebra would wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Names a folder in which make demo just built the demo world, so that several runs share it.
BUILT_DEMO = "QUARRY_BUILT_DEMO"

# No test by the clock: a machine may be busy.
settings.register_profile("quarrydb", deadline=None)
settings.load_profile("quarrydb")

REAL = Path(__file__).parent.parent.parent / "shared" / "data" / "real"


# Files that take minutes begin first, so that no process ends alone with one of them.
LONGEST = (
    "test_segment_again.py",
    "test_segment.py",
    "test_models.py",
    "test_fault_stopping.py",
    "test_cluster.py",
    "test_fault_room.py",
    "test_publish.py",
    "test_fault_database.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first; the rest as collected."""
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(LONGEST)))


@pytest.fixture(autouse=True, scope="session")
def no_fsync() -> Iterator[None]:
    """Tests kill processes, not the machine: what is written need not wait for the disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture(autouse=True)
def gdal_network() -> Iterator[None]:
    """Every test begins as a fresh process does: commands that ran in it forbade GDAL the network."""
    for name in OFFLINE:
        os.environ.pop(name, None)
    yield
    for name in OFFLINE:
        os.environ.pop(name, None)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with real data beside the project; tests that need it skip where it is absent."""
    if not REAL.is_dir():
        pytest.skip(f"real data is not there: {REAL}")
    return REAL


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of one test run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def make_once(shared_folder: Path) -> MakeOnce:
    """What makes a folder once for all processes of the test run."""
    return maker(shared_folder)


@pytest.fixture(scope="session")
def demo(make_once: MakeOnce) -> Path:
    """The demo world of scale 1, with its database built."""

    def make(folder: Path) -> None:
        if built := os.environ.get(BUILT_DEMO):
            shutil.copytree(built, folder, symlinks=True, ignore=shutil.ignore_patterns("export"))
        else:
            write_demo(folder)
            build(load_project(folder))  # on all cores: the others wait for it

    return make_once("demo-world", make)


@pytest.fixture(scope="session")
def demo_project(demo: Path) -> Project:
    """The demo's project file."""
    return load_project(demo)


@pytest.fixture(scope="session")
def demo_database(demo: Path) -> Path:
    """The demo's database."""
    return demo / "mines.duckdb"


@pytest.fixture
def demo_connection(demo_database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to the demo's database, which also reads the planted truth beside it."""
    with quarrydb.connect() as connection:
        name = quote_identifier(demo_database.stem)
        connection.execute(f"ATTACH {quote_literal(demo_database)} AS {name} (READ_ONLY)")
        connection.execute(f"USE {name}.main")
        yield connection


@pytest.fixture(scope="session")
def demo_columns(demo_database: Path) -> Mapping[str, Mapping[str, str | None]]:
    """Comment of every column of the demo's database by object (``core.mine``) and column name."""
    with quarrydb.connect(demo_database) as connection:
        rows = connection.execute(
            "SELECT schema_name || '.' || table_name, column_name, comment FROM duckdb_columns()"
        ).fetchall()
    found: dict[str, dict[str, str | None]] = {}
    for name, column, comment in rows:
        found.setdefault(name, {})[column] = comment
    return found
