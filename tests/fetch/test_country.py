"""One country of the demo world, as its publishers have it, from a server: the same rows as from files."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from quarrydb.demo.write import write_published
from quarrydb.engine.build import build
from quarrydb.project import load_project
from tests.fetch.server import Server, serving
from tests.fetch.world import differences

pytestmark = pytest.mark.slow
COUNTRY = "XAC"
HEAD = """
[project]
name = "one country"
area = "{area}"
"""
DATASETS = """
[[polygons]]
dataset = "tang2023"
[[polygons]]
dataset = "maus2022"
[countries]
dataset = "natural_earth_10m"
[landcover]
dataset = "glc_fcs30d"
variant = "{variant}"
gaps = "record"
[[indicator]]
dataset = "viirs_monthly"
name = "ntl"
years = "2018-2019"
[network.mirror]
{mirrors}
"""
FILES = """
[[polygons]]
name = "tang2023"
path = "{zenodo}/7894216/tang.shp"
[[polygons]]
name = "maus2022"
path = "{published}/download.pangaea.de/dataset/942325/files/global_mining_polygons_v2.gpkg"
layer = "mining_polygons"
[countries]
path = "{published}/naciscdn.org/naturalearth/10m/cultural/ne_10m_admin_0_countries.zip"
{landcover}
gaps = "record"
[[indicator]]
name = "ntl"
path = "{lights}/npp_201[89]*/*.avg_rade9.tif"
dates = "DNB_npp_{{year}}{{month}}01-*.avg_rade9.tif"
weight_path = "{lights}/npp_201[89]*/*.n_cf.tif"
weight_dates = "DNB_npp_{{year}}{{month}}01-*.n_cf.tif"
unit = "nW/cm2/sr"
"""
LANDCOVER = {
    "openlandmap": """
[landcover]
path = "{published}/s3.openlandmap.org/arco/*.tif"
years_from = 's_(?P<year>[0-9]{{4}})0101_'
""",
    "zenodo": """
[landcover]
path = "{world}/landcover/*/*.tif"
""",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small world with its publishers' folders."""
    folder = tmp_path_factory.mktemp("published")
    write_published(folder, scale=0.2)
    parts = folder / "published" / "zenodo.org" / "api" / "records" / "7894216"
    for content in parts.glob("files/*/content"):
        (parts / f"tang{content.parent.suffix}").write_bytes(content.read_bytes())
    return folder


@pytest.fixture
def server(world: Path) -> Iterator[Server]:
    """All hosts at one."""
    with serving(world / "published") as running:
        yield running


def far_project(folder: Path, world: Path, server: Server, variant: str, area: str) -> Path:
    """A project of data sets that the server plays the publishers of."""
    hosts = [path.name for path in (world / "published").iterdir()]
    mirrors = "\n".join(f'"https://{host}/" = "{server.address}/{host}/"' for host in hosts)
    folder.mkdir()
    text = HEAD.format(area=area) + DATASETS.format(variant=variant, mirrors=mirrors)
    (folder / "quarry.toml").write_text(text)
    return folder


def near_project(folder: Path, world: Path, variant: str, area: str) -> Path:
    """The same project of local files."""
    published = world / "published"
    places = {
        "published": published,
        "world": world / "world",
        "zenodo": published / "zenodo.org" / "api" / "records",
        "lights": published / "globalnightlight.s3.amazonaws.com" / "composites",
    }
    landcover = LANDCOVER[variant].format(**places)
    folder.mkdir()
    text = HEAD.format(area=area) + FILES.format(landcover=landcover, **places)
    (folder / "quarry.toml").write_text(text)
    return folder


@pytest.mark.parametrize("variant", ["openlandmap", "zenodo"])
def test_a_country_from_servers_equals_the_country_from_files(
    variant: str,
    world: Path,
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    no_sockets: Callable[[], None],
) -> None:
    monkeypatch.setenv("QUARRY_CACHE", str(tmp_path / "cache"))
    near = near_project(tmp_path / "near", world, variant, COUNTRY)
    far = far_project(tmp_path / "far", world, server, variant, COUNTRY)
    local = build(load_project(near), workers=1)
    remote = build(load_project(far), workers=1, fetch=True)
    assert differences(local.database, remote.database) == {}
    with duckdb.connect(str(remote.database), read_only=True) as connection:
        found = connection.execute("SELECT iso3, count(*) FROM mine GROUP BY 1").fetchall()
    assert [iso3 for iso3, _ in found] == [COUNTRY]
    asked = Counter(request.path for request in server.requests)
    if variant == "zenodo":
        archives = [path for path in asked if path.endswith(".zip/content") and "GLC" in path]
        assert 0 < len(archives) < 4
    no_sockets()
    assert build(load_project(far), workers=1).was_current
