"""The demo world, built once and shared by all processes of a test run, or by several runs."""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import pytest
from hypothesis import settings

import quarrydb
from quarrydb.demo.write import write_demo
from quarrydb.engine.build import build
from quarrydb.fetch.gdal import OFFLINE
from quarrydb.project import Project, load_project

# The processes of a test run share the cores; threads of linear algebra would wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Names a folder in which make demo just built the demo world, so that several runs share it.
BUILT_DEMO = "QUARRY_BUILT_DEMO"

# No test by the clock: a machine may be busy.
settings.register_profile("quarrydb", deadline=None)
settings.load_profile("quarrydb")

REAL = Path(__file__).parent.parent.parent / "shared" / "data" / "real"


# Files that take minutes begin first, so that no process ends alone with one of them.
LONGEST = ("test_fault_stopping.py", "test_segment.py")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first; the rest as collected."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


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
def demo(shared_folder: Path) -> Path:
    """The demo world of scale 1, with its database built."""
    folder = shared_folder / "demo-world"
    with (shared_folder / "demo-world.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "mines.duckdb").exists():
            if built := os.environ.get(BUILT_DEMO):
                shutil.copytree(
                    built, folder, symlinks=True, ignore=shutil.ignore_patterns("export")
                )
            else:
                write_demo(folder)
                build(load_project(folder))  # on all cores: the others wait for it
    return folder


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
    with quarrydb.connect(demo_database, unlocked=True) as connection:
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
